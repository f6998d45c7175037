#include <string>

#include "signaling/socketio/engine_session.hpp"
#include "socketio/engine_script.hpp"

namespace signaling::socketio {
namespace {

using test::EngineScript;
using test::PollingSession;
using test::WebSocketSession;

TEST_CASE("heartbeat: the server pings, the client answers, each interval (Engine.IO v4, Heartbeat)") {
  WebSocketSession script;
  CHECK(script.deadline() == 25000);
  script.play({{"at 24999", {}}, {"at 25000", {"ws 1: 2"}}});
  CHECK(script.deadline() == 45000);
  script.play({{"at 25100", {}}, {"ws 1 3", {}}});
  CHECK(script.deadline() == 50100);
  script.play({{"at 50099", {}}, {"at 50100", {"ws 1: 2"}}});
}

TEST_CASE("heartbeat: over polling, pings wait for a GET and pongs come by POST (Engine.IO v4, Heartbeat)") {
  PollingSession script;
  script.play({{"get 2", {}},
               {"at 25000", {"get 2: 2"}},
               {"post 3 3", {"post 3: ok"}},
               {"at 50000", {}},
               {"get 4", {"get 4: 2"}},
               {"post 5 4a|3", {"message a", "post 5: ok"}}});
  CHECK(script.deadline() == 75000);
}

TEST_CASE(
    "heartbeat: a ping goes ahead of what waits, since a client on a slow line would miss it behind that") {
  const EngineOptions options;
  EngineSession session("sid", options);
  const TimePoint start{};
  SUBCASE("over polling") {
    session.on_get(1, start);
    while (session.poll_action()) {
    }
    session.send(Frame::text("4a"));
    session.send(Frame::text("4b"));
    session.on_time(start + options.ping_interval);
    session.on_get(2, start + options.ping_interval);
    const auto action = session.poll_action();
    REQUIRE(action);
    CHECK(std::get<engine_action::AnswerGet>(*action).payload ==
          "2\x1e"
          "4a\x1e"
          "4b");
  }
  SUBCASE("over a WebSocket") {
    session.on_websocket_open(1, start);
    while (session.poll_action()) {
    }
    session.send(Frame::text("4a"));
    session.on_time(start + options.ping_interval);
    const auto message = session.poll_action();
    const auto ping = session.poll_action();
    REQUIRE(message);
    REQUIRE(ping);
    CHECK(std::get<engine_action::WriteFrame>(*message).order == engine_action::WriteOrder::in_turn);
    CHECK(std::get<engine_action::WriteFrame>(*ping).order == engine_action::WriteOrder::first);
  }
}

TEST_CASE("heartbeat: no pong within the timeout ends the session (Engine.IO v4, Heartbeat)") {
  SUBCASE("WebSocket") {
    WebSocketSession script;
    script.play({{"at 25000", {"ws 1: 2"}},
                 {"at 44999", {}},
                 {"at 45000", {"closed: timeout", "ws 1 closed: timeout"}}});
    CHECK(script.deadline() == -1);
  }
  SUBCASE("polling") {
    PollingSession script;
    script.play({{"at 25000", {}}, {"at 45000", {"closed: timeout"}}, {"get 2", {"refuse 2: 400 code 1"}}});
  }
  SUBCASE("polling, with a GET that waits") {
    PollingSession script;
    script.play({{"at 25000", {}},
                 {"get 2", {"get 2: 2"}},
                 {"get 3", {}},
                 {"at 45000", {"closed: timeout", "get 3: 1"}}});
  }
}

TEST_CASE("heartbeat: the deadline is absolute: polls and messages without a pong do not move it") {
  PollingSession polling;
  polling.play({{"at 25000", {}},
                {"at 40000", {}},
                {"get 2", {"get 2: 2"}},
                {"post 3 4a", {"message a", "post 3: ok"}},
                {"get 4", {}}});
  CHECK(polling.deadline() == 45000);
  polling.play({{"at 45000", {"closed: timeout", "get 4: 1"}}});

  WebSocketSession websocket;
  websocket.play({{"at 25000", {"ws 1: 2"}}, {"at 44000", {}}, {"ws 1 4a", {"message a"}}});
  CHECK(websocket.deadline() == 45000);
}

TEST_CASE("heartbeat: a pong that nobody asked for moves nothing") {
  WebSocketSession script;
  script.play({{"at 20000", {}}, {"ws 1 3", {}}});
  CHECK(script.deadline() == 25000);
  script.play({{"at 25000", {"ws 1: 2"}}, {"ws 1 3", {}}, {"at 30000", {}}, {"ws 1 3", {}}});
  CHECK(script.deadline() == 50000);
}

TEST_CASE("heartbeat: a clock that jumps gives the client its time to answer") {
  WebSocketSession script;
  script.play({{"at 100000", {"ws 1: 2"}}});
  CHECK(script.deadline() == 120000);
}

TEST_CASE("heartbeat: there is none before the session is open and after its end") {
  EngineScript script;
  CHECK(script.deadline() == -1);
  script.play({{"at 99000", {}}, {"ws-open 1", {"ws 1: " + test::websocket_handshake}}});
  CHECK(script.deadline() == 124000);
  script.play({{"close", {"closed: kicked", "ws 1 closed: kicked"}}, {"at 999000", {}}});
  CHECK(script.deadline() == -1);
}

}  // namespace
}  // namespace signaling::socketio
