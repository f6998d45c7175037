#include "signaling/socketio/connection.hpp"

#include <string>

#include "socketio/connection_script.hpp"

namespace signaling::socketio {
namespace {

using test::ConnectionScript;
using test::Lines;
using test::MainConnection;
using test::OpenConnection;

const Lines protocol_error{"closed: protocol-error", "ws 1 closed: protocol-error"};
const Lines main_protocol_error{"left /: protocol-error", "closed: protocol-error",
                                "ws 1 closed: protocol-error"};

TEST_CASE("connection: a namespace that is granted has an id of its own (Socket.IO v5, Connection)") {
  OpenConnection script;
  script.play({{"ws 1 40", {"requested /"}},
               {"accept /", {R"(ws 1: 40{"sid":"id-of-/"})"}},
               {R"(ws 1 40/admin,{"token":"123"})", {R"(requested /admin {"token":"123"})"}},
               {"accept /admin", {R"(ws 1: 40/admin,{"sid":"id-of-/admin"})"}},
               {R"(ws 1 42["a"])", {"event / a"}},
               {R"(ws 1 42/admin,["b"])", {"event /admin b"}}});
}

TEST_CASE("connection: a namespace that is refused does not close it (Socket.IO v5, Connection)") {
  OpenConnection script;
  script.play({{"ws 1 40/random", {"requested /random"}},
               {"refuse /random", {R"(ws 1: 44/random,{"message":"No"})"}},
               {"refuse /random", {"no"}},
               {"accept /random", {"no"}},
               {"ws 1 40", {"requested /"}},
               {"accept /", {R"(ws 1: 40{"sid":"id-of-/"})"}},
               {"ws 1 40/random", {"requested /random"}},
               {"accept /random", {R"(ws 1: 40/random,{"sid":"id-of-/random"})"}}});
}

TEST_CASE("connection: a refusal can carry data (reference implementation)") {
  OpenConnection script;
  script.play({{"ws 1 40", {"requested /"}}});
  REQUIRE(script.connection().refuse("/", "Authentication error", R"({"code":7})"));
  CHECK(script.run("") == Lines{R"(ws 1: 44{"message":"Authentication error","data":{"code":7}})"});
}

TEST_CASE("connection: whatever is against the protocol closes it (Socket.IO v5, conformance suite)") {
  for (const std::string packet :
       {"4abc", "4", "42{}", R"(42abc["a",1])", "42[]", R"(42["disconnect"])", R"(42/other,["a"])",
        "41/other,", R"(43/other,1[])", R"(44{"message":"x"})", "40", R"(43["a"])", "<01 02>",
        R"(451-/other,["a"])", R"(451.23-["a"])", R"(4511-["a"])",
        R"(451-["a",{"_placeholder":true,"num":1}])"}) {
    INFO(packet);
    MainConnection script;
    script.play({{"ws 1 " + packet, main_protocol_error}, {R"(ws 1 42["a"])", {}}});
  }
}

TEST_CASE("connection: nothing but a CONNECT comes first (Socket.IO v5, Connection)") {
  for (const std::string packet :
       {R"(42["a"])", "41", R"(431[])", R"(44{"message":"x"})", "<01>", R"(451-["a"])"}) {
    INFO(packet);
    OpenConnection script;
    script.play({{"ws 1 " + packet, protocol_error}});
  }
}

TEST_CASE("connection: an error of Engine.IO ends it, and its namespaces") {
  MainConnection script;
  script.play({{"ws 1 40/b", {"requested /b"}},
               {"ws 1 x",
                {"left /: protocol-error", "left /b: protocol-error", "closed: protocol-error",
                 "ws 1 closed: protocol-error"}}});
}

TEST_CASE("connection: events and acknowledgements both ways (Socket.IO v5, Acknowledgement)") {
  MainConnection script;
  script.play({{R"(ws 1 42456["message-with-ack",1,"2",{"3":[false]}])",
                {R"(event / message-with-ack 1 "2" {"3":[false]} ack=456)"}},
               {R"(emit / 43456[1])", {"ws 1: 43456[1]"}},
               {R"(emit / 427["ask"])", {R"(ws 1: 427["ask"])"}},
               {R"(ws 1 437["yes",{}])", {R"(ack / 7 "yes" {})"}}});
}

TEST_CASE("connection: a packet is complete with its attachments (Socket.IO v5, conformance suite)") {
  MainConnection script;
  script.play(
      {{R"(ws 1 452-789["m",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])", {}},
       {"ws 1 <01 02 03>", {}},
       {"ws 1 <04 05 06>",
        {R"(event / m {"_placeholder":true,"num":0} {"_placeholder":true,"num":1} <01 02 03> <04 05 06> ack=789)"}},
       {R"(ws 1 461-1[{"_placeholder":true,"num":0}])", {}},
       {"ws 1 <>", {R"(ack / 1 {"_placeholder":true,"num":0} <>)"}},
       {R"(ws 1 450-["none"])", {"event / none"}},
       {R"(ws 1 42["a"])", {"event / a"}}});
}

TEST_CASE("connection: text in the middle of attachments closes it") {
  for (const std::string packet : {R"(42["a"])", "41", R"(451-["b"])", "40/x"}) {
    MainConnection script;
    script.play({{R"(ws 1 452-["m"])", {}}, {"ws 1 <01>", {}}, {"ws 1 " + packet, main_protocol_error}});
  }
}

TEST_CASE("connection: Engine.IO goes on in the middle of attachments") {
  MainConnection script;
  script.play({{R"(ws 1 451-["m"])", {}},
               {"at 25000", {"ws 1: 2"}},
               {"ws 1 3", {}},
               {"ws 1 <01>", {"event / m <01>"}}});
}

TEST_CASE("connection: attachments have a bound together") {
  ConnectionOptions options;
  options.max_attachment_bytes = 4;
  MainConnection script(options);
  script.play(
      {{R"(ws 1 452-["m"])", {}},
       {"ws 1 <01 02>", {}},
       {"ws 1 <03 04>", {"event / m <01 02> <03 04>"}},
       {R"(ws 1 452-["m"])", {}},
       {"ws 1 <01 02>", {}},
       {"ws 1 <03 04 05>",
        {"left /: message-too-large", "closed: message-too-large", "ws 1 closed: message-too-large"}}});
}

TEST_CASE("connection: whichever way packets come, and however they are cut, the same happens") {
  const Lines packets{"40",      R"(42["a",1])",   R"(452-["m"])", "<01>",    "<02 03>",
                      "40/b,{}", R"(42/b,1["c"])", "41/b,",        R"(431[])"};
  const Lines expected{"requested /",     "event / a 1",      "event / m <01> <02 03>",
                       "requested /b {}", "event /b c ack=1", "left /b: normal",
                       "ack / 1"};
  const auto play = [](const Lines& inputs) {
    ConnectionScript script;
    script.accepts_at_once = true;
    Lines events;
    for (const std::string& input : inputs) {
      for (const std::string& line : script.run(input)) {
        const bool is_action =
            line.starts_with("ws ") || line.starts_with("get ") || line.starts_with("post ");
        if (!is_action) events.push_back(line);
      }
    }
    return test::to_block(events);
  };
  SUBCASE("over a WebSocket") {
    Lines inputs{"ws-open 1"};
    for (const std::string& packet : packets) inputs.push_back("ws 1 " + packet);
    CHECK(play(inputs) == test::to_block(expected));
  }
  SUBCASE("over polling, in one or two or many payloads") {
    const std::vector<std::string> encoded{"40",      R"(42["a",1])",   R"(452-["m"])", "bAQ==",   "bAgM=",
                                           "40/b,{}", R"(42/b,1["c"])", "41/b,",        R"(431[])"};
    for (std::size_t cuts = 0; cuts < 256; ++cuts) {
      Lines inputs{"get 1", "post 2 "};
      for (std::size_t i = 0; i < encoded.size(); ++i) {
        inputs.back() += (inputs.back() == "post 2 " ? "" : "|") + encoded[i];
        if ((cuts >> i & 1U) != 0) inputs.emplace_back("post 2 ");
      }
      INFO("cuts " << cuts);
      CHECK(play(inputs) == test::to_block(expected));
    }
  }
}

TEST_CASE("connection: without a CONNECT it times out (Socket.IO v5, Connection)") {
  ConnectionOptions options;
  options.connect_timeout = std::chrono::milliseconds(1000);
  const Lines timeout{"closed: timeout", "ws 1 closed: timeout"};
  SUBCASE("nothing came") {
    OpenConnection script(options);
    CHECK(script.deadline() == 1000);
    script.play({{"at 999", {}}, {"at 1000", timeout}});
    CHECK(script.deadline() == -1);
  }
  SUBCASE("all was refused") {
    OpenConnection script(options);
    script.play({{"ws 1 40/a", {"requested /a"}},
                 {"refuse /a", {R"(ws 1: 44/a,{"message":"No"})"}},
                 {"at 1000", timeout}});
  }
  SUBCASE("the host takes its time") {
    OpenConnection script(options);
    script.play({{"ws 1 40/a", {"requested /a"}}, {"at 1000", {}}});
    CHECK(script.deadline() == 2000);
    script.play({{"refuse /a", {R"(ws 1: 44/a,{"message":"No"})"}}, {"at 2000", timeout}});
  }
  SUBCASE("connected") {
    MainConnection script(options);
    CHECK(script.deadline() == -1);
    script.play({{"at 1000", {}}, {"ws 1 41", {"left /: normal"}}, {"at 2000", {}}});
  }
  SUBCASE("over polling") {
    ConnectionScript script(options);
    CHECK(script.run("get 1").size() == 1);
    script.play({{"at 1000", {}}, {"get 2", {"closed: timeout", "get 2: 1"}}});
  }
  SUBCASE("off") {
    options.connect_timeout = std::chrono::milliseconds(0);
    OpenConnection script(options);
    CHECK(script.deadline() == -1);
  }
}

TEST_CASE("connection: its end is told after that of each namespace, once") {
  MainConnection script;
  script.play({{"ws 1 40/b", {"requested /b"}},
               {"ws 1 40/c", {"requested /c"}},
               {"refuse /c", {R"(ws 1: 44/c,{"message":"No"})"}}});
  SUBCASE("WebSocket lost") {
    script.play({{"ws-closed 1", {"left /: lost", "left /b: lost", "closed: lost"}}});
  }
  SUBCASE("closed from this side") {
    script.play({{"close", {"left /: kicked", "left /b: kicked", "closed: kicked", "ws 1 closed: kicked"}}});
  }
  SUBCASE("the client says goodbye") {
    script.play({{"ws 1 1", {"left /: normal", "left /b: normal", "closed: normal", "ws 1 closed: normal"}}});
  }
  SUBCASE("ping timeout") {
    script.play(
        {{"at 25000", {"ws 1: 2"}},
         {"at 45000", {"left /: timeout", "left /b: timeout", "closed: timeout", "ws 1 closed: timeout"}}});
  }
  script.play({{"close", {}},
               {"ws-closed 1", {}},
               {"at 99000", {}},
               {"accept /b", {"no"}},
               {"disconnect /", {"no"}}});
}

// What a connection says, without a session under it.
Lines events_of(Connection& connection) {
  Lines lines;
  while (const auto event = connection.poll_event()) {
    lines.push_back(std::visit(test::DescribeConnectionEvent(), *event));
  }
  return lines;
}

TEST_CASE("connection: once it closes, nothing is received or sent, and it says so once") {
  Connection connection(test::connection_options, TimePoint());
  connection.receive({MessageKind::text, "0"});
  CHECK(events_of(connection) == Lines{"requested /"});
  CHECK_FALSE(connection.poll_close());
  connection.close(CloseReason::kicked);
  connection.close(CloseReason::normal);
  CHECK(connection.poll_close() == CloseReason::kicked);
  CHECK_FALSE(connection.poll_close());
  CHECK(events_of(connection) == Lines{"left /: kicked"});
  connection.receive({MessageKind::text, "0"});
  CHECK(events_of(connection).empty());
  CHECK_FALSE(connection.poll_close());
  std::vector<Frame> frames;
  connection.take_output(frames);
  CHECK(frames.empty());
}

TEST_CASE("connection: the end of the session is told once, and needs no closing") {
  Connection connection(test::connection_options, TimePoint());
  connection.close(CloseReason::kicked);
  connection.receive_end(CloseReason::lost);
  CHECK_FALSE(connection.poll_close());
  CHECK(events_of(connection) == Lines{"closed: lost"});
  connection.receive_end(CloseReason::lost);
  CHECK(events_of(connection).empty());
}

TEST_CASE("connection: what was sent before it closes is still there to send") {
  Connection connection(test::connection_options, TimePoint());
  connection.receive({MessageKind::text, "0"});
  CHECK(events_of(connection) == Lines{"requested /"});
  REQUIRE(connection.refuse("/", "No"));
  connection.close(CloseReason::unauthorized);
  std::vector<Frame> frames;
  connection.take_output(frames);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].text_view() == R"(44{"message":"No"})");
  CHECK(connection.poll_close() == CloseReason::unauthorized);
}

