// A room whose store is far away: answers that overtake news, news that are missing, members that come back.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>

#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

/// Answers with what it was given, or as if this node were alone. Other nodes are played by the test.
class DistantStore final : public StateStore {
 public:
  void open(const NodeId& /*node*/, StoreListener& its_listener,
            Callback<void(std::error_code)> done) override {
    listener = &its_listener;
    done({});
  }
  void close(const NodeId& /*node*/) override {
    holds = holds_changes = false;
    if (auto done = std::move(held_join)) done(errc::closed, {});
    if (auto done = std::move(held)) done(errc::closed, {});
    for (auto& done : std::exchange(held_changes, {})) done(errc::closed, 0);
  }
  void claim(const Claim& /*request*/, Callback<void(std::error_code, Epoch)> done) override {
    done({}, ++last_epoch);
  }
  void release(std::string_view /*peer*/, Epoch /*epoch*/) override {}
  void join(Join /*request*/, Callback<void(std::error_code, Joined)> done) override {
    if (holds) {
      held_join = std::move(done);
    } else {
      done({}, {++version, state});
    }
  }
  void leave(const Leave& /*request*/, Callback<void(std::error_code, Version)> done) override {
    change(std::move(done));
  }
  void update(const Update& /*request*/, Callback<void(std::error_code, Version)> done) override {
    change(std::move(done));
  }
  void snapshot(std::string_view /*room*/, Version /*known_version*/,
                Callback<void(std::error_code, RoomState)> done) override {
    ++snapshots;
    if (holds) {
      held = std::move(done);
    } else if (state) {
      done({}, *state);
    } else {
      done(errc::store_unavailable, {});
    }
  }
  std::error_code publish(const NodeId& /*node*/, const Envelope& envelope,
                          std::span<const NodeId> targets) override {
    if (targets.empty()) {
      orders.push_back(envelope);  // of texts that last
      notices.push_back(std::string(envelope.to) + " " + std::string(envelope.payload) + " " +
                        std::string(envelope.original));
    }
    for (const NodeId& target : targets) published.push_back(target + " " + std::string(envelope.payload));
    return {};
  }

  /// The next change of the room `r`, as another node's.
  void change(MembershipChange::Kind kind, const std::string& peer, Epoch epoch, Version joined_at = 0) {
    ++version;
    const Version at = joined_at == 0 ? version : joined_at;
    listener->changed({"r", version, kind, {peer, "other", epoch, {}, at}, LeaveReason::leave});
  }

  /// Answers the oldest leave or update that waits. Without one: false.
  bool answer() {
    if (held_changes.empty()) return false;
    auto done = std::move(held_changes.front());
    held_changes.pop_front();
    done({}, ++version);
    return true;
  }

  StoreListener* listener = nullptr;
  Version version = 0;
  Epoch last_epoch = 100;
  std::optional<RoomState> state;
  int snapshots = 0;
  /// Joins and snapshots wait for the test.
  bool holds = false;
  /// Leaves and updates do.
  bool holds_changes = false;
  std::deque<Callback<void(std::error_code, Version)>> held_changes;
  Callback<void(std::error_code, Joined)> held_join;
  Callback<void(std::error_code, RoomState)> held;
  Lines published;
  std::vector<Envelope> orders;
  Lines notices;  // the same, as text

 private:
  void change(Callback<void(std::error_code, Version)> done) {
    if (holds_changes) {
      held_changes.push_back(std::move(done));
    } else {
      done({}, ++version);
    }
  }
};

using Kind = MembershipChange::Kind;

struct DistantWorld {
  explicit DistantWorld(const Limits& limits = {}) : world(with(store, limits)) {
    a->say("join r");
    run();
    (void)a->heard();
  }
  void run() { world.run(); }
  void message(std::string_view from, std::string_view room, Epoch epoch, Version joined_at,
               Reach reach = Reach::members) {
    Envelope envelope;
    envelope.reach = reach;
    envelope.from = from;
    envelope.from_epoch = epoch;
    envelope.from_joined_at = joined_at;
    envelope.room = room;
    envelope.payload = room;
    store->listener->delivered(envelope);
  }
  static RouterOptions with(std::shared_ptr<StateStore> store, const Limits& limits = {}) {
    RouterOptions options;
    options.store = std::move(store);
    options.limits = limits;
    return options;
  }

  std::shared_ptr<DistantStore> store = std::make_shared<DistantStore>();
  ScriptWorld world;
  std::unique_ptr<ScriptClient> a = world.client("a");
};

}  // namespace

