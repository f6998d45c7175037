#include <doctest/doctest.h>

#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

struct Local {
  Local(ScriptWorld& world, std::string id) {
    LocalPeerOptions options;
    options.executor = world.io.get_executor();
    options.id = std::move(id);
    options.on_event = [this](const Event& event) {
      std::vector<Frame> frames;
      TextEncoder().encode(event, frames);
      lines.emplace_back(frames.front().text_view());
      if (on_event) on_event(event);
    };
    options.on_closed = [this](CloseReason reason) { closed = reason; };
    peer = world.router.connect_local(std::move(options));
  }
  Lines heard() { return std::exchange(lines, {}); }

  Lines lines;
  std::function<void(const Event&)> on_event;
  std::optional<CloseReason> closed;
  LocalPeer peer;
};

}  // namespace

TEST_CASE("local peer: joins, sends and receives like any client") {
  ScriptWorld world;
  Local sfu(world, "sfu");
  auto a = world.client("a");
  sfu.peer->join("r", R"({"kind":"sfu"})", "7");
  a->say("join r");
  a->say("send sfu offer");
  world.run();
  CHECK(sfu.heard() == Lines{"welcome sfu", "joined r v1 [] #7", "+peer r v2 a", "msg a offer"});
  CHECK(a->heard() == Lines{"welcome a", R"(joined r v2 [sfu{{"kind":"sfu"}}])"});
  CHECK(sfu.peer->send(Message::answer("7", {.to = "a"})).status == SendStatus::sent);
  CHECK(sfu.peer->send(Message::answer("7", {.to = "nobody"})).error == errc::peer_not_found);
  world.run();
  CHECK(a->heard() == Lines{"msg sfu 7"});
}

TEST_CASE("local peer: two of them talk without any socket, from within their callbacks") {
  ScriptWorld world;
  Local x(world, "x");
  Local y(world, "y");
  y.on_event = [&](const Event& event) {
    if (const auto* message = std::get_if<event::Message>(&event)) {
      CHECK(y.peer->send(Message::text("2", {.to = message->from})).status == SendStatus::sent);
    }
  };
  x.peer->join("r");
  y.peer->join("r");
  CHECK(x.peer->send(Message::text("1", {.to = "y"})).status == SendStatus::sent);
  world.run();
  CHECK(y.heard() == Lines{"welcome y", "joined r v2 [x]", "msg x 1"});
  CHECK(x.heard() == Lines{"welcome x", "joined r v1 []", "+peer r v2 y", "msg y 2"});
}

TEST_CASE("local peer: no policy, no bound of rooms, no rate") {
  struct Never final : Policy {
    void authenticate(const ConnectInfo& /*info*/, Callback<void(Admission)> done) override {
      Admission no;
      no.decision = Decision::refuse("no");
      done(std::move(no));
    }
    void authorize_join(const Peer& /*peer*/, const JoinAttempt& /*attempt*/,
                        Callback<void(Decision)> done) override {
      done(Decision::refuse("no"));
    }
  };
  RouterOptions options;
  options.policy = std::make_shared<Never>();
  ScriptWorld world(std::move(options));
  Local sfu(world, "sfu");
  for (int i = 0; i < 500; ++i) sfu.peer->join("room " + std::to_string(i));
  world.run();
  CHECK(sfu.peer->rooms().size() == 500);
}

TEST_CASE("local peer: close leaves its rooms, and nothing comes after on_closed") {
  ScriptWorld world;
  Local x(world, "x");
  auto a = world.client("a");
  x.peer->join("r");
  a->say("join r");
  world.run();
  a->heard();
  x.heard();
  x.peer->close(CloseReason::normal);
  a->say("#1 send x hi");
  world.run();
  CHECK(x.closed == CloseReason::normal);
  CHECK(x.heard().empty());
  CHECK(a->heard() == Lines{"error closed #1", "-peer r v3 x disconnect"});
  CHECK(x.peer->send({}).error == errc::closed);
}

TEST_CASE("local peer: every event survives the way through the queue") {
  ScriptWorld world;
  Local x(world, "x");
  auto a = world.client("a");
  a->say("join r 1");
  x.peer->join("r", "9", "t1");
  x.peer->update("r", "10", "t2");
  x.peer->members("r", "t3");
  a->say("update r 2");
  a->say("leave r");
  x.peer->leave("r", "t4");
  x.peer->leave("r", "t5");
  world.run();
  world.router.shut_down(std::chrono::milliseconds(5));
  world.run();
  CHECK(x.heard() == Lines{"welcome x", "joined r v2 [a{1}] #t1", "updated r v3 #t2",
                           "members r v3 [a{1}] #t3", "~peer r v4 a{2}", "-peer r v5 a leave",
                           "left r leave #t4", "error not_joined #t5", "going-away 5"});
}

TEST_CASE("local peer: without an executor it is not made, and the error says what is missing") {
  ScriptWorld world;
  CHECK_THROWS_WITH_AS((void)world.router.connect_local({}),
                       "signaling: LocalPeerOptions::executor is not set", std::invalid_argument);
}

TEST_CASE("local peer: after the end of its handle nothing is called, whatever was on its way") {
  ScriptWorld world;
  auto a = world.client("a");
  a->say("join r");
  auto x = std::make_unique<Local>(world, "x");
  x->peer->join("r");
  world.run();
  (void)a->heard();
  a->say("send x one");
  (void)x->heard();
  SUBCASE("by its destructor") { const LocalPeer ended = std::move(x->peer); }
  SUBCASE("by another one that takes its place") { x->peer = {}; }
  a->say("send x two");
  world.run();
  CHECK(x->lines.empty());
  CHECK_FALSE(x->closed);
  CHECK(a->heard() == Lines{"-peer r v3 x disconnect", "error peer_not_found"});
}

TEST_CASE("local peer: its handle may end inside its own callback, and the events behind are dropped") {
  ScriptWorld world;
  auto a = world.client("a");
  a->say("join r");
  Local x(world, "x");
  x.peer->join("r");
  world.run();
  (void)x.heard();
  x.on_event = [&](const Event&) { x.peer = {}; };
  a->say("send x one");
  a->say("send x two");
  world.run();
  CHECK(x.heard() == Lines{"msg a one"});
  CHECK_FALSE(x.closed);
  CHECK(world.router.stats().peers == 1);
}

TEST_CASE("local peer: its handle may end inside on_closed, and after the router") {
  auto world = std::make_unique<ScriptWorld>();
  LocalPeer ends_itself;
  int closed = 0;
  LocalPeerOptions options;
  options.executor = world->io.get_executor();
  options.on_closed = [&](CloseReason) {
    ++closed;
    ends_itself = {};
  };
  ends_itself = world->router.connect_local(options);
  ends_itself->close(CloseReason::normal);
  world->run();
  CHECK(closed == 1);
  CHECK_FALSE(ends_itself);
  options.on_closed = [&](CloseReason) { ++closed; };
  LocalPeer late = world->router.connect_local(options);
  late->join("r");
  world->run();
  world.reset();
  late = {};
  CHECK(closed == 1);
}

TEST_CASE("local peer: it gets no event that is meant for a language") {
  ScriptWorld world;
  Local x(world, "x");
  x.peer->join("r");
  world.run();
  (void)x.heard();
  Message nameless;
  nameless.type = MessageType::event;
  nameless.language = "elsewhere";
  nameless.to = "x";
  nameless.room = "r";
  CHECK(world.router.send(nameless).error == errc::unknown_type);
  world.run();
  CHECK(x.heard().empty());
}
