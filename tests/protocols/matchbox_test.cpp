#include "signaling/protocols/matchbox.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/support/policy_world.hpp"
#include "signaling/core/memory_store.hpp"
#include "support/vocabulary_client.hpp"

namespace signaling::protocols {
namespace {

using testing::Lines;
using testing::native_client;
using testing::ProtocolClient;
using testing::ProtocolClientPtr;
using testing::ScriptWorld;

const std::string a_id = "9b2f6f0e-1c55-4d2e-9a0a-0d6a4a0f2c11";
const std::string b_id = "5e1d6f0e-1c55-4d2e-9a0a-0d6a4a0f2c12";
const std::string c_id = "c3006f0e-1c55-4d2e-9a0a-0d6a4a0f2c13";

std::string assigned(const std::string& id) { return R"({"IdAssigned":")" + id + "\"}"; }
std::string new_peer(const std::string& id) { return R"({"NewPeer":")" + id + "\"}"; }
std::string peer_left(const std::string& id) { return R"({"PeerLeft":")" + id + "\"}"; }
std::string to(const std::string& id, const std::string& data) {
  return R"({"Signal":{"receiver":")" + id + R"(","data":)" + data + "}}";
}
std::string from(const std::string& id, const std::string& data) {
  return R"({"Signal":{"sender":")" + id + R"(","data":)" + data + "}}";
}

struct MatchboxWorld : ScriptWorld {
  explicit MatchboxWorld(MatchboxOptions its_options = {}, RouterOptions router_options = {})
      : ScriptWorld(std::move(router_options)),
        factory(
            [this](std::string_view name) {
              const auto room = router.find_room(name);
              return room ? room->members() : std::vector<Member>();
            },
            std::move(its_options)) {}

  std::unique_ptr<Protocol> protocol(const std::string& target) {
    ConnectInfo info;
    info.target = target;
    return factory.make(info);
  }
  ProtocolClientPtr client(std::string id, const std::string& target = "/matchbox/lobby") {
    auto client = std::make_unique<ProtocolClient>(*this, protocol(target), std::move(id));
    run();
    return client;
  }
  /// The same, which has forgotten what it was told of itself.
  ProtocolClientPtr settled(std::string id, const std::string& target = "/matchbox/lobby") {
    auto client = this->client(std::move(id), target);
    client->forget();
    return client;
  }

  Matchbox factory;
};

MatchboxOptions with_host() {
  MatchboxOptions options;
  options.topology = MatchboxTopology::client_server;
  return options;
}

TEST_CASE("matchbox: a newcomer gets its id alone, and all older members make it an offer") {
  MatchboxWorld world;
  auto a = world.client(a_id);
  CHECK(a->heard() == Lines{assigned(a_id)});
  auto b = world.client(b_id);
  CHECK(b->heard() == Lines{assigned(b_id)});
  auto c = world.client(c_id);
  CHECK(c->heard() == Lines{assigned(c_id)});
  CHECK(a->heard() == Lines{new_peer(b_id), new_peer(c_id)});
  CHECK(b->heard() == Lines{new_peer(c_id)});
  b->cut();
  CHECK(a->heard() == Lines{peer_left(b_id)});
  CHECK(c->heard() == Lines{peer_left(b_id)});
}

TEST_CASE("matchbox: an id is a random UUID of version 4, unless it was chosen") {
  MatchboxWorld world;
  auto a = world.client({});
  const Lines heard = a->heard();
  REQUIRE(heard.size() == 1);
  const std::string id = heard[0].substr(15, 36);
  CHECK(heard[0] == assigned(id));
  CHECK(id[14] == '4');
  CHECK(std::string("89ab").find(id[19]) != std::string::npos);
  CHECK(world.router.find_peer(id) != nullptr);
}

TEST_CASE("matchbox: a signal passes to its receiver in the same room, byte for byte") {
  MatchboxWorld world;
  auto a = world.settled(a_id);
  auto b = world.settled(b_id);
  a->forget();
  auto elsewhere = world.settled(c_id, "/matchbox/other");
  const std::string offer = R"({ "Offer" : "v=0\r\no=\u00e9" })";
  a->say(to(b_id, offer));
  CHECK(b->heard() == Lines{from(a_id, offer)});
  b->say(to("9B2F6F0E-1C55-4D2E-9A0A-0D6A4A0F2C11", "12345678901234567890.10"));
  b->say(R"({"Signal":{"x":1,"data":null,"receiver":")" + a_id + "\"}}");
  CHECK(a->heard() == Lines{from(b_id, "12345678901234567890.10"), from(b_id, "null")});
  a->say(to(c_id, "1"), to("9b2f6f0e1c554d2e9a0a0d6a4a0f2c11", "2"));
  CHECK(elsewhere->heard().empty());
  CHECK(a->heard().empty());
}

