#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "signaling/text/export.hpp"

namespace signaling {

/// A histogram of durations.
struct SIGNALING_API LatencyHistogram {
  /// Upper bounds of the buckets, ascending. One more bucket has no bound.
  static constexpr std::array<std::chrono::nanoseconds, 16> bounds{
      std::chrono::nanoseconds(500),  std::chrono::microseconds(1),    std::chrono::microseconds(2),
      std::chrono::microseconds(5),   std::chrono::microseconds(10),   std::chrono::microseconds(20),
      std::chrono::microseconds(50),  std::chrono::microseconds(100),  std::chrono::microseconds(250),
      std::chrono::milliseconds(1),   std::chrono::microseconds(2500), std::chrono::milliseconds(10),
      std::chrono::milliseconds(25),  std::chrono::milliseconds(100),  std::chrono::milliseconds(250),
      std::chrono::milliseconds(1000)};

  /// Observations per bucket, not cumulative.
  std::array<std::uint64_t, bounds.size() + 1> counts{};
  std::chrono::nanoseconds sum{0};  ///< of all observations
};

/// The traffic with clients of one protocol: whole messages, without their framing.
struct SIGNALING_API ProtocolTraffic {
  /// Protocol::name; "other" for all protocols after the eleventh name.
  std::string protocol;
  std::uint64_t messages_in = 0;   ///< messages from clients
  std::uint64_t bytes_in = 0;      ///< their bytes
  std::uint64_t messages_out = 0;  ///< messages passed to transports
  std::uint64_t bytes_out = 0;     ///< their bytes
};

/// The measured operations of a StateStore: those that have a handler.
enum class StoreOperation : std::uint8_t { claim, join, leave, update, snapshot };
/// The number of these operations.
inline constexpr std::size_t store_operations = 5;

/// Counters since the router was constructed, and present gauges. A copy: it does not change afterwards.
struct SIGNALING_API Stats {
  std::size_t peers = 0;       ///< gauge; contains those that are away
  std::size_t peers_away = 0;  ///< gauge
  std::size_t rooms = 0;       ///< gauge, rooms with members on this node
  std::uint64_t connects = 0;  ///< admitted clients and local peers, without resumptions
  /// Answers to clients that have shown a secret, by `event::Resumption::Kind`.
  std::array<std::uint64_t, 3> resumptions{};
  std::uint64_t joins = 0;         ///< joins that succeeded
  std::uint64_t leaves = 0;        ///< ended memberships, for any reason
  std::uint64_t messages_in = 0;   ///< messages from clients
  std::uint64_t bytes_in = 0;      ///< their bytes
  std::uint64_t messages_out = 0;  ///< messages passed to transports
  std::uint64_t bytes_out = 0;     ///< their bytes
  /// Requests refused and messages not delivered, by `errc`.
  std::array<std::uint64_t, 32> errors{};
  /// Ended connections of peers, local peers that were closed, and refused clients, by `CloseReason`.
  std::array<std::uint64_t, 16> closes{};
  /// The same traffic by protocol, in the order of first use.
  std::vector<ProtocolTraffic> protocols;
  /// From the moment when a client's message is passed to its peer until it is in the queues of all receivers; one
  /// message in 128 is measured.
  LatencyHistogram route;
  /// By `StoreOperation`: from the call to its handler.
  std::array<LatencyHistogram, store_operations> store{};
  /// Failed operations of the store, by `StoreOperation`.
  std::array<std::uint64_t, store_operations> store_failures{};
};

/// The output that waits for clients.
struct SIGNALING_API QueueStats {
  /// Peers with queued output.
  std::size_t peers = 0;
  std::size_t bytes = 0;  ///< of all peers together
  /// The bytes of the peer with the most queued output.
  std::size_t longest_bytes = 0;
};

}  // namespace signaling
