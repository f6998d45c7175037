#include "signaling/core/link.hpp"

#include <doctest/doctest.h>

#include "core/support/policy_world.hpp"
#include "support/text_protocol.hpp"

using namespace signaling;
using namespace signaling::testing;
using namespace std::chrono_literals;

namespace {

/// Writes nothing, and is told of nothing.
class QuietTransport final : public Transport {
 public:
  explicit QuietTransport(ScriptWorld& world) : world_(world) {}
  boost::asio::any_io_executor executor() override { return world_.io.get_executor(); }
  void write(std::span<const Frame> /*frames*/) override { ++writes; }
  void close(CloseReason /*reason*/) override { ++closes; }

  int writes = 0;
  int closes = 0;

 private:
  ScriptWorld& world_;
};

Link connect(ScriptWorld& world, QuietTransport& transport, std::string id) {
  ConnectInfo info;
  info.wished_id = std::move(id);
  return world.router.connect(transport, std::make_unique<TextProtocol>(), info);
}

/// A watcher in the room "r", and a client "a" that has joined it.
struct Joined {
  Joined() {
    watcher->say("join r");
    link.receive({MessageKind::text, "join r"});
    world.run();
    (void)watcher->heard();
  }

  ScriptWorld world;
  std::unique_ptr<ScriptClient> watcher = world.client("w");
  QuietTransport transport{world};
  Link link = connect(world, transport, "a");
};

}  // namespace

TEST_CASE("link: its end is the end of the connection, as lost") {
  Joined w;
  { const Link ended = std::move(w.link); }
  w.world.run();
  CHECK(w.watcher->heard() == Lines{"-peer r v3 a disconnect"});
  CHECK(w.world.router.stats().closes[static_cast<std::size_t>(CloseReason::lost)] == 1);
}

TEST_CASE("link: after disconnect it is empty, its transport is not touched, and its calls do nothing") {
  Joined w;
  w.link.disconnect(CloseReason::timeout);
  CHECK_FALSE(w.link);
  CHECK(w.link.peer() == nullptr);
  const int writes = w.transport.writes;
  w.watcher->say("cast r late");
  w.link.receive({MessageKind::text, "cast r later"});
  w.link.written(1);
  w.link.disconnect(CloseReason::lost);
  w.world.run();
  CHECK(w.transport.writes == writes);
  CHECK(w.transport.closes == 0);
  CHECK(w.watcher->heard() == Lines{"-peer r v3 a timeout"});
}

TEST_CASE("link: another one that is moved into it ends the connection that it had") {
  Joined w;
  QuietTransport other(w.world);
  w.link = connect(w.world, other, "b");
  w.link.receive({MessageKind::text, "join r"});
  w.world.run();
  CHECK(w.watcher->heard() == Lines{"-peer r v3 a disconnect", "+peer r v4 b"});
  CHECK(w.link.peer()->id() == "b");
}

TEST_CASE("link: there is no peer until the client is admitted, and messages wait for it") {
  PolicyWorld w;
  QuietTransport transport(w.world);
  Link link = connect(w.world, transport, "a");
  link.receive({MessageKind::text, "join r"});
  w.world.run();
  CHECK(link.peer() == nullptr);
  w.policy->admit("a");
  w.world.run();
  w.policy->decide(Decision::allow());
  w.world.run();
  REQUIRE(link.peer() != nullptr);
  CHECK(link.peer()->rooms() == std::vector<RoomId>{"r"});
  CHECK(link.peer()->executor() == w.world.io.get_executor());
}

TEST_CASE("link: it may be disconnected inside a hook that one of its messages has caused") {
  struct Impatient final : Policy {
    Decision authorize_send(const Peer& /*peer*/, const Message& /*message*/) override {
      link->disconnect(CloseReason::lost);
      return Decision::allow();
    }
    Link* link = nullptr;
  };
  const auto policy = std::make_shared<Impatient>();
  RouterOptions options;
  options.policy = policy;
  ScriptWorld world(std::move(options));
  QuietTransport transport(world);
  Link link = connect(world, transport, "a");
  policy->link = &link;
  link.receive({MessageKind::text, "join r"});
  world.run();
  link.receive({MessageKind::text, "cast r x"});
  world.run();
  CHECK_FALSE(link);
  CHECK(world.router.stats().peers == 0);
}

TEST_CASE(
    "link: a suspended peer is away, is still given what is sent to it, and is back when the policy says "
    "so") {
  Joined w;
  const auto peer = w.link.peer();
  REQUIRE(w.link.suspend(CloseReason::lost, 30s));
  CHECK(peer->is_away());
  CHECK(w.world.router.stats().peers_away == 1);
  CHECK_FALSE(w.link.suspend(CloseReason::lost, 30s));
  const int writes = w.transport.writes;
  w.watcher->say("cast r event hi");
  w.world.run();
  CHECK(w.transport.writes == writes + 1);
  bool is_back = false;
  w.link.resume({}, [&](const Decision& decision) { is_back = decision.allowed(); });
  CHECK(is_back);
  CHECK_FALSE(peer->is_away());
  CHECK(w.world.router.stats().peers_away == 0);
  w.world.clock.advance(60s);
  w.world.router.on_time();
  w.world.run();
  CHECK(w.transport.closes == 0);
  CHECK(w.link.suspend(CloseReason::timeout, 30s));
}

TEST_CASE(
    "link: at the end of a suspension the transport is told to close, and its peer is in its rooms until it "
    "has") {
  Joined w;
  REQUIRE(w.link.suspend(CloseReason::lost, 3s));
  for (const auto time : {1s, 2s}) {
    CHECK(w.transport.closes == 0);
    w.world.clock.advance(time);
    w.world.router.on_time();
    w.world.run();
  }
  CHECK(w.transport.closes == 1);
  CHECK(w.link.peer()->rooms() == std::vector<RoomId>{"r"});
  w.link.disconnect(CloseReason::timeout);
  w.world.run();
  CHECK(w.watcher->heard() == Lines{"away r v2 a", "-peer r v3 a timeout"});
}

TEST_CASE("link: a peer is not suspended after an end that was meant, or for no time") {
  Joined w;
  CHECK_FALSE(w.link.suspend(CloseReason::normal, 30s));
  CHECK_FALSE(w.link.suspend(CloseReason::kicked, 30s));
  CHECK_FALSE(w.link.suspend(CloseReason::lost, 0s));
  CHECK_FALSE(Link().suspend(CloseReason::lost, 30s));
  CHECK_FALSE(w.link.peer()->is_away());
}
