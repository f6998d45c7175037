#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "signaling/core/metrics.hpp"
#include "signaling/text/export.hpp"

namespace signaling::socketio {

/// What a Socket.IO server has refused since it was constructed. A copy: it does not change afterwards.
///
/// Limits that end a session, such as ConnectionOptions::max_held_bytes, appear in the counters of sessions, by reason.
struct SIGNALING_API ServerStats {
  /// Packets that closed their connection, by `PacketError`: among them those over a bound of PacketLimits.
  std::array<std::uint64_t, 16> packet_errors{};
  /// Over ConnectionOptions::max_namespaces.
  std::uint64_t refused_namespaces = 0;
  /// Over ServerOptions::max_auth_bytes.
  std::uint64_t refused_auths = 0;
  /// Connections over ServerOptions::max_connects.
  std::uint64_t excessive_connects = 0;
  /// Over ServerOptions::max_pending_acks.
  std::uint64_t refused_acks = 0;
};

/// For a registry, or prometheus_text. Labels: `reason` (PacketError), `limit` (the option's name).
SIGNALING_API std::vector<MetricFamily> metrics_of(const ServerStats& stats);

}  // namespace signaling::socketio
