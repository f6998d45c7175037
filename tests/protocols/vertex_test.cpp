#include "signaling/protocols/vertex.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "signaling/core/memory_store.hpp"
#include "support/vocabulary_client.hpp"

namespace signaling::protocols {
namespace {

using testing::Lines;
using testing::native_client;
using testing::ProtocolClient;
using testing::ProtocolClientPtr;
using testing::ScriptWorld;

const std::string to_missing = R"({"type":"error","data":"Peer to id not found"})";
const std::string session_missing = R"({"type":"error","data":"No session id found"})";

std::string unknown(const std::string& type) {
  return R"({"type":"error","data":{"reason":"Unable to process request, may not be correct \"type\")" +
         type + "\"}}";
}

std::string peer(const std::string& id) {
  return R"({"id":")" + id + R"(","device_name":"d","username":"User )" + id + R"(","user_agent":"u"})";
}

std::string peers(const std::string& list) { return R"({"type":"peers","data":[)" + list + "]}"; }

struct VertexWorld : ScriptWorld {
  explicit VertexWorld(RouterOptions options = {}) : ScriptWorld(std::move(options)) {}

  ProtocolClientPtr client(std::string id) {
    return std::make_unique<ProtocolClient>(*this, factory.make(), std::move(id));
  }
  /// A client that is registered under `vertex_id`.
  ProtocolClientPtr client(std::string id, const std::string& vertex_id) {
    auto client = this->client(std::move(id));
    client->say(R"({"type":"new","data":)" + peer(vertex_id) + "}");
    client->forget();
    return client;
  }

