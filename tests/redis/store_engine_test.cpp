#include "redis/store_engine.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "redis/backend.hpp"

using namespace signaling;
using namespace signaling::redis;
using std::chrono::milliseconds;

namespace {

// Answers when and what the test says.
class FakeBackend final : public Backend {
 public:
  template <class Value>
  using Done = Callback<void(std::error_code, Value)>;

  void open(const NodeId& /*node*/, InboxPlace /*next*/, Done<Opened> done) override {
    opens.push_back(std::move(done));
  }
  void renew(const NodeId& /*node*/, Session /*session*/, std::uint64_t /*probe*/,
             Done<std::uint64_t> done) override {
    renewals.push_back(std::move(done));
  }
  void reap(const NodeId& /*node*/, Session /*session*/, Done<bool> /*done*/) override {}
  void claim(const NodeId& /*node*/, Session /*session*/, Claim claim, Done<Epoch> done) override {
    log.push_back("claim " + claim.peer + (claim.resume.empty() ? "" : " of " + claim.resume));
    claims.push_back(std::move(done));
  }
  void release(const NodeId& /*node*/, Session /*session*/, std::string peer, Epoch /*epoch*/,
               Callback<void(std::error_code)> /*done*/) override {
    log.push_back("release " + peer);
  }
  void join(Session /*session*/, Join request, Done<Joined> done) override {
    log.push_back("join " + request.room + " " + request.member.id);
    joins.push_back(std::move(done));
  }
  void leave(const NodeId& /*node*/, Session /*session*/, RoomId room, PeerId peer, Epoch /*epoch*/,
             LeaveReason reason, Done<Changed> done) override {
    log.push_back("leave " + room + " " + peer + " " + std::string(to_string(reason)));
    changes.push_back(std::move(done));
  }
  void update(const NodeId& /*node*/, Session /*session*/, RoomId room, PeerId peer, Epoch /*epoch*/,
              Payload /*metadata*/, Done<Changed> done) override {
    log.push_back("update " + room + " " + peer);
    changes.push_back(std::move(done));
  }
  void snapshot(const NodeId& /*node*/, Session /*session*/, RoomId /*room*/, Version /*known_version*/,
                Done<Seen> done) override {
    snapshots.push_back(std::move(done));
  }
  void own(const NodeId& /*node*/, Session /*session*/, Done<Owned> done) override {
    owns.push_back(std::move(done));
  }
  void publish(const NodeId& /*node*/, Session /*session*/, Batch batch,
               Done<std::vector<std::uint32_t>> done) override {
    log.push_back("publish");
    batches.push_back(std::move(batch));
    publications.push_back(std::move(done));
  }
  void read(const NodeId& /*node*/, InboxPlace /*next*/, Done<std::vector<InboxEntry>> done) override {
    reads.push_back(std::move(done));
  }
  void cancel_read() override {}
  void goodbye(const NodeId& /*node*/, Session /*session*/,
               Callback<void(std::error_code)> /*done*/) override {}

  // The oldest of these calls is answered.
  template <class Value>
  static void answer(std::deque<Done<Value>>& calls, std::error_code error,
                     std::type_identity_t<Value> value = {}) {
    REQUIRE_FALSE(calls.empty());
    Done<Value> done = std::move(calls.front());
    calls.pop_front();
    done(error, std::move(value));
  }

  std::vector<std::string> log;
  std::vector<Batch> batches;
  std::deque<Done<Opened>> opens;
  std::deque<Done<std::uint64_t>> renewals;
  std::deque<Done<Epoch>> claims;
  std::deque<Done<Joined>> joins;
  std::deque<Done<Changed>> changes;
  std::deque<Done<Seen>> snapshots;
  std::deque<Done<Owned>> owns;
  std::deque<Done<std::vector<std::uint32_t>>> publications;
  std::deque<Done<std::vector<InboxEntry>>> reads;
};

class Listener final : public StoreListener {
 public:
  void changed(const MembershipChange& change) override { add("changed " + change.room); }
  void delivered(const Message& message, const Route& /*route*/) override {
    add("delivered " + std::string(message.payload));
  }
  void commanded(const NodeCommand& command) override { add("commanded " + command.room); }
  void invalidated(std::string_view room, Missed missed) override {
    add((missed == Missed::messages ? "lost " : "look at ") + std::string(room));
  }
  void displaced(std::string_view peer, Epoch /*epoch*/) override { add("displaced " + std::string(peer)); }
  void undelivered(const Message& message, const Route& /*route*/, errc /*error*/) override {
    add("undelivered " + std::string(message.payload));
  }
  void undelivered(const NodeCommand& command, errc /*error*/) override {
    add("undelivered command " + command.room);
  }

  std::vector<std::string> told;
  bool throws = false;

 private:
  void add(std::string what) {
    told.push_back(std::move(what));
    if (throws) throw std::runtime_error("a listener that fails");
  }
};

using Texts = std::vector<std::string>;

/// An engine with a session, and a member `ada` of `room` with epoch 1 that the database knows.
struct Engine {
  FakeBackend backend;
  Listener listener;
  TimePoint now{std::chrono::hours(1)};
  StoreEngine engine{backend, "node", listener, EngineOptions{}, now};
  std::uint64_t session = 0;

