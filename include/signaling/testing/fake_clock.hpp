#pragma once

#include <atomic>
#include <chrono>

#include "signaling/core/clock.hpp"
#include "signaling/core/export.hpp"

namespace signaling::testing {

/// A clock that stands still until told. Threads: any.
class SIGNALING_API FakeClock final : public Clock {
 public:
  /// The time it was told last.
  TimePoint now() const noexcept override { return TimePoint(now_.load()); }
  /// Lets time pass.
  void advance(std::chrono::nanoseconds by) noexcept { now_ = now_.load() + by; }

 private:
  std::atomic<std::chrono::nanoseconds> now_{std::chrono::nanoseconds(0)};
};

}  // namespace signaling::testing
