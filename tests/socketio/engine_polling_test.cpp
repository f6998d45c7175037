#include <string>

#include "signaling/socketio/engine_session.hpp"
#include "socketio/engine_script.hpp"

namespace signaling::socketio {
namespace {

using test::EngineScript;
using test::Lines;
using test::polling_handshake;
using test::PollingSession;

TEST_CASE("polling: the first GET gets the handshake (Engine.IO v4, Handshake)") {
  EngineScript script;
  CHECK(script.session().state() == EngineState::opening);
  script.play({{"get 1", {"get 1: " + polling_handshake}}});
  CHECK(script.session().state() == EngineState::open);
  CHECK(script.session().transport() == EngineTransport::polling);
}

TEST_CASE("polling: no upgrade is offered where none is allowed (Engine.IO v4, Handshake)") {
  EngineOptions options;
  options.upgrades = Upgrades::refused;
  EngineScript script(options);
  const Lines lines = script.run("get 1");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find(R"("upgrades":[],)") != std::string::npos);
  script.play({{"ws-open 1", {"ws 1 closed: protocol-error"}}});
}

TEST_CASE("polling: the handshake tells the settings, and the sid is JSON (Engine.IO v4, Handshake)") {
  EngineOptions options;
  options.ping_interval = std::chrono::milliseconds(300);
  options.ping_timeout = std::chrono::milliseconds(200);
  options.max_payload_bytes = 77;
  EngineSession session("a\"b", options);
  session.on_get(1, TimePoint());
  const auto action = session.poll_action();
  REQUIRE(action);
  CHECK(std::get<engine_action::AnswerGet>(*action).payload ==
        R"(0{"sid":"a\"b","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":77})");
}

TEST_CASE("polling: a GET waits until there is something to say (Engine.IO v4, Receiving data)") {
  PollingSession script;
  script.play({{"get 2", {}}, {"send 4a", {"get 2: 4a"}}, {"send 4b", {}}, {"get 3", {"get 3: 4b"}}});
}

TEST_CASE("polling: what waits leaves in one payload, in order (Engine.IO v4, Packet encoding)") {
  PollingSession script;
  script.play(
      {{"send 4a", {}}, {"send <01 02 03 04>", {}}, {"send 4b", {}}, {"get 2", {"get 2: 4a|bAQIDBA==|4b"}}});
  CHECK(script.session().buffered_bytes() == 0);
}