TEST_CASE("distant store: the answer to a leave that overtakes a change brings that change first") {
  DistantWorld w;
  auto b = w.world.client("b");
  b->say("join r");
  w.run();
  (void)w.a->heard();
  w.store->version = 3;  // x has joined, and nobody here knows yet
  w.store->state = RoomState{4, {{"x", "other", 7, {}, 3}}};
  b->say("leave r");
  w.run();
  CHECK(w.a->heard() == Lines{"+peer r v4 x", "-peer r v4 b leave"});
  w.store->listener->changed({"r", 3, Kind::joined, {"x", "other", 7, {}, 3}, {}});
  w.run();
  CHECK(w.a->heard().empty());
}

TEST_CASE("distant store: a missing change is found by the next one, and made up for") {
  DistantWorld w;
  w.store->change(Kind::joined, "x", 7);
  w.store->version = 5;
  w.store->state = RoomState{6, {{"y", "other", 8, {}, 5}}};
  w.store->change(Kind::joined, "z", 9);
  w.run();
  CHECK(w.a->heard() == Lines{"+peer r v2 x", "-peer r v6 x disconnect", "+peer r v6 y"});
  CHECK(w.store->snapshots == 1);
}

TEST_CASE("distant store: a member that its node joins again is nothing new; a younger epoch is") {
  DistantWorld w;
  w.store->change(Kind::joined, "x", 7, 2);
  w.store->change(Kind::joined, "x", 7, 2);
  w.store->change(Kind::joined, "x", 6, 2);
  w.run();
  CHECK(w.a->heard() == Lines{"+peer r v2 x"});
  w.store->change(Kind::joined, "x", 8);
  w.store->change(Kind::left, "x", 7);
  w.run();
  CHECK(w.a->heard() == Lines{"-peer r v5 x disconnect", "+peer r v5 x"});
}

TEST_CASE("distant store: a member that was there first is told so to those who came later") {
  DistantWorld w;
  LocalPeerOptions options;
  options.executor = w.world.io.get_executor();
  std::vector<bool> polite;
  options.on_event = [&](const Event& event) {
    if (const auto* joined = std::get_if<event::PeerJoined>(&event)) polite.push_back(joined->polite);
  };
  const auto local = w.world.router.connect_local(std::move(options));
  local->join("r");
  w.run();
  w.store->change(Kind::joined, "x", 7, 1);
  w.store->change(Kind::joined, "y", 8);
  w.run();
  CHECK(polite == std::vector<bool>{false, true});
  local->close(CloseReason::normal);
  w.run();
}

TEST_CASE("distant store: members are told when messages may be lost, and when one of theirs was") {
  DistantWorld w;
  w.store->state = RoomState{1, {}};
  w.store->listener->invalidated("r", Missed::changes);
  w.run();
  CHECK(w.a->heard().empty());
  w.store->listener->invalidated("r", Missed::messages);
  Envelope envelope;
  envelope.from = "a";
  envelope.to = "x";
  w.store->listener->undelivered(envelope, errc::peer_not_found);
  for (int i = 0; i < 80; ++i)
    w.store->listener->undelivered(envelope, errc::store_unavailable);  // told once
  w.run();
  CHECK(w.a->heard() == Lines{"error messages_lost", "error peer_not_found", "error messages_lost"});
  const auto errors = w.world.router.stats().errors;
  CHECK(errors[static_cast<std::size_t>(errc::messages_lost)] == 2);
  CHECK(errors[static_cast<std::size_t>(errc::peer_not_found)] == 1);
}

TEST_CASE("distant store: a room that the last member of this node has left is readable, and empty") {
  DistantWorld w;
  w.store->change(Kind::joined, "x", 7);
  const auto room = w.world.router.find_room("r");
  CHECK(room->size() == 2);
  w.a->say("leave r");
  w.run();
  CHECK(room->size() == 0);
  CHECK(room->members().empty());
  CHECK(room->version() == 3);
  CHECK(w.world.router.find_room("r") == nullptr);
}

TEST_CASE("distant store: messages name the nodes that have receivers") {
  DistantWorld w;
  w.store->change(Kind::joined, "x", 7);
  w.store->listener->changed({"r", ++w.store->version, Kind::joined, {"y", "third", 8, {}, 3}, {}});
  w.a->say("all r hello");
  w.a->say("send y hi");
  w.run();
  CHECK(w.store->published == Lines{"other hello", "third hello", "third hi"});
}

