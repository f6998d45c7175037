#include <doctest/doctest.h>

#include "core/support/limited_world.hpp"

using namespace signaling;
using namespace signaling::testing;

TEST_CASE("rates: messages over the rate wait for their turn, and the client is not read meanwhile") {
  ScriptWorld world(with([](Limits& l) {
    l.messages_per_second = 2;
    l.message_burst = 3;
  }));
  auto a = world.client("a");
  for (int i = 0; i < 6; ++i) a->say("#" + std::to_string(i) + " ping");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "pong #0", "pong #1", "pong #2"});
  CHECK_FALSE(a->is_read());
  wait(world, std::chrono::milliseconds(499));
  CHECK(a->heard().empty());
  wait(world, std::chrono::milliseconds(1));
  CHECK(a->heard() == Lines{"pong #3"});
  wait(world, std::chrono::milliseconds(500));
  CHECK_FALSE(a->is_read());
  wait(world, std::chrono::milliseconds(500));
  CHECK(a->heard() == Lines{"pong #4", "pong #5"});
  CHECK(a->is_read());
  a->say("ping");
  CHECK_FALSE(a->is_read());
}

TEST_CASE("rates: what a peer causes to be sent is charged to it, and its next messages wait") {
  ScriptWorld world(with([](Limits& l) {
    l.caused_bytes_per_second = 100;
    l.caused_byte_burst = 1000;
  }));
  auto flooder = world.client("f");
  std::vector<std::unique_ptr<ScriptClient>> members;
  for (int i = 0; i < 10; ++i) members.push_back(world.client("m" + std::to_string(i)));
  for (auto& member : members) member->say("join r 0");
  flooder->say("join r 0");
  world.run();
  flooder->say("ping");  // charges the join
  wait(world, std::chrono::seconds(10));
  (void)flooder->heard();
  const auto is_answered = [&] {
    for (const std::string& line : flooder->heard()) {
      if (line == "pong #1") return true;
    }
    return false;
  };
  const auto answers_after = [&](std::string_view line, std::chrono::milliseconds time) {
    flooder->say(line);
    flooder->say("#1 ping");
    world.run();
    CHECK_FALSE(is_answered());
    CHECK_FALSE(flooder->is_read());
    wait(world, time - std::chrono::milliseconds(1));
    CHECK_FALSE(is_answered());
    wait(world, std::chrono::milliseconds(1));
    CHECK(is_answered());
    CHECK(flooder->is_read());
  };
  SUBCASE("a message to a room, once for each who gets it") {
    // "msg f " and 144 bytes, for ten: 500 more than the burst.
    answers_after("cast r " + std::string(144, 'x'), std::chrono::seconds(5));
  }
  SUBCASE("metadata") {
    // "~peer r v12 f{" and 135 bytes and "}", for ten.
    answers_after("update r " + std::string(135, '1'), std::chrono::seconds(5));
  }
  SUBCASE("but not a message to one, which it is charged for as its own") {
    for (int i = 0; i < 20; ++i) flooder->say("send m1 " + std::string(200, 'x'));
    flooder->say("#1 ping");
    world.run();
    CHECK(flooder->heard() == Lines{"pong #1"});
  }
  SUBCASE("and others are not charged for it") {
    flooder->say("cast r " + std::string(500, 'x'));
    members[0]->say("#2 ping");
    world.run();
    CHECK(members[0]->heard().back() == "pong #2");
    CHECK(members[0]->is_read());
  }
}

TEST_CASE("rates: bytes over the rate wait likewise; a message over the burst waits for all of it") {
  ScriptWorld world(with([](Limits& l) {
    l.bytes_per_second = 10;
    l.byte_burst = 20;
  }));
  auto a = world.client("a");
  const std::string third(12, '3');
  const std::string fourth(30, '4');
  a->say("#1 ping");               // 7 bytes
  a->say("#2 ping");               // 6 are left
  a->say("#" + third + " ping");   // 18
  a->say("#" + fourth + " ping");  // 36
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "pong #1", "pong #2"});
  wait(world, std::chrono::milliseconds(1'199));
  CHECK(a->heard().empty());
  wait(world, std::chrono::milliseconds(1));
  CHECK(a->heard() == Lines{"pong #" + third});
  wait(world, std::chrono::milliseconds(1'999));
  CHECK(a->heard().empty());
  wait(world, std::chrono::milliseconds(1));
  CHECK(a->heard() == Lines{"pong #" + fourth});
  CHECK(a->is_read());
  a->say("ping");  // it owes 16, and needs 4
  wait(world, std::chrono::milliseconds(1'999));
  CHECK(a->heard().empty());
  wait(world, std::chrono::milliseconds(1));
  CHECK(a->heard() == Lines{"pong"});
}

TEST_CASE("rates: what waits for its turn is bounded where the transport goes on reading") {
  ScriptWorld world(with([](Limits& l) {
    l.messages_per_second = 1;
    l.message_burst = 1;
    l.max_pending_bytes = 1000;
  }));
  auto a = world.client("a");
  for (int i = 0; i < 20 && !a->closed(); ++i) {
    a->say("ping");
    world.run();
  }
  CHECK(a->closed() == CloseReason::overloaded);
  CHECK(a->heard().back() == "error overloaded");
}

TEST_CASE("rates: a client that is gone takes no more turns") {
  ScriptWorld world(with([](Limits& l) {
    l.messages_per_second = 1;
    l.message_burst = 1;
  }));
  auto a = world.client("a");
  for (int i = 0; i < 3; ++i) a->say("ping");
  world.run();
  a->cut(CloseReason::lost);
  wait(world, std::chrono::seconds(10));
  CHECK(a->heard() == Lines{"welcome a", "pong"});
}

TEST_CASE("rates: joins per second") {
  ScriptWorld world(with([](Limits& l) {
    l.joins_per_second = 1;
    l.join_burst = 1;
  }));
  auto a = world.client("a");
  a->say("join 1");
  a->say("#2 join 2");
  world.run();
  CHECK(a->heard().back() == "error rate_limited #2");
  world.clock.advance(std::chrono::seconds(1));
  a->say("join 2");
  world.run();
  CHECK(a->heard().back() == "joined 2 v1 []");
}