TEST_CASE("polling: much that waits leaves in several payloads, each of which is soon whole on a slow line") {
  PollingSession script;
  EngineSession& session = script.session();
  for (const char name : {'a', 'b', 'c'}) session.send(Frame::text('4' + std::string(29'999, name)));
  session.send(Frame::text('4' + std::string(99'999, 'd')));
  const auto answer = [&](RequestId request) {
    session.on_get(request, TimePoint());
    const auto action = session.poll_action();
    REQUIRE(action);
    CHECK_FALSE(session.poll_action());
    return std::get<engine_action::AnswerGet>(*action).payload.size();
  };
  CHECK(answer(2) == 60'001);
  CHECK(answer(3) == 30'000);
  CHECK(answer(4) == 100'000);
  CHECK(session.buffered_bytes() == 0);
}

TEST_CASE("polling: packets that are sent in one step leave in one payload") {
  EngineSession session("SID", test::default_options);
  session.on_get(1, TimePoint());
  session.send(Frame::text("4a"));
  session.send(Frame::text("4b"));
  Lines lines;
  test::append_actions(session, lines);
  CHECK(lines == Lines{"get 1: " + polling_handshake + "|4a|4b"});
}

TEST_CASE("polling: a POST brings packets, in order, then gets its answer (Engine.IO v4, Sending data)") {
  PollingSession script;
  script.play({
      {"post 2 4hello", {"message hello", "post 2: ok"}},
      {"post 3 4a|bAQIDBA==|6|4b", {"message a", "message <01 02 03 04>", "message b", "post 3: ok"}},
      {"post 4 3", {"post 4: ok"}},
  });
}

TEST_CASE("polling: however packets are cut into payloads, the same comes (Engine.IO v4, Packet encoding)") {
  const Lines packets{"4a", "bAQID", "4b", "6", "4"};
  for (unsigned cuts = 0; cuts < 16; ++cuts) {
    PollingSession script;
    Lines messages;
    std::string payload;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      payload += (payload.empty() ? "" : "|") + packets[i];
      if (i + 1 < packets.size() && (cuts >> i & 1U) == 0) continue;
      for (const std::string& line : script.run("post 2 " + payload)) {
        if (line != "post 2: ok") messages.push_back(line);
      }
      payload.clear();
    }
    CHECK(messages == Lines{"message a", "message <01 02 03>", "message b", "message "});
  }
}

TEST_CASE("polling: two GETs at once end the session, the first gets `1` (Engine.IO v4, Receiving data)") {
  PollingSession script;
  script.play({
      {"get 2", {}},
      {"get 3", {"closed: protocol-error", "get 2: 1", "refuse 3: 400 code 3"}},
      {"get 4", {"refuse 4: 400 code 1"}},
      {"post 5 4a", {"refuse 5: 400 code 1"}},
  });
}

TEST_CASE("polling: two POSTs at once end the session (Engine.IO v4, Sending data)") {
  for (const std::string second : {"post 3 4b", "post-started 3"}) {
    PollingSession script;
    script.play({
        {"get 9", {}},
        {"post-started 2", {}},
        {second, {"closed: protocol-error", "refuse 2: 400 code 3", "refuse 3: 400 code 3", "get 9: 1"}},
    });
  }
}

TEST_CASE("polling: a POST whose head was told is one POST (Engine.IO v4, Sending data)") {
  PollingSession script;
  script.play({{"post-started 2", {}},
               {"post 2 4a", {"message a", "post 2: ok"}},
               {"post 3 4b", {"message b", "post 3: ok"}}});
}

TEST_CASE("polling: a POST that breaks off ends the session (reference implementation)") {
  PollingSession script;
  script.play({{"get 3", {}}, {"post-started 2", {}}, {"post-aborted 2", {"closed: lost", "get 3: 1"}}});
}

TEST_CASE("polling: a GET that is given up ends the session: a tab was closed") {
  PollingSession script;
  script.play({{"get 2", {}}, {"get-aborted 2", {"closed: lost"}}, {"get 3", {"refuse 3: 400 code 1"}}});
}

TEST_CASE("polling: a GET that was answered cannot be given up any more") {
  PollingSession script;
  script.play({{"get-aborted 1", {}}, {"post-aborted 7", {}}, {"get 2", {}}, {"send 4a", {"get 2: 4a"}}});
}

TEST_CASE("polling: a client's `1` ends the session, its GET gets `6` (conformance suite, close)") {
  PollingSession script;
  script.play({{"get 2", {}},
               {"post 3 1", {"closed: normal", "get 2: 6", "post 3: ok"}},
               {"get 4", {"refuse 4: 400 code 1"}}});
}

TEST_CASE("polling: what stands behind `1` in a payload is dropped (reference implementation)") {
  PollingSession script;
  script.play({{"post 2 4a|1|4b|x", {"message a"}}, {"at 50", {"closed: normal", "post 2: ok"}}});
}

TEST_CASE("polling: a GET that a client's `1` has overtaken gets its `6`, and no second one does") {
  PollingSession script;
  script.play({{"post 3 1", {}},
               {"send 4a", {}},
               {"get 2", {"closed: normal", "get 2: 6", "post 3: ok"}},
               {"get 4", {"refuse 4: 400 code 1"}}});
  CHECK(script.deadline() == -1);
}

TEST_CASE(
    "polling: a client's `1` without a GET ends the session soon; the POST's answer comes with the end") {
  PollingSession script;
  script.play({{"at 1000", {}}, {"post 2 1", {}}});
  CHECK(script.deadline() == 1050);
  script.play({{"at 1049", {}}, {"at 1050", {"closed: normal", "post 2: ok"}}});
  PollingSession given_up;
  given_up.play({{"post 2 1", {}}, {"post-aborted 2", {"closed: normal"}}});
}

TEST_CASE("polling: a payload that is none ends the session (conformance suite, message)") {
  for (const std::string payload : {"abc", "", "4a||4b", "b*", "4\xFF"}) {
    PollingSession script;
    INFO(payload);
    Lines lines = script.run("post 2 " + payload);
    if (payload == "4a||4b") {
      REQUIRE_FALSE(lines.empty());
      CHECK(lines[0] == "message a");
      lines.erase(lines.begin());
    }
    CHECK(lines == Lines{"closed: protocol-error", "refuse 2: 400 code 3"});
    script.play({{"get 3", {"refuse 3: 400 code 1"}}});
  }
}

TEST_CASE("polling: a packet that no client sends over it ends the session (Engine.IO v4, Protocol)") {
  for (const std::string packet : {"0", "2", "2probe", "5"}) {
    PollingSession script;
    INFO(packet);
    script.play({{"get 2", {}},
                 {"post 3 4a|" + packet + "|4b",
                  {"message a", "closed: protocol-error", "refuse 3: 400 code 3", "get 2: 1"}}});
  }
}

TEST_CASE("polling: a body over the bound is refused, the session goes on (reference implementation)") {
  EngineOptions options;
  options.max_payload_bytes = 4;
  PollingSession script(options);
  script.play({{"post 2 4abc", {"message abc", "post 2: ok"}},
               {"post 3 4abcd", {"refuse 3: 413"}},
               {"post-started 4", {}},
               {"post 4 4abcd", {"refuse 4: 413"}},
               {"post 5 4a", {"message a", "post 5: ok"}}});
}

TEST_CASE("polling: too many packets in one payload end the session before the first") {
  EngineOptions options;
  options.max_payload_packets = 3;
  PollingSession script(options);
  script.play({{"post 2 4a|4b|4c", {"message a", "message b", "message c", "post 2: ok"}},
               {"post 3 4a|4b|4c|4d", {"closed: protocol-error", "refuse 3: 400 code 3"}}});
}

TEST_CASE("polling: a client that does not poll is closed when its buffer is full") {
  EngineOptions options;
  options.max_buffered_bytes = 1000;
  PollingSession script(options);
  script.play({{"send 4" + std::string(499, 'a'), {}}, {"send 4" + std::string(499, 'a'), {}}});
  CHECK(script.session().buffered_bytes() == 1000);
  script.play({{"send 4", {"closed: slow-consumer"}}, {"get 2", {"refuse 2: 400 code 1"}}});
  CHECK(script.session().buffered_bytes() == 0);
}

TEST_CASE("polling: a packet that is larger than the buffer is taken if nothing else waits") {
  EngineOptions options;
  options.max_buffered_bytes = 10;
  PollingSession script(options);
  script.play({{"send 4" + std::string(99, 'a'), {}},
               {"get 2", {"get 2: 4" + std::string(99, 'a')}},
               {"send 4a", {}},
               {"send 4" + std::string(99, 'a'), {"closed: slow-consumer"}}});
}

TEST_CASE("polling: bounds of 0 are none") {
  EngineOptions options;
  options.max_payload_bytes = 0;
  options.max_payload_packets = 0;
  options.max_buffered_bytes = 0;
  PollingSession script(options);
  std::string payload = "6";
  for (int i = 0; i < 5000; ++i) payload += "|6";
  script.play({{"post 2 " + payload + "|4" + std::string(2'000'000, 'a'),
                {"message " + std::string(2'000'000, 'a'), "post 2: ok"}},
               {"send 4" + std::string(2'000'000, 'a'), {}}});
}

TEST_CASE("polling: closing answers the GET with `1` (reference implementation)") {
  PollingSession script;
  script.play({{"get 2", {}}, {"close", {"closed: kicked", "get 2: 1"}}, {"send 4a", {}}, {"close", {}}});
  CHECK(script.deadline() == -1);
}

TEST_CASE("polling: without a GET, closing waits for the next one (reference implementation)") {
  PollingSession script;
  script.play({{"close", {}}});
  CHECK(script.session().state() == EngineState::closing);
  script.play({{"get 2", {"closed: kicked", "get 2: 1"}}, {"get 3", {"refuse 3: 400 code 1"}}});
}

TEST_CASE(
    "polling: what is left when a session is closed has a GET of its own, before that of `1` (reference "
    "implementation)") {
  PollingSession script;
  script.play({{"send 4a", {}}, {"close", {}}});
  CHECK(script.session().state() == EngineState::closing);
  script.play({{"send 4b", {}},
               {"post 2 4x", {"post 2: ok"}},
               {"get 3", {"get 3: 4a"}},
               {"get 4", {"closed: kicked", "get 4: 1"}},
               {"get 5", {"refuse 5: 400 code 1"}}});
}

TEST_CASE("polling: who takes what is left, and does not come for the `1`, is gone with the close timeout") {
  PollingSession script;
  script.play({{"send 4a", {}}, {"close", {}}, {"get 2", {"get 2: 4a"}}, {"at 4999", {}}});
  script.play({{"at 5000", {"closed: kicked"}}, {"get 3", {"refuse 3: 400 code 1"}}});
}

TEST_CASE("polling: closing waits no longer than the close timeout") {
  PollingSession script;
  script.play({{"at 1000", {}}, {"close", {}}});
  CHECK(script.deadline() == 6000);
  script.play({{"at 5999", {}}, {"at 6000", {"closed: kicked"}}, {"at 99000", {}}});
}

TEST_CASE("polling: a session that is closed in the middle of a payload still answers the POST") {
  EngineSession session("SID", test::default_options);
  Lines lines;
  session.on_get(1, TimePoint());
  test::append_actions(session, lines);
  session.on_get(2, TimePoint());
  session.on_post(3,
                  "4a\x1e"
                  "4b",
                  TimePoint());
  REQUIRE(std::holds_alternative<engine_event::Message>(*session.poll_event()));
  session.send(Frame::text("4bye"));
  session.close(CloseReason::kicked, TimePoint());
  CHECK_FALSE(session.poll_event());
  lines.clear();
  test::append_actions(session, lines);
  CHECK(lines == Lines{"post 3: ok", "get 2: 4bye"});
  session.on_get(4, TimePoint());
  CHECK(std::get<engine_event::Closed>(*session.poll_event()).reason == CloseReason::kicked);
}

TEST_CASE("polling: a POST that was started when the session ended is refused") {
  PollingSession script;
  script.play(
      {{"post-started 2", {}}, {"get 3", {}}, {"get-aborted 3", {"closed: lost", "refuse 2: 400 code 1"}}});
}

}  // namespace
}  // namespace signaling::socketio
