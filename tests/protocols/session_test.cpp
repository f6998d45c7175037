// Peers that outlive their connections: what a client that resumes gets, and what is counted.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "protocols/session_world.hpp"

using namespace signaling;
using namespace signaling::protocols::test;

TEST_CASE("sessions: a client that has lost its connection gets what it has missed, and nobody saw it go") {
  TwoInARoom w;
  const auto before = w.world.router.find_peer("ada");
  w.ada->cut(CloseReason::lost);
  w.run();
  CHECK(before->is_away());
  w.bob_says("one");
  w.bob_says("two");
  CHECK(w.bob->heard().empty());
  w.ada = w.resume(w.memory);
  const Lines lines = read(*w.ada, w.memory);
  CHECK(types(lines) == "welcome one two");
  CHECK(field(lines[0], "resumed") == "exact");
  CHECK(field(lines[0], "peer") == "ada");
  CHECK(field(lines[0], "keep") == "60");
  CHECK(field(lines[0], "received") == "1");
  CHECK(w.world.router.find_peer("ada") == before);
  CHECK_FALSE(before->is_away());
  w.ada->say(message("bob", "back"));
  w.run();
  CHECK(types(w.bob->heard()) == "back");
}

TEST_CASE("sessions: what was sent and did not arrive is sent again, once and in order") {
  TwoInARoom w;
  w.bob_says("arrives");
  (void)read(*w.ada, w.memory);
  w.bob_says("lost one");
  w.bob_says("lost two");
  (void)w.ada->heard();  // the transport took them, and the client has not read them
  w.ada->cut(CloseReason::lost);
  w.bob_says("three");
  w.ada = w.resume(w.memory);
  CHECK(types(read(*w.ada, w.memory)) == "welcome lost one lost two three");
  // Again, with nothing new.
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(w.memory);
  CHECK(types(read(*w.ada, w.memory)) == "welcome");
}

TEST_CASE("sessions: a forged count changes nothing") {
  TwoInARoom w;
  w.bob_says("one");
  (void)w.ada->heard();
  w.ada->say(R"({"type":"ack","received":99})");
  w.ada->say(R"({"type":"ping","received":99,"id":1})");
  w.ada->say(R"({"type":"ack","received":-1})");
  w.ada->say(R"({"type":"ack","received":"1"})");
  w.ada->say(R"({"type":"ack"})");
  w.run();
  CHECK(types(w.ada->heard()) == "error error pong error error error");
  w.ada->cut(CloseReason::lost);
  const auto forger = w.resume(w.memory, "99");
  CHECK(field(forger->heard()[0], "code") == "bad_request");
  CHECK(forger->closed() == CloseReason::bad_request);
  w.ada = w.resume(w.memory);
  CHECK(types(w.ada->heard()).starts_with("welcome one"));
}

TEST_CASE(
    "sessions: without the count, or with losses, the members of each room come before what was not lost") {
  TwoInARoom w;
  w.ada->say(R"({"type":"join","room":"s"})");
  w.run();
  (void)read(*w.ada, w.memory);
  w.ada->cut(CloseReason::lost);
  w.bob_says("one");
  auto carl = w.client("carl");
  carl->say(join);
  w.run();
  w.bob_says("two");
  w.ada = w.resume(w.memory, "");
  Lines lines = read(*w.ada, w.memory);
  CHECK(types(lines) == "welcome members members one two");
  CHECK(field(lines[0], "resumed") == "rooms");
  CHECK(field(lines[0], "lost").empty());
  CHECK(field(lines[0], "received") == "2");
  CHECK(lines[1].find("bob") != std::string::npos);
  CHECK(lines[1].find("carl") != std::string::npos);
  CHECK(field(lines[2], "room") == "s");
  // Both counts have begun again.
  CHECK(w.memory.received == 4);
  w.ada->say(message("bob", "hello"));
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(w.memory);
  lines = read(*w.ada, w.memory);
  CHECK(types(lines) == "welcome");
  CHECK(field(lines[0], "resumed") == "exact");
  CHECK(field(lines[0], "received") == "1");
}

TEST_CASE("sessions: what changes while the lists of members are made is told once") {
  // Does something as it writes a list.
  struct BusyEncoder final : Encoder {
    void encode(const Event& event, std::vector<Frame>& frames) const override {
      json->encoder()->encode(event, frames);
      if (std::holds_alternative<event::Members>(event) && act) std::exchange(act, {})();
    }
    std::unique_ptr<Protocol> json = make_json();
    mutable std::function<void()> act;
  };
  const auto encoder = std::make_shared<BusyEncoder>();
  TwoInARoom w;
  ConnectInfo info;
  info.wished_id = "carl";
  info.keep = "60";
  auto carl = std::make_unique<ScriptClient>(w.world.router, w.world.io.get_executor(), info,
                                             std::make_unique<protocols::JsonProtocol>(encoder, 64));
  for (const auto& client : {carl.get(), w.bob.get()}) client->say(R"({"type":"join","room":"s"})");
  carl->say(join);
  w.run();
  Memory memory;
  (void)read(*carl, memory);
  carl->cut(CloseReason::lost);
  encoder->act = [&] { w.bob->say(R"({"type":"leave","room":"s"})"); };
  carl = w.resume(memory, "");
  const Lines lines = carl->heard();
  REQUIRE(types(lines) == "welcome members members");
  CHECK(field(lines[1], "room") == "r");
  CHECK(lines[1].find("bob") != std::string::npos);
  CHECK(field(lines[2], "room") == "s");
  CHECK(lines[2].find("bob") == std::string::npos);
}

