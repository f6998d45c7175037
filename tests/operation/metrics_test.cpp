#include "signaling/operation/metrics.hpp"

#include <doctest/doctest.h>

#include <string>

#include "net/support/client.hpp"
#include "net/support/test_server.hpp"
#include "signaling/core/version.hpp"

using namespace signaling;
using namespace signaling::operation;
using signaling::net::testing::Client;
using signaling::net::testing::TestServer;

namespace {

MetricSource source(const std::string& name) {
  return [name] { return std::vector<MetricFamily>{{name, "Help", MetricKind::gauge, {}, {{{}, 1, {}}}}}; };
}

std::string names_of(const std::vector<MetricFamily>& families) {
  std::string names;
  for (const MetricFamily& family : families) names += family.name + ' ';
  return names;
}

bool has(const std::vector<MetricFamily>& families, const std::string& name, double value) {
  for (const MetricFamily& family : families) {
    if (family.name == name) return family.samples.at(0).value == value;
  }
  return false;
}

}  // namespace

TEST_CASE("metrics handler: one page has what all sources give, in their order") {
  TestServer server([](net::Server& to) {
    to.route("GET", "/metrics", metrics_handler({source("b"), source("a")}, MetricsFor::loopback));
  });
  Client client(server.endpoint());
  const auto response = client.get("/metrics");
  CHECK(response.status == 200);
  CHECK(response.header("content-type") == prometheus_content_type);
  CHECK(response.header("cache-control") == "no-store");
  CHECK(response.body == "# HELP b Help\n# TYPE b gauge\nb 1\n# HELP a Help\n# TYPE a gauge\na 1\n");
}

TEST_CASE("metrics of a router, a server and a log: what they count, and what only they know") {
  Router router;
  CHECK(has(metrics_of(router), "signaling_peers", 0));
  CHECK(names_of(metrics_of(router)).find("signaling_outbound_bytes") != std::string::npos);

  TestServer server;
  CHECK(has(metrics_of(server.server()), "signaling_connections", 0));
  CHECK(has(metrics_of(server.server()), "signaling_draining", 0));
  server.server().async_stop(std::chrono::milliseconds(0));
  CHECK(has(metrics_of(server.server()), "signaling_draining", 1));

  const LogWriter log;
  CHECK(has(metrics_of(log), "signaling_log_dropped_total", 0));
}

TEST_CASE("build metrics: the version is a label") {
  const auto families = build_metrics();
  CHECK(has(families, "signaling_build_info", 1));
  CHECK(families[0].samples[0].labels.at(0).name == "version");
  CHECK(families[0].samples[0].labels.at(0).value == version());
}