TEST_CASE(
    "distant store: what a peer sends through two rooms stays in order, also when one of them has to wait") {
  DistantWorld w;
  w.a->say("join s");
  w.store->listener->changed({"r", 2, Kind::joined, {"x", "other", 7, {}, 2}, {}});
  w.store->listener->changed({"s", 3, Kind::joined, {"x", "other", 7, {}, 3}, {}});
  w.run();
  (void)w.a->heard();
  w.store->holds = true;
  w.store->listener->invalidated("r", Missed::changes);
  for (int i = 0; i < 2; ++i) {
    w.message("x", "r", 7, 2);
    w.message("x", "s", 7, 3);
  }
  w.message("x", "nowhere", 7, 4);
  w.run();
  CHECK(w.a->heard().empty());
  w.store->held({}, {2, {{"x", "other", 7, {}, 2}}});
  w.run();
  CHECK(w.a->heard() == Lines{"msg x r", "msg x s", "msg x r", "msg x s"});
  w.message("x", "nowhere", 7, 4);
  w.message("x", "s", 7, 3);
  w.run();
  CHECK(w.a->heard() == Lines{"msg x s"});
}

TEST_CASE(
    "distant store: what happens elsewhere while a join waits for its answer is told before it, whole") {
  DistantWorld w;
  auto b = w.world.client("b");
  w.store->holds = true;
  b->say("join r");
  w.run();
  w.store->change(Kind::joined, "x", 7);
  w.message("x", "r", 7, 2);
  w.store->change(Kind::left, "x", 7);
  w.run();
  CHECK(w.a->heard() == Lines{"+peer r v2 x", "msg x r", "-peer r v3 x leave"});
  w.store->held_join({}, {4, std::nullopt});
  w.run();
  CHECK(w.a->heard() == Lines{"+peer r v4 b"});
  CHECK(b->heard() == Lines{"welcome b", "joined r v4 [a]"});
  CHECK(w.store->snapshots == 0);
}

TEST_CASE("distant store: who is in the room already keeps its place in the order") {
  DistantWorld w;
  w.store->holds = true;
  LocalPeerOptions options;
  options.executor = w.world.io.get_executor();
  std::vector<bool> polite;
  options.on_event = [&](const Event& event) {
    if (const auto* joined = std::get_if<event::PeerJoined>(&event)) polite.push_back(joined->polite);
  };
  const auto local = w.world.router.connect_local(std::move(options));
  local->join("r");
  w.run();
  w.store->held_join({}, {2, std::nullopt, 1});
  w.run();
  w.store->version = 2;
  w.store->change(Kind::joined, "x", 7, 2);
  w.run();
  CHECK(polite == std::vector<bool>{true});
  w.store->holds = false;
  local->close(CloseReason::normal);
  w.run();
}

TEST_CASE(
    "distant store: an update of another membership than the one that was told tells that something is "
    "missing") {
  DistantWorld w;
  w.store->change(Kind::joined, "x", 7);
  w.store->state = RoomState{4, {{"x", "other", 7, {}, 3}}};
  w.store->change(Kind::updated, "x", 7, 3);
  w.run();
  CHECK(w.a->heard() == Lines{"+peer r v2 x"});
  w.store->change(Kind::updated, "x", 7, 3);
  w.run();
  CHECK(w.a->heard() == Lines{"-peer r v4 x disconnect", "+peer r v4 x"});
}

TEST_CASE("distant store: an update that the store does not count is told to nobody but who asked for it") {
  DistantWorld w;
  auto b = w.world.client("b");
  b->say("join r");
  b->say("update r 1");
  w.run();
  (void)w.a->heard();
  (void)b->heard();
  --w.store->version;
  b->say("update r 1");
  w.run();
  CHECK(w.a->heard().empty());
  CHECK(b->heard() == Lines{"updated r v3"});
}

TEST_CASE("distant store: a message of another membership than the one that was told is not given out") {
  DistantWorld w;
  w.store->change(Kind::joined, "x", 7);
  w.message("x", "r", 7, 1);
  w.message("x", "r", 6, 2);
  w.message("x", "r", 7, 2);
  w.run();
  CHECK(w.a->heard() == Lines{"+peer r v2 x", "msg x r"});
}

TEST_CASE(
    "distant store: an id that another node has now closes this one's peer, unless it is another epoch") {
  DistantWorld w;
  w.store->listener->displaced("a", 99);
  w.run();
  CHECK_FALSE(w.a->closed());
  w.store->listener->displaced("a", 101);
  w.run();
  CHECK(w.a->closed() == CloseReason::replaced);
}