  Vertex factory{[this] {
    const auto room = router.find_room(vertex_room);
    return room ? room->members() : std::vector<Member>();
  }};
};

TEST_CASE("vertex: new gives every registered peer, the new one too, the list of all") {
  VertexWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  auto silent = world.client("c");
  a->say(R"({"type":"new","data":)" + peer("1") + "}");
  CHECK(a->heard() == Lines{peers(peer("1"))});
  b->say(R"({"data":)" + peer("2") + R"(,"type":"new"})");
  CHECK(a->heard() == Lines{peers(peer("1") + "," + peer("2"))});
  CHECK(b->heard() == Lines{peers(peer("1") + "," + peer("2"))});
  CHECK(silent->heard().empty());
}

TEST_CASE("vertex: whenever somebody leaves the others get the list anew") {
  VertexWorld world;
  auto a = world.client("a", "1");
  auto b = world.client("b", "2");
  auto c = world.client("c", "3");
  auto silent = world.client("d");
  a->forget();
  b->forget();
  b->cut();
  CHECK(a->heard() == Lines{peers(peer("1") + "," + peer("3"))});
  CHECK(c->heard() == Lines{peers(peer("1") + "," + peer("3"))});
  silent->cut();
  CHECK(a->heard().empty());
}

TEST_CASE("vertex: what new told stays, and other fields of it are left out") {
  VertexWorld world;
  auto a = world.client("a");
  a->say(R"({"type":"new","data":{"id":7,"secret":"s","username":null}})");
  CHECK(a->heard() == Lines{peers(R"({"id":7,"username":null})")});
  a->say(R"({"type":"leave","data":{"id":"9"}})");
  auto b = world.client("b");
  b->say(R"({"type":"new","data":{"id":"8"}})");
  CHECK(b->heard() == Lines{peers(R"({"id":7,"username":null},{"id":"8"})")});
}

TEST_CASE("vertex: who says new again is listed once, as it says now") {
  VertexWorld world;
  auto a = world.client("a", "1");
  auto b = world.client("b", "2");
  a->forget();
  b->say(R"({"type":"new","data":)" + peer("3") + "}");
  CHECK(b->heard() == Lines{peers(peer("1") + "," + peer("3"))});
  CHECK(a->heard() == Lines{peers(peer("1") + "," + peer("3"))});
  a->say(R"({"type":"offer","data":{"to":"3"}})");
  CHECK(b->heard().size() == 1);
}

TEST_CASE("vertex: of the lists that many changes make while nobody reads, each peer gets the newest alone") {
  VertexWorld world;
  auto a = world.client("a", "1");
  auto b = world.client("b", "2");
  a->forget();
  const auto as = [](const std::string& name) {
    return R"({"id":"2","device_name":"d","username":")" + name + R"(","user_agent":"u"})";
  };
  const auto change = [&](const std::string& name) { return R"({"type":"new","data":)" + as(name) + "}"; };
  b->say(change("x"), change("y"), change("z"));
  CHECK(a->heard() == Lines{peers(peer("1") + "," + as("z"))});
  CHECK(b->heard().back() == peers(peer("1") + "," + as("z")));
}

TEST_CASE("vertex: no list is left out that shows the sender of an offer behind it") {
  VertexWorld world;
  auto a = world.client("a", "1");
  auto b = world.client("b");
  auto c = world.client("c");
  const std::string offer = R"({"type":"offer","data":{"to":"1","id":"2","description":{}}})";
  const auto enter = [](const std::string& id) { return R"({"type":"new","data":)" + peer(id) + "}"; };
  // All three before "a" reads anything.
  b->receive(enter("2"));
  b->receive(offer);
  c->receive(enter("3"));
  const Lines heard = a->heard();
  REQUIRE(heard.size() == 3);
  CHECK(heard[0] == peers(peer("1") + "," + peer("2")));
  CHECK(heard[1] == offer);
  CHECK(heard[2] == peers(peer("1") + "," + peer("2") + "," + peer("3")));
}

TEST_CASE("vertex: an id in use is an error, and another can be tried") {
  VertexWorld world;
  auto a = world.client("a", "1");
  auto b = world.client("b");
  b->say(R"({"type":"new","data":{"id":"1"}})");
  CHECK(b->heard() ==
        Lines{R"({"type":"error","data":{"requestMsg":"new","reason":"That peer id is in use."}})"});
  b->say(R"({"type":"new","data":{"id":"2"}})");
  CHECK(b->heard() == Lines{peers(peer("1") + R"(,{"id":"2"})")});
}

TEST_CASE("vertex: offer, answer and candidate reach data.to as they were") {
  VertexWorld world;
  auto a = world.client("a", "1");
  auto b = world.client("b", "2");
  auto c = world.client("c", "3");
  for (auto* client : {a.get(), b.get()}) client->forget();
  const std::string offer =
      R"({ "type":"offer", "data":{"to":"2","from":"1","description":{"sdp":"x","type":"offer"}},"more":[1, 2] })";
  const std::string answer = R"({"data":{"to":"1","description":null},"type":"answer"})";
  const std::string candidate = R"({"type":"c\u0061ndidate","data":{"candidate":{},"to":"2"}})";
  a->say(offer);
  b->say(answer);
  a->say(candidate);
  CHECK(b->heard() == Lines{offer, candidate});
  CHECK(a->heard() == Lines{answer});
  CHECK(c->heard().empty());
}

TEST_CASE("vertex: an offer, answer or candidate without to is an error") {
  VertexWorld world;
  auto a = world.client("a", "1");
  for (const std::string type : {"offer", "answer", "candidate"}) {
    for (const std::string data :
         {"{}", R"({"to":""})", R"({"to":null})", R"({"to":["1"]})", "null", "[]", "\"1\""}) {
      a->say(R"({"type":")" + type + R"(","data":)" + data + "}");
      CHECK(a->heard() == Lines{to_missing});
    }
    a->say(R"({"type":")" + type + "\"}");
    CHECK(a->heard() == Lines{to_missing});
  }
}

TEST_CASE("vertex: an offer to nobody is an error to its sender") {
  VertexWorld world;
  auto a = world.client("a", "1");
  auto b = world.client("b");
  for (const std::string to : {"2", "a", "b", "vertex:1"}) {
    a->say(R"({"type":"offer","data":{"to":")" + to + "\"}}");
    const Lines heard = a->heard();
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].starts_with(R"({"type":"error","data":{"requestMsg":"offer","reason":")"));
  }
  CHECK(b->heard().empty());
}

