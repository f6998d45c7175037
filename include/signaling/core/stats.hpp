#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace signaling {

/// Counters since the router was made, and gauges of the moment. A copy: it does not change afterwards.
struct Stats {
  std::size_t peers = 0;  ///< gauge
  std::size_t rooms = 0;  ///< gauge, rooms with members on this node
  std::uint64_t connects = 0;
  std::uint64_t joins = 0;
  std::uint64_t leaves = 0;
  std::uint64_t messages_in = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t messages_out = 0;
  std::uint64_t bytes_out = 0;
  /// Requests refused and messages not delivered, by `errc`.
  std::array<std::uint64_t, 32> errors{};
};

}  // namespace signaling