TEST_CASE(
    "distant store: messages that came before a snapshot are delivered, also of who is not in it any more") {
  DistantWorld w;
  w.store->change(Kind::joined, "x", 7);
  w.store->change(Kind::joined, "y", 8);
  w.run();
  (void)w.a->heard();
  w.store->holds = true;
  w.store->listener->invalidated("r", Missed::changes);
  w.store->listener->invalidated("r", Missed::changes);
  w.message("x", "r", 7, 2);
  w.message("z", "r", 9, 7);  // has joined in what was missed
  w.store->change(Kind::left, "x", 7);
  w.message("y", "r", 8, 3);
  w.store->change(Kind::joined, "u", 10);
  w.message("u", "r", 10, 5);
  w.store->change(Kind::left, "u", 10);
  w.run();
  CHECK(w.a->heard().empty());
  w.store->holds = false;
  w.store->state = RoomState{7, {{"z", "other", 9, {}, 7}}};
  w.store->held({}, *w.store->state);
  w.run();
  CHECK(w.a->heard() == Lines{"msg x r", "-peer r v4 x leave", "msg y r", "+peer r v5 u", "msg u r",
                              "-peer r v6 u leave", "-peer r v7 y disconnect", "+peer r v7 z", "msg z r"});
}

TEST_CASE("distant store: of a message that is lost when its sender has gone, its receivers are told") {
  DistantWorld w;
  const auto order = [&](std::string_view to, std::string_view room) {
    Envelope lost;
    lost.from = "gone";
    lost.to = to;
    lost.room = room;
    w.store->listener->undelivered(lost, errc::store_unavailable);
    lost.to = "nobody";
    w.store->listener->undelivered(lost, errc::peer_not_found);
  };
  order("x", {});
  order({}, "r");
  REQUIRE(w.store->orders.size() == 2);  // one for each receiver
  CHECK(w.store->orders[0].to == "x");
  CHECK(w.store->orders[1].room == "r");
  // As their nodes do what they are told.
  w.store->orders[0].to = "a";
  for (const Envelope& envelope : w.store->orders) w.store->listener->delivered(envelope);
  w.run();
  CHECK(w.a->heard() == Lines{"error messages_lost", "error messages_lost"});
  // What could not be brought is owed again.
  w.store->listener->undelivered(w.store->orders[1], errc::store_unavailable);
  REQUIRE(w.store->orders.size() == 3);
  CHECK(w.store->orders[2].room == "r");
  // A receiver may have come to this node meanwhile.
  order("a", {});
  w.run();
  CHECK(w.store->orders.size() == 3);
  CHECK(w.a->heard() == Lines{"error messages_lost"});
}

TEST_CASE("distant store: a handler that it destroys uncalled is an answer: it cannot be reached") {
  DistantWorld w;
  const auto b = w.world.client("b");
  w.store->holds = true;
  b->say("#1 join s");
  b->say("#2 ping");
  w.store->held_join = {};
  w.run();
  CHECK(b->heard() == Lines{"welcome b", "error store_unavailable #1", "pong #2"});
  b->say("#3 join s");
  w.store->held_join({}, {1, RoomState{1, {}}, 0});
  w.run();
  w.store->holds_changes = true;
  b->say("#4 leave s");
  w.store->held_changes.clear();
  w.run();
  CHECK(b->heard() == Lines{"joined s v1 [] #3", "left s leave #4"});
}

TEST_CASE("distant store: a kick that comes while the join is being told puts the peer out") {
  struct Kicker final : LogSink {
    LogLevel level() const noexcept override { return LogLevel::debug; }
    void log(const LogRecord& record) override {
      if (record.event == "peer-joined" && router != nullptr) error = router->kick("b", "s");
    }
    Router* router = nullptr;
    std::error_code error = errc::internal;
  };
  const auto log = std::make_shared<Kicker>();
  auto options = DistantWorld::with(std::make_shared<DistantStore>());
  options.log = log;
  ScriptWorld world(std::move(options));
  const auto b = world.client("b");
  log->router = &world.router;
  b->say("join s");
  world.run();
  CHECK(!log->error);
  CHECK(b->heard() == Lines{"welcome b", "joined s v1 []", "left s kicked"});
  CHECK(b->peer().rooms().empty());
  CHECK(world.router.find_room("s") == nullptr);
}

