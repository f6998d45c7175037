#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "signaling/core/error.hpp"
#include "signaling/net/server.hpp"

namespace signaling::net {
namespace {

using Values = std::initializer_list<std::pair<std::string_view, std::uint64_t>>;

MetricFamily single(std::string name, MetricKind kind, std::string help, double value) {
  return {std::move(name), std::move(help), kind, {}, {{{}, value, {}}}};
}

MetricFamily counter(std::string name, std::string help, double value) {
  return single(std::move(name), MetricKind::counter, std::move(help), value);
}

void add(MetricFamily& to, std::string label, std::string value, std::uint64_t count) {
  to.samples.push_back({{{std::move(label), std::move(value)}}, static_cast<double>(count), {}});
}

MetricFamily by_limit(std::string name, std::string help, Values values) {
  MetricFamily family{std::move(name), std::move(help), MetricKind::counter, {}, {}};
  for (const auto& [limit, count] : values) add(family, "limit", std::string(limit), count);
  return family;
}

MetricFamily by_reason(std::string name, std::string help, const std::array<std::uint64_t, 16>& closes) {
  MetricFamily family{std::move(name), std::move(help), MetricKind::counter, {}, {}};
  for (std::size_t i = 0; i <= static_cast<std::size_t>(CloseReason::internal); ++i) {
    add(family, "reason", std::string(to_string(static_cast<CloseReason>(i))), closes.at(i));
  }
  return family;
}

MetricFamily responses(const ServerStats& stats) {
  MetricFamily family{"signaling_http_responses_total",
                      "Answers to HTTP requests by class of status; 1xx are WebSockets",
                      MetricKind::counter,
                      {},
                      {}};
  for (std::size_t i = 1; i < stats.responses.size(); ++i) {
    add(family, "class", std::to_string(i) + "xx", stats.responses.at(i));
  }
  return family;
}

MetricFamily refused_connections(const ServerStats& stats) {
  return by_limit("signaling_connections_refused_total", "Connections refused by a limit, by limit",
                  {{"max_connections", stats.refused_connections},
                   {"max_connections_per_address", stats.refused_by_address}});
}

MetricFamily limits(const ServerStats& stats) {
  return by_limit("signaling_server_limits_total",
                  "Requests, WebSockets and sessions refused or ended by a limit, by limit",
                  {{"tls_timeout", stats.tls_timeouts},
                   {"handshake_timeout", stats.handshake_timeouts},
                   {"http_idle_timeout", stats.http_timeouts},
                   {"max_header", stats.headers_too_large},
                   {"max_body_bytes", stats.bodies_too_large},
                   {"max_fragments", stats.too_many_fragments},
                   {"close_timeout", stats.close_timeouts},
                   {"max_sessions", stats.refused_sessions}});
}

}  // namespace

std::vector<MetricFamily> metrics_of(const ServerStats& stats) {
  return {
      single("signaling_connections", MetricKind::gauge, "Open connections",
             static_cast<double>(stats.connections)),
      counter("signaling_connections_accepted_total", "Accepted connections",
              static_cast<double>(stats.accepted)),
      refused_connections(stats),
      counter("signaling_accept_pauses_total", "Pauses of accepting, for lack of file descriptors or memory",
              static_cast<double>(stats.accept_pauses)),
      limits(stats),
      responses(stats),
      counter("signaling_whip_messages_dropped_total",
              "Messages for clients of WHIP and WHEP that came too late to be told",
              static_cast<double>(stats.whip_dropped)),
      by_reason("signaling_websockets_closed_total", "WebSockets that ended, by reason",
                stats.websocket_closes),
      by_reason("signaling_engine_sessions_closed_total", "Engine.IO sessions that ended, by reason",
                stats.session_closes),
  };
}

}  // namespace signaling::net
