// Connection state recovery: sockets that end, and what bounds those that wait.
#include <doctest/doctest.h>

#include "socketio/recovery_script.hpp"

using namespace signaling;
using namespace signaling::socketio;
using namespace signaling::socketio::test;
using namespace std::chrono_literals;

TEST_CASE("Recovery: with an offset that is not kept, the client is new, and its old socket ends at once") {
  RecoveryScript script;
  const std::string last = offset_of(script.emit("first"));
  script.cut();
  std::string offset;
  SUBCASE("of no event") { offset = "987654321"; }
  SUBCASE("no number") { offset = "x"; }
  SUBCASE("a number with something behind it") { offset = last + "x"; }
  SUBCASE("zero") { offset = "0"; }
  const Lines heard = script.come_back(offset);
  REQUIRE(heard.size() == 1);
  CHECK(sid_of(heard[0]) != "ann");
  CHECK(pid_of(heard[0]) != script.pid);
  CHECK(script.ends == Lines{"replaced"});
  CHECK_FALSE(script.router.find_peer("ann"));
  CHECK(script.connections == 2);
}

TEST_CASE("Recovery: an unknown secret, or that of another namespace, does nothing to a socket") {
  RecoveryScript script;
  const std::string last = offset_of(script.emit("first"));
  script.cut();
  script.server.of("/game");
  FakeSession& other = script.session();
  script.say(other, reconnect("unknown", last));
  CHECK(pid_of(other.heard().at(0)) != script.pid);
  script.say(other, R"(0/game,{"pid":")" + script.pid + R"(","offset":")" + last + R"("})");
  CHECK(pid_of(other.heard().at(0)) != script.pid);
  CHECK(script.ends.empty());
  CHECK(script.come_back(last) == Lines{script.answer});
}

TEST_CASE("Recovery: a client that does not come back is gone at the end of the time") {
  RecoveryScript script;
  const std::string last = offset_of(script.emit("first"));
  script.cut();
  script.pass(1s);  // the others are told
  script.pass(28s);
  CHECK(script.ends.empty());
  Lines rooms;
  script.ann->on_disconnecting([&](CloseReason) { rooms = script.ann->rooms(); });
  script.pass(1s);
  CHECK(script.ends == Lines{"timeout"});
  CHECK(rooms == Lines{"ann", "room"});
  CHECK_FALSE(script.ann->connected());
  CHECK_FALSE(script.router.find_peer("ann"));
  CHECK(pid_of(script.come_back(last).at(0)) != script.pid);
}

TEST_CASE("Recovery: the time is at most Limits::max_resume, and whole seconds") {
  RouterOptions router_options;
  SUBCASE("limited") { router_options.limits.max_resume = 2s; }
  const bool is_limited = router_options.limits.max_resume == 2s;
  RecoveryScript script(recovering(is_limited ? 30s : 2'900ms), router_options);
  script.cut();
  script.pass(1s);
  CHECK(script.ends.empty());
  script.pass(1s);
  CHECK(script.ends == Lines{"timeout"});
}

TEST_CASE("Recovery: an end that is meant is the end at once") {
  RecoveryScript script;
  std::string reason;
  SUBCASE("the client leaves the namespace") {
    script.say(*script.client, "1");
    reason = "normal";
  }
  SUBCASE("the client's page is left") {
    script.client->leave_page();
    script.cut(CloseReason::normal);
    reason = "normal";
  }
  SUBCASE("the client breaks a rule") {
    script.say(*script.client, "9");
    reason = std::string(to_string(CloseReason::protocol_error));
  }
  SUBCASE("the host disconnects the socket") {
    script.ann->disconnect();
    script.run();
    reason = "kicked";
  }
  SUBCASE("the host disconnects it while it is away") {
    script.cut();
    script.ann->disconnect();
    script.run();
    reason = "kicked";
  }
  SUBCASE("the host disconnects its room while it is away") {
    script.cut();
    script.server.of("/").to("room").disconnect();
    script.run();
    reason = "kicked";
  }
  SUBCASE("the router shuts down while it is away") {
    script.cut();
    script.router.shut_down(0ms);
    script.run();
    reason = std::string(to_string(CloseReason::going_away));
  }
  CHECK(script.ends == Lines{reason});
  CHECK_FALSE(script.router.find_peer("ann"));
}

TEST_CASE(
    "Recovery: a client that closes its session without a DISCONNECT is lost: it does so without a ping, "
    "too") {
  RecoveryScript script;
  const std::string last = offset_of(script.emit("first"));
  script.cut(CloseReason::normal);
  CHECK(script.ends.empty());
  CHECK(script.come_back(last) == Lines{script.answer});
}

TEST_CASE("Recovery: a socket for which more waits than is kept ends, its client is new") {
  RouterOptions router_options;
  router_options.limits.max_unacknowledged_bytes = 100;
  RecoveryScript script(recovering(), router_options);
  script.cut();
  script.emit_away("one");
  CHECK(script.ends.empty());
  const std::string text(100, 'x');
  script.ann->emit("two", {quote(text)});
  script.run();
  CHECK(script.ends == Lines{"slow-consumer"});
}

TEST_CASE("Recovery: events that were received make way for those that are missed") {
  RouterOptions router_options;
  router_options.limits.max_unacknowledged_bytes = 100;
  RecoveryScript script(recovering(), router_options);
  std::string last;
  for (int i = 0; i < 20; ++i) last = offset_of(script.emit("received"));
  script.cut();
  script.emit_away("one");
  CHECK(script.come_back(last).size() == 2);
}

TEST_CASE("Recovery: no more sockets are without a connection than may be") {
  ServerOptions options = recovering();
  options.max_away_sockets = 1;
  RecoveryScript script(options);
  const SocketPtr ann = script.ann;
  const std::string last = offset_of(script.emit("first"));
  script.cut();
  FakeSession& bob = script.client_of("bob");
  bob.cut(CloseReason::lost);
  script.run();
  CHECK(script.ends == Lines{"lost"});
  CHECK(ann->connected());
  CHECK(script.come_back(last) == Lines{script.answer});
  FakeSession& eve = script.client_of("eve");
  eve.cut(CloseReason::lost);
  script.run();
  CHECK(script.ends == Lines{"lost"});
}

TEST_CASE("Recovery: nobody answers what a lost client was asked") {
  RecoveryScript script;
  Lines answers;
  const auto ask = [&] {
    script.ann->emit_with_ack("ask", {}, 0ms, [&](std::error_code error, const Arguments&) {
      answers.push_back(error == errc::closed ? "closed" : error.message());
    });
    script.run();
  };
  ask();
  CHECK(answers.empty());
  script.cut();
  CHECK(answers == Lines{"closed"});
  ask();
  CHECK(answers == Lines{"closed", "closed"});
}

TEST_CASE("Recovery: the server may go while sockets are away") {
  RecoveryScript script;
  script.cut();
  script.ann.reset();
  CHECK(script.router.stats().peers_away == 1);
}
