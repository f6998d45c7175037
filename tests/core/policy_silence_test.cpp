// A policy that answers late, or never.
#include <doctest/doctest.h>

#include "core/support/policy_world.hpp"

using namespace signaling;
using namespace signaling::testing;

TEST_CASE("policy: a peer that dies while the policy thinks leaves nothing behind") {
  PolicyWorld w;
  auto a = w.world.client("a");
  a->cut(CloseReason::lost);
  w.policy->admit("a");
  w.world.run();
  CHECK(w.world.router.stats().peers == 0);

  auto b = w.world.client("a");  // the id was given back
  w.policy->admit("a");
  w.world.run();
  b->say("join r");
  b->cut(CloseReason::lost);
  w.policy->decide(Decision::allow());
  w.world.run();
  CHECK(w.world.router.stats().rooms == 0);
  CHECK(w.world.router.stats().peers == 0);
}

TEST_CASE("policy: what waits is bounded") {
  RouterOptions options;
  auto policy = std::make_shared<SlowPolicy>();
  options.policy = policy;
  options.limits.max_pending_bytes = 1000;
  ScriptWorld world(std::move(options));
  auto a = world.client("a");
  for (int i = 0; i < 20; ++i) a->say("ping " + std::string(100, 'x'));
  world.run();
  CHECK(a->heard() == Lines{"error overloaded"});
  CHECK(a->closed() == CloseReason::overloaded);
  policy->admissions.clear();
}

TEST_CASE("policy: an admission that is dropped without an answer is a refusal, at once or later") {
  for (const bool at_once : {true, false}) {
    struct Dropper final : Policy {
      void authenticate(const ConnectInfo& /*info*/, Callback<void(Admission)> done) override {
        if (!at_once) kept = std::move(done);
      }
      bool at_once = false;
      Callback<void(Admission)> kept;
    };
    const auto policy = std::make_shared<Dropper>();
    policy->at_once = at_once;
    RouterOptions options;
    options.policy = policy;
    ScriptWorld world(std::move(options));
    const auto a = world.client("a");
    world.run();
    CHECK(bool(a->closed()) == at_once);
    policy->kept = {};
    world.run();
    CHECK(a->heard() == Lines{"error internal"});
    CHECK(a->closed() == CloseReason::internal);
  }
}

TEST_CASE("policy: a decision on a join that is dropped is a refusal, and what waits for it goes on") {
  PolicyWorld w;
  const auto a = w.admitted();
  a->say("#1 join r");
  a->say("#2 ping");
  w.policy->joins.clear();
  w.world.run();
  CHECK(a->heard() == Lines{"error internal #1", "pong #2"});
}

TEST_CASE("policy: an admission that is not answered in time is a refusal; what comes later is ignored") {
  PolicyWorld w;
  const auto a = w.world.client("a");
  a->say("ping");
  w.wait(std::chrono::seconds(9));
  CHECK_FALSE(a->closed());
  w.wait(std::chrono::seconds(1));
  CHECK(a->heard() == Lines{"error internal"});
  CHECK(a->closed() == CloseReason::internal);
  w.policy->admit("a");
  w.world.run();
  CHECK(w.policy->seen.empty());
  CHECK(w.world.router.stats().peers == 0);
}

TEST_CASE("policy: a join that is not decided in time fails; a later decision is for nothing") {
  PolicyWorld w;
  const auto a = w.admitted();
  a->say("#1 join r");
  a->say("#2 join s");
  w.wait(std::chrono::seconds(10));
  CHECK(a->heard() == Lines{"error internal #1"});
  w.policy->decide(Decision::allow());  // on `r`
  w.world.run();
  CHECK(a->heard().empty());
  w.policy->decide(Decision::allow());
  w.world.run();
  CHECK(a->heard() == Lines{"joined s v1 [] #2"});
  CHECK(w.policy->seen == Lines{"connected a", "join_failed a r internal", "joined a s"});
  w.wait(std::chrono::seconds(60));  // no deadline is left over
  CHECK(a->heard().empty());
}

TEST_CASE("policy: with a decision_timeout of 0 it may think for ever, and of an age as well") {
  for (const auto timeout : {std::chrono::milliseconds(0), std::chrono::milliseconds::max()}) {
    PolicyWorld w;
    Limits limits;
    limits.decision_timeout = timeout;
    w.world.router.set_limits(limits);
    const auto a = w.world.client("a");
    w.wait(std::chrono::hours(24));
    CHECK_FALSE(a->closed());
    w.policy->admit("a");
    w.world.run();
    CHECK(a->heard() == Lines{"welcome a"});
  }
}

TEST_CASE("policy: handlers that outlive the router are destroyed without harm") {
  const auto policy = std::make_shared<SlowPolicy>();
  {
    RouterOptions options;
    options.policy = policy;
    ScriptWorld world(std::move(options));
    const auto a = world.client("a");
    const auto b = world.client("b");
    policy->admit("a");
    a->say("join r");
    world.run();
  }
  CHECK(policy->admissions.size() + policy->joins.size() == 2);
  policy->admissions.clear();
  policy->joins.clear();
  CHECK(policy->seen == Lines{"connected a", "disconnected a lost"});
}
