// Nodes that stop while others have their clients' sessions.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "protocols/three_nodes.hpp"

using namespace signaling;
using namespace signaling::protocols::test;
using namespace std::chrono_literals;

namespace {

using Told = std::vector<std::string>;

/// The first node sends its clients away, who are to be back after up to 2 s. Bob, who has no session, leaves.
struct DrainedNode : ThreeNodes {
  explicit DrainedNode(ClientIds ids = ClientIds::accept) : ThreeNodes(ids) {
    left = routers[0]->drain(10, 2s);
    run();
    (void)read(*ada, memory);
    CHECK(ada->closed() == CloseReason::going_away);
    CHECK(bob->closed() == CloseReason::going_away);
    CHECK(others() == Told{"going-away", "peer-left", "peer-left"});
  }
  /// Asked again.
  std::size_t still_left() { return routers[0]->drain(0, 2s); }

  std::size_t left = 0;
};

}  // namespace

TEST_CASE("session drain: a session goes on at another node, exactly, and nobody has seen the client go") {
  DrainedNode w;
  CHECK(w.left == 1);
  w.say(*w.carl, "ada", "meanwhile");
  CHECK(w.still_left() == 1);
  w.wait(1s);
  w.forget();
  const auto again = w.resume(1);
  const Lines heard = again->heard();
  REQUIRE(heard.size() == 2);
  CHECK(field(heard[0], "resumed") == "exact");
  CHECK(field(heard[1], "data") == "meanwhile");
  CHECK(w.still_left() == 0);
  CHECK(w.routers[0]->stats().peers == 0);
  CHECK(w.others() == nothing);
}

TEST_CASE("session drain: who is not back 2 s after the time that was asked for shows as away") {
  DrainedNode w;
  w.wait(1s);
  CHECK(w.others() == nothing);
  w.wait(3s);
  CHECK(w.others() == Told{"", "peer-away", "peer-away"});
  const auto again = w.resume(2);
  CHECK(field(again->heard().front(), "resumed") == "exact");
  CHECK(w.others() == Told{"", "peer-back", "peer-back"});
}

TEST_CASE("session drain: whom nobody has resumed leaves when the host has waited long enough") {
  DrainedNode w;
  w.wait(1s);
  w.routers[0]->end_away();
  w.run();
  CHECK(w.others() == Told{"", "peer-left", "peer-left"});
  CHECK(w.routers[0]->stats().peers == 0);
  CHECK(field(w.resume(1)->heard().front(), "resumed") == "none");
}

TEST_CASE("session drain: a grace that ends meanwhile ends as always") {
  DrainedNode w;
  w.wait(4s);
  w.forget();
  w.wait(60s);
  CHECK(w.still_left() == 0);
  CHECK(w.others() == Told{"", "peer-left", "peer-left"});
}

TEST_CASE("session drain: who was away before can be resumed, too") {
  ThreeNodes w;
  w.ada->cut(CloseReason::lost);
  CHECK(w.routers[0]->drain(10, 2s) == 1);
  w.run();
  w.forget();
  CHECK(field(w.resume(1)->heard().front(), "resumed") == "exact");
  CHECK(w.routers[0]->drain(10, 2s) == 0);
}

TEST_CASE("session drain: a node that stops takes no peer from another one") {
  ThreeNodes w;
  w.ada->cut(CloseReason::lost);
  (void)w.routers[1]->drain(10, 2s);
  w.run();
  const auto refused = w.resume(1);
  CHECK(refused->closed() == CloseReason::going_away);
  CHECK(field(w.resume(2)->heard().front(), "resumed") == "exact");
}

TEST_CASE("session drain: without other nodes nobody waits for a client") {
  SessionWorld w;
  const auto ada = w.client("ada");
  CHECK(w.world.router.drain(10, 2s) == 0);
  w.run();
  CHECK(ada->closed() == CloseReason::going_away);
  CHECK(w.stats().peers == 0);
}
