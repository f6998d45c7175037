#include "signaling/protocols/libdatachannel.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "signaling/core/memory_store.hpp"
#include "support/vocabulary_client.hpp"

namespace signaling::protocols {
namespace {

using testing::Lines;
using testing::native_client;
using testing::ProtocolClient;
using testing::ProtocolClientPtr;
using testing::ScriptWorld;

struct LibdatachannelWorld : ScriptWorld {
  explicit LibdatachannelWorld(RouterOptions options = {}) : ScriptWorld(std::move(options)) {}

  /// `peer`: its peer id.
  ProtocolClientPtr client(const std::string& path, std::string peer = {}) {
    ConnectInfo info;
    info.target = "/libdatachannel" + path;
    auto client = std::make_unique<ProtocolClient>(*this, factory.make(info), std::move(peer));
    run();
    return client;
  }

  Libdatachannel factory;
};

std::string offer(const std::string& id) {
  return R"({"id":")" + id + R"(","type":"offer","description":"v=0\r\n"})";
}

TEST_CASE(
    "libdatachannel: a message reaches its receiver with the sender's id, and nothing else of it changes") {
  LibdatachannelWorld world;
  auto a = world.client("/abcd");
  auto b = world.client("/x%20%c3%a9/more?q=1");
  CHECK(a->heard().empty());
  a->say("{ \"x\" : 1.50, \"id\" :\"x \\u00e9\",\"type\":\"request\" ,\"id\":\"x \xC3\xA9\"}");
  CHECK(b->heard() == Lines{R"({ "x" : 1.50, "id" :"abcd","type":"request" ,"id":"abcd"})"});
  b->say(offer("abcd"));
  CHECK(a->heard() == Lines{"{\"id\":\"x \xC3\xA9\",\"type\":\"offer\",\"description\":\"v=0\\r\\n\"}"});
  a->say(R"({"id":"abcd","type":"candidate","candidate":"c","mid":"0"})");
  CHECK(a->heard() == Lines{R"({"id":"abcd","type":"candidate","candidate":"c","mid":"0"})"});
}

TEST_CASE("libdatachannel: what cannot be delivered is dropped, and bad messages are ignored") {
  LibdatachannelWorld world;
  auto a = world.client("/a");
  auto b = world.client("/b");
  for (const std::string& message :
       {std::string("{oops"), std::string("null"), std::string("[]"), std::string("{}"), offer("nobody"),
        offer(""), std::string(R"({"id":null,"type":"offer"})"), std::string(R"({"id":"\ud800"})"),
        offer("__proto__"), offer(std::string(10'000, 'x'))}) {
    CAPTURE(message.substr(0, 40));
    a->say(message);
    CHECK(a->heard().empty());
    CHECK(b->heard().empty());
    CHECK(a->closed() == std::nullopt);
  }
  a->say_binary(offer("b"));
  CHECK(b->heard().empty());
}

TEST_CASE("libdatachannel: a newer client of an id replaces the older one, whose end does not concern it") {
  LibdatachannelWorld world;
  auto older = world.client("/a");
  auto newer = world.client("/a");
  CHECK(older->closed() == CloseReason::replaced);
  auto b = world.client("/b");
  b->say(offer("a"));
  CHECK(newer->heard() == Lines{offer("b")});
  CHECK(newer->closed() == std::nullopt);
}

TEST_CASE("libdatachannel: it does so from another node too") {
  const auto store = std::make_shared<MemoryStore>();
  const auto on = [&](const char* node) {
    RouterOptions options;
    options.store = store;
    options.node = node;
    return options;
  };
  LibdatachannelWorld one(on("one"));
  LibdatachannelWorld two(on("two"));
  auto older = one.client("/a", "p1");
  auto newer = two.client("/a", "p2");
  CHECK(older->closed() == CloseReason::replaced);
  auto b = one.client("/b", "p3");
  b->say(offer("a"));
  two.run();
  CHECK(newer->heard() == Lines{offer("b")});
}

TEST_CASE("libdatachannel: a client without an id, or with a longer one than there may be, is closed") {
  LibdatachannelWorld world;
  for (const std::string& path : {std::string(), std::string("/"), "/" + std::string(200, 'x')}) {
    CAPTURE(path);
    CHECK(world.client(path)->closed() == CloseReason::normal);
  }
  ConnectInfo info;
  info.target = "/libdatachannel/%ff";
  CHECK(world.factory.make(info) == nullptr);
}

TEST_CASE("libdatachannel: peers of other protocols are called, and call") {
  LibdatachannelWorld world;
  auto n = native_client(world, "ada");
  n->say(R"({"type":"join","room":"libdatachannel/everybody"})");
  auto a = world.client("/a", "peer-a");
  n->forget();
  n->say(R"({"type":"offer","to":"peer-a","data":{"type":"offer","sdp":"v=0"}})",
         R"({"type":"candidate","to":"peer-a","data":{"candidate":"c","sdpMid":"0"}})");
  CHECK(a->heard() == Lines{R"({"id":"peer:ada","type":"offer","description":"v=0"})",
                            R"({"id":"peer:ada","type":"candidate","candidate":"c","mid":"0"})"});
  a->say(R"({"id":"peer:ada","type":"answer","sdp":"v=1"})",
         R"({"id":"peer:ada","type":"candidate","candidate":"d"})", R"({"id":"peer:ada","type":"request"})");
  const auto to_native = [](const std::string& type, const std::string& data) {
    return R"({"type":")" + type + R"(","from":"peer-a","data":)" + data + "}";
  };
  CHECK(n->heard() == Lines{to_native("answer", R"({"type":"answer","sdp":"v=1"})"),
                            to_native("candidate", R"({"candidate":"d"})"),
                            to_native("message", R"({"id":"peer:ada","type":"request"})")});
}

TEST_CASE("libdatachannel: a local peer may be the one that clients call server") {
  LibdatachannelWorld world;
  Lines heard;
  LocalPeerOptions local;
  local.executor = world.io.get_executor();
  local.on_event = [&heard](const Event& event) {
    if (const auto* sent = std::get_if<event::Message>(&event)) {
      heard.push_back(std::string(sent->from) + " " + std::string(sent->message.payload));
    }
  };
  const LocalPeer server = world.router.connect_local(std::move(local));
  world.run();
  const std::string alias = libdatachannel_alias("server");
  const std::string metadata = libdatachannel_metadata("server");
  command::Join join;
  join.room = libdatachannel_room;
  join.alias = alias;
  join.metadata = metadata;
  join.capacity = command::Join::Capacity::unlimited;
  server->join(join);
  world.run();
  auto a = world.client("/a", "peer-a");
  a->say(R"({"id":"server","type":"request"})");
  CHECK(heard == Lines{R"(peer-a {"id":"server","type":"request"})"});
  Message answer = Message::offer(R"({"type":"offer","sdp":"v=0"})");
  answer.to = "peer-a";
  CHECK(server->send(answer).status == SendStatus::sent);
  CHECK(a->heard() == Lines{R"({"id":"server","type":"offer","description":"v=0"})"});
}

}  // namespace
}  // namespace signaling::protocols
