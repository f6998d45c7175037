#pragma once

#include <algorithm>
#include <chrono>

namespace signaling::net {

/// A century: longer than any server runs, and short enough to be added to any time of its clock.
inline constexpr std::chrono::milliseconds longest_time = std::chrono::hours(24 * 36'525);

/// What an option says, where it enters: later additions to the time cannot overflow.
constexpr std::chrono::milliseconds bounded(std::chrono::milliseconds time) noexcept {
  return std::min(time, longest_time);
}

}  // namespace signaling::net
