#include <string>
#include <utility>

#include "signaling/socketio/packet.hpp"
#include "signaling/socketio/server_stats.hpp"

namespace signaling::socketio {
namespace {

MetricFamily counter(std::string name, std::string help) {
  return {std::move(name), std::move(help), MetricKind::counter, {}, {}};
}

void add(MetricFamily& to, std::string label, std::string_view of, std::uint64_t count) {
  to.samples.push_back({{{std::move(label), std::string(of)}}, static_cast<double>(count), {}});
}

MetricFamily packet_errors(const ServerStats& stats) {
  MetricFamily family =
      counter("signaling_socketio_packet_errors_total", "Packets that closed their connection, by error");
  for (std::size_t i = 1; i <= static_cast<std::size_t>(PacketError::bad_placeholder); ++i) {
    add(family, "reason", to_string(static_cast<PacketError>(i)), stats.packet_errors.at(i));
  }
  return family;
}

MetricFamily limits(const ServerStats& stats) {
  MetricFamily family = counter("signaling_socketio_limits_total",
                                "Namespaces and requests refused or ended by a Socket.IO limit, by limit");
  add(family, "limit", "max_namespaces", stats.refused_namespaces);
  add(family, "limit", "max_auth_bytes", stats.refused_auths);
  add(family, "limit", "max_connects", stats.excessive_connects);
  add(family, "limit", "max_pending_acks", stats.refused_acks);
  return family;
}

}  // namespace

std::vector<MetricFamily> metrics_of(const ServerStats& stats) {
  return {packet_errors(stats), limits(stats)};
}

}  // namespace signaling::socketio
