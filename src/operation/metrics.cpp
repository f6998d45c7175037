#include "signaling/operation/metrics.hpp"

#include <iterator>
#include <string>
#include <utility>

#include "signaling/core/version.hpp"

namespace signaling::operation {
namespace {

using Families = std::vector<MetricFamily>;

void append(Families& to, Families&& more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

MetricFamily single(std::string name, std::string help, MetricKind kind, double value) {
  return {std::move(name), std::move(help), kind, {}, {{{}, value, {}}}};
}

bool is_local(const net::HttpRequest& request) {
  return request.remote_address.starts_with("127.") || request.remote_address == "::1";
}

net::HttpResponse page_of(const std::vector<MetricSource>& sources) {
  Families families;
  for (const MetricSource& source : sources) append(families, source());
  net::HttpResponse response;
  response.headers.emplace_back("Content-Type", prometheus_content_type);
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = prometheus_text(families);
  return response;
}

}  // namespace

net::HttpHandler metrics_handler(std::vector<MetricSource> sources, MetricsFor who) {
  return [sources = std::move(sources), who](const net::HttpRequest& request,
                                             const net::HttpResponder& responder) {
    if (who == MetricsFor::loopback && !is_local(request)) {
      return responder.send(net::HttpResponse::text(404, "Not Found\n"));
    }
    responder.send(page_of(sources));
  };
}

Families build_metrics() {
  MetricFamily info =
      single("signaling_build_info", "Always 1; the label is the version", MetricKind::gauge, 1);
  info.samples.front().labels = {{"version", std::string(version())}};
  return {std::move(info)};
}

Families metrics_of(const Router& router) {
  Families families = signaling::metrics_of(router.stats());
  append(families, signaling::metrics_of(router.queues()));
  return families;
}

Families metrics_of(const net::Server& server) {
  Families families = net::metrics_of(server.stats());
  families.push_back(single("signaling_draining", "1 while the server drains", MetricKind::gauge,
                            server.draining() ? 1 : 0));
  return families;
}

Families metrics_of(const LogWriter& log) {
  return {single("signaling_log_dropped_total", "Log records that could not be written", MetricKind::counter,
                 static_cast<double>(log.dropped()))};
}

}  // namespace signaling::operation
