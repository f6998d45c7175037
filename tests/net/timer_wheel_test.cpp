#include "net/timer_wheel.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <random>
#include <vector>

using namespace signaling;
using namespace signaling::net;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{};

struct Entry final : Timed {
  std::vector<TimePoint> fired;
  std::function<void(TimePoint)> then;
  void on_deadline(TimePoint now) override {
    fired.push_back(now);
    if (then) then(now);
  }
};

}  // namespace

TEST_CASE("timer wheel: a deadline fires once, not before its time, and at most one tick after") {
  TimerWheel wheel(start, 50ms, 8);
  Entry entry;
  wheel.schedule(entry, start + 120ms);
  for (auto now = start; now <= start + 1s; now += 10ms) wheel.advance(now);
  REQUIRE(entry.fired.size() == 1);
  CHECK(entry.fired[0] >= start + 120ms);
  CHECK(entry.fired[0] <= start + 170ms);
  CHECK_FALSE(wheel.next());
}

TEST_CASE("timer wheel: a deadline beyond one turn waits for its turn") {
  TimerWheel wheel(start, 50ms, 8);
  Entry entry;
  wheel.schedule(entry, start + 1s);
  for (auto now = start; now < start + 1s; now += 50ms) wheel.advance(now);
  CHECK(entry.fired.empty());
  wheel.advance(start + 1s);
  CHECK(entry.fired.size() == 1);
}

TEST_CASE("timer wheel: after a long pause everything due fires, in one call") {
  TimerWheel wheel(start, 50ms, 8);
  Entry early;
  Entry late;
  Entry later;
  wheel.schedule(early, start + 60ms);
  wheel.schedule(late, start + 5s);
  wheel.schedule(later, start + 20s);
  wheel.advance(start + 10s);
  CHECK(early.fired.size() == 1);
  CHECK(late.fired.size() == 1);
  CHECK(later.fired.empty());
  wheel.advance(start + 20s);
  CHECK(later.fired.size() == 1);
}

TEST_CASE("timer wheel: a callback may schedule, cancel and destroy any entry") {
  TimerWheel wheel(start, 50ms, 8);
  Entry again;
  Entry cancelled;
  auto destroyed = std::make_unique<Entry>();
  Entry first;
  again.then = [&](TimePoint now) {
    if (again.fired.size() < 3) wheel.schedule(again, now + 100ms);
  };
  first.then = [&](TimePoint) {
    TimerWheel::cancel(cancelled);
    destroyed.reset();
  };
  wheel.schedule(again, start + 100ms);
  wheel.schedule(first, start + 90ms);
  wheel.schedule(cancelled, start + 150ms);
  wheel.schedule(*destroyed, start + 160ms);
  for (auto now = start; now <= start + 1s; now += 10ms) wheel.advance(now);
  CHECK(again.fired.size() == 3);
  CHECK(first.fired.size() == 1);
  CHECK(cancelled.fired.empty());
}

TEST_CASE("timer wheel: scheduling anew replaces the deadline") {
  TimerWheel wheel(start, 50ms, 8);
  Entry entry;
  wheel.schedule(entry, start + 100ms);
  wheel.schedule(entry, start + 300ms);
  wheel.advance(start + 200ms);
  CHECK(entry.fired.empty());
  wheel.advance(start + 300ms);
  CHECK(entry.fired.size() == 1);
}

TEST_CASE("timer wheel: whoever wakes when next() says meets every deadline within a tick") {
  TimerWheel wheel(start, 50ms, 16);
  std::mt19937 random(7);
  std::vector<std::unique_ptr<Entry>> entries;
  std::vector<TimePoint> deadlines;
  for (int i = 0; i < 200; ++i) {
    entries.push_back(std::make_unique<Entry>());
    deadlines.push_back(start + std::chrono::milliseconds(random() % 5000));
    wheel.schedule(*entries.back(), deadlines.back());
  }
  while (const auto next = wheel.next()) wheel.advance(*next);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    REQUIRE(entries[i]->fired.size() == 1);
    CHECK(entries[i]->fired[0] >= deadlines[i]);
    CHECK(entries[i]->fired[0] <= deadlines[i] + 50ms);
  }
}
