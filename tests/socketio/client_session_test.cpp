#include <doctest/doctest.h>

#include <chrono>

#include "socketio/server_script.hpp"

using namespace signaling;
using namespace signaling::socketio;
using namespace signaling::socketio::test;

TEST_CASE(
    "ClientSession: what the host emits to a client that has just connected leaves after the answer to "
    "CONNECT") {
  SocketPtr ann;
  ServerScript script;
  script.server.of("/").on_connection([&](const SocketPtr& socket) {
    ann = socket;
    socket->emit("one");
  });
  FakeSession& client = script.session("ann");
  client.say("0");
  script.run();
  CHECK(client.heard() == Lines{R"(0{"sid":"ann"})"});
  CHECK(client.deadline() == script.clock.now() + answer_gap);
  script.pass(answer_gap - std::chrono::milliseconds(1));
  ann->emit("two");
  script.run();
  CHECK(client.heard().empty());
  script.pass(std::chrono::milliseconds(1));
  CHECK(client.heard() == Lines{R"(2["one"])", R"(2["two"])"});
  ann->emit("three");
  script.run();
  CHECK(client.heard() == Lines{R"(2["three"])"});
}

TEST_CASE(
    "ClientSession: what a client sends shows that it has read the answer to CONNECT, and nothing waits") {
  ServerScript script;
  script.server.of("/")
      .on_connection([](const SocketPtr& socket) { socket->emit("one"); })
      .on("hi", [](const SocketPtr&, const Arguments&, const Acknowledge& acknowledge) { acknowledge(); });
  FakeSession& client = script.session("ann");
  client.say("0");
  script.run();
  CHECK(client.heard() == Lines{R"(0{"sid":"ann"})"});
  script.say(client, R"(21["hi"])");
  CHECK(client.heard() == Lines{R"(2["one"])", "31[]"});
}

TEST_CASE(
    "ClientSession: a client that its host disconnects at once hears both, and then its connection ends") {
  ServerScript script;
  script.server.of("/").on_connection(
      [](const SocketPtr& socket) { socket->disconnect(Disconnect::connection); });
  FakeSession& client = script.session("ann");
  client.say("0");
  script.run();
  CHECK(client.heard() == Lines{R"(0{"sid":"ann"})"});
  script.pass(answer_gap);
  CHECK(client.heard() == Lines{"1", "closed: kicked"});
}

TEST_CASE("ClientSession: a session may end while output waits behind the answer to CONNECT") {
  ServerScript script;
  script.server.of("/").on_connection([](const SocketPtr& socket) { socket->emit("one"); });
  FakeSession& client = script.session("ann");
  client.say("0");
  script.run();
  client.cut(CloseReason::lost);
  script.pass(answer_gap);
  CHECK(client.heard() == Lines{R"(0{"sid":"ann"})"});
  CHECK(script.router.stats().peers == 0);
}
