#include "signaling/protocols/y_webrtc.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

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

const std::string pong = R"({"type":"pong"})";
const std::string ping = R"({"type":"ping"})";

std::string subscribe(const std::string& topics) {
  return R"({"type":"subscribe","topics":[)" + topics + "]}";
}
std::string unsubscribe(const std::string& topics) {
  return R"({"type":"unsubscribe","topics":[)" + topics + "]}";
}
std::string publish(const std::string& topic, const std::string& data, const std::string& more = {}) {
  return R"({"type":"publish","topic":)" + topic + R"(,"data":)" + data + more + "}";
}
std::string heard_of(const std::string& topic, const std::string& data, int clients) {
  return publish(topic, data, ",\"clients\":" + std::to_string(clients));
}

struct YWorld : ScriptWorld {
  explicit YWorld(YWebrtcOptions its_options = {}, RouterOptions router_options = {})
      : ScriptWorld(std::move(router_options)), factory(count(), std::move(its_options)) {}

  std::function<std::size_t(std::string_view)> count() {
    return [this](std::string_view name) {
      const auto room = router.find_room(name);
      return room ? room->size() : std::size_t{0};
    };
  }
  ProtocolClientPtr client(std::string id) {
    return std::make_unique<ProtocolClient>(*this, factory.make(), std::move(id));
  }

  YWebrtc factory;
};

TEST_CASE("y-webrtc: everybody in a topic, the publisher too, gets the message with the number of clients") {
  YWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say(subscribe("\"doc-1\""));
  a->say(publish("\"doc-1\"", R"({"type":"announce","from":"a1"})"));
  CHECK(a->heard() == Lines{heard_of("\"doc-1\"", R"({"type":"announce","from":"a1"})", 1)});
  b->say(subscribe("\"doc-1\""));
  b->say(publish("\"doc-1\"", R"({"type":"announce","from":"b1"})"));
  const Lines both{heard_of("\"doc-1\"", R"({"type":"announce","from":"b1"})", 2)};
  CHECK(a->heard() == both);
  CHECK(b->heard() == both);
  b->cut();
  a->say(publish("\"doc-1\"", "1"));
  CHECK(a->heard() == Lines{heard_of("\"doc-1\"", "1", 1)});
}

TEST_CASE("y-webrtc: a message passes byte for byte, and only the member clients is the server's") {
  YWorld world;
  auto a = world.client("a");
  a->say(subscribe(R"("t")"));
  a->say(R"( { "data" : 1764419000000.43123456789 , "x":"\u00e9","topic":"t", "type":"publish" } )");
  CHECK(
      a->heard() ==
      Lines{
          R"( { "data" : 1764419000000.43123456789 , "x":"\u00e9","topic":"t", "type":"publish" ,"clients":1})"});
  a->say(R"({"clients":9,"type":"publish","topic":"t"})");
  a->say(R"({"type":"publish","topic":"t","clients":{"a":1},"data":{"clients":7},"cl\u0069ents":3})");
  CHECK(a->heard() == Lines{R"({"type":"publish","topic":"t","clients":1})",
                            R"({"type":"publish","topic":"t","data":{"clients":7},"clients":1})"});
}

TEST_CASE("y-webrtc: a client that is in no topic may publish, and gets nothing") {
  YWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say(subscribe("\"t\""));
  b->say(publish("\"t\"", "1"), publish("\"nowhere\"", "2"), publish("\"\"", "3"));
  CHECK(a->heard() == Lines{heard_of("\"t\"", "1", 1)});
  CHECK(b->heard().empty());
}

TEST_CASE("y-webrtc: subscribing twice is once, and unsubscribing ends it") {
  YWorld world;
  auto a = world.client("a");
  a->say(subscribe(R"("t","t","u")"), subscribe("\"t\""));
  a->say(publish("\"t\"", "1"));
  CHECK(a->heard() == Lines{heard_of("\"t\"", "1", 1)});
  a->say(unsubscribe(R"("t","never")"), publish("\"t\"", "2"), publish("\"u\"", "3"));
  CHECK(a->heard() == Lines{heard_of("\"u\"", "3", 1)});
  CHECK(world.router.find_room("y-webrtc/t") == nullptr);
  a->say(subscribe("\"t\""), publish("\"t\"", "4"));
  CHECK(a->heard() == Lines{heard_of("\"t\"", "4", 1)});
}

