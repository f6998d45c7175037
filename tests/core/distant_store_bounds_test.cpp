// What waits for a store that is far away is bounded.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "core/support/distant_world.hpp"

using namespace signaling;
using namespace signaling::testing;

TEST_CASE("distant store: updates of one peer that wait for the store are bounded, and cost nobody else") {
  Limits limits;
  limits.max_pending_bytes = 2'000;
  DistantWorld w(limits);
  auto b = w.world.client("b");
  b->say("join r");
  w.run();
  (void)w.a->heard();
  (void)b->heard();
  w.store->holds_changes = true;
  const std::string metadata(100, '1');
  for (int i = 0; i < 100; ++i) b->say("update r " + metadata);
  w.a->say("update r 1");
  w.run();
  CHECK(b->heard() == Lines{"error overloaded"});
  CHECK(b->closed() == CloseReason::overloaded);
  std::size_t answered = 0;
  while (w.store->answer()) ++answered;
  CHECK(answered > 2);
  CHECK(answered < 20);  // as many as fit into the bound, b's leave, and a's update
  w.run();
  const Lines heard = w.a->heard();
  CHECK(std::ranges::count(heard, "updated r v" + std::to_string(w.store->version)) == 1);
  CHECK(std::ranges::count_if(heard, [](const auto& line) { return line.starts_with("-peer r"); }) == 1);
}

TEST_CASE("distant store: what is done does not count as waiting any more") {
  Limits limits;
  limits.max_pending_bytes = 1'000;
  DistantWorld w(limits);
  w.store->holds_changes = true;
  for (int i = 0; i < 100; ++i) {
    w.a->say("update r " + std::string(500, '1'));
    REQUIRE(w.store->answer());
  }
  w.run();
  CHECK_FALSE(w.a->closed());
  CHECK(w.a->heard().size() == 100);
}

TEST_CASE(
    "distant store: lists of members that wait are bounded, and two that ask the same have one answer") {
  Limits limits;
  limits.max_pending_bytes = 2'000;
  DistantWorld w(limits);
  w.store->holds_changes = true;
  w.a->say("update r 1");
  for (int i = 0; i < 3; ++i) w.a->say("members r");
  for (int i = 0; i < 2; ++i) w.a->say("#1 members r");
  REQUIRE(w.store->answer());
  w.run();
  CHECK(w.a->heard() == Lines{"updated r v2", "members r v2 []", "members r v2 [] #1"});
  w.a->say("update r 2");
  for (int i = 0; i < 100; ++i) w.a->say("#" + std::to_string(i) + " members r");
  w.run();
  CHECK(w.a->closed() == CloseReason::overloaded);
}

TEST_CASE(
    "distant store: of more messages than may wait for a snapshot the rest is lost, and members are told "
    "once") {
  Limits limits;
  limits.max_message_bytes = 1'000;
  limits.max_outbound_bytes = 4'000;
  DistantWorld w(limits);
  w.store->change(Kind::joined, "x", 7);
  w.run();
  (void)w.a->heard();
  w.store->holds = true;
  w.store->listener->invalidated("r", Missed::changes);
  for (int i = 0; i < 100; ++i) w.message("x", "r", 7, 2);
  w.store->change(Kind::joined, "y", 8);
  w.run();
  CHECK(w.a->heard().empty());
  w.store->holds = false;
  w.store->state = RoomState{3, {{"x", "other", 7, {}, 2}, {"y", "other", 8, {}, 3}}};
  w.store->held({}, *w.store->state);
  w.run();
  const Lines heard = w.a->heard();
  const auto messages = std::ranges::count(heard, "msg x r");
  CHECK(messages > 5);
  CHECK(messages < 20);
  CHECK(std::ranges::count(heard, "+peer r v3 y") == 1);
  CHECK(std::ranges::count(heard, "error messages_lost") == 1);
  w.message("x", "r", 7, 2);
  w.run();
  CHECK(w.a->heard() == Lines{"msg x r"});
}
