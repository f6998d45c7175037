#pragma once

#include <chrono>

#include "signaling/core/export.hpp"

namespace signaling {

/// Monotonic time of the library. Its origin means nothing.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// Where the library takes the time from; passed in, so that tests can stand still.
///
/// Threads: `now` is called from any thread at once.
class SIGNALING_API Clock {
 public:
  virtual ~Clock() = default;
  /// The time now; never less than before.
  virtual TimePoint now() const noexcept = 0;
};

/// The machine's steady clock.
SIGNALING_API const Clock& system_clock() noexcept;

/// The date and time of the machine, which may jump. The router decides nothing by it.
SIGNALING_API std::chrono::system_clock::time_point wall_time() noexcept;

}  // namespace signaling
