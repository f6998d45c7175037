// What clients of PeerJS say and get; who takes whose id is in peerjs_test.cpp.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "protocols/peerjs_world.hpp"

namespace signaling::protocols {
namespace {

using namespace std::chrono_literals;
using testing::Lines;
using testing::native_client;

TEST_CASE(
    "peerjs: a client that gives id, token and key is open, and the last of a repeated parameter counts") {
  PeerjsWorld world;
  auto a = world.connect("?key=no&id=b&token=t&version=1&key=peerjs&id=a%20b");
  CHECK(a->heard() == Lines{peerjs_open});
  auto b = world.opened("b");
  b->say(said("a b"));
  CHECK(a->heard() == Lines{heard_from("b", "a b")});
}

TEST_CASE("peerjs: a client without id, token or key, or with another key, is told so and closed") {
  PeerjsWorld world;
  for (const std::string query : {"", "?", "?id=a&token=t", "?id=a&key=peerjs", "?token=t&key=peerjs", "?id",
                                  "?key=peerjs&id=&token=t", "?key=peerjs&id=a&token", "?key=&id=a&token=t",
                                  "?key=peerjs&id=%ff&token=t", "?key=peerjs&id=a&token=t&id="}) {
    CAPTURE(query);
    auto client = world.connect(query);
    client->say(said("a"));
    CHECK(client->heard() == Lines{peerjs_refusal("No id, token, or key supplied to websocket server")});
    CHECK(client->closed_with() == std::pair<std::uint16_t, std::string>(1000, ""));
  }
  auto other = world.connect("?key=peerjs2&id=a&token=t");
  CHECK(other->heard() == Lines{peerjs_refusal("Invalid key provided")});
  CHECK(other->closed());
}

TEST_CASE("peerjs: ids are data, but for those of peers of other protocols, and those that are too long") {
  PeerjsWorld world;
  for (const std::string id : {"constructor", "__proto__", "A", "a%0Ab", "%22%5C", "*"}) {
    CAPTURE(id);
    auto client = world.client(id);
    CHECK(client->heard() == Lines{peerjs_open});
  }
  CHECK(world.client("peer:x")->heard() == Lines{peerjs_taken});
  auto longer = world.client(std::string(10'000, 'x'));
  CHECK(longer->heard().at(0).starts_with(R"({"type":"ERROR")"));
  CHECK(longer->closed());
}

TEST_CASE("peerjs: offers, answers and candidates pass byte for byte, with the sender's id") {
  PeerjsWorld world;
  auto a = world.opened("a");
  auto b = world.opened("b");
  const std::string payload = "{ \"x\":1.50, \"e\":\"\\u00e9\\ud800\", \"x\":null}";
  for (const std::string type : {"OFFER", "ANSWER", "CANDIDATE"}) {
    a->say("{ \"payload\" :" + payload + R"( ,"src":"forged","z":[], "dst":"\u0062","type":")" + type +
           "\"}");
    CHECK(b->heard() ==
          Lines{R"({"type":")" + type + R"(","src":"a","dst":"\u0062","payload":)" + payload + "}"});
  }
  a->say(R"({"type":"OFFER","dst":"b"})");
  CHECK(b->heard() == Lines{R"({"type":"OFFER","src":"a","dst":"b"})"});
  a->say(R"({"type":"OFFER","dst":"b","payload":null})");
  CHECK(b->heard() == Lines{heard_from("a", "b", "null")});
  a->say_binary(said("b"));
  CHECK(b->heard() == Lines{heard_from("a", "b")});
  a->say(said("a"));
  CHECK(a->heard() == Lines{heard_from("a", "a")});
}

TEST_CASE("peerjs: heartbeats and what the protocol does not know are dropped in silence") {
  PeerjsWorld world;
  auto a = world.opened("a");
  auto b = world.opened("b");
  for (const std::string& message : {std::string(R"({"type":"HEARTBEAT","dst":"b"})"),
                                     said("b", "1", "EXPIRE"),
                                     said("b", "1", "OPEN"),
                                     said("b", "1", "ERROR"),
                                     said("b", "1", "ID-TAKEN"),
                                     said("b", "1", "offer"),
                                     said("b", "1", "NEWS"),
                                     std::string(R"({"dst":"b"})"),
                                     std::string(R"({"type":7,"dst":"b"})"),
                                     std::string("{oops"),
                                     std::string("null"),
                                     std::string("7"),
                                     std::string("[]"),
                                     std::string("{}"),
                                     std::string("\"x\""),
                                     std::string(R"({"type":"OFFER"})"),
                                     said(""),
                                     std::string(R"({"type":"OFFER","dst":5})"),
                                     std::string(R"({"type":"OFFER","dst":null})"),
                                     said("\\ud83d"),
                                     std::string(10'000, 'x')}) {
    CAPTURE(message.substr(0, 40));
    a->say(message);
    CHECK(a->heard().empty());
    CHECK(b->heard().empty());
  }
  a->say_binary("{\"type\":\"OFFER\",\"dst\":\"b\",\"payload\":\"\xff\"}");
  world.pass(7s);
  CHECK(a->heard().empty());
  CHECK(b->heard().empty());
  CHECK_FALSE(a->closed());
}

TEST_CASE("peerjs: LEAVE goes to whom it names, and without a name ends its sender") {
  PeerjsWorld world;
  auto a = world.opened("a");
  auto b = world.opened("b");
  a->say(R"({"type":"LEAVE","dst":"b"})", R"({"type":"LEAVE","dst":"nobody"})");
  CHECK(b->heard() == Lines{R"({"type":"LEAVE","src":"a","dst":"b"})"});
  world.pass(7s);
  CHECK(a->heard().empty());
  a->say(R"({"type":"LEAVE"})");
  CHECK(a->closed() == CloseReason::normal);
  CHECK(world.client("a", "other")->heard() == Lines{peerjs_open});
}

TEST_CASE("peerjs: messages wait for an absent id, and come behind OPEN, in order") {
  PeerjsWorld world;
  auto a = world.opened("a");
  a->say(said("b", "1"), said("b", "2", "CANDIDATE"));
  world.pass(4s);
  auto b = world.client("b");
  CHECK(b->heard() == Lines{peerjs_open});
  a->say(said("b", "3", "CANDIDATE"));
  CHECK(b->heard() == Lines{heard_from("a", "b", "1"), heard_from("a", "b", "2", "CANDIDATE"),
                            heard_from("a", "b", "3", "CANDIDATE")});
  a->say(said("c"));
  auto c = world.opened("c");
  world.pass(150ms);
  CHECK(c->heard() == Lines{heard_from("a", "c")});
  world.pass(10s);
  CHECK(a->heard().empty());
}

TEST_CASE("peerjs: what waits expires together, 5 s after the first, and each sender is told once") {
  PeerjsWorld world;
  auto a = world.opened("a");
  auto b = world.opened("b");
  a->say(said("x"), said("x", "2", "CANDIDATE"));
  world.pass(1s);
  a->say(said("x"), said("__proto__"));
  b->say(said("x"));
  world.pass(3900ms);
  CHECK(a->heard().empty());
  world.pass(200ms);
  CHECK(a->heard() == Lines{expired("x", "a")});
  world.pass(1s);
  CHECK(a->heard() == Lines{expired("__proto__", "a")});
  CHECK(b->heard() == Lines{expired("x", "b")});
  CHECK(world.client("x")->heard() == Lines{peerjs_open});
  world.pass(10s);
  CHECK(a->heard().empty());
}

TEST_CASE("peerjs: what waits is bounded, and what is over a bound expires as usual") {
  PeerjsOptions settings;
  settings.max_waiting_messages = 2;
  settings.max_waiting_bytes = 200;
  settings.max_absent_ids = 2;
  settings.max_total_waiting_bytes = 300;
  PeerjsWorld world(settings);
  auto a = world.opened("a");
  const std::string half = '"' + std::string(100, 'x') + '"';
  SUBCASE("messages") {
    a->say(said("x", "1"), said("x", "2"), said("x", "3"));
    auto x = world.opened("x");
    world.pass(200ms);
    CHECK(x->heard() == Lines{heard_from("a", "x", "1"), heard_from("a", "x", "2")});
  }
  SUBCASE("bytes of one id") {
    a->say(said("x", half), said("x", half), said("x", "3"));
    auto x = world.opened("x");
    world.pass(200ms);
    CHECK(x->heard() == Lines{heard_from("a", "x", half), heard_from("a", "x", "3")});
  }
  SUBCASE("bytes of all, and ids") {
    a->say(said("x", half), said("y", half), said("y", "3"), said("z", "4"));
    world.pass(5100ms);
    CHECK(a->heard() == Lines{expired("x", "a"), expired("y", "a"), expired("z", "a")});
  }
  SUBCASE("ids that are known") {
    for (int i = 0; i < 256; ++i) a->say(said(std::to_string(i)));
    CHECK(a->heard().empty());
    a->say(said("one more"));
    CHECK(a->heard() == Lines{expired("one more", "a")});
  }
}

TEST_CASE("peerjs: peers of other protocols are called, and call") {
  PeerjsWorld world;
  auto n = native_client(world, "ada");
  n->say(R"({"type":"join","room":"peerjs/everybody"})");
  auto a = world.opened("a", "peer-a");
  CHECK(n->heard().back().find(R"("metadata": {"peerId":"a"})") != std::string::npos);
  const auto native = [](const std::string& type, const std::string& data) {
    return R"({"type":")" + type + R"(","to":"peer-a","data":)" + data + "}";
  };
  const auto to_native = [](const std::string& type, const std::string& data) {
    return R"({"type":")" + type + R"(","from":"peer-a","room":"peerjs/everybody","data":)" + data + "}";
  };
  const std::string offer = R"({"sdp":{"type":"offer","sdp":"v=0"},"type":"data","connectionId":"dc_1"})";
  SUBCASE("a client calls, and the answer is wrapped with what it has called") {
    a->say(said("peer:ada", offer));
    CHECK(n->heard() == Lines{to_native("offer", offer)});
    n->say(native("answer", R"({"type":"answer","sdp":"v=1"})"), native("candidate", R"({"candidate":"c"})"));
    CHECK(a->heard() ==
          Lines{heard_from("peer:ada", "a",
                           R"({"sdp":{"type":"answer","sdp":"v=1"},"type":"data","connectionId":"dc_1"})",
                           "ANSWER"),
                heard_from("peer:ada", "a",
                           R"({"candidate":{"candidate":"c"},"type":"data","connectionId":"dc_1"})",
                           "CANDIDATE")});
  }
  SUBCASE("a native peer calls with a bare description") {
    n->say(native("offer", R"({"type":"offer","sdp":"v=0"})"));
    CHECK(
        a->heard() ==
        Lines{heard_from("peer:ada", "a",
                         R"({"sdp":{"type":"offer","sdp":"v=0"},"type":"data","connectionId":"dc_peer:ada",)"
                         R"("metadata":null,"label":"peer:ada","reliable":true,"serialization":"raw"})")});
    n->say(native("offer", R"({"type":"offer","sdp":"v=0\r\nm=video 9"})"),
           native("candidate", R"({"candidate":"c"})"));
    CHECK(
        a->heard() ==
        Lines{heard_from("peer:ada", "a",
                         R"({"sdp":{"type":"offer","sdp":"v=0\r\nm=video 9"},"type":"media",)"
                         R"("connectionId":"mc_peer:ada","metadata":null,"label":"peer:ada","reliable":true,)"
                         R"("serialization":"raw"})"),
              heard_from("peer:ada", "a",
                         R"({"candidate":{"candidate":"c"},"type":"media","connectionId":"mc_peer:ada"})",
                         "CANDIDATE")});
  }
  SUBCASE("what has a connectionId passes unchanged, and what has no word does not pass") {
    n->say(native("offer", offer), native("message", "1"), native("answer", "7"),
           native("candidate", "null"));
    CHECK(a->heard() == Lines{heard_from("peer:ada", "a", offer)});
  }
  a->say(R"({"type":"LEAVE","dst":"peer:ada"})");
  n->forget();
}

TEST_CASE("peerjs: a local peer may have an id") {
  PeerjsWorld world;
  Lines heard;
  LocalPeerOptions local;
  local.executor = world.io.get_executor();
  local.on_event = [&heard](const Event& event) {
    if (const auto* sent = std::get_if<event::Message>(&event)) {
      heard.push_back(std::string(sent->from) + " " + std::string(sent->message.payload));
    }
  };
  const LocalPeer bot = world.router.connect_local(std::move(local));
  world.run();
  const std::string alias = world.factory.alias("bot");
  const std::string metadata = Peerjs::metadata("bot");
  command::Join join;
  join.room = world.factory.room();
  join.alias = alias;
  join.metadata = metadata;
  bot->join(join);
  world.run();
  auto a = world.opened("a", "peer-a");
  a->say(said("bot"));
  CHECK(heard == Lines{"peer-a 1"});
  Message answer = Message::answer(R"({"type":"answer","sdp":"v=0"})", {"peer-a", {}});
  CHECK(bot->send(answer).status == SendStatus::sent);
  CHECK(a->heard() ==
        Lines{heard_from("bot", "a",
                         R"({"sdp":{"type":"answer","sdp":"v=0"},"type":"data","connectionId":"dc_bot"})",
                         "ANSWER")});
}

TEST_CASE("peerjs: whoever is too slow has left, as far as the sender is concerned") {
  RouterOptions options;
  options.limits.max_message_bytes = 400;
  options.limits.max_outbound_bytes = 400;
  PeerjsWorld world({}, std::move(options));
  auto b = world.opened("b");
  std::vector<PeerjsWorld::Client> senders;
  for (int i = 0; i < 10; ++i) senders.push_back(world.opened("s" + std::to_string(i)));
  // All in one turn of the loop, in which nothing leaves.
  for (auto& sender : senders) sender->receive(said("b", '"' + std::string(300, 'x') + '"'));
  const std::size_t delivered = b->heard().size();
  CHECK(delivered > 0);
  CHECK(delivered < senders.size());
  for (std::size_t i = 0; i < senders.size(); ++i) {
    CAPTURE(i);
    const std::string left = R"({"type":"LEAVE","src":"b","dst":"s)" + std::to_string(i) + "\"}";
    CHECK(senders[i]->heard() == (i < delivered ? Lines() : Lines{left}));
  }
}

}  // namespace
}  // namespace signaling::protocols
