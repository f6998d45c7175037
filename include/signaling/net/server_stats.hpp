#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "signaling/text/export.hpp"

namespace signaling::net {

/// Present connections of a server, and what it has refused or ended since it was constructed. A copy: it does not
/// change afterwards.
///
/// docs/limits.md maps the limits to these counters.
struct SIGNALING_API ServerStats {
  /// Gauge: open connections.
  std::size_t connections = 0;
  /// All accepted connections, including those closed at once.
  std::uint64_t accepted = 0;
  /// Answers to HTTP requests by the first digit of their status; WebSockets are 1.
  std::array<std::uint64_t, 6> responses{};
  /// Over ServerOptions::max_connections.
  std::uint64_t refused_connections = 0;
  /// Over ServerOptions::max_connections_per_address.
  std::uint64_t refused_by_address = 0;
  /// Pauses of accepting, for lack of a file descriptor or memory for another connection.
  std::uint64_t accept_pauses = 0;
  /// Over ServerOptions::tls_timeout.
  std::uint64_t tls_timeouts = 0;
  /// Over ServerOptions::handshake_timeout.
  std::uint64_t handshake_timeouts = 0;
  /// Over ServerOptions::http_idle_timeout.
  std::uint64_t http_timeouts = 0;
  /// Over ServerOptions::max_header_bytes or max_header_fields.
  std::uint64_t headers_too_large = 0;
  /// Over ServerOptions::max_body_bytes, or the route's own limit.
  std::uint64_t bodies_too_large = 0;
  /// Over ServerOptions::max_fragments.
  std::uint64_t too_many_fragments = 0;
  /// Over ServerOptions::close_timeout.
  std::uint64_t close_timeouts = 0;
  /// Over EngineRoute::max_sessions, or WhipRoute::max_sessions.
  std::uint64_t refused_sessions = 0;
  /// Messages to clients of WHIP and WHEP that came when they could not be told any more, such as candidates behind the
  /// answer.
  std::uint64_t whip_dropped = 0;
  /// WebSockets that ended, by `CloseReason`.
  std::array<std::uint64_t, 16> websocket_closes{};
  /// Engine.IO sessions that ended, by `CloseReason`.
  std::array<std::uint64_t, 16> session_closes{};
};

}  // namespace signaling::net