TEST_CASE("matchbox: what the protocol does not know is ignored, and the connection stays") {
  MatchboxWorld world;
  auto a = world.settled(a_id);
  auto b = world.settled(b_id);
  a->forget();
  for (const std::string& message :
       {std::string("\"KeepAlive\""), std::string(R"({"KeepAlive":null})"), std::string("{oops"),
        std::string("null"), std::string("7"), std::string("[]"), std::string("{}"),
        std::string(R"({"Unknown":1})"), std::string("\"Unknown\""), std::string(R"({"Signal":null})"),
        std::string(R"({"Signal":{"receiver":")") + b_id + "\"}}", to("nobody", "1"), to("", "1"),
        std::string(R"({"Signal":{"receiver":7,"data":1}})"),
        std::string(R"({"Signal":{"receiver":"\ud800","data":1}})"), to(std::string(10'000, 'x'), "1"),
        to("00000000-0000-5000-8000-000000000000", "1")}) {
    CAPTURE(message.substr(0, 60));
    a->say(message);
    CHECK(a->heard().empty());
    CHECK(b->heard().empty());
    CHECK(a->closed() == std::nullopt);
  }
  a->say_binary(to(b_id, "1"));
  CHECK(b->heard().empty());
}

TEST_CASE("matchbox: the path is the room, decoded, and has one segment") {
  MatchboxWorld world;
  auto a = world.settled(a_id, "/matchbox/A%20b?x=1");
  auto b = world.settled(b_id, "/matchbox/%41 b");
  CHECK(a->heard() == Lines{new_peer(b_id)});
  CHECK(world.router.find_room("matchbox/A b") != nullptr);
  auto c = world.settled(c_id, "/matchbox");
  CHECK(world.router.find_room("matchbox/") != nullptr);
  for (const char* const wrong :
       {"/matchbox/a/b", "/matchbox/a/", "/matchbox//", "/matchbox/%zz", "/matchbox/%ff"}) {
    CAPTURE(wrong);
    CHECK(world.protocol(wrong) == nullptr);
  }
  MatchboxOptions root;
  root.path = "/";
  root.room_prefix.clear();
  MatchboxWorld shared(root);
  auto d = shared.settled(a_id, "/lobby");
  CHECK(shared.router.find_room("lobby") != nullptr);
  CHECK(shared.protocol("/") == nullptr);
}

TEST_CASE("matchbox: ?next=N makes groups of N, and the next one begins when it is complete") {
  MatchboxWorld world;
  const auto in_group = [&](const std::string& id) { return world.settled(id, "/matchbox/g?next=2"); };
  auto mesh = world.settled("e0000000-1c55-4d2e-9a0a-0d6a4a0f2c11", "/matchbox/g");
  auto three = world.settled("e1000000-1c55-4d2e-9a0a-0d6a4a0f2c11", "/matchbox/g?next=3");
  auto a = in_group(a_id);
  auto b = in_group(b_id);
  auto c = in_group(c_id);
  CHECK(a->heard() == Lines{new_peer(b_id)});
  CHECK(b->heard().empty());
  b->say(to(a_id, "1"), to(c_id, "2"));
  CHECK(a->heard() == Lines{from(b_id, "1")});
  // Whoever leaves a complete group is missed by that group alone, and its place stays empty.
  a->cut();
  CHECK(b->heard() == Lines{peer_left(a_id)});
  CHECK(c->heard().empty());
  b->cut();
  CHECK(c->heard().empty());
  const std::string d_id = "d0000000-1c55-4d2e-9a0a-0d6a4a0f2c11";
  auto d = in_group(d_id);
  CHECK(c->heard() == Lines{new_peer(d_id)});
  CHECK(mesh->heard().empty());
  CHECK(three->heard().empty());
}

TEST_CASE("matchbox: the place of a client that leaves a waiting group is free again") {
  MatchboxWorld world;
  const auto in_group = [&](const std::string& id) { return world.settled(id, "/matchbox/g?next=3"); };
  auto a = in_group(a_id);
  auto b = in_group(b_id);
  b->cut();
  CHECK(a->heard() == Lines{new_peer(b_id), peer_left(b_id)});
  auto c = in_group(c_id);
  const std::string d_id = "d0000000-1c55-4d2e-9a0a-0d6a4a0f2c11";
  auto d = in_group(d_id);
  CHECK(a->heard() == Lines{new_peer(c_id), new_peer(d_id)});
  auto e = in_group("e0000000-1c55-4d2e-9a0a-0d6a4a0f2c11");
  CHECK(a->heard().empty());
  CHECK(world.router.stats().rooms == 2);
  for (ProtocolClient* const client : {a.get(), c.get(), d.get(), e.get()}) client->cut();
  CHECK(world.router.stats().rooms == 0);
}

TEST_CASE("matchbox: a size that is no positive number is none, and a large one is bounded") {
  MatchboxOptions options;
  options.max_group = 2;
  MatchboxWorld world(options);
  auto mesh = world.settled("e0000000-1c55-4d2e-9a0a-0d6a4a0f2c11", "/matchbox/g");
  for (const char* const query : {"next=0", "next=", "next", "next=abc", "next=-1", "next=1e3", "next= 2",
                                  "next=2x", "next=18446744073709551616", "Next=2", "next=2&next=x"}) {
    CAPTURE(query);
    auto client = world.settled(a_id, std::string("/matchbox/g?") + query);
    CHECK(mesh->heard() == Lines{new_peer(a_id)});
    client->cut();
    mesh->forget();
  }
  auto alone = world.settled(a_id, "/matchbox/g?next=1");
  auto other = world.settled(b_id, "/matchbox/g?next=1");
  CHECK(alone->heard().empty());
  auto c = world.settled(c_id, "/matchbox/g?next=18446744073709551615");
  auto d = world.settled("d0000000-1c55-4d2e-9a0a-0d6a4a0f2c11", "/matchbox/g?x&n%65xt=%2B2");
  CHECK(c->heard() == Lines{new_peer("d0000000-1c55-4d2e-9a0a-0d6a4a0f2c11")});
}

TEST_CASE("matchbox client-server: the first is host, and clients see nobody but it") {
  MatchboxWorld world(with_host());
  auto host = world.settled(a_id);
  auto b = world.settled(b_id);
  auto c = world.settled(c_id);
  CHECK(host->heard() == Lines{new_peer(b_id), new_peer(c_id)});
  CHECK(b->heard().empty());
  b->say(to(c_id, "1"));
  CHECK(c->heard().empty());
  CHECK(host->heard() == Lines{from(b_id, "1")});
  host->say(to(b_id, "2"), to("00000000-0000-4000-8000-000000000000", "3"));
  CHECK(b->heard() == Lines{from(a_id, "2")});
  c->cut();
  CHECK(host->heard() == Lines{peer_left(c_id)});
  CHECK(b->heard().empty());
}

TEST_CASE(
    "matchbox client-server: when the host leaves, the next to connect is host, and told of those who "
    "stayed") {
  MatchboxWorld world(with_host());
  auto host = world.settled(a_id);
  auto b = world.settled(b_id);
  auto elsewhere = world.settled("d0000000-1c55-4d2e-9a0a-0d6a4a0f2c11", "/matchbox/other");
  host->cut();
  CHECK(b->heard() == Lines{peer_left(a_id)});
  b->say(to(a_id, "lost"));
  auto next = world.client(c_id);
  CHECK(next->heard() == Lines{assigned(c_id), new_peer(b_id)});
  CHECK(b->heard().empty());
  b->say(to(a_id, "1"));
  CHECK(next->heard() == Lines{from(b_id, "1")});
  CHECK(elsewhere->heard().empty());
}

TEST_CASE("matchbox client-server: a local peer that is in the room is the host") {
  MatchboxWorld world(with_host());
  Lines heard;
  LocalPeerOptions local;
  local.executor = world.io.get_executor();
  local.id = "game";
  local.on_event = [&heard](const Event& event) {
    if (const auto* joined = std::get_if<event::PeerJoined>(&event))
      heard.push_back("+" + std::string(joined->peer.id));
    if (const auto* sent = std::get_if<event::Message>(&event)) heard.emplace_back(sent->message.payload);
  };
  LocalPeer game = world.router.connect_local(std::move(local));
  world.run();
  game->join("matchbox/lobby");
  world.run();
  auto a = world.settled(a_id);
  auto b = world.settled(b_id);
  CHECK(a->heard().empty());
  CHECK(heard == Lines{"+" + a_id, "+" + b_id});
  a->say(to(b_id, R"({"Answer":"v=0"})"));
  CHECK(heard.back() == R"({"type":"answer","sdp":"v=0"})");
  Message offer = Message::offer(R"({"type":"offer","sdp":"v=0"})");
  offer.to = a_id;
  CHECK(game->send(offer).status == SendStatus::sent);
  const Lines told = a->heard();
  REQUIRE(told.size() == 1);
  CHECK(told[0].ends_with(R"(","data":{"Offer":"v=0"}}})"));
  game = {};
  CHECK(a->heard().size() == 1);
}

TEST_CASE("matchbox: offers, answers and candidates of other languages are signals, and the other way") {
  MatchboxWorld world;
  auto n = native_client(world, "ada");
  n->say(R"({"type":"join","room":"matchbox/lobby"})");
  auto a = world.settled(a_id);
  n->forget();
  n->say(R"({"type":"offer","to":")" + a_id + R"(","data":{"type":"offer","sdp":"v=0\r\n"}})");
  n->say(R"({"type":"candidate","to":")" + a_id + R"(","data":{"candidate":"c \"1\""}})");
  const Lines heard = a->heard();
  REQUIRE(heard.size() == 2);
  const std::string ada = heard[0].substr(21, 36);
  CHECK(ada[14] == '5');
  CHECK(heard == Lines{from(ada, R"({"Offer":"v=0\r\n"})"),
                       from(ada, R"({"IceCandidate":"{\"candidate\":\"c \\\"1\\\"\"}"})")});
  a->say(to(ada, R"({"Answer":"v=0\n"})"), to(ada, R"({"IceCandidate":"{\"candidate\":\"c\"}"})"),
         to(ada, R"({"IceCandidate":"null"})"), to(ada, R"({"Offer":1})"), to(ada, "[1]"));
  const auto to_native = [](const std::string& type, const std::string& data) {
    return R"({"type":")" + type + R"(","from":")" + a_id + R"(","room":"matchbox/lobby","data":)" + data +
           "}";
  };
  CHECK(n->heard() == Lines{to_native("answer", R"({"type":"answer","sdp":"v=0\n"})"),
                            to_native("candidate", R"({"candidate":"c"})"),
                            to_native("candidate", R"({"candidate":""})"),
                            to_native("message", R"({"Offer":1})"), to_native("message", "[1]")});
  n->say(R"({"type":"message","to":")" + a_id + R"(","data":1,"id":1})");
  CHECK(n->heard().front().find("unknown_type") != std::string::npos);
  n->cut();
  CHECK(a->heard() == Lines{peer_left(ada)});
}

TEST_CASE("matchbox: a client that may not join its room is closed, and so is one that the host kicks") {
  const auto policy = std::make_shared<testing::SlowPolicy>();
  RouterOptions options;
  options.policy = policy;
  MatchboxWorld world({}, options);
  auto a = world.client({});
  policy->admit(a_id);
  world.run();
  policy->decide(Decision::refuse("members only"));
  CHECK(a->closed() == CloseReason::normal);
  CHECK(a->heard() == Lines{assigned(a_id)});
  auto b = world.client({});
  policy->admit(b_id);
  world.run();
  policy->decide(Decision::allow());
  world.run();
  CHECK(world.router.find_peer(b_id) != nullptr);
  world.router.find_peer(b_id)->kick("matchbox/lobby", "bye");
  CHECK(b->closed() == CloseReason::normal);
}

TEST_CASE("matchbox: members of one room on two nodes see each other, and one host") {
  const auto store = std::make_shared<MemoryStore>();
  const auto on = [&](const char* node) {
    RouterOptions options;
    options.store = store;
    options.node = node;
    return options;
  };
  MatchboxWorld one(with_host(), on("one"));
  MatchboxWorld two(with_host(), on("two"));
  auto host = one.settled(a_id);
  auto watcher = two.settled(b_id);
  one.run();
  CHECK(host->heard() == Lines{new_peer(b_id)});
  auto c = two.settled(c_id);
  one.run();
  CHECK(host->heard() == Lines{new_peer(c_id)});
  c->say(to(b_id, "1"));
  one.run();
  CHECK(host->heard() == Lines{from(c_id, "1")});
}

}  // namespace
}  // namespace signaling::protocols
