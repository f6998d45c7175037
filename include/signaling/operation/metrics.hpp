#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "signaling/core/metrics.hpp"
#include "signaling/core/router.hpp"
#include "signaling/net/http.hpp"
#include "signaling/net/server.hpp"
#include "signaling/operation/log_writer.hpp"
#include "signaling/text/export.hpp"

namespace signaling::operation {

/// Returns present metrics. Called on any thread, for each request of the page.
using MetricSource = std::function<std::vector<MetricFamily>()>;

/// The clients that may read a page of metrics.
enum class MetricsFor : std::uint8_t {
  loopback,   ///< clients on this machine; behind a proxy on the same machine these are all clients
  everybody,  ///< every client of the route
};

/// Answers with the metrics of all `sources`, in their order, in Prometheus's text format. Clients that `who` excludes
/// get 404. A client gets 500 if the sources name a metric inconsistently: see prometheus_text.
SIGNALING_API net::HttpHandler metrics_handler(std::vector<MetricSource> sources, MetricsFor who);

/// `signaling_build_info`: the running version.
SIGNALING_API std::vector<MetricFamily> build_metrics();
/// The metrics of a router, and of the output that waits for its clients.
SIGNALING_API std::vector<MetricFamily> metrics_of(const Router& router);
/// The metrics of a server, and whether it drains.
SIGNALING_API std::vector<MetricFamily> metrics_of(const net::Server& server);
/// The number of records that a log has dropped.
SIGNALING_API std::vector<MetricFamily> metrics_of(const LogWriter& log);

}  // namespace signaling::operation
