#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "signaling/core/export.hpp"

namespace signaling::net {

/// What a server has now, and what it has turned away or ended since it was made. A copy: it does not change afterwards.
///
/// docs/limits.md says which limit shows where.
struct SIGNALING_API ServerStats {
  /// Gauge: open now.
  std::size_t connections = 0;
  /// All that came, those that were refused at once included.
  std::uint64_t accepted = 0;
  /// Answers to HTTP requests by the first digit of their status; WebSockets are 1.
  std::array<std::uint64_t, 6> responses{};
  /// Over ServerOptions::max_connections.
  std::uint64_t refused_connections = 0;
  /// Over ServerOptions::max_connections_per_address.
  std::uint64_t refused_by_address = 0;
  /// Times that accepting paused because there was no file descriptor, or no memory, for another connection.
  std::uint64_t accept_pauses = 0;
  /// Over ServerOptions::tls_timeout.
  std::uint64_t tls_timeouts = 0;
  /// Over ServerOptions::handshake_timeout.
  std::uint64_t handshake_timeouts = 0;
  /// Over ServerOptions::http_idle_timeout.
  std::uint64_t http_timeouts = 0;
  /// Over ServerOptions::max_header_bytes or max_header_fields.
  std::uint64_t headers_too_large = 0;
  /// Over ServerOptions::max_body_bytes, or what a route says instead.
  std::uint64_t bodies_too_large = 0;
  /// Over ServerOptions::max_fragments.
  std::uint64_t too_many_fragments = 0;
  /// Over ServerOptions::close_timeout.
  std::uint64_t close_timeouts = 0;
  /// Over EngineRoute::max_sessions.
  std::uint64_t refused_sessions = 0;
  /// WebSockets that ended, by `CloseReason`.
  std::array<std::uint64_t, 16> websocket_closes{};
  /// Engine.IO sessions that ended, by `CloseReason`.
  std::array<std::uint64_t, 16> session_closes{};
};

}  // namespace signaling::net
