// Peers that outlive their connections: how long they stay, and what the others see meanwhile.
#include <doctest/doctest.h>

#include "protocols/session_world.hpp"

using namespace signaling;
using namespace signaling::protocols::test;

TEST_CASE("sessions: without `keep` a lost connection is a leave at once") {
  SessionWorld w;
  auto ada = w.passing_client("ada");
  auto bob = w.passing_client("bob");
  ada->say(join);
  bob->say(join);
  w.run();
  CHECK(field(ada->heard()[0], "keep").empty());
  (void)bob->heard();
  ada->cut(CloseReason::lost);
  w.run();
  CHECK(types(bob->heard()) == "peer-left");
  CHECK(w.stats().peers == 1);
}

TEST_CASE("sessions: intent ends a peer at once, whatever its grace") {
  for (const CloseReason reason : {CloseReason::normal, CloseReason::protocol_error,
                                   CloseReason::message_too_large, CloseReason::unauthorized}) {
    CAPTURE(to_string(reason));
    TwoInARoom w;
    w.ada->cut(reason);
    w.run();
    CHECK(types(w.bob->heard()) == "peer-left");
    w.ada = w.resume(w.memory);
    const Lines lines = w.ada->heard();
    CHECK(field(lines[0], "resumed") == "none");
    CHECK(field(lines[0], "reason") == "ended");
  }
}

TEST_CASE("sessions: the others are told after a second that a peer is away, and when it is back") {
  TwoInARoom w;
  w.ada->cut(CloseReason::timeout);
  w.wait(milliseconds(999));
  CHECK(w.bob->heard().empty());
  w.wait(milliseconds(1));
  const Lines away = w.bob->heard();
  REQUIRE(types(away) == "peer-away");
  CHECK(away[0] == R"({"type":"peer-away","room":"r","version":2,"peer":"ada"})");
  w.bob->say(R"({"type":"members","room":"r"})");
  w.run();
  CHECK(w.bob->heard()[0].find(R"({"id":"ada","metadata":null,"polite":false,"away":true})") !=
        std::string::npos);
  CHECK(w.stats().peers_away == 1);
  CHECK(w.stats().peers == 2);
  w.ada = w.resume(w.memory);
  CHECK(w.bob->heard() == Lines{R"({"type":"peer-back","room":"r","version":2,"peer":"ada"})"});
  CHECK(w.stats().peers_away == 0);
}

