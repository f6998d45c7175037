#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "signaling/core/error.hpp"
#include "signaling/core/stats.hpp"

namespace signaling {

/// Counts messages and bytes of one executor. Only that executor counts, so there is no contended or even atomic
/// addition; anybody may read.
class TrafficCounters {
 public:
  void received(std::size_t bytes) noexcept {
    add(messages_in_, 1);
    add(bytes_in_, bytes);
  }
  void sent(std::size_t messages, std::size_t bytes) noexcept {
    add(messages_out_, messages);
    add(bytes_out_, bytes);
  }
  void add_to(Stats& stats) const noexcept {
    stats.messages_in += messages_in_.load(std::memory_order_relaxed);
    stats.bytes_in += bytes_in_.load(std::memory_order_relaxed);
    stats.messages_out += messages_out_.load(std::memory_order_relaxed);
    stats.bytes_out += bytes_out_.load(std::memory_order_relaxed);
  }

 private:
  using Counter = std::atomic<std::uint64_t>;
  static void add(Counter& counter, std::uint64_t n) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  Counter messages_in_{0};
  Counter bytes_in_{0};
  Counter messages_out_{0};
  Counter bytes_out_{0};
};

/// Counts what is rare enough to be counted in one place.
struct EventCounters {
  std::atomic<std::uint64_t> connects{0};
  std::atomic<std::uint64_t> joins{0};
  std::atomic<std::uint64_t> leaves{0};
  std::array<std::atomic<std::uint64_t>, std::tuple_size_v<decltype(Stats::errors)>> errors{};

  void error(errc code) noexcept {
    errors.at(static_cast<std::size_t>(code)).fetch_add(1, std::memory_order_relaxed);
  }
};

}  // namespace signaling