TEST_CASE("y-webrtc: a ping is answered, behind what was asked before") {
  YWorld world;
  auto a = world.client("a");
  a->say(ping, subscribe("\"t\""), publish("\"t\"", "1"), R"({"type":"ping","id":7})");
  CHECK(a->heard() == Lines{pong, heard_of("\"t\"", "1", 1), pong});
}

TEST_CASE("y-webrtc: JSON in binary messages counts, and answers are text") {
  YWorld world;
  auto a = world.client("a");
  a->say_binary(ping);
  a->say_binary(subscribe("\"t\""));
  a->say_binary(publish("\"t\"", "1"));
  CHECK(a->heard() == Lines{pong, heard_of("\"t\"", "1", 1)});
  a->say_binary("\xFF\xFE");
  a->say(ping);
  CHECK(a->heard() == Lines{pong});
}

TEST_CASE("y-webrtc: what the protocol does not know is ignored, and harms nobody") {
  YWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say(subscribe("\"t\""));
  b->say(subscribe("\"t\""));
  const auto deep = std::string(2000, '[') + std::string(2000, ']');
  for (const std::string& bad : {std::string("{oops"),
                                 std::string("null"),
                                 std::string("[]"),
                                 std::string("7"),
                                 std::string("\"ping\""),
                                 std::string("{}"),
                                 std::string(R"({"type":7})"),
                                 std::string(R"({"type":"unknown"})"),
                                 std::string(R"({"type":"subscribe"})"),
                                 std::string(R"({"type":"subscribe","topics":"abc"})"),
                                 std::string(R"({"type":"subscribe","topics":{"length":3}})"),
                                 std::string(R"({"type":"unsubscribe","topics":null})"),
                                 std::string(R"({"type":"publish"})"),
                                 publish("7", "1"),
                                 publish("null", "1"),
                                 publish("[\"t\"]", "1"),
                                 publish(R"("\ud800")", "1"),
                                 publish("\"" + std::string(513, 'x') + "\"", "1"),
                                 subscribe(R"(null,7,[],{},"","\udfff",")" + std::string(10'000, 'x') + "\""),
                                 deep}) {
    CAPTURE(bad.substr(0, 60));
    b->say(bad);
    CHECK(b->heard().empty());
    CHECK(a->heard().empty());
    CHECK(b->closed() == std::nullopt);
  }
  b->say(publish("\"t\"", "1"));
  CHECK(a->heard() == Lines{heard_of("\"t\"", "1", 2)});
}

TEST_CASE("y-webrtc: names of any characters are topics") {
  YWorld world;
  auto a = world.client("a");
  const std::string longest = "\"" + std::string(512, 'x') + "\"";
  for (const std::string& topic : {std::string("\"__proto__\""), std::string("\"constructor\""),
                                   std::string(R"("a b\n\u0000\ud83d\ude00")"), longest}) {
    CAPTURE(topic);
    a->say(subscribe(topic), publish(topic, "1"));
    CHECK(a->heard() == Lines{heard_of(topic, "1", 1)});
  }
}

