#pragma once

#include <chrono>

#include "signaling/text/export.hpp"

namespace signaling {

/// Monotonic time of the library. Its origin means nothing.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// The source of time for the library; tests replace it to stop the time.
///
/// Threads: any thread may call `now`, concurrently.
class SIGNALING_API Clock {
 public:
  virtual ~Clock() = default;
  /// The present time; never decreases.
  virtual TimePoint now() const noexcept = 0;
};

/// The machine's steady clock.
SIGNALING_API const Clock& system_clock() noexcept;

/// The machine's date and time, which may jump. The router makes no decision by it.
SIGNALING_API std::chrono::system_clock::time_point wall_time() noexcept;

}  // namespace signaling
