// A room whose store is far away: answers that overtake news, news that are missing, members that come back.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/support/distant_world.hpp"

using namespace signaling;
using namespace signaling::testing;

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

TEST_CASE("distant store: nothing comes from a connection whose place another one has taken") {
  DistantWorld w;
  const auto b = w.world.client("b");
  b->say("join r");
  w.run();
  (void)w.a->heard();
  w.store->change(Kind::joined, "b", 900);
  b->say("cast r late");
  b->say("send a late");
  w.run();
  CHECK(w.a->heard() == Lines{"-peer r v3 b disconnect", "+peer r v3 b"});
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

TEST_CASE("distant store: a join's answer that is older than the room's picture brings nobody back") {
  DistantWorld w;
  w.a->say("leave r");
  w.run();
  (void)w.a->heard();
  w.store->holds = true;
  w.a->say("join r");
  w.store->listener->invalidated("r", Missed::changes);
  w.store->held_join({}, {3, RoomState{3, {{"x", "other", 7, {}, 2}, {"a", "here", 101, {}, 3}}}, 3});
  w.store->held({}, {4, {}});
  w.store->listener->changed({"r", 4, Kind::left, {"x", "other", 7, {}, 2}, LeaveReason::leave});
  w.run();
  CHECK(w.a->heard() == Lines{"joined r v4 []"});
}

TEST_CASE(
    "distant store: who leaves a room and comes back sees it as it is, should versions begin again too") {
  DistantWorld w;
  w.store->change(Kind::joined, "x", 7);
  w.run();
  (void)w.a->heard();
  w.store->holds_changes = w.store->holds = true;
  w.a->say("leave r");
  w.a->say("join r");
  REQUIRE(w.store->answer());
  w.message("x", "r", 7, 9);                         // for nobody
  w.store->held_join({}, {1, RoomState{1, {}}, 1});  // the store has forgotten everything
  w.store->version = 1;
  w.store->change(Kind::joined, "y", 8);
  w.run();
  CHECK(w.a->heard() == Lines{"left r leave", "joined r v1 []", "+peer r v2 y"});
  CHECK(w.store->snapshots == 0);
  CHECK(w.store->notices.empty());
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
