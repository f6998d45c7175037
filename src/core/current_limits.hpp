#pragma once

#include <atomic>
#include <deque>
#include <mutex>

#include "signaling/core/limits.hpp"

namespace signaling {

/// The limits of a router, which the host may replace while it runs.
///
/// Threads: any. Readers take no lock: those that were replaced stay until the end for the readers' sake.
class CurrentLimits {
 public:
  explicit CurrentLimits(const Limits& limits) : current_(&all_.emplace_back(limits)) {}

  const Limits& get() const noexcept { return *current_.load(std::memory_order_acquire); }
  void set(const Limits& limits) {
    const std::scoped_lock lock(mutex_);
    current_.store(&all_.emplace_back(limits), std::memory_order_release);
  }

 private:
  std::mutex mutex_;
  std::deque<Limits> all_;
  std::atomic<const Limits*> current_;
};

}  // namespace signaling
