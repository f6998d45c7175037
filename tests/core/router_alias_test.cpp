// Names that a protocol gives to its peers.
#include <doctest/doctest.h>

#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;

TEST_CASE("router: an alias belongs to one peer, reaches it from anywhere, and is free when it is gone") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  auto c = world.client("c");
  a->say("hall r ada");
  a->say("hall s ada");
  b->say("#1 hall r ada");
  c->say("call ada hello");
  c->say("#2 call bob hello");
  c->say("#3 send ada hello");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "joined r v1 []", "joined s v1 []", "msg c hello"});
  CHECK(b->heard() == Lines{"welcome b", "error id_in_use #1"});
  CHECK(c->heard() == Lines{"welcome c", "error peer_not_found #2", "error peer_not_found #3"});
  CHECK(world.router.stats().peers == 3);
  CHECK(world.router.find_peer(alias_mark + std::string("ada")) == world.router.find_peer("a"));
  a->cut(CloseReason::lost);
  b->say("hall r ada");
  c->say("call ada again");
  world.run();
  CHECK(b->heard() == Lines{"joined r v1 []", "msg c again"});
}

TEST_CASE(
    "router: a member takes a further alias by joining again; the policy is asked about it, not about the "
    "room") {
  struct RefuseFourth final : Policy {
    void authorize_join(const Peer& /*peer*/, const JoinAttempt& /*attempt*/,
                        Callback<void(Decision)> done) override {
      ++asked;
      done(asked == 4 ? Decision::refuse("No.") : Decision::allow());
    }
    int asked = 0;
  };
  RouterOptions options;
  const auto policy = std::make_shared<RefuseFourth>();
  options.policy = policy;
  options.limits.max_rooms_per_peer = 1;
  ScriptWorld world(std::move(options));
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  a->say("join r");
  a->say("hall r ada");
  b->say("hall r bob");
  a->say("#1 hall r zoe");
  a->say("#2 hall r bob");
  b->say("call ada hello");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "joined r v1 []", "joined r v1 []", "joined r v1 []", "+peer r v2 b",
                            "error forbidden #1", "error id_in_use #2", "msg b hello"});
  CHECK(policy->asked == 5);
}

TEST_CASE("router: a join may go without an answer, and close the peer whose alias is in use") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  auto c = world.client("c");
  a->say("join r");
  b->say("lodge r bob");
  b->say("lodge r bob");
  c->say("#1 lodge r bob");
  c->say("all r hello");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "joined r v1 []", "+peer r v2 b"});
  CHECK(b->heard() == Lines{"welcome b"});
  CHECK(c->heard() == Lines{"welcome c", "error id_in_use #1"});
  CHECK(c->closed() == CloseReason::normal);
  CHECK_FALSE(b->closed());
}

TEST_CASE("router: a peer that is gone while its alias is claimed gives it back") {
  ScriptWorld world;
  auto a = world.client("a");
  a->say("hall r ada");
  a->say("bye");
  world.run();
  auto b = world.client("b");
  b->say("hall r ada");
  world.run();
  CHECK(b->heard() == Lines{"welcome b", "joined r v1 []"});
}

TEST_CASE("router: a peer claims no more names than it may, and keeps those that it has") {
  RouterOptions options;
  options.limits.max_names_per_peer = 2;
  ScriptWorld world(std::move(options));
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("hall r 1");
  a->say("hall r 2");
  a->say("#1 hall r 3");
  a->say("#2 hall r 1");
  b->say("call 2 hello");
  b->say("#3 hall s 3");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "joined r v1 []", "joined r v1 []", "error too_many_names #1",
                            "joined r v1 [] #2", "msg b hello"});
  CHECK(b->heard() == Lines{"welcome b", "joined s v1 [] #3"});
}
