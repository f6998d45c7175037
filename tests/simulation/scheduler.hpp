#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <utility>

#include "signaling/core/callback.hpp"
#include "signaling/core/clock.hpp"

namespace signaling::simulation {

/// Virtual time: what is planned for a moment happens when the run comes there, in the order in which it was planned.
class Scheduler final : public Clock {
 public:
  TimePoint now() const noexcept override { return now_; }
  /// Milliseconds since the run began, for the database's clock and for people.
  std::uint64_t milliseconds() const noexcept {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count());
  }

  void at(TimePoint when, Callback<void()> what) {
    planned_.emplace(std::pair(when < now_ ? now_ : when, ++count_), std::move(what));
  }
  void after(std::chrono::nanoseconds delay, Callback<void()> what) { at(now_ + delay, std::move(what)); }

  void run_until(TimePoint end) {
    while (!planned_.empty() && planned_.begin()->first.first <= end) {
      auto next = planned_.extract(planned_.begin());
      now_ = next.key().first;
      next.mapped()();
    }
    now_ = end;
  }

 private:
  // The origin is not zero: a clock that begins at zero hides mistakes.
  TimePoint now_{std::chrono::seconds(1'000)};
  std::uint64_t count_ = 0;
  std::map<std::pair<TimePoint, std::uint64_t>, Callback<void()>> planned_;
};

}  // namespace signaling::simulation