TEST_CASE("vertex: bye reaches both ends of the session") {
  VertexWorld world;
  auto a = world.client("a", "1");
  auto b = world.client("b", "2");
  auto c = world.client("c", "3");
  for (auto* client : {a.get(), b.get()}) client->forget();
  const auto bye = [](const std::string& to, const std::string& session) {
    return R"({"type":"bye","data":{"to":")" + to + R"(","session_id":")" + session + "\"}}";
  };
  a->say(R"({"type":"bye","data":{"session_id":"1-2","from":"1"}})");
  CHECK(a->heard() == Lines{bye("1", "1-2")});
  CHECK(b->heard() == Lines{bye("2", "1-2")});
  b->say(R"({"type":"bye","data":{"session_id":"1-2"}})");
  CHECK(b->heard() == Lines{bye("2", "1-2")});
  CHECK(a->heard() == Lines{bye("1", "1-2")});
}

TEST_CASE("vertex: nobody says bye for others, and nobody claims an id for that which is in use") {
  VertexWorld world;
  auto a = world.client("a", "1");
  auto b = world.client("b", "2");
  auto c = world.client("c");
  a->forget();
  const auto is_error = [](const std::string& line) { return line.starts_with(R"({"type":"error",)"); };
  for (const bool tries_to_be_one : {false, true}) {
    if (tries_to_be_one) c->say(R"({"type":"new","data":{"id":"1"}})");
    c->say(R"({"type":"bye","data":{"session_id":"2-1"}})");
    const Lines heard = c->heard();
    CHECK(heard.size() == (tries_to_be_one ? 3 : 2));
    CHECK(std::ranges::all_of(heard, is_error));
  }
  CHECK(a->heard().empty());
  CHECK(b->heard().empty());
}

TEST_CASE("vertex: a client is told why a host kicks it, if the host says so") {
  VertexWorld world;
  const auto a = world.client("a", "1");
  CHECK(!world.router.kick("a", vertex_room, "Be \"kind\"."));
  world.run();
  CHECK(a->heard() == Lines{R"({"type":"error","data":{"reason":"Be \"kind\"."}})"});
  const auto b = world.client("b", "2");
  CHECK(!world.router.kick("b", vertex_room));
  world.run();
  CHECK(b->heard().empty());
}

TEST_CASE("vertex: data.id and data.from are the sender's, whatever they say") {
  VertexWorld world;
  auto a = world.client("a", "1");
  auto b = world.client("b");
  b->say(R"({"type":"new","data":{"id":2}})");
  auto c = world.client("c");
  a->forget();
  const auto offer = [](const std::string& id, const std::string& from) {
    return R"({"type":"offer","data":{"to":"1","id":)" + id + R"(, "from":)" + from + R"(},"id":"x"})";
  };
  b->say(offer(R"("3")", "[1]"), offer("2", R"("2")"));
  CHECK(a->heard() == Lines{offer("2", "2"), offer("2", R"("2")")});
  c->say(offer("2", R"("1")"));
  CHECK(a->heard() == Lines{offer(R"("peer:c")", R"("peer:c")")});
}

TEST_CASE("vertex: a native peer that shares no room is not there") {
  VertexWorld world;
  auto a = world.client("a", "1");
  auto n = native_client(world, "n");
  a->say(R"({"type":"offer","data":{"to":"peer:n","description":1}})");
  CHECK(a->heard().front().starts_with(R"({"type":"error","data":{"requestMsg":"offer")"));
  CHECK(n->heard().empty());
}

TEST_CASE("vertex: names in the metadata of a native peer are not its names here") {
  VertexWorld world;
  auto a = world.client("a", "1");
  auto n = native_client(world, "n");
  n->say(
      R"({"type":"join","room":"vertex/everybody","metadata":{"id":"2","username":["x"],"user_agent":"u"}})",
      R"({"type":"answer","to":"a","data":1})");
  const Lines heard = a->heard();
  REQUIRE(heard.size() == 2);
  CHECK(heard[0] == peers(peer("1") + R"(,{"id":"peer:n","device_name":"","username":"","user_agent":"u"})"));
  CHECK(heard[1].find(R"("id":"peer:n")") != std::string::npos);
}

