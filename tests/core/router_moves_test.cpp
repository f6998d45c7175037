#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <thread>

#include "core/support/policy_world.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

/// What the host was told of each of its calls.
struct Results {
  auto add() {
    return [this](std::error_code error) { all.push_back(error); };
  }
  std::vector<std::error_code> all;
};

using Codes = std::vector<std::error_code>;

}  // namespace

TEST_CASE("router: the host has any peer join and leave, and is told when it is done") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  b->say("join match");
  world.run();
  (void)b->heard();
  Results results;
  world.router.async_join("a", "match", "7", results.add());
  CHECK(results.all.empty());
  world.run();
  CHECK(results.all == Codes{{}});
  CHECK(a->heard() == Lines{"welcome a", "joined match v2 [b]"});
  CHECK(b->heard() == Lines{"+peer match v2 a{7}"});
  world.router.async_leave("a", "match", results.add());
  world.run();
  CHECK(results.all == Codes{{}, {}});
  CHECK(a->heard() == Lines{"left match leave"});
  CHECK(b->heard() == Lines{"-peer match v3 a leave"});
}

TEST_CASE("router: what the host has decided is not asked of the policy, nor bound by a client's limits") {
  RouterOptions options;
  struct Never final : Policy {
    void authorize_join(const Peer& /*peer*/, const JoinAttempt& /*attempt*/,
                        Callback<void(Decision)> done) override {
      done(Decision::refuse("no"));
    }
  };
  options.policy = std::make_shared<Never>();
  options.limits.max_rooms_per_peer = 1;
  options.limits.joins_per_second = 1;
  options.limits.join_burst = 1;
  options.limits.max_peers_per_room = 1;
  ScriptWorld world(std::move(options));
  auto a = world.client("a");
  auto b = world.client("b");
  Results results;
  for (const std::string room : {"r", "s", "t"}) world.router.async_join("a", room, {}, results.add());
  world.run();
  CHECK(results.all == Codes{{}, {}, {}});
  CHECK(a->peer().rooms().size() == 3);
  SUBCASE("but a room that is full is full") {
    world.router.async_join("b", "r", {}, results.add());
    world.run();
    CHECK(results.all.back() == errc::room_full);
    CHECK(b->heard() == Lines{"welcome b", "error room_full"});
  }
}

TEST_CASE("router: a move of a peer that is not there, or in no such room, or goes meanwhile, fails") {
  ScriptWorld world;
  auto a = world.client("a");
  world.run();
  (void)a->heard();
  Results results;
  world.router.async_join("nobody", "r", {}, results.add());
  world.router.async_leave("nobody", "r", results.add());
  CHECK(results.all == Codes{errc::peer_not_found, errc::peer_not_found});
  results.all.clear();
  world.router.async_leave("a", "r", results.add());
  world.router.async_join("a", "", {}, results.add());
  world.run();
  CHECK(results.all == Codes{errc::not_joined, errc::bad_id});
  results.all.clear();
  world.router.async_join("a", "r", {}, results.add());
  world.router.async_leave("a", "r", results.add());
  a->cut(CloseReason::lost);
  world.run();
  CHECK(results.all == Codes{errc::closed, errc::closed});
  CHECK(world.router.stats().joins == world.router.stats().leaves);
}

TEST_CASE("router: a move waits for what the peer has asked before, and goes with the peer that waits") {
  PolicyWorld w;
  auto a = w.admitted();
  a->say("join first");
  Results results;
  w.world.router.async_join("a", "second", {}, results.add());
  w.world.run();
  CHECK(results.all.empty());
  SUBCASE("in order") {
    w.policy->decide(Decision::allow());
    w.world.run();
    CHECK(results.all == Codes{{}});
    CHECK(a->heard() == Lines{"joined first v1 []", "joined second v1 []"});
  }
  SUBCASE("the peer goes") {
    a->cut(CloseReason::lost);
    w.world.run();
    CHECK(results.all == Codes{errc::closed});
    w.policy->decide(Decision::allow());  // the handler keeps the peer, and with it the policy
    w.world.run();
  }
}

TEST_CASE("router: a thread of the host moves peers that live on another one") {
  boost::asio::io_context io(1);
  Router router;
  std::atomic<int> done{0};
  std::thread host;
  constexpr int moves = 200;
  LocalPeerOptions options;
  options.executor = io.get_executor();
  options.id = "a";
  const LocalPeer a = router.connect_local(std::move(options));
  const auto count = [&](std::error_code error) {
    CHECK_FALSE(error);
    if (++done == 2 * moves) io.stop();
  };
  const auto work = boost::asio::make_work_guard(io);
  host = std::thread([&] {
    for (int i = 0; i < moves; ++i) {
      router.async_join("a", std::to_string(i), {}, count);
      router.async_leave("a", std::to_string(i), count);
    }
  });
  io.run_for(std::chrono::seconds(60));
  host.join();
  CHECK(done == 2 * moves);
  CHECK(a->rooms().empty());
}