TEST_CASE("sessions: an answer `rooms` that gets lost is given again, with the counts of before") {
  TwoInARoom w;
  for (int i = 0; i < 5; ++i) w.ada->say(message("bob", "x"));
  for (int i = 0; i < 3; ++i) w.bob_says("early");
  (void)read(*w.ada, w.memory);
  w.ada->cut(CloseReason::lost);
  w.bob_says("waits");
  w.ada = w.resume(w.memory, "");
  const Lines first = w.ada->heard();  // and gets lost
  CHECK(types(first) == "welcome members waits");
  CHECK(field(first[0], "received") == "6");
  w.ada->cut(CloseReason::lost);
  w.bob_says("later");
  w.ada = w.resume(w.memory);  // by the old count, which is greater than what was sent since
  const Lines second = read(*w.ada, w.memory);
  CHECK(types(second) == "welcome members waits later");
  CHECK(field(second[0], "resumed") == "rooms");
  CHECK(field(second[0], "received") == "6");
  // Now it has arrived, and the new counts hold.
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(w.memory);
  const Lines third = w.ada->heard();
  CHECK(types(third) == "welcome");
  CHECK(field(third[0], "resumed") == "exact");
  CHECK(field(third[0], "received") == "0");
}

TEST_CASE("sessions: beyond what is kept the answer is `rooms`, and says how many messages are missing") {
  Limits limits;
  limits.max_unacknowledged_bytes = 300;
  TwoInARoom w(with(limits));
  for (int i = 0; i < 10; ++i) w.bob_says(std::string(60, 'x'));
  (void)w.ada->heard();
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(w.memory);
  const Lines lines = read(*w.ada, w.memory);
  CHECK(field(lines[0], "resumed") == "rooms");
  const std::size_t missing = std::stoul(field(lines[0], "lost"));
  CHECK(missing >= 6);
  CHECK(lines.size() == 2 + 10 - missing);  // the welcome and the members, then those that are left
}

TEST_CASE("sessions: an answer `rooms` that is given again counts what was lost since the first") {
  Limits limits;
  limits.max_unacknowledged_bytes = 300;
  TwoInARoom w(with(limits));
  const auto lose_ten = [&] {
    for (int i = 0; i < 10; ++i) w.bob_says(std::string(60, 'x'));
    (void)w.ada->heard();
    w.ada->cut(CloseReason::lost);
  };
  lose_ten();
  w.ada = w.resume(w.memory);
  const Lines first = w.ada->heard();  // and gets lost, like what follows
  const std::size_t lost = std::stoul(field(first[0], "lost"));
  lose_ten();
  w.ada = w.resume(w.memory);
  const Lines second = w.ada->heard();
  CHECK(field(second[0], "resumed") == "rooms");
  const std::size_t messages = second.size() - 2;                    // without the welcome and the members
  CHECK(std::stoul(field(second[0], "lost")) == 20 + 1 - messages);  // and the first list of members
  CHECK(std::stoul(field(second[0], "lost")) > lost);
}

TEST_CASE("sessions: what is acknowledged is not kept, by `ack` or by `ping`") {
  Limits limits;
  limits.max_unacknowledged_bytes = 300;
  TwoInARoom w(with(limits));
  for (int i = 0; i < 20; ++i) {
    w.bob_says(std::string(60, 'x'));
    (void)read(*w.ada, w.memory);
    const std::string type = i % 2 == 0 ? "ack" : "ping";
    w.ada->say(R"({"type":")" + type + R"(","received":)" + std::to_string(w.memory.received) + "}");
    w.run();
    (void)read(*w.ada, w.memory);
  }
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(w.memory);
  CHECK(field(read(*w.ada, w.memory)[0], "resumed") == "exact");
}

TEST_CASE("sessions: the server acknowledges after 32 messages, 64 KiB or 5 s, and with a pong") {
  TwoInARoom w;
  for (int i = 0; i < 30; ++i) w.ada->say(message("bob", "x"));
  w.run();
  CHECK(w.ada->heard().empty());
  w.ada->say(message("bob", "x"));  // the join was the first of all
  w.run();
  CHECK(w.ada->heard() == Lines{R"({"type":"ack","received":32})"});
  w.ada->say(message("bob", "x"));
  w.wait(milliseconds(4'999));
  CHECK(w.ada->heard().empty());
  w.wait(milliseconds(1));
  CHECK(w.ada->heard() == Lines{R"({"type":"ack","received":33})"});
  w.ada->say(message("bob", std::string(64 * 1024, 'x')));
  w.run();
  CHECK(w.ada->heard() == Lines{R"({"type":"ack","received":34})"});
  w.ada->say("rubbish counts");
  w.ada->say(R"({"type":"ping","id":7})");
  w.run();
  CHECK(w.ada->heard().back() == R"({"type":"pong","received":35,"id":7})");
  w.wait(seconds(10));
  CHECK(w.ada->heard().empty());
}

TEST_CASE(
    "sessions: a client is told what of its own has arrived, even if it waited when the connection was "
    "lost") {
  Limits limits;
  limits.messages_per_second = 1;
  limits.message_burst = 3;
  TwoInARoom w(with(limits));
  for (int i = 0; i < 5; ++i) w.ada->say(message("bob", "n" + std::to_string(i)));
  w.ada->cut(CloseReason::lost);
  w.run();
  w.ada = w.resume(w.memory);
  CHECK(field(w.ada->heard()[0], "received") == "6");
  for (int i = 0; i < 5; ++i) w.wait(seconds(1));
  CHECK(types(w.bob->heard()) == "n0 n1 n2 n3 n4");
}
