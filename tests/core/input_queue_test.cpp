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
  limits.caused_bytes_per_second = 10;
  limits.caused_byte_burst = 100;
  return limits;
}

void push(InputQueue& queue, std::size_t bytes, Callback<void()> run) { queue.push({bytes, std::move(run)}); }

void run_front(InputQueue& queue) {
  queue.run_front([](const MessageView&) { FAIL("no message waits"); });
}

}  // namespace

TEST_CASE("input queue: what an item adds while it runs comes ahead of what waits, in order") {
  InputQueue queue;
  std::string order;
  push(queue, 1, [&] {
    order += 'a';
    CHECK_FALSE(queue.must_wait());
    push(queue, 1, [&] { order += 'b'; });
    CHECK(queue.must_wait());
    push(queue, 1, [&] { order += 'c'; });
  });
  push(queue, 1, [&] { order += 'd'; });
  while (!queue.is_empty()) run_front(queue);
  CHECK(order == "abcd");
}

TEST_CASE("input queue: counts the bytes of what waits") {
  InputQueue queue;
  push(queue, 10, [] {});
  push(queue, 5, [] {});
  CHECK(queue.bytes() == 15);
  run_front(queue);
  CHECK(queue.bytes() == 5);
  queue.clear();
  CHECK(queue.bytes() == 0);
  CHECK(queue.is_empty());
}

TEST_CASE("input queue: an item may clear it; an exception of an item does not stop the others") {
  InputQueue queue;
  push(queue, 1, [&] { queue.clear(); });
  push(queue, 1, [] { FAIL("was cleared"); });
  run_front(queue);
  CHECK(queue.is_empty());
  push(queue, 1, [] { throw 1; });
  CHECK_THROWS(run_front(queue));
  bool ran = false;
  push(queue, 1, [&] { ran = true; });
  CHECK(queue.must_wait());
  run_front(queue);
  CHECK(ran);
}

TEST_CASE("input queue: messages of the client are handled in their turn, or taken by another peer") {
  InputQueue queue;
  queue.push({3, InputQueue::Received{MessageKind::text, "one"}});
  queue.push({3, InputQueue::Received{MessageKind::binary, "two"}});
  queue.push({5, InputQueue::Received{MessageKind::text, "three"}});
  std::string handled;
  queue.run_front([&](const MessageView& message) { handled = message.bytes; });
  CHECK(handled == "one");
  const auto taken = queue.take_received();
  REQUIRE(taken.size() == 2);
  CHECK(taken[0].view().bytes == "two");
  CHECK(taken[0].kind == MessageKind::binary);
  CHECK(taken[1].bytes == "three");
  CHECK(queue.is_empty());
  CHECK(queue.bytes() == 0);
}

TEST_CASE("input rate: a burst at once, then as many as the rate allows") {
  InputRate rate;
  const Limits limits = rates(10, 3, 0, 0);
  for (int i = 0; i < 3; ++i) CHECK(rate.take(limits, 1, 0, start).count() == 0);
  CHECK(rate.take(limits, 1, 0, start) == std::chrono::milliseconds(100));
  CHECK(rate.take(limits, 1, 0, start + std::chrono::milliseconds(60)) == std::chrono::milliseconds(40));
  CHECK(rate.take(limits, 1, 0, start + std::chrono::milliseconds(100)).count() == 0);
  CHECK(rate.take(limits, 1, 0, start + std::chrono::milliseconds(100)).count() != 0);
}

TEST_CASE(
    "input rate: at a high rate it is worth waiting for several turns, but not for more than the burst") {
  InputRate rate;
  const Limits limits = rates(1000, 100, 0, 0);
  for (int i = 0; i < 100; ++i) CHECK(rate.take(limits, 1, 0, start).count() == 0);
  CHECK(rate.take(limits, 1, 0, start) == std::chrono::milliseconds(50));
  InputRate small;
  const Limits few = rates(1000, 5, 0, 0);
  for (int i = 0; i < 5; ++i) CHECK(small.take(few, 1, 0, start).count() == 0);
  CHECK(small.take(few, 1, 0, start) == std::chrono::milliseconds(5));
}