TEST_CASE("vertex: what is nested too deep is no request") {
  VertexWorld world;
  const Vertex factory([] { return std::vector<Member>(); }, {.max_json_depth = 3});
  ProtocolClient client(world, factory.make(), "a");
  client.say(R"({"type":"leave","data":[[]]})");
  CHECK(client.heard().empty());
  client.say(R"({"type":"leave","data":[[[]]]})");
  CHECK(client.heard() ==
        Lines{R"({"type":"error","data":{"reason":"Unable to process request, it is not a JSON object"}})"});
}

TEST_CASE("vertex: a session of ids with dashes is split behind the own one") {
  VertexWorld world;
  auto a = world.client("a", "x-1");
  auto b = world.client("b", "y-2-z");
  a->forget();
  for (const std::string session : {"x-1-y-2-z", "y-2-z-x-1"}) {
    a->say(R"({"type":"bye","data":{"session_id":")" + session + "\"}}");
    CHECK(a->heard().size() == 1);
    CHECK(b->heard() == Lines{R"({"type":"bye","data":{"to":"y-2-z","session_id":")" + session + "\"}}"});
  }
}

TEST_CASE("vertex: bye without a session, or to an unknown end, is an error") {
  VertexWorld world;
  auto a = world.client("a", "1");
  for (const std::string data :
       {"{}", R"({"session_id":""})", R"({"session_id":null})", R"({"session_id":"12"})",
        R"({"session_id":"1-"})", R"({"session_id":"-1"})", "null", "[1]"}) {
    a->say(R"({"type":"bye","data":)" + data + "}");
    CHECK(a->heard() == Lines{session_missing});
  }
  a->say(R"({"type":"bye","data":{"session_id":"1-2"}})");
  const Lines heard = a->heard();
  REQUIRE(heard.size() == 2);
  CHECK(std::count(heard.begin(), heard.end(), R"({"type":"bye","data":{"to":"1","session_id":"1-2"}})") ==
        1);
  const auto is_error = [](const std::string& line) {
    return line.starts_with(R"({"type":"error","data":{"requestMsg":"bye","reason":")");
  };
  CHECK(std::count_if(heard.begin(), heard.end(), is_error) == 1);
}

TEST_CASE("vertex: any other type is an error that says so; leave is accepted in silence") {
  VertexWorld world;
  auto a = world.client("a", "1");
  auto b = world.client("b", "2");
  a->forget();
  a->say(R"({"type":"leave","data":"1"})", R"({"type":"leave"})");
  CHECK(a->heard().empty());
  a->say(R"({"type":"keep\"alive","data":{}})", "{}", R"({"type":7})", R"({"type":null,"data":1})",
         R"({"type":"__proto__"})", R"({"type":")" + std::string(100, 'x') + "\"}");
  CHECK(a->heard() == Lines{unknown(R"(keep\"alive)"), unknown(""), unknown(""), unknown(""),
                            unknown("__proto__"), unknown("")});
  CHECK(b->heard().empty());
  CHECK_FALSE(a->closed());
}

TEST_CASE("vertex: text that is no request is an error to its sender; binary is ignored") {
  VertexWorld world;
  auto a = world.client("a", "1");
  auto b = world.client("b", "2");
  a->forget();
  const Lines error{
      R"({"type":"error","data":{"reason":"Unable to process request, it is not a JSON object"}})"};
  for (const std::string text :
       {"", "hello", "null", "[]", "7", R"("x")", R"({"type":"new")", R"({"type":"new"}x)"}) {
    a->say(text);
    CHECK(a->heard() == error);
  }
  a->say_binary(R"({"type":"offer","data":{}})");
  CHECK(a->heard().empty());
  CHECK(b->heard().empty());
}

