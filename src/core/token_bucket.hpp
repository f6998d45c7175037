#pragma once

#include <algorithm>
#include <cstdint>

#include "signaling/core/clock.hpp"

namespace signaling {

/// A rate with a burst: `burst` tokens at first, `per_second` more each second, never above `burst`. A rate of 0 is
/// no limit.
class TokenBucket {
 public:
  bool take(std::uint32_t per_second, std::uint32_t burst, TimePoint now) noexcept {
    if (per_second == 0) return true;
    const double full = std::max(1.0, static_cast<double>(burst));
    if (tokens_ < 0) {
      tokens_ = full;
    } else {
      const std::chrono::duration<double> passed = now - last_;
      tokens_ = std::min(full, tokens_ + passed.count() * per_second);
    }
    last_ = now;
    if (tokens_ < 1.0) return false;
    tokens_ -= 1.0;
    return true;
  }

 private:
  TimePoint last_{};
  double tokens_ = -1;  // not used yet: full
};

}  // namespace signaling
