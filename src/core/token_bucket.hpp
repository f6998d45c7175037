#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "signaling/core/clock.hpp"

namespace signaling {

/// A rate with a burst: `burst` tokens at first, `per_second` more each second, never above `burst`. A rate of 0 is
/// no limit. What costs more than the burst takes a full bucket, and leaves it in debt.
class TokenBucket {
 public:
  bool take(std::uint64_t per_second, std::uint64_t burst, TimePoint now, std::uint64_t cost = 1) noexcept {
    if (time_until(per_second, burst, now, cost).count() != 0) return false;
    charge(per_second, cost);
    return true;
  }

  /// How long until `take` succeeds, if nobody else takes anything. Zero: now.
  std::chrono::nanoseconds time_until(std::uint64_t per_second, std::uint64_t burst, TimePoint now,
                                      std::uint64_t cost = 1) noexcept {
    if (per_second == 0) return std::chrono::nanoseconds(0);
    refill(per_second, burst, now);
    const double missing = needed(burst, cost) - tokens_;
    if (missing <= 0) return std::chrono::nanoseconds(0);
    return std::chrono::ceil<std::chrono::nanoseconds>(
        std::chrono::duration<double>(missing / static_cast<double>(per_second)));
  }

  /// Takes what `time_until` has just found to be there.
  void charge(std::uint64_t per_second, std::uint64_t cost = 1) noexcept {
    if (per_second != 0) tokens_ -= static_cast<double>(cost);
  }

  bool is_in_debt() const noexcept { return tokens_ < 0; }

 private:
  static double needed(std::uint64_t burst, std::uint64_t cost) noexcept {
    return static_cast<double>(std::min(std::max<std::uint64_t>(burst, 1), cost));
  }

  void refill(std::uint64_t per_second, std::uint64_t burst, TimePoint now) noexcept {
    const double full = static_cast<double>(std::max<std::uint64_t>(burst, 1));
    if (!is_used_) {
      is_used_ = true;
      tokens_ = full;
    } else {
      const std::chrono::duration<double> passed = now - last_;
      tokens_ = std::min(full, tokens_ + passed.count() * static_cast<double>(per_second));
    }
    last_ = now;
  }

  TimePoint last_{};
  double tokens_ = 0;
  bool is_used_ = false;
};

}  // namespace signaling