TEST_CASE("input rate: a message that waits for its bytes is not charged as a message") {
  InputRate rate;
  const Limits limits = rates(1, 2, 100, 100);
  CHECK(rate.take(limits, 100, 0, start).count() == 0);
  for (int i = 0; i < 5; ++i) CHECK(rate.take(limits, 50, 0, start) == std::chrono::milliseconds(500));
  CHECK(rate.take(limits, 50, 0, start + std::chrono::milliseconds(500)).count() == 0);
}

TEST_CASE("input rate: a message that waits for its turn is not charged its bytes") {
  InputRate rate;
  const Limits limits = rates(1, 1, 10, 100);
  CHECK(rate.take(limits, 10, 0, start).count() == 0);
  for (int i = 0; i < 20; ++i) CHECK(rate.take(limits, 10, 0, start) == std::chrono::milliseconds(1000));
  CHECK(rate.take(limits, 100, 0, start + std::chrono::milliseconds(1000)).count() == 0);
}

TEST_CASE("input rate: bytes are charged once, and a message over the burst leaves a debt") {
  InputRate rate;
  const Limits limits = rates(0, 0, 100, 100);
  for (int i = 0; i < 10; ++i) CHECK(rate.take(limits, 10, 0, start).count() == 0);
  CHECK(rate.take(limits, 10, 0, start) == std::chrono::milliseconds(100));
  CHECK(rate.take(limits, 300, 0, start + std::chrono::milliseconds(1000)).count() == 0);
  CHECK(rate.take(limits, 10, 0, start + std::chrono::milliseconds(1000)) == std::chrono::milliseconds(2100));
}

TEST_CASE("input rate: what was sent while there was no bound is not owed when there is one") {
  InputRate rate;
  CHECK(rate.take(rates(10, 10, 100, 100), 1, 0, start).count() == 0);
  for (int i = 0; i < 100; ++i) CHECK(rate.take(rates(0, 0, 0, 0), 1'000, 0, start).count() == 0);
  CHECK(rate.take(rates(10, 10, 100, 100), 99, 0, start).count() == 0);
}

TEST_CASE("input rate: 0 is no bound") {
  InputRate rate;
  const Limits limits = rates(0, 0, 0, 0);
  for (int i = 0; i < 1000; ++i) CHECK(rate.take(limits, 1'000'000, 0, start).count() == 0);
}

TEST_CASE(
    "input rate: what was caused is charged in any case, once, and later messages wait until it is paid") {
  InputRate rate;
  const Limits limits = rates(0, 0, 0, 0);  // 10 bytes a second may be caused, 100 at once
  CHECK(rate.take(limits, 1, 100, start).count() == 0);
  CHECK_FALSE(rate.is_in_debt());
  CHECK(rate.take(limits, 1, 5, start) == std::chrono::milliseconds(500));
  CHECK(rate.is_in_debt());
  CHECK(rate.take(limits, 1, 0, start + std::chrono::milliseconds(499)) == std::chrono::milliseconds(1));
  CHECK(rate.take(limits, 1, 0, start + std::chrono::milliseconds(500)).count() == 0);
  CHECK(rate.take(limits, 1, 100, start + std::chrono::milliseconds(500)) == std::chrono::seconds(10));
}

TEST_CASE("input rate: a large burst may be caused, but not at once: at four times the rate") {
  InputRate rate;
  Limits limits = rates(0, 0, 0, 0);
  limits.caused_bytes_per_second = 1024 * 1024;
  limits.caused_byte_burst = 100 * 1024 * 1024;
  CHECK(rate.take(limits, 1, 512 * 1024, start).count() == 0);
  CHECK(rate.take(limits, 1, 1024 * 1024, start) == std::chrono::milliseconds(250));
  CHECK(rate.is_in_debt());
  CHECK(rate.take(limits, 1, 0, start + std::chrono::milliseconds(125)).count() != 0);
  CHECK(rate.take(limits, 1, 0, start + std::chrono::milliseconds(250)).count() == 0);
}

TEST_CASE("input rate: a message that waits for what was caused before it is charged nothing") {
  InputRate rate;
  const Limits limits = rates(1, 1, 0, 0);
  CHECK(rate.take(limits, 1, 110, start) == std::chrono::seconds(1));
  CHECK(rate.take(limits, 1, 0, start + std::chrono::seconds(1)).count() == 0);
}
