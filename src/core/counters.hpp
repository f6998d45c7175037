#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "signaling/core/error.hpp"
#include "signaling/core/event.hpp"
#include "signaling/core/stats.hpp"

namespace signaling {

/// Counts messages and bytes of one executor. Only that executor counts, so there is no contended or even atomic
/// addition; anybody may read.
class TrafficCounters {
 public:
  /// Returns how many messages have come, this one included.
  std::uint64_t received(std::size_t bytes) noexcept {
    add(bytes_in_, bytes);
    return add(messages_in_, 1);
  }
  void sent(std::size_t messages, std::size_t bytes) noexcept {
    add(messages_out_, messages);
    add(bytes_out_, bytes);
  }
  void add_to(ProtocolTraffic& traffic) const noexcept {
    traffic.messages_in += messages_in_.load(std::memory_order_relaxed);
    traffic.bytes_in += bytes_in_.load(std::memory_order_relaxed);
    traffic.messages_out += messages_out_.load(std::memory_order_relaxed);
    traffic.bytes_out += bytes_out_.load(std::memory_order_relaxed);
  }

 private:
  using Counter = std::atomic<std::uint64_t>;
  static std::uint64_t add(Counter& counter, std::uint64_t n) noexcept {
    const std::uint64_t sum = counter.load(std::memory_order_relaxed) + n;
    counter.store(sum, std::memory_order_relaxed);
    return sum;
  }

  Counter messages_in_{0};
  Counter bytes_in_{0};
  Counter messages_out_{0};
  Counter bytes_out_{0};
};

/// A LatencyHistogram that anybody may add to.
class HistogramCounters {
 public:
  void add(std::chrono::nanoseconds time) noexcept {
    std::size_t index = 0;
    while (index < LatencyHistogram::bounds.size() && time > LatencyHistogram::bounds[index]) ++index;
    counts_[index].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(time.count(), std::memory_order_relaxed);
  }
  void add_to(LatencyHistogram& histogram) const noexcept {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      histogram.counts[i] += counts_[i].load(std::memory_order_relaxed);
    }
    histogram.sum += std::chrono::nanoseconds(sum_.load(std::memory_order_relaxed));
  }

 private:
  std::array<std::atomic<std::uint64_t>, LatencyHistogram::bounds.size() + 1> counts_{};
  std::atomic<std::chrono::nanoseconds::rep> sum_{0};
};

/// Counts what is rare enough to be counted in one place.
struct EventCounters {
  std::atomic<std::size_t> peers_away{0};
  std::atomic<std::uint64_t> connects{0};
  std::array<std::atomic<std::uint64_t>, std::tuple_size_v<decltype(Stats::resumptions)>> resumptions{};
  std::atomic<std::uint64_t> joins{0};
  std::atomic<std::uint64_t> leaves{0};
  std::array<std::atomic<std::uint64_t>, std::tuple_size_v<decltype(Stats::errors)>> errors{};
  std::array<std::atomic<std::uint64_t>, std::tuple_size_v<decltype(Stats::closes)>> closes{};
  HistogramCounters route;
  static_assert(static_cast<std::size_t>(errc::internal) < std::tuple_size_v<decltype(Stats::errors)>);
  static_assert(static_cast<std::size_t>(CloseReason::internal) < std::tuple_size_v<decltype(Stats::closes)>);

  // A number that is no enumerator, from the host, counts as what it is encoded as.
  void error(errc code) noexcept {
    const auto index = static_cast<std::size_t>(code <= errc::internal ? code : errc::internal);
    errors[index].fetch_add(1, std::memory_order_relaxed);
  }
  void resumed(event::Resumption::Kind kind) noexcept {
    resumptions[static_cast<std::size_t>(kind)].fetch_add(1, std::memory_order_relaxed);
  }
  void closed(CloseReason reason) noexcept {
    const auto index =
        static_cast<std::size_t>(reason <= CloseReason::internal ? reason : CloseReason::internal);
    closes[index].fetch_add(1, std::memory_order_relaxed);
  }
};

}  // namespace signaling
