#include "core/input_queue.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace signaling;

namespace {

constexpr TimePoint start{std::chrono::hours(1)};

Limits rates(std::uint32_t messages, std::uint32_t message_burst, std::uint64_t bytes,
             std::uint64_t byte_burst) {
  Limits limits;
  limits.messages_per_second = messages;
  limits.message_burst = message_burst;
  limits.bytes_per_second = bytes;
  limits.byte_burst = byte_burst;
  return limits;
}

}  // namespace

TEST_CASE("input queue: what an item adds while it runs comes ahead of what waits, in order") {
  InputQueue queue;
  std::string order;
  queue.push({{}, 1, [&] {
                order += 'a';
                CHECK_FALSE(queue.must_wait());
                queue.push({{}, 1, [&] { order += 'b'; }});
                CHECK(queue.must_wait());
                queue.push({{}, 1, [&] { order += 'c'; }});
              }});
  queue.push({{}, 1, [&] { order += 'd'; }});
  while (!queue.is_empty()) queue.run_front();
  CHECK(order == "abcd");
}

TEST_CASE("input queue: counts the bytes of what waits") {
  InputQueue queue;
  queue.push({{}, 10, [] {}});
  queue.push({{}, 5, [] {}});
  CHECK(queue.bytes() == 15);
  queue.run_front();
  CHECK(queue.bytes() == 5);
  queue.clear();
  CHECK(queue.bytes() == 0);
  CHECK(queue.is_empty());
}

TEST_CASE("input queue: an item may clear it; an exception of an item does not stop the others") {
  InputQueue queue;
  queue.push({{}, 1, [&] { queue.clear(); }});
  queue.push({{}, 1, [] { FAIL("was cleared"); }});
  queue.run_front();
  CHECK(queue.is_empty());
  queue.push({{}, 1, [] { throw 1; }});
  CHECK_THROWS(queue.run_front());
  bool ran = false;
  queue.push({{}, 1, [&] { ran = true; }});
  CHECK(queue.must_wait());
  queue.run_front();
  CHECK(ran);
}

TEST_CASE("input rate: a burst at once, then as many as the rate allows") {
  InputRate rate;
  const Limits limits = rates(10, 3, 0, 0);
  for (int i = 0; i < 3; ++i) CHECK(rate.take(limits, 1, start).count() == 0);
  CHECK(rate.take(limits, 1, start) == std::chrono::milliseconds(100));
  CHECK(rate.take(limits, 1, start + std::chrono::milliseconds(60)) == std::chrono::milliseconds(40));
  CHECK(rate.take(limits, 1, start + std::chrono::milliseconds(100)).count() == 0);
  CHECK(rate.take(limits, 1, start + std::chrono::milliseconds(100)).count() != 0);
}

TEST_CASE(
    "input rate: at a high rate it is worth waiting for several turns, but not for more than the burst") {
  InputRate rate;
  const Limits limits = rates(1000, 100, 0, 0);
  for (int i = 0; i < 100; ++i) CHECK(rate.take(limits, 1, start).count() == 0);
  CHECK(rate.take(limits, 1, start) == std::chrono::milliseconds(50));
  InputRate small;
  const Limits few = rates(1000, 5, 0, 0);
  for (int i = 0; i < 5; ++i) CHECK(small.take(few, 1, start).count() == 0);
  CHECK(small.take(few, 1, start) == std::chrono::milliseconds(5));
}

TEST_CASE("input rate: a message that waits for its bytes is not charged as a message") {
  InputRate rate;
  const Limits limits = rates(1, 2, 100, 100);
  CHECK(rate.take(limits, 100, start).count() == 0);
  for (int i = 0; i < 5; ++i) CHECK(rate.take(limits, 50, start) == std::chrono::milliseconds(500));
  CHECK(rate.take(limits, 50, start + std::chrono::milliseconds(500)).count() == 0);
}

TEST_CASE("input rate: a message that waits for its turn is not charged its bytes") {
  InputRate rate;
  const Limits limits = rates(1, 1, 10, 100);
  CHECK(rate.take(limits, 10, start).count() == 0);
  for (int i = 0; i < 20; ++i) CHECK(rate.take(limits, 10, start) == std::chrono::milliseconds(1000));
  CHECK(rate.take(limits, 100, start + std::chrono::milliseconds(1000)).count() == 0);
}

TEST_CASE("input rate: bytes are charged once, and a message over the burst leaves a debt") {
  InputRate rate;
  const Limits limits = rates(0, 0, 100, 100);
  for (int i = 0; i < 10; ++i) CHECK(rate.take(limits, 10, start).count() == 0);
  CHECK(rate.take(limits, 10, start) == std::chrono::milliseconds(100));
  CHECK(rate.take(limits, 300, start + std::chrono::milliseconds(1000)).count() == 0);
  CHECK(rate.take(limits, 10, start + std::chrono::milliseconds(1000)) == std::chrono::milliseconds(2100));
}

TEST_CASE("input rate: what was sent while there was no bound is not owed when there is one") {
  InputRate rate;
  CHECK(rate.take(rates(10, 10, 100, 100), 1, start).count() == 0);
  for (int i = 0; i < 100; ++i) CHECK(rate.take(rates(0, 0, 0, 0), 1'000, start).count() == 0);
  CHECK(rate.take(rates(10, 10, 100, 100), 99, start).count() == 0);
}

TEST_CASE("input rate: 0 is no bound") {
  InputRate rate;
  const Limits limits = rates(0, 0, 0, 0);
  for (int i = 0; i < 1000; ++i) CHECK(rate.take(limits, 1'000'000, start).count() == 0);
}
