// Connection state recovery: what a client that comes back gets, and what the others see.
#include <doctest/doctest.h>

#include "signaling/protocols/json.hpp"
#include "socketio/recovery_script.hpp"
#include "support/script_client.hpp"

using namespace signaling;
using namespace signaling::socketio;
using namespace signaling::socketio::test;
using namespace std::chrono_literals;

TEST_CASE("Recovery: off, no client gets a secret or an offset") {
  SocketPtr ann;
  ServerScript script;
  script.server.of("/").on_connection([&](const SocketPtr& socket) { ann = socket; });
  FakeSession& client = script.session("ann");
  script.say(client, R"(0{"pid":"p","offset":"1"})");
  ann->emit("hello", {1});
  script.run();
  CHECK(client.heard() == Lines{R"(0{"sid":"ann"})", R"(2["hello",1])"});
}

TEST_CASE("Recovery: the answer to the CONNECT has a secret that is not the id, another for each namespace") {
  RecoveryScript script;
  CHECK(sid_of(script.answer) == "ann");
  CHECK(script.pid.size() >= 20);
  CHECK(script.pid != "ann");
  script.server.of("/game");
  script.say(*script.client, "0/game,");
  CHECK(pid_of(script.client->heard().at(0)) != script.pid);
}

TEST_CASE(
    "Recovery: events have an offset as their last argument, but none that ask for an acknowledgement") {
  RecoveryScript script;
  script.ann->on("ask",
                 [](const Arguments&, const Acknowledge& acknowledge) { acknowledge({quote("yes")}); });
  script.ann->emit("none");
  script.ann->emit("text", {quote("a]"), R"({"k":[1]})"});
  script.ann->emit("binary", {Argument::binary({})});
  script.run();
  const Lines events = script.client->heard();
  REQUIRE(events.size() == 4);
  CHECK(without_offset(events[0]) == R"(2["none"])");
  CHECK(without_offset(events[1]) == R"(2["text","a]",{"k":[1]}])");
  CHECK(without_offset(events[2]) == R"(51-["binary",{"_placeholder":true,"num":0}])");
  CHECK(events[3] == "<>");
  CHECK(offset_of(events[0]) != offset_of(events[1]));
  script.ann->emit_with_ack("asked", {quote("x")}, 0ms, [](std::error_code, const Arguments&) {});
  script.say(*script.client, R"(27["ask"])");
  CHECK(script.client->heard() == Lines{R"(20["asked","x"])", R"(37["yes"])"});
}

TEST_CASE("Recovery: the receivers of a broadcast share its offset") {
  RecoveryScript script;
  FakeSession& bob = script.client_of("bob");
  script.server.of("/").emit("all");
  script.run();
  CHECK(script.client->heard() == bob.heard());
}

TEST_CASE("Recovery: what a client has missed follows once and in order, and its socket has never gone") {
  RecoveryScript script;
  const std::string received = script.emit("received");
  const Lines missed{script.emit("lost-1"), script.emit("lost-2")};
  script.cut();
  script.emit_away("away-1");
  script.server.of("/").to("room").emit("away-2", {1});
  script.run();
  CHECK(script.ann->connected());
  CHECK(script.router.find_peer("ann")->is_away());
  Lines heard = script.come_back(offset_of(received));
  REQUIRE(heard.size() == 5);
  CHECK(heard[0] == script.answer);
  CHECK(heard[1] == missed[0]);
  CHECK(heard[2] == missed[1]);
  CHECK(without_offset(heard[3]) == R"(2["away-1"])");
  CHECK(without_offset(heard[4]) == R"(2["away-2",1])");
  CHECK(without_offset(script.emit("new")) == R"(2["new"])");
  CHECK_FALSE(script.router.find_peer("ann")->is_away());
  CHECK(script.connections == 1);
  CHECK(script.ends.empty());
}

TEST_CASE("Recovery: a client may lose its connection again and again") {
  RecoveryScript script;
  std::string last = offset_of(script.emit("first"));
  for (int i = 0; i < 3; ++i) {
    script.cut();
    script.emit_away("away");
    const Lines heard = script.come_back(last);
    REQUIRE(heard.size() == 2);
    last = offset_of(heard[1]);
  }
  script.cut();
  CHECK(script.come_back(last) == Lines{script.answer});
}

TEST_CASE("Recovery: what the client sends after it is back reaches its socket") {
  RecoveryScript script;
  Lines said;
  script.ann->on(
      "say", [&](const Arguments& arguments, const Acknowledge&) { said.push_back(arguments[0].json()); });
  const std::string last = offset_of(script.emit("first"));
  script.cut();
  script.come_back(last);
  script.say(*script.client, R"(2["say",1])");
  CHECK(said == Lines{"1"});
}

TEST_CASE("Recovery: attachments follow their event again") {
  RecoveryScript script;
  const std::string last = offset_of(script.emit("first"));
  script.cut();
  script.ann->emit("binary", {Argument::binary(std::as_bytes(std::span("ab", 2)))});
  script.run();
  const Lines heard = script.come_back(last);
  REQUIRE(heard.size() == 3);
  CHECK(without_offset(heard[1]) == R"(51-["binary",{"_placeholder":true,"num":0}])");
  CHECK(heard[2] == "<ab>");
}

TEST_CASE("Recovery: a client that has received no event shows no offset, and gets all") {
  RecoveryScript script;
  script.cut();
  script.emit_away("away");
  script.client = &script.session();
  script.say(*script.client, R"(0{"pid":")" + script.pid + R"("})");
  const Lines heard = script.client->heard();
  REQUIRE(heard.size() == 2);
  CHECK(heard[0] == script.answer);
  CHECK(without_offset(heard[1]) == R"(2["away"])");
}

