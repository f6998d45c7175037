#include <string>

#include "signaling/socketio/engine_session.hpp"
#include "socketio/engine_script.hpp"

namespace signaling::socketio {
namespace {

using test::EngineScript;
using test::Lines;
using test::PollingSession;
using test::WebSocketSession;

TEST_CASE("WebSocket: the handshake of a direct one offers no upgrade (Engine.IO v4, Handshake)") {
  EngineScript script;
  script.play({{"ws-open 1", {"ws 1: " + test::websocket_handshake}}});
  CHECK(script.session().transport() == EngineTransport::websocket);
}

TEST_CASE(
    "WebSocket: each packet is a message, binary without prefix or as base64 (Engine.IO v4, WebSocket)") {
  WebSocketSession script;
  script.play({{"ws 1 4hello", {"message hello"}},
               {"ws 1 <01 02>", {"message <01 02>"}},
               {"ws 1 <>", {"message <>"}},
               {"ws 1 bAQIDBA==", {"message <01 02 03 04>"}},
               {"ws 1 b", {"message <>"}},
               {"ws 1 4a\x1e"
                "4b",
                {"message a\x1e"
                 "4b"}},
               {"ws 1 6", {}},
               {"send 4a", {"ws 1: 4a"}},
               {"send <01 02>", {"ws 1: <01 02>"}}});
}

TEST_CASE("WebSocket: what is no packet of a client ends the session (conformance suite, message)") {
  for (const std::string packet : {"abc", "", "bAQI", "b====", "7", "0", "2", "2probe", "5"}) {
    WebSocketSession script;
    INFO(packet);
    script.play(
        {{"ws 1 " + packet, {"closed: protocol-error", "ws 1 closed: protocol-error"}}, {"ws 1 4a", {}}});
  }
}

TEST_CASE("WebSocket: a client's `1` ends the session (conformance suite, close)") {
  WebSocketSession script;
  script.play({{"ws 1 1", {"closed: normal", "ws 1 closed: normal"}}, {"ws-closed 1", {}}, {"send 4a", {}}});
}

TEST_CASE("WebSocket: a message over the bound ends the session") {
  EngineOptions options;
  options.max_payload_bytes = 3;
  WebSocketSession script(options);
  script.play({{"ws 1 4ab", {"message ab"}},
               {"ws 1 <01 02 03>", {"message <01 02 03>"}},
               {"ws 1 4abc", {"closed: message-too-large", "ws 1 closed: message-too-large"}}});
}

TEST_CASE("WebSocket: its end is the end of the session") {
  WebSocketSession script;
  script.play({{"ws-closed 2", {}}, {"ws-closed 1", {"closed: lost"}}, {"ws-closed 1", {}}});
  CHECK(script.session().state() == EngineState::closed);
}

TEST_CASE("WebSocket: closing comes after what was sent") {
  WebSocketSession script;
  script.play({{"send 4a", {"ws 1: 4a"}}, {"close", {"closed: kicked", "ws 1 closed: kicked"}}});
}

TEST_CASE("upgrade: probe, answer, upgrade (Engine.IO v4, Upgrade)") {
  PollingSession script;
  script.play({{"ws-open 1", {}}, {"ws 1 2probe", {"ws 1: 3probe"}}});
  CHECK(script.session().transport() == EngineTransport::polling);
  script.play({{"ws 1 5", {}}, {"ws 1 4hello", {"message hello"}}, {"send 4a", {"ws 1: 4a"}}});
  CHECK(script.session().transport() == EngineTransport::websocket);
}

TEST_CASE("upgrade: after the probe the GET gets `6`, so that the client can pause (Engine.IO v4, Upgrade)") {
  SUBCASE("pending") {
    PollingSession script;
    script.play({{"get 2", {}}, {"ws-open 1", {}}, {"ws 1 2probe", {"ws 1: 3probe", "get 2: 6"}}});
  }
  SUBCASE("later") {
    PollingSession script;
    script.play({{"ws-open 1", {}},
                 {"ws 1 2probe", {"ws 1: 3probe"}},
                 {"get 2", {"get 2: 6"}},
                 {"get 3", {"get 3: 6"}}});
  }
  SUBCASE("not before the probe") {
    PollingSession script;
    script.play({{"ws-open 1", {}}, {"get 2", {}}, {"send 4a", {"get 2: 4a"}}});
  }
}

TEST_CASE("upgrade: what is queued meanwhile goes over the WebSocket, in order (Engine.IO v4, Upgrade)") {
  PollingSession script;
  script.play({{"get 2", {}},
               {"send 4a", {"get 2: 4a"}},
               {"send 4b", {}},
               {"ws-open 1", {}},
               {"send 4c", {}},
               {"ws 1 2probe", {"ws 1: 3probe"}},
               {"send <01>", {}},
               {"send 4d", {}},
               {"ws 1 5", {"ws 1: 4b", "ws 1: 4c", "ws 1: <01>", "ws 1: 4d"}},
               {"send 4e", {"ws 1: 4e"}}});
  CHECK(script.session().buffered_bytes() == 0);
}

TEST_CASE("upgrade: nothing is lost, doubled or out of order (Engine.IO v4, Upgrade)") {
  const std::vector<std::string> steps{"ws-open 1", "ws 1 2probe", "ws 1 5"};
  // Two packets and a poll, each before one of the steps or after the last.
  for (int place = 0; place < 64; ++place) {
    const int first = place & 3;
    const int second = place >> 2 & 3;
    const int poll = place >> 4 & 3;
    PollingSession script;
    std::string received;
    const auto collect = [&received](const Lines& lines) {
      for (const std::string& line : lines) {
        for (const char packet : {'a', 'b'}) {
          if (line.find(std::string("4") + packet) != std::string::npos) received += packet;
        }
      }
    };
    for (int step = 0; step < 4; ++step) {
      if (first == step) collect(script.run(first <= second ? "send 4a" : "send 4b"));
      if (poll == step) collect(script.run("get 2"));
      if (second == step) collect(script.run(first <= second ? "send 4b" : "send 4a"));
      if (step < 3) collect(script.run(steps[static_cast<std::size_t>(step)]));
    }
    INFO("first " << first << " second " << second << " poll " << poll);
    CHECK(received == "ab");
  }
}

TEST_CASE("upgrade: a POST that was under way is still taken (Engine.IO v4, Upgrade)") {
  PollingSession script;
  script.play({{"ws-open 1", {}},
               {"ws 1 2probe", {"ws 1: 3probe"}},
               {"post 2 4a", {"message a", "post 2: ok"}},
               {"ws 1 5", {}},
               {"ws 1 4b", {"message b"}}});
}

TEST_CASE("upgrade: a GET that is pending in spite of it gets `6`") {
  PollingSession script;
  EngineSession& session = script.session();
  session.on_websocket_open(1, TimePoint());
  session.on_websocket_message(1, {MessageKind::text, "2probe"}, TimePoint());
  session.on_get(2, TimePoint());
  session.on_websocket_message(1, {MessageKind::text, "5"}, TimePoint());
  Lines lines;
  test::append_actions(session, lines);
  CHECK(lines == Lines{"ws 1: 3probe", "get 2: 6"});
}

TEST_CASE("upgrade: a wrong packet closes only that WebSocket") {
  for (const std::string packet :
       {"2", "2prob", "2probes", "3probe", "4hello", "5", "1", "6", "x", "", "<32 70>"}) {
    PollingSession script;
    INFO(packet);
    script.play({{"ws-open 1", {}},
                 {"ws 1 " + packet, {"ws 1 closed: protocol-error"}},
                 {"ws 1 2probe", {}},
                 {"ws-closed 1", {}},
                 {"get 2", {}},
                 {"send 4a", {"get 2: 4a"}},
                 {"ws-open 2", {}},
                 {"ws 2 2probe", {"ws 2: 3probe"}},
                 {"ws 2 5", {}}});
  }
}

TEST_CASE("upgrade: a message before the upgrade packet closes only that WebSocket") {
  PollingSession script;
  script.play({{"ws-open 1", {}},
               {"ws 1 2probe", {"ws 1: 3probe"}},
               {"ws 1 4a", {"ws 1 closed: protocol-error"}},
               {"get 2", {}}});
}

TEST_CASE("upgrade: a WebSocket that goes away leaves the session on polling") {
  PollingSession script;
  script.play({{"send 4a", {}},
               {"ws-open 1", {}},
               {"ws 1 2probe", {"ws 1: 3probe"}},
               {"ws-closed 1", {}},
               {"get 2", {"get 2: 4a"}},
               {"get 3", {}},
               {"send 4b", {"get 3: 4b"}}});
}

TEST_CASE("upgrade: one that is never completed times out (reference implementation)") {
  for (const bool probed : {false, true}) {
    PollingSession script;
    script.play({{"at 1000", {}}, {"ws-open 1", {}}});
    if (probed) script.play({{"at 9000", {}}, {"ws 1 2probe", {"ws 1: 3probe"}}});
    CHECK(script.deadline() == 11000);
    script.play({{"at 10999", {}},
                 {"at 11000", {"ws 1 closed: timeout"}},
                 {"ws 1 5", {}},
                 {"get 2", {}},
                 {"send 4a", {"get 2: 4a"}}});
    CHECK(script.deadline() == 25000);
  }
}

TEST_CASE("upgrade: without a timeout it may take any time") {
  EngineOptions options;
  options.upgrade_timeout = {};
  PollingSession script(options);
  script.play({{"ws-open 1", {}}, {"ws 1 2probe", {"ws 1: 3probe"}}});
  CHECK(script.deadline() == 25000);
  script.play({{"at 24999", {}}, {"ws 1 5", {}}, {"send 4a", {"ws 1: 4a"}}});
}

TEST_CASE("upgrade: a second WebSocket is closed, the first goes on (Engine.IO v4, WebSocket)") {
  PollingSession script;
  script.play({{"ws-open 1", {}},
               {"ws-open 2", {"ws 2 closed: protocol-error"}},
               {"ws 2 2probe", {}},
               {"ws-closed 2", {}},
               {"ws 1 2probe", {"ws 1: 3probe"}},
               {"ws 1 5", {}},
               {"ws-open 3", {"ws 3 closed: protocol-error"}},
               {"ws 3 4a", {}},
               {"ws 1 4hello", {"message hello"}}});
}

TEST_CASE("upgrade: HTTP requests that come after it are refused (conformance suite, upgrade)") {
  PollingSession script;
  script.play({{"ws-open 1", {}},
               {"ws 1 2probe", {"ws 1: 3probe"}},
               {"ws 1 5", {}},
               {"get 2", {"refuse 2: 400 code 3"}},
               {"post 3 4a", {"refuse 3: 400 code 3"}},
               {"post-started 4", {"refuse 4: 400 code 3"}},
               {"ws 1 4hello", {"message hello"}}});
}

TEST_CASE("upgrade: the end of the session is the end of a WebSocket that is being probed") {
  PollingSession script;
  script.play({{"get 2", {}},
               {"ws-open 1", {}},
               {"get-aborted 2", {"closed: lost", "ws 1 closed: lost"}},
               {"ws-open 3", {"ws 3 closed: protocol-error"}}});
}

TEST_CASE("upgrade: a session that is being closed gives what is left to the WebSocket if that comes first") {
  PollingSession script;
  script.play({{"send 4a", {}},
               {"ws-open 1", {}},
               {"ws 1 2probe", {"ws 1: 3probe"}},
               {"close", {}},
               {"ws-open 2", {"ws 2 closed: protocol-error"}},
               {"ws 1 5", {"closed: kicked", "ws 1: 4a", "ws 1 closed: kicked"}}});
}

TEST_CASE("upgrade: pings go where the session is (Engine.IO v4, Heartbeat)") {
  PollingSession script;
  script.play({{"at 24000", {}},
               {"ws-open 1", {}},
               {"ws 1 2probe", {"ws 1: 3probe"}},
               {"at 25000", {}},
               {"ws 1 5", {"ws 1: 2"}},
               {"ws 1 3", {}},
               {"at 45000", {}},
               {"at 50000", {"ws 1: 2"}}});
}

}  // namespace
}  // namespace signaling::socketio
