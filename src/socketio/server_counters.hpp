#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "signaling/socketio/packet.hpp"
#include "signaling/socketio/server_stats.hpp"

namespace signaling::socketio {

/// Counts what is rare enough to be counted in one place for all executors. Threads: any.
class ServerCounters {
 public:
  using Counter = std::atomic<std::uint64_t>;

  static void add(Counter& counter, std::uint64_t count = 1) noexcept {
    counter.fetch_add(count, std::memory_order_relaxed);
  }
  void packet_error(PacketError error) noexcept { add(packet_errors_.at(static_cast<std::size_t>(error))); }

  ServerStats stats() const noexcept {
    ServerStats stats;
    std::ranges::transform(packet_errors_, stats.packet_errors.begin(), value);
    stats.refused_namespaces = value(refused_namespaces);
    stats.refused_auths = value(refused_auths);
    stats.excessive_connects = value(excessive_connects);
    stats.refused_acks = value(refused_acks);
    return stats;
  }

  Counter refused_namespaces{0};
  Counter refused_auths{0};
  Counter excessive_connects{0};
  Counter refused_acks{0};

 private:
  static std::uint64_t value(const Counter& counter) noexcept {
    return counter.load(std::memory_order_relaxed);
  }

  std::array<Counter, 16> packet_errors_{};
};

}  // namespace signaling::socketio