TEST_CASE("distant store: the policy sees a leave ahead of the disconnect, though the store answers later") {
  struct Books final : Policy {
    void joined(const Peer& /*peer*/, std::string_view room) override {
      seen.push_back("joined " + std::string(room));
    }
    void left(const Peer& /*peer*/, std::string_view room, LeaveReason /*reason*/) override {
      seen.push_back("left " + std::string(room));
    }
    void disconnected(const Peer& /*peer*/, CloseReason /*reason*/) override {
      seen.emplace_back("disconnected");
    }
    Lines seen;
  };
  const auto books = std::make_shared<Books>();
  const auto store = std::make_shared<DistantStore>();
  auto options = DistantWorld::with(store);
  options.policy = books;
  ScriptWorld world(std::move(options));
  const auto b = world.client("b");
  b->say("join s");
  world.run();
  store->holds_changes = true;
  b->cut(CloseReason::lost);
  world.run();
  CHECK(books->seen == Lines{"joined s", "left s", "disconnected"});
  CHECK(store->answer());
  world.run();
  CHECK(books->seen.size() == 3);
}

TEST_CASE(
    "distant store: a message from another node that cannot be delivered is reported to its sender's node") {
  DistantWorld w;
  w.store->change(Kind::joined, "x", 7);
  const Version joined_at = w.store->version;
  w.run();
  Envelope envelope;
  envelope.from = "x";
  envelope.from_epoch = 7;
  envelope.from_joined_at = joined_at;
  envelope.payload = "hello";
  envelope.to = "ghost";
  for (const char* const room : {"", "r", "nobody is in it here"}) {
    envelope.room = room;
    w.store->listener->delivered(envelope);
    CHECK(std::exchange(w.store->notices, {}) == Lines{"x undelivered peer_not_found"});
  }
  envelope.room = "r";
  Limits limits;
  limits.max_message_bytes = limits.max_outbound_bytes = 10;
  w.world.router.set_limits(limits);
  w.a->stick();
  envelope.to = {};
  envelope.payload = "far more than a may keep waiting";
  w.store->listener->delivered(envelope);  // an empty queue takes it
  w.run();
  w.store->listener->delivered(envelope);
  CHECK(std::exchange(w.store->notices, {}) == Lines{"x undelivered slow_consumer"});
  envelope.delivery = Delivery::volatile_;  // may be lost
  w.store->listener->delivered(envelope);
  envelope.delivery = Delivery::reliable;
  envelope.from_epoch = 0;  // of a host: nobody is there to be told
  envelope.reach = Reach::anybody;
  envelope.to = "ghost";
  w.store->listener->delivered(envelope);
  CHECK(w.store->notices.empty());
}

TEST_CASE("distant store: what another node reports about a message is told to the sender") {
  DistantWorld w;
  Envelope report;
  report.type = EnvelopeType::event;
  report.language = "signaling.order";
  report.payload = "undelivered";
  report.to = "a";
  for (const char* const error : {"slow_consumer", "peer_not_found", "an_error_of_a_newer_node"}) {
    report.original = error;
    w.store->listener->delivered(report);
  }
  report.to = "ghost";
  w.store->listener->delivered(report);
  w.run();
  CHECK(w.a->heard() == Lines{"error slow_consumer", "error peer_not_found", "error messages_lost"});
  CHECK(w.store->notices.empty());
}

TEST_CASE("distant store: updates of one peer that wait for the store are bounded, and cost nobody else") {
  Limits limits;
  limits.max_pending_bytes = 2'000;
  DistantWorld w(limits);
  auto b = w.world.client("b");
  b->say("join r");
  w.run();
  (void)w.a->heard();
  (void)b->heard();
  w.store->holds_changes = true;
  const std::string metadata(100, 'm');
  for (int i = 0; i < 100; ++i) b->say("update r " + metadata);
  w.a->say("update r 1");
  w.run();
  CHECK(b->heard() == Lines{"error overloaded"});
  CHECK(b->closed() == CloseReason::overloaded);
  std::size_t answered = 0;
  while (w.store->answer()) ++answered;
  CHECK(answered > 2);
  CHECK(answered < 20);  // as many as fit into the bound, b's leave, and a's update
  w.run();
  const Lines heard = w.a->heard();
  CHECK(std::ranges::count(heard, "updated r v" + std::to_string(w.store->version)) == 1);
  CHECK(std::ranges::count_if(heard, [](const auto& line) { return line.starts_with("-peer r"); }) == 1);
}