  Engine() {
    engine.open([](std::error_code) {});
    open();
    FakeBackend::answer(backend.owns, {});
    claim("ada", 1);
    join("room", "ada", 1);
  }

  void open(InboxPlace next = {7, 0}, bool has_lost_data = false) {
    FakeBackend::answer(backend.opens, {}, Backend::Opened{++session, next, 0, 0, has_lost_data});
  }
  void claim(std::string_view peer, Epoch epoch) {
    engine.claim({"node", peer, "secret", {}}, [](std::error_code, Epoch) {});
    FakeBackend::answer(backend.claims, {}, epoch);
  }
  void join(std::string_view room, PeerId peer, Epoch epoch) {
    engine.join({room, {std::move(peer), "node", epoch, {}, 0}, 0, 0}, [](std::error_code, auto&&) {});
    FakeBackend::answer(backend.joins, {}, Backend::Joined{{1, RoomState{1, {}}, 1}, 0});
  }
  void pass(milliseconds time) { engine.on_time(now += time); }
  void lose_session() {
    pass(milliseconds(4'000));
    FakeBackend::answer(backend.renewals, errc::store_unavailable);
    CHECK_FALSE(engine.health().connected);
    backend.log.clear();
  }
  /// The database is there again, and has these members of the node.
  void come_back(std::vector<Backend::Owned::Member> members) {
    pass(milliseconds(300));
    open();
    FakeBackend::answer(backend.owns, {}, Backend::Owned{std::move(members), {}});
  }
  void leave(std::string_view room, std::string_view peer, Epoch epoch, LeaveReason reason) {
    engine.leave({room, peer, epoch, reason}, [](std::error_code, Version) {});
  }
  std::error_code publish(std::string_view payload) {
    Route route;
    route.from = "ada";
    route.room = "room";
    return engine.publish(Message::text(payload), route, {});
  }
};

InboxEntry change_of(RoomId room, std::uint64_t number) {
  InboxEntry entry;
  entry.place = {7, number};
  entry.kind = InboxEntry::Kind::change;
  entry.change.room = std::move(room);
  return entry;
}

void ignore(std::error_code /*error*/, RoomState&& /*state*/) {}

}  // namespace

TEST_CASE_FIXTURE(Engine, "store engine: one snapshot of a room at a time serves all who ask") {
  int answered = 0;
  const auto count = [&](std::error_code error, const RoomState& state) {
    CHECK_FALSE(error);
    CHECK(state.members.size() == 1);
    ++answered;
  };
  for (int i = 0; i < 3; ++i) engine.snapshot("room", 0, count);
  REQUIRE(backend.snapshots.size() == 1);
  Backend::Seen seen;
  seen.state.members.emplace_back();
  FakeBackend::answer(backend.snapshots, {}, seen);
  CHECK(answered == 3);
  engine.snapshot("room", 0, count);
  CHECK(backend.snapshots.size() == 1);
}

TEST_CASE_FIXTURE(
    Engine, "store engine: an entry waits for what was asked before it was read, and for nothing later") {
  engine.snapshot("room", 0, ignore);
  FakeBackend::answer(backend.reads, {}, std::vector{change_of("room", 0), change_of("other", 1)});
  CHECK(listener.told == Texts{});
  engine.snapshot("room", 1, ignore);
  REQUIRE(backend.snapshots.size() == 2);
  FakeBackend::answer(backend.snapshots, {}, Backend::Seen{{}, 1});
  CHECK(listener.told == Texts{"changed room", "changed other"});
}

TEST_CASE_FIXTURE(Engine,
                  "store engine: what ends while the database is away leaves nothing behind that waits") {
  lose_session();
  for (int i = 0; i < 1'000; ++i) {
    Epoch epoch = 0;
    engine.claim({"node", "eve", "secret", {}}, [&](std::error_code, Epoch given) { epoch = given; });
    engine.join({"hall", {"eve", "node", epoch, {}, 0}, 0, 0}, [](std::error_code, auto&&) {});
    engine.update({"hall", "eve", epoch, Payload("\"m\"")}, [](std::error_code, Version) {});
    leave("hall", "eve", epoch, LeaveReason::leave);
    engine.release("eve", epoch);
  }
  come_back({{"room", "ada", 1}});
  CHECK(backend.log == Texts{"claim ada", "join room ada"});
}

TEST_CASE_FIXTURE(Engine,
                  "store engine: who has left while the database was away leaves it for the same reason") {
  join("room", "bob", 2);
  lose_session();
  leave("room", "ada", 1, LeaveReason::leave);
  leave("room", "bob", 2, LeaveReason::disconnect);
  come_back({{"room", "unknown", 3}});
  CHECK(backend.log == Texts{"leave room ada leave", "leave room bob disconnect", "claim ada",
                             "leave room unknown disconnect"});
}

TEST_CASE_FIXTURE(
    Engine,
    "store engine: what was not answered before the session ended is done before all are brought back") {
  leave("room", "ada", 1, LeaveReason::kicked);
  engine.release("ada", 1);
  claim("ada", 2);
  lose_session();
  FakeBackend::answer(backend.changes, errc::store_unavailable);
  come_back({});
  CHECK(backend.log == Texts{"release ada", "leave room ada kicked", "claim ada"});
}

TEST_CASE_FIXTURE(Engine,
                  "store engine: who has left and come again while the database was away leaves first") {
  lose_session();
  leave("room", "ada", 1, LeaveReason::leave);
  engine.join({"room", {"ada", "node", 1, {}, 0}, 0, 0}, [](std::error_code, auto&&) {});
  SUBCASE("and is in the room in the end") {
    come_back({});
    CHECK(backend.log == Texts{"leave room ada leave", "claim ada", "join room ada"});
  }
  SUBCASE("once, however often") {
    leave("room", "ada", 1, LeaveReason::disconnect);
    come_back({});
    CHECK(backend.log == Texts{"leave room ada leave", "claim ada"});
  }
}

TEST_CASE_FIXTURE(
    Engine, "store engine: messages are given up when they are too old, also while the database is away") {
  CHECK_FALSE(publish("first"));
  engine.flush();
  CHECK_FALSE(publish("second"));
  lose_session();
  FakeBackend::answer(backend.publications, errc::store_unavailable);
  CHECK(listener.told == Texts{});
  pass(milliseconds(5'000));
  CHECK(listener.told == Texts{"undelivered first", "undelivered second"});
  CHECK(engine.health().queued_bytes == 0);
  come_back({{"room", "ada", 1}});
  CHECK(backend.batches.size() == 1);
}

TEST_CASE_FIXTURE(
    Engine, "store engine: a command of kind lost is accepted at any time, and brought when all are back") {
  lose_session();
  NodeCommand command;
  command.kind = NodeCommand::Kind::close_room;
  command.room = "room";
  CHECK(publish("message") == errc::store_unavailable);
  CHECK(engine.command(command) == errc::store_unavailable);
  command.kind = NodeCommand::Kind::lost;
  for (int i = 0; i < 3; ++i) CHECK_FALSE(engine.command(command));
  pass(milliseconds(60'000));
  come_back({{"room", "ada", 1}});
  pass(milliseconds(100));
  CHECK(backend.batches.empty());
  FakeBackend::answer(backend.claims, {}, Epoch(1));
  FakeBackend::answer(backend.joins, {}, Backend::Joined{{1, {}, 1}, 0});
  pass(milliseconds(100));
  REQUIRE(backend.batches.size() == 1);
  CHECK(backend.batches.front().parts.size() == 1);
  const std::size_t one = backend.batches.front().parts.front().bytes.size();
  CHECK(one < 64);
}

TEST_CASE_FIXTURE(
    Engine, "store engine: a node whose inbox is gone looks at its rooms at once if the data are there") {
  lose_session();
  pass(milliseconds(300));
  SUBCASE("its lease had run out") {
    open({9, 0}, false);
    CHECK(listener.told == Texts{"lost room"});
  }
  SUBCASE("and waits for the others, if theirs are lost too") {
    open({9, 0}, true);
    CHECK(listener.told == Texts{});
    pass(milliseconds(6'000));
    CHECK(listener.told == Texts{"lost room"});
  }
}

TEST_CASE_FIXTURE(Engine,
                  "store engine: an id that was taken over while the database was away is taken over there") {
  lose_session();
  engine.claim({"node", "eve", "secret", "the secret before"}, [](std::error_code, Epoch) {});
  come_back({{"room", "ada", 1}});
  CHECK(backend.log == Texts{"claim ada", "claim eve of the secret before", "join room ada"});
}

TEST_CASE_FIXTURE(Engine, "store engine: an inbox is not silent while the process stands still") {
  pass(milliseconds(9'000));
  CHECK(engine.health().connected);
  for (int i = 0; i < 60; ++i) pass(milliseconds(100));
  CHECK_FALSE(engine.health().connected);
}

TEST_CASE_FIXTURE(Engine, "store engine: a node that stood still for longer than its lease is not ready") {
  pass(Backend::lease);
  CHECK_FALSE(engine.health().connected);
  FakeBackend::answer(backend.renewals, {}, std::uint64_t{1});
  CHECK(engine.health().connected);
  SUBCASE("nor if the last renewal was sent before") {
    pass(milliseconds(3'000));
    pass(Backend::lease);
    FakeBackend::answer(backend.renewals, {}, std::uint64_t{2});
    CHECK_FALSE(engine.health().connected);
  }
}

TEST_CASE_FIXTURE(Engine, "store engine: a listener that throws does not stop what comes after") {
  listener.throws = true;
  CHECK_THROWS(FakeBackend::answer(backend.reads, {}, std::vector{change_of("one", 0), change_of("two", 1)}));
  listener.throws = false;
  pass(milliseconds(100));
  engine.snapshot("room", 0, ignore);
  FakeBackend::answer(backend.snapshots, {}, Backend::Seen{{}, 2});
  CHECK(listener.told == Texts{"changed one", "changed two"});
}
