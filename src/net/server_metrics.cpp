#include <array>
#include <string>
#include <utility>

#include "signaling/net/server.hpp"

namespace signaling::net {

std::vector<MetricFamily> metrics_of(const ServerStats& stats) {
  const auto number = [](auto value) {
    return std::vector<MetricSample>{{{}, static_cast<double>(value), {}}};
  };
  MetricFamily responses{"signaling_http_responses_total",
                         "Answers to HTTP requests by class of status; 1xx are WebSockets",
                         MetricKind::counter,
                         {},
                         {}};
  for (std::size_t i = 1; i < stats.responses.size(); ++i) {
    responses.samples.push_back(
        {{{"class", std::to_string(i) + "xx"}}, static_cast<double>(stats.responses.at(i)), {}});
  }
  return {
      {"signaling_connections",
       "Connections that are open",
       MetricKind::gauge,
       {},
       number(stats.connections)},
      {"signaling_connections_accepted_total",
       "Connections that were accepted",
       MetricKind::counter,
       {},
       number(stats.accepted)},
      {"signaling_connections_refused_total",
       "Connections over a limit",
       MetricKind::counter,
       {},
       number(stats.refused)},
      std::move(responses),
  };
}

}  // namespace signaling::net
