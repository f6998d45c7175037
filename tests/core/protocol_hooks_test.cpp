// What a protocol may do besides answering messages: act on time, and close with words of its own.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/support/policy_world.hpp"
#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;
using namespace std::chrono_literals;

namespace {

using Status = std::pair<std::uint16_t, std::string>;

/// Events as TextEncoder writes them; but when the peer "host" leaves, its room closes, and whoever is refused is closed.
class ClosingEncoder final : public Encoder {
 public:
  void encode(const Event& event, std::vector<Frame>& frames) const override {
    TextEncoder().encode(event, frames);
    const auto* const left = std::get_if<event::PeerLeft>(&event);
    if (left != nullptr && left->peer.id == "host") frames.push_back(Frame::close(4000, "The host has left"));
    const auto* const error = std::get_if<event::Error>(&event);
    if (error != nullptr && error->request.empty())
      frames.push_back(Frame::close(4001, to_string(error->code)));
  }
};

/// Joins a room, or closes with "end CODE REASON". Says "tick" every five seconds, three times.
class TickingProtocol final : public Protocol {
 public:
  std::string_view name() const noexcept override { return "ticking"; }
  void open(std::string_view /*id*/, const Clock& clock, std::vector<Command>& /*commands*/) override {
    clock_ = &clock;
    next_ = clock.now() + 5s;
  }
  void decode(const MessageView& message, std::vector<Command>& commands) override {
    kept_ = message.bytes;
    if (kept_ == "silence") return next_.reset();
    if (kept_ == "end") {
      commands.emplace_back(command::Reply{{Frame::text("bye"), Frame::close(4321, "enough")}});
      commands.emplace_back(command::Reply{{Frame::text("too late")}});
    } else {
      commands.emplace_back(command::Join{kept_, {}, "join"});
    }
  }
  std::optional<TimePoint> deadline() const noexcept override { return next_; }
  void on_deadline(std::vector<Command>& commands) override {
    commands.emplace_back(command::Ping{"tick"});
    ++ticks_ < 3 ? next_ = clock_->now() + 5s : next_ = std::nullopt;
  }
  const std::shared_ptr<const Encoder>& encoder() const noexcept override {
    static const std::shared_ptr<const Encoder> shared = std::make_shared<ClosingEncoder>();
    return shared;
  }

 private:
  const Clock* clock_ = nullptr;
  std::optional<TimePoint> next_;
  int ticks_ = 0;
  std::string kept_;
};

struct Client {
  explicit Client(ScriptWorld& its_world, const std::string& id = "a")
      : world(its_world),
        wire(world.router, world.io.get_executor(), named(id), std::make_unique<TickingProtocol>()) {
    world.run();
  }
  static ConnectInfo named(const std::string& id) {
    ConnectInfo info;
    info.wished_id = id;
    return info;
  }
  Lines after(std::chrono::milliseconds time) {
    world.clock.advance(time);
    world.router.on_time();
    world.run();
    return wire.heard();
  }
  Lines say(std::string_view text) {
    wire.say(text);
    return after(0ms);
  }

  ScriptWorld& world;
  ScriptClient wire;
};

}  // namespace

TEST_CASE("protocol: its deadlines pass by the router's clock, one after another") {
  ScriptWorld world;
  Client a(world);
  CHECK(a.after(4999ms) == Lines{"welcome a"});
  CHECK(a.after(1ms) == Lines{"pong #tick"});
  CHECK(a.after(4999ms).empty());
  CHECK(a.after(1ms) == Lines{"pong #tick"});
  CHECK(a.after(1h) == Lines{"pong #tick"});
  CHECK(a.after(1h).empty());
}

TEST_CASE("protocol: a message may take its deadline away") {
  ScriptWorld world;
  Client a(world);
  CHECK(a.say("silence") == Lines{"welcome a"});
  CHECK(a.after(1h).empty());
}

TEST_CASE("protocol: what is due at a deadline waits behind what the policy is asked, as messages do") {
  PolicyWorld w;
  Client a(w.world);
  w.policy->admit("a");
  CHECK(a.say("r") == Lines{"welcome a"});
  CHECK(a.after(5s) == Lines{"pong #tick"});
  w.policy->decide(Decision::allow());
  CHECK(a.after(0ms) == Lines{"joined r v1 [] #join"});
}

TEST_CASE("protocol: no deadline is kept for a peer that is gone, or not admitted") {
  PolicyWorld w;
  Client waiting(w.world);
  CHECK(waiting.after(5s).empty());
  w.policy->admit("a");
  CHECK(waiting.after(4999ms) == Lines{"welcome a"});
  waiting.wire.cut(CloseReason::lost);
  CHECK(waiting.after(1h).empty());
}

TEST_CASE("close frame: closes with the protocol's words behind what was said before, and nothing follows") {
  ScriptWorld world;
  Client a(world);
  CHECK(a.say("end") == Lines{"welcome a", "bye"});
  CHECK(a.wire.closed() == CloseReason::normal);
  CHECK(a.wire.closed_with() == Status{4321, "enough"});
}

TEST_CASE("close frame: an event may close each of its receivers") {
  ScriptWorld world;
  Client host(world, "host");
  Client guest(world, "guest");
  Client other(world, "other");
  for (Client* const client : {&host, &guest}) client->say("r");
  (void)other.say("elsewhere");
  host.wire.cut(CloseReason::lost);
  CHECK(guest.after(0ms) == Lines{"-peer r v3 host disconnect"});
  CHECK(guest.wire.closed_with() == Status{4000, "The host has left"});
  CHECK(other.wire.closed() == std::nullopt);
  CHECK(world.router.find_room("r") == nullptr);
}