TEST_CASE("sessions: the end of the grace is a leave with the reason timeout, exactly one") {
  TwoInARoom w;
  w.ada->cut(CloseReason::lost);
  w.wait(seconds(1));
  CHECK(types(w.bob->heard()) == "peer-away");
  w.wait(milliseconds(58'999));
  CHECK(w.bob->heard().empty());
  w.wait(milliseconds(1));
  const Lines lines = w.bob->heard();
  REQUIRE(types(lines) == "peer-left");
  CHECK(field(lines[0], "reason") == "timeout");
  CHECK(w.stats().peers == 1);
  CHECK(w.stats().peers_away == 0);
  w.ada = w.resume(w.memory);
  const Lines welcome = read(*w.ada, w.memory);
  CHECK(field(welcome[0], "resumed") == "none");
  CHECK(field(welcome[0], "reason") == "expired");
  w.wait(seconds(120));
  CHECK(w.bob->heard().empty());
}

TEST_CASE("sessions: a grace is what the client asks for, within the limit and the policy's") {
  struct Short final : Policy {
    void authenticate(const ConnectInfo& /*info*/, Callback<void(Admission)> done) override {
      Admission admission;
      admission.max_resume = seconds(7);
      done(std::move(admission));
    }
  };
  const auto granted = [](const std::string& keep, Limits limits, bool has_policy) {
    RouterOptions options = with(limits);
    if (has_policy) options.policy = std::make_shared<Short>();
    SessionWorld w(std::move(options));
    ConnectInfo info;
    info.keep = keep;
    return field(w.connect(info)->heard()[0], "keep");
  };
  Limits ten;
  ten.max_resume = seconds(10);
  Limits none;
  none.max_resume = seconds(0);
  CHECK(granted("5", {}, false) == "5");
  CHECK(granted("86400", {}, false) == "60");
  CHECK(granted("60", ten, false) == "10");
  CHECK(granted("60", ten, true) == "7");
  CHECK(granted("60", none, false).empty());
  CHECK(granted("0", {}, false).empty());
}

TEST_CASE("sessions: a `keep` or `received` that is malformed is refused") {
  SessionWorld w;
  for (const std::string keep : {"-1", "86401", "1.5", "x", " 1", "99999999999999999999"}) {
    CAPTURE(keep);
    ConnectInfo info;
    info.keep = keep;
    const auto client = w.connect(info);
    CHECK(field(client->heard()[0], "code") == "bad_request");
    CHECK(client->closed() == CloseReason::bad_request);
  }
  ConnectInfo info;
  info.received = "many";
  CHECK(field(w.connect(info)->heard()[0], "code") == "bad_request");
}

TEST_CASE("sessions: a resumption may end the grace, and then nobody counts") {
  TwoInARoom w;
  w.ada->cut(CloseReason::lost);
  ConnectInfo info;
  info.wished_id = w.memory.id;
  info.resume = w.memory.secret;
  info.received = std::to_string(w.memory.received);
  info.keep = "0";
  w.ada = w.connect(info);
  const Lines welcome = w.ada->heard();
  CHECK(field(welcome[0], "resumed") == "exact");
  CHECK(field(welcome[0], "keep").empty());
  for (int i = 0; i < 40; ++i) w.ada->say(message("bob", "x"));
  w.ada->say(R"({"type":"ping","id":1})");
  w.run();
  CHECK(w.ada->heard() == Lines{R"({"type":"pong","id":1})"});
  (void)w.bob->heard();
  w.ada->cut(CloseReason::lost);
  w.run();
  CHECK(types(w.bob->heard()) == "peer-left");
}

TEST_CASE("sessions: what waits for a peer that is away is bounded; its sender is told, and the client") {
  Limits limits;
  limits.max_outbound_bytes = limits.max_message_bytes = 4096;
  TwoInARoom w(with(limits));
  w.ada->cut(CloseReason::lost);
  w.run();
  for (int i = 0; i < 3; ++i) w.bob_says(std::string(1500, 'x'));
  const Lines refused = w.bob->heard();
  CHECK(types(refused) == "error");
  CHECK(field(refused[0], "code") == "slow_consumer");
  // A change of membership has no sender.
  auto carl = w.client("carl");
  carl->say(R"({"type":"join","room":"r","metadata":")" + std::string(1500, 'm') + R"("})");
  w.run();
  w.ada = w.resume(w.memory);
  const Lines lines = read(*w.ada, w.memory);
  CHECK(field(lines[0], "resumed") == "rooms");
  CHECK(field(lines[0], "lost") == "1");
  CHECK(field(lines[1], "type") == "members");
  CHECK(lines[1].find("carl") != std::string::npos);
  CHECK(lines.size() == 4);
}

TEST_CASE("sessions: a message that may be lost does not wait for a peer that is away") {
  TwoInARoom w;
  w.ada->cut(CloseReason::lost);
  w.run();
  w.bob->say(R"({"type":"message","to":"ada","data":"v","volatile":true})");
  w.run();
  w.ada = w.resume(w.memory);
  const Lines lines = w.ada->heard();
  CHECK(types(lines) == "welcome");
  CHECK(field(lines[0], "resumed") == "exact");
}

TEST_CASE("sessions: a message to a peer that is away is queued") {
  TwoInARoom w;
  w.ada->cut(CloseReason::lost);
  w.run();
  w.bob->say(R"({"type":"message","to":"ada","data":"x","id":1})");
  w.run();
  CHECK(w.bob->heard() == Lines{R"({"type":"sent","status":"queued","id":1})"});
}

TEST_CASE("sessions: a slow client is away, and learns that it has missed something") {
  Limits limits;
  limits.max_outbound_bytes = limits.max_message_bytes = 2048;
  TwoInARoom w(with(limits));
  w.ada->stick();
  for (int i = 0; i < 3; ++i) w.bob_says(std::string(1000, 'x'));
  w.wait(seconds(11));
  CHECK(w.ada->closed() == CloseReason::slow_consumer);
  (void)w.ada->heard();
  (void)w.bob->heard();
  w.ada = w.resume(w.memory);
  const Lines lines = w.ada->heard();
  CHECK(field(lines[0], "peer") == "ada");
  CHECK(field(lines[0], "resumed") == "exact");
  CHECK(lines.size() == 4);
}

TEST_CASE("sessions: a shutdown ends peers that are away, and no peer goes away after it") {
  TwoInARoom w;
  w.ada->cut(CloseReason::lost);
  w.run();
  w.world.router.shut_down(milliseconds(0));
  w.run();
  CHECK(w.stats().peers == 0);
  CHECK(w.bob->closed() == CloseReason::going_away);
}