TEST_CASE("vertex: new without an id is an error") {
  VertexWorld world;
  auto a = world.client("a");
  for (const std::string data : {"{}", R"({"id":""})", R"({"id":null})", R"({"id":{}})", "null", "[]"}) {
    a->say(R"({"type":"new","data":)" + data + "}");
    CHECK(a->heard() ==
          Lines{R"({"type":"error","data":{"requestMsg":"new","reason":"Peer id not found"}})"});
  }
  CHECK(world.router.find_room(vertex_room) == nullptr);
}

TEST_CASE("vertex: what the connection has not registered for it can send all the same") {
  VertexWorld world;
  auto a = world.client("a");
  auto b = world.client("b", "2");
  a->say(R"({"type":"offer","data":{"to":"2"}})");
  CHECK(b->heard() == Lines{R"({"type":"offer","data":{"to":"2"}})"});
  CHECK(a->heard().empty());
}

TEST_CASE("vertex: peers on two nodes are in one list and reach each other") {
  RouterOptions options;
  options.store = std::make_shared<MemoryStore>();
  options.node = "one";
  VertexWorld one(options);
  options.node = "two";
  VertexWorld two(options);
  auto a = one.client("a", "1");
  auto b = two.client("b", "2");
  CHECK(a->heard() == Lines{peers(peer("1") + "," + peer("2"))});
  a->say(R"({"type":"offer","data":{"to":"2"}})");
  CHECK(b->heard() == Lines{R"({"type":"offer","data":{"to":"2"}})"});
  b->cut();
  CHECK(a->heard() == Lines{peers(peer("1"))});
}

TEST_CASE("vertex: a peer of another language is called peer: and its id") {
  VertexWorld world;
  auto a = world.client("a", "1");
  auto n = native_client(world, "n-1");
  n->say(R"({"type":"join","room":"vertex/everybody","metadata":{"username":"Nat"}})");
  CHECK(a->heard() ==
        Lines{peers(peer("1") + R"(,{"id":"peer:n-1","device_name":"","username":"Nat","user_agent":""})")});
  n->forget();
  a->say(
      R"({"type":"offer","data":{"to":"peer:n-1","from":"1","description":{"sdp":"x"},"session_id":"1-peer:n-1"}})",
      R"({"type":"candidate","data":{"to":"peer:n-1","candidate":{"candidate":"c"}}})");
  CHECK(n->heard() == Lines{R"({"type":"offer","from":"a","data":{"sdp":"x"}})",
                            R"({"type":"candidate","from":"a","data":{"candidate":"c"}})"});
  n->say(R"({"type":"answer","to":"a","data":{"sdp":"y"}})",
         R"({"type":"offer","to":"a","data":{"sdp":"z"}})", R"({"type":"candidate","to":"a"})",
         R"({"type":"message","to":"a","data":"hi"})", R"({"type":"event","event":"bye","to":"a"})");
  const std::string session = R"("session_id":"peer:n-1-peer:a"}})";
  CHECK(
      a->heard() ==
      Lines{R"({"type":"answer","data":{"to":"a","id":"peer:n-1","description":{"sdp":"y"},)" + session,
            R"({"type":"offer","data":{"to":"a","id":"peer:n-1","description":{"sdp":"z"},"media":"video",)" +
                session,
            R"({"type":"candidate","data":{"to":"a","id":"peer:n-1","candidate":null,)" + session});
  n->forget();
  a->say(R"({"type":"bye","data":{"session_id":"1-peer:n-1"}})");
  CHECK(
      n->heard() ==
      Lines{
          R"({"type":"event","from":"a","event":"bye","data":{"to":"peer:n-1","session_id":"1-peer:n-1"}})"});
  a->forget();
  a->say(R"({"type":"bye","data":{"session_id":"peer:n-1-peer:a"}})");
  CHECK(n->heard().size() == 1);
  CHECK(a->heard() == Lines{R"({"type":"bye","data":{"to":"peer:a","session_id":"peer:n-1-peer:a"}})"});
}

}  // namespace
}  // namespace signaling::protocols