TEST_CASE(
    "admission: a protocol can tell an id in use, a refusal and a full server apart, and close in its "
    "words") {
  RouterOptions options;
  options.limits.max_peers = 1;
  ScriptWorld world(options);
  Client a(world);
  Client same(world);
  CHECK(same.after(0ms) == Lines{"error id_in_use"});
  CHECK(same.wire.closed_with() == Status{4001, "id_in_use"});
  Client surplus(world, "b");
  CHECK(surplus.after(0ms) == Lines{"error too_many_peers"});
  CHECK(surplus.wire.closed_with() == Status{4001, "too_many_peers"});
  PolicyWorld w;
  Client stranger(w.world);
  Admission refused;
  refused.decision = Decision::refuse("who?", errc::unauthorized);
  w.policy->admissions.front()(std::move(refused));
  CHECK(stranger.after(0ms) == Lines{"error unauthorized"});
  CHECK(stranger.wire.closed_with() == Status{4001, "unauthorized"});
}

TEST_CASE("protocol: it may choose the form of ids, and is told last that its peer has left its rooms") {
  struct Closing final : Protocol {
    Closing(ScriptWorld& its_world, Lines& its_calls) : world(its_world), calls(its_calls) {}
    std::string_view name() const noexcept override { return "closing"; }
    PeerId make_peer_id(Random& random) override { return "x" + make_id(random); }
    void open(std::string_view /*id*/, const Clock& /*clock*/, std::vector<Command>& commands) override {
      commands.emplace_back(command::Join{"r", {}, {}});
    }
    void decode(const MessageView& /*message*/, std::vector<Command>& /*commands*/) override {}
    void closed() noexcept override { calls.emplace_back(world.router.find_room("r") ? "in r" : "out of r"); }
    const std::shared_ptr<const Encoder>& encoder() const noexcept override {
      static const std::shared_ptr<const Encoder> shared = std::make_shared<TextEncoder>();
      return shared;
    }
    ScriptWorld& world;
    Lines& calls;
  };
  ScriptWorld world;
  Lines calls;
  ScriptClient client(world.router, world.io.get_executor(), {}, std::make_unique<Closing>(world, calls));
  world.run();
  CHECK(client.id().size() == 23);
  CHECK(client.heard() == Lines{"welcome " + client.id(), "joined r v1 []"});
  CHECK(calls.empty());
  client.cut(CloseReason::lost);
  CHECK(calls == Lines{"out of r"});
}

TEST_CASE("protocol: what it asks for at the start precedes messages that came before the admission") {
  struct Member final : Protocol {
    std::string_view name() const noexcept override { return "member"; }
    void open(std::string_view /*id*/, const Clock& /*clock*/, std::vector<Command>& commands) override {
      commands.emplace_back(command::Join{"r", {}, {}});
    }
    void decode(const MessageView& /*message*/, std::vector<Command>& commands) override {
      commands.emplace_back(command::Members{"r", {}});
    }
    const std::shared_ptr<const Encoder>& encoder() const noexcept override {
      static const std::shared_ptr<const Encoder> shared = std::make_shared<TextEncoder>();
      return shared;
    }
  };
  PolicyWorld w;
  ScriptClient client(w.world.router, w.world.io.get_executor(), {}, std::make_unique<Member>());
  client.say("early");
  w.world.run();
  w.policy->admissions.front()(Admission{});
  w.world.run();
  w.policy->joins.front()(Decision::allow());
  w.world.run();
  CHECK(client.heard() == Lines{"welcome " + client.id(), "joined r v1 []", "members r v1 []"});
}

TEST_CASE("room limits: a protocol may let its clients join more rooms, of longer names, at once") {
  struct Roomy final : Protocol {
    std::string_view name() const noexcept override { return "roomy"; }
    RoomLimits room_limits(const Limits& /*limits*/) const noexcept override { return {3, 20, 3}; }
    void decode(const MessageView& message, std::vector<Command>& commands) override {
      kept = message.bytes;
      if (kept == "cast") {
        command::Send send{Message::text("x"), "cast"};
        send.message.room = "fifteen bytes 1";
        commands.emplace_back(send);
      } else {
        commands.emplace_back(command::Join{kept, {}, {}});
      }
    }
    const std::shared_ptr<const Encoder>& encoder() const noexcept override {
      static const std::shared_ptr<const Encoder> shared = std::make_shared<TextEncoder>();
      return shared;
    }
    std::string kept;
  };
  RouterOptions options;
  options.limits.max_rooms_per_peer = 1;
  options.limits.max_id_bytes = 8;
  options.limits.join_burst = 1;
  ScriptWorld world(options);
  ScriptClient client(world.router, world.io.get_executor(), {}, std::make_unique<Roomy>());
  const auto answer = [&](const std::string& text) {
    client.say(text);
    world.run();
    return client.heard().back();
  };
  CHECK(answer("fifteen bytes 1") == "joined fifteen bytes 1 v1 []");
  CHECK(answer("fifteen bytes 2") == "joined fifteen bytes 2 v1 []");
  CHECK(answer("cast") == "sent #cast");
  CHECK(answer("twenty-one characters") == "error bad_id");
  CHECK(answer("r") == "joined r v1 []");
  CHECK(answer("s") == "error too_many_rooms");
  auto native = world.client("n");
  native->say("join nine-byte");
  world.run();
  CHECK(native->heard().back() == "error bad_id");
}
