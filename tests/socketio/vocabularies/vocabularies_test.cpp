#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

#include "signaling/core/memory_store.hpp"
#include "signaling/text/utc_string.hpp"
#include "socketio/vocabularies/vocabulary_world.hpp"

namespace signaling::socketio {
namespace {

using namespace test;

std::string error_start(std::string_view code) { return R"(42["error",{"code":")" + std::string(code) + '"'; }

TEST_CASE("vocabularies: each is made by its name, and no other is") {
  const auto names = vocabulary_names();
  CHECK(Lines(names.begin(), names.end()) ==
        Lines{"email-calls", "redis-rooms", "rooms-mesh", "token-peers"});
  for (const std::string_view name : names) {
    const auto vocabulary = Vocabulary::make(name);
    REQUIRE(vocabulary);
    CHECK(vocabulary->name() == name);
    const auto one = vocabulary->make_protocol();
    const auto other = vocabulary->make_protocol();
    CHECK(one->name() == name);
    CHECK(one->encoder() == other->encoder());
  }
  CHECK(Vocabulary::make("vertex") == nullptr);
  CHECK(Vocabulary::make("") == nullptr);
}

TEST_CASE("vocabularies: the socket has the id of the peer, and CONNECT is answered in its namespace") {
  for (const std::string_view name : vocabulary_names()) {
    VocabularyWorld world(name);
    auto a = world.connect("a");
    auto b = world.connect("b", {}, "/n");
    CHECK(a->heard() == Lines{R"(40{"sid":"a"})"});
    CHECK(b->heard() == Lines{R"(40/n,{"sid":"b"})"});
  }
}

TEST_CASE("vocabularies: a peer that is not admitted gets CONNECT_ERROR") {
  struct NoBob final : Policy {
    void authenticate(const ConnectInfo& info, Callback<void(Admission)> done) override {
      Admission admission;
      if (info.wished_id == "bob") admission.decision = Decision::refuse("No \"Bobs\".");
      done(std::move(admission));
    }
  };
  for (const std::string_view name : vocabulary_names()) {
    RouterOptions options;
    options.policy = std::make_shared<NoBob>();
    options.limits.max_peers = 1;
    VocabularyWorld world(name, std::move(options));
    auto bob = world.connect("bob", {}, "/n");
    auto a = world.connect("a");
    auto b = world.connect("b");
    auto again = world.connect("a");
    // Behind it comes the event, for a client that is in already.
    CHECK(bob->heard().front() == R"(44/n,{"message":"No \"Bobs\"."})");
    CHECK(a->heard() == Lines{R"(40{"sid":"a"})"});
    CHECK(b->heard().front() == R"(44{"message":")" + std::string(describe(errc::too_many_peers)) + R"("})");
    CHECK(again->heard().front() == R"(44{"message":")" + std::string(describe(errc::id_in_use)) + R"("})");
  }
}

TEST_CASE("vocabularies: what a client may not do is an error, and it stays connected") {
  struct Nothing final : Policy {
    void authorize_join(const Peer& /*peer*/, const JoinAttempt& /*join*/,
                        Callback<void(Decision)> done) override {
      done(Decision::refuse("No."));
    }
  };
  RouterOptions options;
  options.policy = std::make_shared<Nothing>();
  VocabularyWorld world("rooms-mesh", std::move(options));
  auto a = world.connect("a");
  CHECK(a->heard() == Lines{R"(40{"sid":"a"})"});  // and no word of the room that it did not ask for
  a->say(R"(["join_room",{"roomName":"r"}])");
  CHECK(a->heard() == Lines{R"(42["error",{"code":"forbidden","message":"No."}])"});
  CHECK_FALSE(a->closed());
}

TEST_CASE("vocabularies: events that they do not have are passed over") {
  for (const std::string_view name : vocabulary_names()) {
    VocabularyWorld world(name);
    auto a = world.client("a");
    a->say(R"(["__proto__"])", R"(["constructor",1])", R"(["hasOwnProperty",{}])", R"(["unknown",null])",
           R"([""])", "[\"" + std::string(500, 'x') + "\"]", "[\"\\u0061\\ud800\"]");
    CHECK(a->heard().empty());
    CHECK_FALSE(a->closed());
  }
}

TEST_CASE("vocabularies: what is no event is an error") {
  for (const std::string_view name : vocabulary_names()) {
    VocabularyWorld world(name);
    auto a = world.client("a");
    for (const std::string text :
         {"", "x", "{}", "[]", "[1]", "[null]", R"(["message")", R"(["message",])"}) {
      a->say(text);
      const Lines heard = a->heard();
      REQUIRE(heard.size() == 1);
      CHECK(heard[0].starts_with(error_start("bad_json")));
    }
    a->say_binary("[\"message\"]");
    CHECK(a->heard().size() == 1);
    CHECK_FALSE(a->closed());
  }
}

TEST_CASE("vocabularies: the limits of the router hold") {
  RouterOptions options;
  options.limits.max_peers_per_room = 1;
  options.limits.max_metadata_bytes = 64;
  VocabularyWorld world("rooms-mesh", std::move(options));
  auto a = world.client("a");
  auto b = world.client("b");
  a->say(R"(["join_room",{"roomName":"r"}])");
  b->say(R"(["join_room",{"roomName":"r"}])",
         R"(["join_room",{"roomName":"s","personName":")" + std::string(64, 'x') + "\"}]",
         R"(["join_room",{"roomName":")" + std::string(200, 'x') + "\"}]");
  const Lines heard = b->heard();
  REQUIRE(heard.size() == 3);
  CHECK(heard[0].starts_with(error_start("room_full")));
  CHECK(heard[1].starts_with(error_start("metadata_too_large")));
  CHECK(heard[2].starts_with(error_start("bad_id")));
}

