#include "metrics.hpp"

#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "process_metrics.hpp"
#include "signaling/core/metrics.hpp"
#include "signaling/core/version.hpp"

namespace {

namespace net = signaling::net;
using Families = std::vector<signaling::MetricFamily>;

void append(Families& to, Families&& more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Families build_info() {
  const std::string version(signaling::version());
  return {{"signaling_build_info",
           "Always 1; the label says what runs",
           signaling::MetricKind::gauge,
           {},
           {{{{"version", version}}, 1, {}}}}};
}

Families draining(const net::Server& server) {
  const double value = server.draining() ? 1 : 0;
  return {{"signaling_draining",
           "1 while clients are sent away",
           signaling::MetricKind::gauge,
           {},
           {{{}, value, {}}}}};
}

Families log_drops(const LineSink& log) {
  return {{"signaling_log_dropped_total",
           "Records of the log that could not be written",
           signaling::MetricKind::counter,
           {},
           {{{}, static_cast<double>(log.dropped()), {}}}}};
}

bool is_local(const net::HttpRequest& request) {
  return request.remote_address.starts_with("127.") || request.remote_address == "::1";
}

}  // namespace

net::HttpHandler metrics_handler(const MetricSources& sources, MetricsFor who) {
  return [sources, who](const net::HttpRequest& request, const net::HttpResponder& responder) {
    if (who == MetricsFor::loopback && !is_local(request)) {
      return responder.send(net::HttpResponse::text(404, "Not Found\n"));
    }
    Families families = build_info();
    append(families, net::metrics_of(sources.server.stats()));
    append(families, draining(sources.server));
    append(families, signaling::socketio::metrics_of(sources.socketio.stats()));
    append(families, signaling::metrics_of(sources.router.stats()));
    append(families, signaling::metrics_of(sources.router.queues()));
    if (sources.store.metrics) append(families, sources.store.metrics());
    append(families, log_drops(sources.log));
    append(families, process_metrics());
    net::HttpResponse response;
    response.headers.emplace_back("Content-Type", signaling::prometheus_content_type);
    response.headers.emplace_back("Cache-Control", "no-store");
    response.body = signaling::prometheus_text(families);
    responder.send(std::move(response));
  };
}
