#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "signaling/core/export.hpp"

namespace signaling {

/// How often something took how long.
struct SIGNALING_API LatencyHistogram {
  /// Upper bounds of the classes, ascending. One more class is without a bound.
  static constexpr std::array<std::chrono::nanoseconds, 16> bounds{
      std::chrono::nanoseconds(500),  std::chrono::microseconds(1),    std::chrono::microseconds(2),
      std::chrono::microseconds(5),   std::chrono::microseconds(10),   std::chrono::microseconds(20),
      std::chrono::microseconds(50),  std::chrono::microseconds(100),  std::chrono::microseconds(250),
      std::chrono::milliseconds(1),   std::chrono::microseconds(2500), std::chrono::milliseconds(10),
      std::chrono::milliseconds(25),  std::chrono::milliseconds(100),  std::chrono::milliseconds(250),
      std::chrono::milliseconds(1000)};

  /// Of each class by itself.
  std::array<std::uint64_t, bounds.size() + 1> counts{};
  std::chrono::nanoseconds sum{0};  ///< of all times that were observed
};

/// What clients of one protocol have sent and got: whole messages, without their framing.
struct SIGNALING_API ProtocolTraffic {
  /// Protocol::name; "other" for all that come after the eleventh name.
  std::string protocol;
  std::uint64_t messages_in = 0;   ///< messages of clients
  std::uint64_t bytes_in = 0;      ///< their bytes
  std::uint64_t messages_out = 0;  ///< messages given to transports
  std::uint64_t bytes_out = 0;     ///< their bytes
};

/// The operations of a StateStore that are measured: those that have a handler.
enum class StoreOperation : std::uint8_t { claim, join, leave, update, snapshot };
/// How many there are.
inline constexpr std::size_t store_operations = 5;

/// Counters since the router was made, and gauges of the moment. A copy: it does not change afterwards.
struct SIGNALING_API Stats {
  std::size_t peers = 0;           ///< gauge
  std::size_t rooms = 0;           ///< gauge, rooms with members on this node
  std::uint64_t connects = 0;      ///< peers that were admitted, and local ones
  std::uint64_t joins = 0;         ///< joins that succeeded
  std::uint64_t leaves = 0;        ///< ends of memberships, whatever the reason
  std::uint64_t messages_in = 0;   ///< messages of clients
  std::uint64_t bytes_in = 0;      ///< their bytes
  std::uint64_t messages_out = 0;  ///< messages given to transports
  std::uint64_t bytes_out = 0;     ///< their bytes
  /// Requests refused and messages not delivered, by `errc`.
  std::array<std::uint64_t, 32> errors{};
  /// Peers that are gone, and clients that were turned away, by `CloseReason`.
  std::array<std::uint64_t, 16> closes{};
  /// The same traffic by protocol, in the order in which the protocols were first seen.
  std::vector<ProtocolTraffic> protocols;
  /// From the moment at which a client's message is given to its peer until it is in the queues of all receivers; one
  /// message in 128 is measured.
  LatencyHistogram route;
  /// By `StoreOperation`: from the call to its handler.
  std::array<LatencyHistogram, store_operations> store{};
  /// Operations of the store that could not be done, by `StoreOperation`.
  std::array<std::uint64_t, store_operations> store_failures{};
};

/// What waits for clients to read it.
struct SIGNALING_API QueueStats {
  /// With something queued.
  std::size_t peers = 0;
  std::size_t bytes = 0;  ///< of all peers together
  /// Of the peer for which most waits.
  std::size_t longest_bytes = 0;
};

}  // namespace signaling