TEST_CASE("vocabularies: clients on two nodes meet as on one") {
  const auto store = std::make_shared<MemoryStore>();
  const auto options = [&](NodeId node) {
    RouterOptions shared;
    shared.store = store;
    shared.node = std::move(node);
    return shared;
  };
  SUBCASE("redis-rooms") {
    VocabularyWorld one("redis-rooms", options("one"));
    VocabularyWorld two("redis-rooms", options("two"));
    auto a = one.client("a");
    auto b = two.client("b");
    a->say(R"(["join-room","r"])");
    b->say(R"(["join-room","r"])");
    CHECK(a->heard() == Lines{R"(42["room-users",["a"]])", R"(42["user-connected","b"])"});
    b->forget();
    a->say(R"(["offer","r","u",{}])");
    CHECK(b->heard() == Lines{R"(42["offer",{"userId":"u","offer":{}}])"});
    a->cut();
    CHECK(two.router.find_room("r")->size() == 1);
  }
  SUBCASE("token-peers") {
    VocabularyWorld one("token-peers", options("one"));
    VocabularyWorld two("token-peers", options("two"));
    auto a = one.client("a");
    auto b = two.client("b");
    a->say(R"(["ready","p1"])");
    b->say(R"(["ready","p2"])");
    a->forget();
    b->forget();
    a->say(R"(["messageOne",{"target":"p2"}])");
    CHECK(b->heard() == Lines{R"(42["message",{"target":"p2"}])"});
    b->say(R"(["message",1])");
    CHECK(a->heard() == Lines{R"(42["message",1])"});
    CHECK(connections(one.router) == connections(two.router));
    auto c = one.client("c");
    c->say(R"(["ready","p2"])");
    CHECK(c->closed() == CloseReason::normal);
  }
}

TEST_CASE("vocabularies: a time is written as Date.prototype.toUTCString does (ECMA-262 21.4.4.43)") {
  const auto at = [](long long seconds) {
    return text::to_utc_string(std::chrono::system_clock::time_point(std::chrono::seconds(seconds)));
  };
  CHECK(at(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(at(951827696) == "Tue, 29 Feb 2000 12:34:56 GMT");
  CHECK(at(1735689599) == "Tue, 31 Dec 2024 23:59:59 GMT");
  CHECK(at(-1) == "Wed, 31 Dec 1969 23:59:59 GMT");
}

}  // namespace
}  // namespace signaling::socketio
