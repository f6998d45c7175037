#include <string>

#include "socketio/connection_script.hpp"

namespace signaling::socketio {
namespace {

using test::Lines;
using test::MainConnection;
using test::OpenConnection;

const Lines protocol_error{"closed: protocol-error", "ws 1 closed: protocol-error"};

TEST_CASE("connection: a client's DISCONNECT ends one namespace only (Socket.IO v5, Disconnection)") {
  MainConnection script;
  script.play({{"ws 1 40/b", {"requested /b"}},
               {"accept /b", {R"(ws 1: 40/b,{"sid":"id-of-/b"})"}},
               {"ws 1 41", {"left /: normal"}},
               {R"(emit / 42["a"])", {"no"}},
               {R"(ws 1 42/b,["x"])", {"event /b x"}},
               {"ws 1 40", {"requested /"}},
               {"accept /", {R"(ws 1: 40{"sid":"id-of-/"})"}},
               {"ws 1 41/b,", {"left /b: normal"}},
               {R"(ws 1 42/b,["x"])",
                {"left /: protocol-error", "closed: protocol-error", "ws 1 closed: protocol-error"}}});
}

TEST_CASE("connection: without any namespace it lives on (conformance suite, disconnect)") {
  MainConnection script;
  script.play({{"ws 1 41", {"left /: normal"}},
               {"at 25000", {"ws 1: 2"}},
               {"ws 1 3", {}},
               {"at 49000", {}},
               {"at 50000", {"ws 1: 2"}}});
}

TEST_CASE("connection: the server's DISCONNECT ends one namespace (Socket.IO v5, Disconnection)") {
  MainConnection script;
  script.play({{"disconnect /", {"left /: kicked", "ws 1: 41"}},
               {"disconnect /", {"no"}},
               {"disconnect /other", {"no"}},
               {R"(emit / 42["a"])", {"no"}}});
}

TEST_CASE("connection: what was under way when a namespace was refused or closed is dropped") {
  OpenConnection script;
  script.play({{"ws 1 40/a", {"requested /a"}},
               {"refuse /a", {R"(ws 1: 44/a,{"message":"No"})"}},
               {R"(ws 1 42/a,["x"])", {}},
               {R"(ws 1 43/a,1[])", {}},
               {R"(ws 1 451-/a,["x"])", {}},
               {"ws 1 <01>", {}},
               {"ws 1 41/a,", {}},
               {"ws 1 40/a", {"requested /a"}},
               {"accept /a", {R"(ws 1: 40/a,{"sid":"id-of-/a"})"}},
               {"disconnect /a", {"left /a: kicked", "ws 1: 41/a,"}},
               {R"(ws 1 42/a,["x"])", {}},
               {"ws 1 41/a,", {}},
               {"ws 1 41/a,", protocol_error}});
}

TEST_CASE("connection: an event right behind its CONNECT waits until that is decided") {
  OpenConnection script;
  script.play({{"ws 1 40/a", {"requested /a"}},
               {R"(ws 1 42/a,["x",1])", {}},
               {R"(ws 1 451-/a,2["y"])", {}},
               {"ws 1 <01>", {}},
               {R"(ws 1 40/b)", {"requested /b"}},
               {"accept /b", {R"(ws 1: 40/b,{"sid":"id-of-/b"})"}},
               {R"(ws 1 42/b,["other"])", {"event /b other"}},
               {"accept /a", {"event /a x 1", "event /a y <01> ack=2", R"(ws 1: 40/a,{"sid":"id-of-/a"})"}},
               {R"(ws 1 42/a,["z"])", {"event /a z"}}});
}

TEST_CASE("connection: a DISCONNECT right behind its CONNECT waits as well") {
  OpenConnection script;
  script.play({{"ws 1 40/a", {"requested /a"}},
               {R"(ws 1 42/a,["x"])", {}},
               {"ws 1 41/a,", {}},
               {"accept /a", {"event /a x", "left /a: normal", R"(ws 1: 40/a,{"sid":"id-of-/a"})"}}});
}

TEST_CASE("connection: what waits is dropped with the namespace") {
  OpenConnection script;
  script.play({{"ws 1 40/a", {"requested /a"}},
               {R"(ws 1 42/a,["x"])", {}},
               {"refuse /a", {R"(ws 1: 44/a,{"message":"No"})"}},
               {"ws 1 40/a", {"requested /a"}},
               {R"(ws 1 42/a,["y"])", {}},
               {"disconnect /a", {"left /a: kicked", "ws 1: 41/a,"}},
               {"ws 1 40/a", {"requested /a"}},
               {"accept /a", {R"(ws 1: 40/a,{"sid":"id-of-/a"})"}}});
}

TEST_CASE("connection: a namespace that is closed before its waiting events were taken gets none") {
  OpenConnection script;
  script.play({{"ws 1 40/a", {"requested /a"}}, {R"(ws 1 42/a,["x"])", {}}, {R"(ws 1 42/a,["y"])", {}}});
  Connection& connection = script.connection();
  REQUIRE(connection.accept("/a", "id"));
  const auto first = connection.poll_event();
  REQUIRE(first);
  CHECK(std::get<connection_event::EventReceived>(*first).values.name == "x");
  REQUIRE(connection.disconnect("/a", CloseReason::kicked));
  CHECK(script.run("") == Lines{"left /a: kicked", R"(ws 1: 40/a,{"sid":"id"})", "ws 1: 41/a,"});
}

TEST_CASE("connection: what waits has a bound, and so has the number of packets") {
  ConnectionOptions options;
  options.max_held_bytes = 1000;
  SUBCASE("bytes") {
    OpenConnection script(options);
    script.play({{"ws 1 40/a", {"requested /a"}},
                 {R"(ws 1 42/a,["x",")" + std::string(1000, 'x') + R"("])",
                  {"left /a: overloaded", "closed: overloaded", "ws 1 closed: overloaded"}}});
  }
  SUBCASE("attachments") {
    OpenConnection script(options);
    script.play({{"ws 1 40/a", {"requested /a"}}, {R"(ws 1 451-/a,["x"])", {}}});
    std::string bytes = "00";
    for (int i = 0; i < 1000; ++i) bytes += " 00";
    script.play(
        {{"ws 1 <" + bytes + ">", {"left /a: overloaded", "closed: overloaded", "ws 1 closed: overloaded"}}});
  }
  SUBCASE("many small ones") {
    OpenConnection script(options);
    script.play({{"ws 1 40/a", {"requested /a"}}});
    int packets = 0;
    while (packets < 100 && script.run(R"(ws 1 42/a,["x"])").empty()) ++packets;
    CHECK(packets > 3);
    CHECK(packets < 20);
  }
  SUBCASE("what was taken counts no more") {
    OpenConnection script(options);
    for (int round = 0; round < 10; ++round) {
      const std::string event = R"(ws 1 42/a,["x",")" + std::string(700, 'x') + R"("])";
      script.play({{"ws 1 40/a", {"requested /a"}}, {event, {}}});
      if (round % 3 == 0) CHECK(script.run("accept /a").size() == 2);
      if (round % 3 == 0) CHECK(script.run("ws 1 41/a,").size() == 1);
      if (round % 3 == 1) CHECK(script.run("refuse /a").size() == 1);
      if (round % 3 == 2) CHECK(script.run("disconnect /a").size() == 2);
    }
  }
}

TEST_CASE("connection: a second CONNECT closes it, the first decided on or not (reference implementation)") {
  OpenConnection script;
  script.play(
      {{"ws 1 40/a", {"requested /a"}},
       {"ws 1 40/a", {"left /a: protocol-error", "closed: protocol-error", "ws 1 closed: protocol-error"}}});
}

TEST_CASE("connection: the number of namespaces has a bound; one too many is refused") {
  ConnectionOptions options;
  options.max_namespaces = 2;
  OpenConnection script(options);
  script.play({{"ws 1 40/a", {"requested /a"}},
               {"ws 1 40/b", {"requested /b"}},
               {"ws 1 40/c", {R"(ws 1: 44/c,{"message":"Too many namespaces"})"}},
               {"refuse /a", {R"(ws 1: 44/a,{"message":"No"})"}},
               {"ws 1 40/c", {"requested /c"}},
               {"accept /b", {R"(ws 1: 40/b,{"sid":"id-of-/b"})"}},
               {"ws 1 41/b,", {"left /b: normal"}},
               {"ws 1 40/d", {"requested /d"}}});
}

}  // namespace
}  // namespace signaling::socketio