TEST_CASE(
    "y-webrtc: of a subscription beyond the bound, the topics that fit count; the rest is counted as error") {
  YWebrtcOptions options;
  options.max_topics = 100;
  YWorld world(options);
  auto a = world.client("a");
  std::string topics;
  for (int i = 0; i < 12'000; ++i)
    topics.append(topics.empty() ? "\"" : ",\"").append(std::to_string(i)) += '"';
  a->say(subscribe(topics), ping);
  CHECK(a->heard() == Lines{pong});
  a->say(publish("\"99\"", "1"), publish("\"100\"", "2"));
  CHECK(a->heard() == Lines{heard_of("\"99\"", "1", 1)});
  CHECK(world.router.stats().rooms == 100);
  CHECK(world.router.stats().errors[static_cast<std::size_t>(errc::too_many_rooms)] == 1);
  a->say(unsubscribe("\"5\""), subscribe("\"new\""), publish("\"new\"", "3"));
  CHECK(a->heard() == Lines{heard_of("\"new\"", "3", 1)});
}

TEST_CASE("y-webrtc: a client that reconnects joins all the topics it may have at once") {
  YWorld world;
  auto a = world.client("a");
  std::string topics;
  for (int i = 0; i < 256; ++i) topics.append(topics.empty() ? "\"" : ",\"").append(std::to_string(i)) += '"';
  a->say(subscribe(topics));
  CHECK(world.router.stats().rooms == 256);
}

TEST_CASE("y-webrtc: topics have rooms of their own, unless the host shares them with everybody") {
  YWorld world;
  auto a = world.client("a");
  auto n = native_client(world, "n");
  a->say(subscribe("\"lobby\""));
  n->say(R"({"type":"join","room":"lobby"})");
  n->forget();
  a->say(publish("\"lobby\"", "1"));
  CHECK(n->heard().empty());
  YWebrtcOptions shared;
  shared.room_prefix.clear();
  YWorld one(shared);
  auto b = one.client("b");
  auto m = native_client(one, "m");
  m->say(R"({"type":"join","room":"lobby"})");
  m->forget();
  b->say(subscribe("\"lobby\""), publish("\"lobby\"", R"({"x":1.50})"));
  CHECK(b->heard() == Lines{heard_of("\"lobby\"", R"({"x":1.50})", 2)});
  CHECK(
      m->heard() ==
      Lines{
          R"({"type":"peer-joined","room":"lobby","version":2,"peer":{"id":"b","metadata":null,"polite":true}})",
          R"({"type":"message","from":"b","room":"lobby","data":{"x":1.50}})"});
}

TEST_CASE(
    "y-webrtc: messages of other languages to the room are published, and nothing else of them is told") {
  YWorld world;
  auto a = world.client("a");
  a->say(subscribe(R"("a \"doc\"")"));
  auto n = native_client(world, "n");
  n->say(R"({"type":"join","room":"y-webrtc/a \"doc\""})");
  n->say(R"({"type":"message","room":"y-webrtc/a \"doc\"","data":[1.50]})");
  CHECK(a->heard() == Lines{heard_of(R"("a \"doc\"")", "[1.50]", 2)});
  n->forget();
  n->say(R"({"type":"offer","to":"a","data":{},"id":1})");
  CHECK(n->heard().front().find("unknown_type") != std::string::npos);
  CHECK(a->heard().empty());
  a->say(publish(R"("a \"doc\"")", "null"), R"({"type":"publish","topic":"a \"doc\""})");
  CHECK(n->heard().size() == 2);
}

TEST_CASE("y-webrtc: the policy decides on each topic, and a later subscription asks again") {
  const auto policy = std::make_shared<testing::SlowPolicy>();
  RouterOptions options;
  options.policy = policy;
  YWorld world({}, options);
  auto a = world.client("a");
  policy->admit("a");
  a->say(subscribe(R"("yes","no")"));
  policy->decide(Decision::allow());
  world.run();
  policy->decide(Decision::refuse("members only"));
  world.run();
  a->say(publish("\"yes\"", "1"), publish("\"no\"", "2"));
  CHECK(a->heard() == Lines{heard_of("\"yes\"", "1", 1)});
  a->say(subscribe(R"("yes","no")"));
  policy->decide(Decision::allow());
  world.run();
  a->say(publish("\"no\"", "3"));
  CHECK(a->heard() == Lines{heard_of("\"no\"", "3", 1)});
  CHECK(policy->attempts == Lines{"a y-webrtc/yes", "a y-webrtc/no", "a y-webrtc/no"});
}

TEST_CASE("y-webrtc: the number of clients is that of all nodes") {
  const auto store = std::make_shared<MemoryStore>();
  const auto on = [&](const char* node) {
    RouterOptions options;
    options.store = store;
    options.node = node;
    return options;
  };
  YWorld one({}, on("one"));
  YWorld two({}, on("two"));
  auto a = one.client("a");
  auto b = two.client("b");
  a->say(subscribe("\"t\""));
  b->say(subscribe("\"t\""));
  one.run();
  a->say(publish("\"t\"", "1"));
  CHECK(a->heard() == Lines{heard_of("\"t\"", "1", 2)});
  CHECK(b->heard() == Lines{heard_of("\"t\"", "1", 2)});
  auto outside = one.client("c");
  outside->say(publish("\"t\"", "2"));
  two.run();
  CHECK(b->heard() == Lines{heard_of("\"t\"", "2", 2)});
}

}  // namespace
}  // namespace signaling::protocols