TEST_CASE("connection: output stops behind each answer to a CONNECT, and goes on at the next call") {
  Connection connection(test::connection_options, TimePoint());
  for (const std::string_view packet : {"0", "0/b,"}) {
    connection.receive({MessageKind::text, packet});
    CHECK(events_of(connection).size() == 1);
  }
  const auto send = [&](std::string_view nsp, const Frame& frame) {
    REQUIRE(connection.send(nsp, {&frame, 1}));
  };
  REQUIRE(connection.accept("/", "id"));
  send("/", Frame::text(R"(42["hello"])"));
  REQUIRE(connection.accept("/b", "id"));
  send("/b", Frame::binary(std::as_bytes(std::span("40 as bytes"))));
  const auto taken = [&](bool more) {
    std::vector<Frame> frames;
    CHECK(connection.take_output(frames) == more);
    Lines lines;
    for (const Frame& frame : frames) lines.emplace_back(frame.text_view().substr(0, 4));
    return lines;
  };
  CHECK(taken(true) == Lines{R"(40{")"});
  CHECK(taken(true) == Lines{"42[\"", "40/b"});
  CHECK(connection.has_output());
  CHECK(taken(false) == Lines{"40 a"});
  CHECK_FALSE(connection.has_output());
  CHECK(taken(false).empty());
  send("/", Frame::text(R"(42["one"])"));
  send("/", Frame::text(R"(42["two"])"));
  CHECK(taken(false).size() == 2);
}

TEST_CASE("connection: over polling, namespaces end at once and the connection with the last poll") {
  ConnectionScript script;
  CHECK(script.run("get 1").size() == 1);
  script.play({{"post 2 40", {"requested /", "post 2: ok"}},
               {"accept /", {}},
               {"get 3", {R"(get 3: 40{"sid":"id-of-/"})"}},
               {"post 4 4abc", {"left /: protocol-error", "post 4: ok"}},
               {"get 5", {"closed: protocol-error", "get 5: 1"}}});
}

TEST_CASE("connection: a client that does not read is closed") {
  EngineOptions options;
  options.max_buffered_bytes = 200;
  ConnectionScript script(test::connection_options, options);
  CHECK(script.run("get 1").size() == 1);
  script.play({{"post 2 40", {"requested /", "post 2: ok"}},
               {"accept /", {}},
               {R"(emit / 42["a",")" + std::string(300, 'a') + R"("])",
                {"left /: slow-consumer", "closed: slow-consumer"}}});
}

}  // namespace
}  // namespace signaling::socketio
