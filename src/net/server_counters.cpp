#include "net/server_counters.hpp"

#include <algorithm>

namespace signaling::net {
namespace {

std::uint64_t value(const ServerCounters::Counter& counter) noexcept {
  return counter.load(std::memory_order_relaxed);
}

}  // namespace

ServerStats ServerCounters::stats(std::size_t connections) const noexcept {
  ServerStats stats;
  stats.connections = connections;
  stats.accepted = value(accepted);
  std::ranges::transform(responses, stats.responses.begin(), value);
  stats.refused_connections = value(refused_connections);
  stats.refused_by_address = value(refused_by_address);
  stats.accept_pauses = value(accept_pauses);
  stats.tls_timeouts = value(tls_timeouts);
  stats.handshake_timeouts = value(handshake_timeouts);
  stats.http_timeouts = value(http_timeouts);
  stats.headers_too_large = value(headers_too_large);
  stats.bodies_too_large = value(bodies_too_large);
  stats.too_many_fragments = value(too_many_fragments);
  stats.close_timeouts = value(close_timeouts);
  stats.refused_sessions = value(refused_sessions);
  stats.whip_dropped = value(whip_dropped);
  std::ranges::transform(websocket_closes_, stats.websocket_closes.begin(), value);
  std::ranges::transform(session_closes_, stats.session_closes.begin(), value);
  return stats;
}

}  // namespace signaling::net