TEST_CASE("Recovery: a pong confirms what was sent ahead of its ping") {
  RecoveryScript script;
  const std::string first = offset_of(script.emit("first"));
  std::string last = offset_of(script.emit("last"));
  script.client->ping();
  const std::string behind = script.emit("behind");
  script.client->pong();
  script.cut();
  SUBCASE("the last of these is still known") {
    CHECK(script.come_back(last) == Lines{script.answer, behind});
  }
  SUBCASE("those before are not") { CHECK(pid_of(script.come_back(first).at(0)) != script.pid); }
}

TEST_CASE("Recovery: a pong confirms nothing that had not left when its ping left") {
  RecoveryScript script;
  const std::string first = offset_of(script.emit("first"));
  script.client->stick();
  script.emit("last");
  script.client->ping();
  script.client->pong();
  script.cut();
  CHECK(script.come_back(first).size() == 2);
}

TEST_CASE("Recovery: a client is back before its old connection is known to be lost") {
  RecoveryScript script;
  const std::string last = offset_of(script.emit("first"));
  FakeSession& old = *script.client;
  CHECK(script.come_back(last) == Lines{script.answer});
  script.run();
  CHECK(old.heard() == Lines{"1", "closed: replaced"});
  old.cut(CloseReason::lost);
  CHECK(without_offset(script.emit("new")) == R"(2["new"])");
  CHECK(script.ends.empty());
}

TEST_CASE("Recovery: volatile events are not kept for a client that is away") {
  RecoveryScript script;
  const std::string last = offset_of(script.emit("first"));
  script.cut();
  script.server.of("/").to("room").volatile_delivery().emit("position");
  script.run();
  CHECK(script.come_back(last) == Lines{script.answer});
}

TEST_CASE("Recovery: joins and leaves of a socket go on while its client is away") {
  RecoveryScript script;
  const std::string last = offset_of(script.emit("first"));
  script.cut();
  bool has_joined = false;
  script.ann->join("later", [&](std::error_code error) { has_joined = !error; });
  script.run();
  CHECK(has_joined);
  script.server.of("/").to("later").emit("to-later");
  script.server.of("/").except("later").emit("to-others");
  script.run();
  CHECK(without_offsets(script.come_back(last)).at(1) == R"(2["to-later"])");
}

TEST_CASE("Recovery: members that have a word for it are told that a socket is away, and back") {
  RecoveryScript script;
  testing::ScriptClient native(script.router, script.io.get_executor(), {}, protocols::Json().make());
  native.say(R"({"type":"join","room":"room"})");
  script.run();
  native.heard();
  const std::string last = offset_of(script.emit("first"));
  script.cut();
  script.pass(1s);
  CHECK(native.heard().back().find("peer-away") != std::string::npos);
  script.come_back(last);
  CHECK(native.heard().back().find("peer-back") != std::string::npos);
}

TEST_CASE("Recovery: a client may come back on another executor") {
  RecoveryScript script;
  Lines said;
  script.ann->on(
      "say", [&](const Arguments& arguments, const Acknowledge&) { said.push_back(arguments[0].json()); });
  const std::string last = offset_of(script.emit("first"));
  script.cut();
  script.emit_away("away");

  boost::asio::io_context elsewhere;
  const auto run = [&] {
    for (int i = 0; i < 4; ++i) {
      elsewhere.restart();
      elsewhere.poll();
      script.run();
    }
  };
  auto moved = std::make_shared<FakeSession>(elsewhere.get_executor(), script.server.accept({}));
  moved->open();
  moved->say(reconnect(script.pid, last));
  run();
  CHECK(moved->heard() == Lines{script.answer});
  CHECK(moved->deadline() == script.clock.now() + answer_gap);
  moved->on_time(script.clock.now() + answer_gap);
  run();
  const Lines missed = moved->heard();
  REQUIRE(missed.size() == 1);
  CHECK(without_offset(missed[0]) == R"(2["away"])");

  moved->say(R"(2["say",1])");
  moved->say(R"(2["say",2])");
  run();
  CHECK(said == Lines{"1", "2"});
  script.ann->emit("new");
  run();
  const Lines heard = moved->heard();
  REQUIRE(heard.size() == 1);
  moved->ping();
  moved->pong();
  run();
  SUBCASE("be lost again, and come back here, with what a pong has confirmed") {
    moved->cut(CloseReason::lost);
    run();
    CHECK(script.ann->peer().is_away());
    CHECK(script.come_back(offset_of(heard[0])) == Lines{script.answer});
  }
  SUBCASE("leave") {
    moved->say("1");
    run();
    CHECK(script.ends == Lines{"normal"});
  }
  SUBCASE("be disconnected") {
    script.ann->disconnect(Disconnect::connection);
    run();
    CHECK(moved->heard() == Lines{"1", "closed: kicked"});
  }
  moved->cut(CloseReason::lost);
  run();
}

TEST_CASE("Recovery: a client that has a namespace on this executor is new in one that was on another") {
  RecoveryScript script;
  const std::string last = offset_of(script.emit("first"));
  script.cut();
  script.server.of("/game");
  boost::asio::io_context elsewhere;
  const auto moved = std::make_shared<FakeSession>(elsewhere.get_executor(), script.server.accept({}));
  moved->open();
  moved->say("0/game,");
  moved->say(reconnect(script.pid, last));
  elsewhere.poll();
  script.run();
  CHECK(script.ends == Lines{"replaced"});
  moved->on_time(script.clock.now() + answer_gap);
  const Lines heard = moved->heard();
  REQUIRE(heard.size() == 2);
  CHECK(pid_of(heard[1]) != script.pid);
  moved->cut(CloseReason::lost);
  elsewhere.restart();
  elsewhere.poll();
}