TEST_CASE("distant store: what is done does not count as waiting any more") {
  Limits limits;
  limits.max_pending_bytes = 1'000;
  DistantWorld w(limits);
  w.store->holds_changes = true;
  for (int i = 0; i < 100; ++i) {
    w.a->say("update r " + std::string(500, 'm'));
    REQUIRE(w.store->answer());
  }
  w.run();
  CHECK_FALSE(w.a->closed());
  CHECK(w.a->heard().size() == 100);
}

TEST_CASE(
    "distant store: lists of members that wait are bounded, and two that ask the same have one answer") {
  Limits limits;
  limits.max_pending_bytes = 2'000;
  DistantWorld w(limits);
  w.store->holds_changes = true;
  w.a->say("update r 1");
  for (int i = 0; i < 3; ++i) w.a->say("members r");
  for (int i = 0; i < 2; ++i) w.a->say("#1 members r");
  REQUIRE(w.store->answer());
  w.run();
  CHECK(w.a->heard() == Lines{"updated r v2", "members r v2 []", "members r v2 [] #1"});
  w.a->say("update r 2");
  for (int i = 0; i < 100; ++i) w.a->say("#" + std::to_string(i) + " members r");
  w.run();
  CHECK(w.a->closed() == CloseReason::overloaded);
}

TEST_CASE(
    "distant store: of more messages than may wait for a snapshot the rest is lost, and members are told "
    "once") {
  Limits limits;
  limits.max_message_bytes = 1'000;
  limits.max_outbound_bytes = 4'000;
  DistantWorld w(limits);
  w.store->change(Kind::joined, "x", 7);
  w.run();
  (void)w.a->heard();
  w.store->holds = true;
  w.store->listener->invalidated("r", Missed::changes);
  for (int i = 0; i < 100; ++i) w.message("x", "r", 7, 2);
  w.store->change(Kind::joined, "y", 8);
  w.run();
  CHECK(w.a->heard().empty());
  w.store->holds = false;
  w.store->state = RoomState{3, {{"x", "other", 7, {}, 2}, {"y", "other", 8, {}, 3}}};
  w.store->held({}, *w.store->state);
  w.run();
  const Lines heard = w.a->heard();
  const auto messages = std::ranges::count(heard, "msg x r");
  CHECK(messages > 5);
  CHECK(messages < 20);
  CHECK(std::ranges::count(heard, "+peer r v3 y") == 1);
  CHECK(std::ranges::count(heard, "error messages_lost") == 1);
  w.message("x", "r", 7, 2);
  w.run();
  CHECK(w.a->heard() == Lines{"msg x r"});
}

TEST_CASE("distant store: a message that comes before its sender's join waits for it, whatever its reach") {
  for (const Reach reach : {Reach::members, Reach::anybody}) {
    DistantWorld w;
    w.store->holds = true;
    w.message("x", "r", 7, 2, reach);
    w.message("x", "r", 7, 2, reach);
    w.run();
    CHECK(w.a->heard().empty());
    REQUIRE(w.store->snapshots == 1);
    w.store->held({}, {2, {{"x", "other", 7, {}, 2}}});
    w.run();
    CHECK(w.a->heard() == Lines{"+peer r v2 x", "msg x r", "msg x r"});
    CHECK(w.store->notices.empty());
  }
}

TEST_CASE("distant store: of a message from somebody whom the store does not know the sender is told") {
  for (const Reach reach : {Reach::members, Reach::anybody}) {
    DistantWorld w;
    w.store->state = RoomState{1, {}};
    w.message("x", "r", 7, 5, reach);
    w.message("x", "r", 7, 5, reach);
    w.run();
    CHECK(w.a->heard().empty());
    CHECK(w.store->snapshots == 1);  // and not once more for each message
    CHECK(w.store->notices == Lines{"x undelivered messages_lost", "x undelivered messages_lost"});
  }
}

TEST_CASE(
    "distant store: a message that comes after its sender's leave was told is not delivered, and its sender "
    "is "
    "told") {
  for (const Reach reach : {Reach::members, Reach::anybody}) {
    DistantWorld w;
    w.store->change(Kind::joined, "x", 7);
    w.store->change(Kind::left, "x", 7, 2);
    w.message("x", "r", 7, 2, reach);
    w.run();
    CHECK(w.a->heard() == Lines{"+peer r v2 x", "-peer r v3 x leave"});
    CHECK(w.store->notices == Lines{"x undelivered messages_lost"});
  }
}
