#pragma once

#include <atomic>
#include <chrono>

#include "signaling/core/clock.hpp"
#include "signaling/text/export.hpp"

namespace signaling::testing {

/// A clock that only advances when a test advances it. Threads: any.
class SIGNALING_API FakeClock final : public Clock {
 public:
  /// The time that was set last.
  TimePoint now() const noexcept override { return TimePoint(now_.load()); }
  /// Advances the time.
  void advance(std::chrono::nanoseconds by) noexcept { now_ = now_.load() + by; }

 private:
  std::atomic<std::chrono::nanoseconds> now_{std::chrono::nanoseconds(0)};
};

}  // namespace signaling::testing
