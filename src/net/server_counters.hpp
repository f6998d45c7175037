#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <tuple>

#include "signaling/core/error.hpp"
#include "signaling/net/server_stats.hpp"

namespace signaling::net {

/// Counts what is rare enough to be counted in one place for all executors. Threads: any.
class ServerCounters {
 public:
  using Counter = std::atomic<std::uint64_t>;

  static void add(Counter& counter) noexcept { counter.fetch_add(1, std::memory_order_relaxed); }

  void websocket_closed(CloseReason reason) noexcept { add(websocket_closes_[index(reason)]); }
  void session_closed(CloseReason reason) noexcept { add(session_closes_[index(reason)]); }

  ServerStats stats(std::size_t connections) const noexcept;

  Counter accepted{0};
  /// By the first digit of the status.
  std::array<Counter, std::tuple_size_v<decltype(ServerStats::responses)>> responses{};
  Counter refused_connections{0};
  Counter refused_by_address{0};
  Counter accept_pauses{0};
  Counter tls_timeouts{0};
  Counter handshake_timeouts{0};
  Counter http_timeouts{0};
  Counter headers_too_large{0};
  Counter bodies_too_large{0};
  Counter too_many_fragments{0};
  Counter close_timeouts{0};
  Counter refused_sessions{0};
  Counter whip_dropped{0};

 private:
  using ByReason = std::array<Counter, 16>;
  static std::size_t index(CloseReason reason) noexcept { return static_cast<std::size_t>(reason); }

  ByReason websocket_closes_{};
  ByReason session_closes_{};
};

}  // namespace signaling::net
