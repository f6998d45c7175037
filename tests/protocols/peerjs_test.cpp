// Who has which id, on one node and on several.
#include "signaling/protocols/peerjs.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "protocols/peerjs_world.hpp"
#include "signaling/core/memory_store.hpp"

namespace signaling::protocols {
namespace {

using namespace std::chrono_literals;
using testing::Lines;

TEST_CASE("peerjs: a client that comes again with its token is open, and replaces its earlier connection") {
  PeerjsWorld world;
  auto a = world.opened("a");
  auto older = world.opened("b");
  auto newer = world.client("b");
  CHECK(newer->heard() == Lines{peerjs_open});
  CHECK(older->closed() == CloseReason::replaced);
  CHECK(older->heard().empty());
  a->say(said("b"));
  CHECK(newer->heard() == Lines{heard_from("a", "b")});
  newer->say(said("a", "2"));
  CHECK(a->heard() == Lines{heard_from("b", "a", "2")});
}

TEST_CASE("peerjs: the id of a client that answers is taken for those with another token") {
  PeerjsWorld world;
  auto a = world.opened("a");
  auto thief = world.client("a", "other");
  CHECK_FALSE(a->probed());
  world.pass(100ms);
  CHECK(a->probed() == 2000ms);
  CHECK(thief->heard().empty());
  SUBCASE("it is told as soon as that is known") {
    a->show_life();
    CHECK(thief->heard() == Lines{peerjs_taken});
    a->show_life();
    CHECK(a->heard().empty());
    return;
  }
  world.pass(2s);
  CHECK_FALSE(thief->closed());
  world.pass(500ms);
  CHECK(thief->heard() == Lines{peerjs_taken});
  CHECK(thief->closed_with() == std::pair<std::uint16_t, std::string>(1000, ""));
  CHECK_FALSE(a->probed());
  CHECK_FALSE(a->closed());
  a->say(said("a"));
  CHECK(a->heard() == Lines{heard_from("a", "a")});
}

TEST_CASE("peerjs: the id of a client that does not answer goes to who waits for it, once") {
  PeerjsWorld world;
  auto gone = world.opened("a");
  auto next = world.client("a", "other");
  world.pass(1900ms);
  CHECK(gone->probed());
  gone->cut();
  world.pass(400ms);
  CHECK(next->heard() == Lines{peerjs_open});
  world.pass(10s);
  CHECK(next->heard().empty());
  CHECK_FALSE(next->closed());
}

TEST_CASE("peerjs: without a time for the probe, the id is taken at once") {
  PeerjsOptions settings;
  settings.probe_timeout = 0ms;
  PeerjsWorld world(settings);
  auto a = world.opened("a");
  auto thief = world.client("a", "other");
  CHECK(thief->heard() == Lines{peerjs_taken});
  CHECK(thief->closed());
  world.pass(1s);
  CHECK_FALSE(a->probed());
}

TEST_CASE("peerjs: beyond the limit of clients a new one is refused, and one that comes again is not") {
  PeerjsOptions settings;
  settings.max_clients = 2;
  PeerjsWorld world(settings);
  auto a = world.opened("a");
  auto b = world.opened("b");
  auto c = world.client("c");
  CHECK(c->heard() == Lines{peerjs_refusal("Server has reached its concurrent user limit")});
  CHECK(c->closed());
  CHECK(world.client("b")->heard() == Lines{peerjs_open});
}

TEST_CASE("peerjs: the router's limit of peers is told in the same words") {
  RouterOptions options;
  options.limits.max_peers = 1;
  PeerjsWorld world({}, std::move(options));
  auto a = world.opened("a");
  CHECK(world.client("b")->heard() == Lines{peerjs_refusal("Server has reached its concurrent user limit")});
}

struct SlowPolicy : Policy {
  void authenticate(const ConnectInfo& info, Callback<void(Admission)> done) override {
    Admission admission;
    if (info.token == "bad") admission.decision = Decision::refuse("Not you.", errc::unauthorized);
    done(std::move(admission));
  }
  void authorize_join(const Peer&, const JoinAttempt&, Callback<void(Decision)> done) override {
    waiting.push_back(std::move(done));
  }
  std::vector<Callback<void(Decision)>> waiting;
};

TEST_CASE("peerjs: a policy that refuses is heard, and one that is slow leads to one OPEN") {
  const auto policy = std::make_shared<SlowPolicy>();
  RouterOptions options;
  options.policy = policy;
  PeerjsWorld world({}, std::move(options));
  auto refused = world.client("a", "bad");
  CHECK(refused->heard() == Lines{peerjs_refusal("Not you.")});
  CHECK(refused->closed() == CloseReason::unauthorized);
  auto slow = world.client("a");
  world.pass(3s);
  CHECK(slow->heard().empty());
  REQUIRE(policy->waiting.size() == 1);
  policy->waiting.front()(Decision::allow());
  world.pass(3s);
  CHECK(slow->heard() == Lines{peerjs_open});
  CHECK(policy->waiting.size() == 1);
  auto other = world.client("b");
  policy->waiting.back()(Decision::refuse("Not here."));
  CHECK(other->heard() == Lines{peerjs_refusal("Not here.")});
  CHECK(other->closed());
}

TEST_CASE("peerjs: another key has a room and ids of its own") {
  PeerjsOptions settings;
  settings.key = "k";
  PeerjsWorld world(settings);
  CHECK(world.factory.room() == "peerjs/k/everybody");
  CHECK(world.factory.alias("a") != PeerjsWorld().factory.alias("a"));
  CHECK(world.connect("?key=k&id=a&token=t")->heard() == Lines{peerjs_open});
}

struct TwoNodes {
  RouterOptions on(const char* node) const {
    RouterOptions options;
    options.store = store;
    options.node = node;
    return options;
  }
  void pass(std::chrono::milliseconds time) {
    for (; time.count() > 0; time -= 50ms) {
      for (PeerjsWorld* world : {&one, &two}) world->pass(50ms);
      one.run();
    }
  }
  std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();
  PeerjsWorld one{{}, on("one")};
  PeerjsWorld two{{}, on("two")};
};

TEST_CASE("peerjs: clients on two nodes reach each other, and messages wait for one on another node") {
  TwoNodes nodes;
  auto a = nodes.one.opened("a", "p1");
  a->say(said("b"), said("nobody"));
  nodes.pass(1s);
  auto b = nodes.two.client("b", "t", "p2");
  nodes.pass(200ms);
  CHECK(b->heard() == Lines{peerjs_open, heard_from("a", "b")});
  b->say(said("a", "2", "ANSWER"));
  CHECK(a->heard() == Lines{heard_from("b", "a", "2", "ANSWER")});
  nodes.pass(5s);
  CHECK(a->heard() == Lines{expired("nobody", "a")});
}

TEST_CASE("peerjs: an id moves to another node with its token, and not without") {
  TwoNodes nodes;
  auto older = nodes.one.opened("b", "p1");
  auto thief = nodes.two.client("b", "other", "p2");
  nodes.pass(100ms);
  CHECK(older->probed() == 2000ms);
  older->show_life();
  CHECK(thief->heard() == Lines{peerjs_taken});
  auto newer = nodes.two.client("b", "t", "p3");
  CHECK(newer->heard() == Lines{peerjs_open});
  CHECK(older->closed() == CloseReason::replaced);
  auto late = nodes.one.client("b", "other", "p4");
  nodes.pass(500ms);
  CHECK(newer->probed());
  newer->cut();
  nodes.pass(500ms);
  CHECK(late->heard() == Lines{peerjs_open});
}

}  // namespace
}  // namespace signaling::protocols
