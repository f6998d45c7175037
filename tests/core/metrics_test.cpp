#include "signaling/core/metrics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "core/protocol_names.hpp"
#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;
using namespace std::chrono_literals;

namespace {

MetricFamily gauge(std::string name, std::vector<MetricSample> samples, std::string help = "h") {
  return {std::move(name), std::move(help), MetricKind::gauge, {}, std::move(samples)};
}

std::string text_of(MetricFamily family) { return prometheus_text({&family, 1}); }

std::string value_of(double value) {
  const std::string text = text_of(gauge("m", {{{}, value, {}}}));
  return text.substr(text.rfind(' ') + 1);
}

std::uint64_t total(const LatencyHistogram& histogram) {
  return std::accumulate(histogram.counts.begin(), histogram.counts.end(), std::uint64_t{0});
}

const ProtocolTraffic& traffic_of(const Stats& stats, std::string_view protocol) {
  const auto found = std::ranges::find(stats.protocols, protocol, &ProtocolTraffic::protocol);
  REQUIRE(found != stats.protocols.end());
  return *found;
}

double sample(const std::vector<MetricFamily>& families, std::string_view name, std::string_view label = {}) {
  const auto family = std::ranges::find(families, name, &MetricFamily::name);
  REQUIRE(family != families.end());
  for (const MetricSample& one : family->samples) {
    if (label.empty() || one.labels.at(0).value == label) return one.value;
  }
  FAIL("no such label");
  return 0;
}

}  // namespace

TEST_CASE("prometheus: HELP and TYPE come first, then a line for each sample") {
  MetricFamily family{"a_total", "Things that happened", MetricKind::counter, {}, {}};
  family.samples = {{{{"code", "x"}, {"kind", "y"}}, 3, {}}, {{}, 4, {}}};
  CHECK(text_of(family) ==
        "# HELP a_total Things that happened\n# TYPE a_total counter\na_total{code=\"x\",kind=\"y\"} "
        "3\na_total 4\n");
}

TEST_CASE("prometheus: backslash and line feed are escaped, in label values the quote too") {
  CHECK(text_of(gauge("m", {{{{"l", "a\"b\\c\nd"}}, 1, {}}}, "a\"b\\c\nd")) ==
        "# HELP m a\"b\\\\c\\nd\n# TYPE m gauge\nm{l=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST_CASE(
    "prometheus: whole numbers have no exponent, others all their digits, and there are three that are "
    "none") {
  CHECK(value_of(0) == "0\n");
  CHECK(value_of(-5) == "-5\n");
  CHECK(value_of(9007199254740991.0) == "9007199254740991\n");
  CHECK(value_of(0.1) == "0.1\n");
  CHECK(value_of(1e300) == "1e+300\n");
  CHECK(value_of(std::numeric_limits<double>::quiet_NaN()) == "NaN\n");
  CHECK(value_of(std::numeric_limits<double>::infinity()) == "+Inf\n");
  CHECK(value_of(-std::numeric_limits<double>::infinity()) == "-Inf\n");
}

TEST_CASE("prometheus: the buckets of a histogram count what is below them, and the last one everything") {
  MetricFamily family{"t_seconds", "h", MetricKind::histogram, {0.5, 2}, {}};
  family.samples = {{{{"op", "x"}}, 7.25, {1, 0, 2}}};
  CHECK(text_of(family) ==
        "# HELP t_seconds h\n# TYPE t_seconds histogram\n"
        "t_seconds_bucket{op=\"x\",le=\"0.5\"} 1\n"
        "t_seconds_bucket{op=\"x\",le=\"2\"} 1\n"
        "t_seconds_bucket{op=\"x\",le=\"+Inf\"} 3\n"
        "t_seconds_sum{op=\"x\"} 7.25\n"
        "t_seconds_count{op=\"x\"} 3\n");
  family.samples[0].counts.pop_back();
  CHECK_THROWS_AS(text_of(family), std::invalid_argument);
}

TEST_CASE("prometheus: names that the format does not allow are told") {
  for (const char* name : {"", "1a", "a-b", "a b", "\xC3\xA4"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(text_of(gauge(name, {})), std::invalid_argument);
    CHECK_THROWS_AS(text_of(gauge("m", {{{{name, "v"}}, 1, {}}})), std::invalid_argument);
  }
  CHECK_NOTHROW(text_of(gauge("a:b", {})));
  CHECK_THROWS_AS(text_of(gauge("m", {{{{"a:b", "v"}}, 1, {}}})), std::invalid_argument);
}

TEST_CASE("stats: messages and bytes are counted by protocol, and together") {
  ScriptWorld world;
  const auto a = world.client("a");
  world.run();
  const Stats before = world.router.stats();
  a->say("join r");
  world.run();
  const Stats after = world.router.stats();
  const ProtocolTraffic& text = traffic_of(after, "text");
  CHECK(text.messages_in == 1);
  CHECK(text.bytes_in == 6);
  CHECK(text.messages_out == traffic_of(before, "text").messages_out + 1);
  CHECK(after.bytes_in == 6);
  CHECK(after.bytes_out == text.bytes_out);
}

TEST_CASE("stats: one message in 128 is measured") {
  RouterOptions options;
  options.limits.messages_per_second = 0;
  ScriptWorld world(std::move(options));
  const auto a = world.client("a");
  world.run();
  for (int i = 0; i < 127; ++i) a->say("leave r");
  CHECK(total(world.router.stats().route) == 0);
  a->say("leave r");
  CHECK(total(world.router.stats().route) == 1);
  for (int i = 0; i < 256; ++i) a->say("leave r");
  CHECK(total(world.router.stats().route) == 3);
}

TEST_CASE("stats: what the store was asked is counted by operation, what it could not do apart") {
  ScriptWorld world;
  const auto a = world.client("a");
  a->say("join r");
  world.run();
  const auto twin = world.client("a");
  world.run();
  const auto metrics = metrics_of(world.router.stats());
  const Stats stats = world.router.stats();
  CHECK(total(stats.store[static_cast<std::size_t>(StoreOperation::claim)]) == 2);
  CHECK(total(stats.store[static_cast<std::size_t>(StoreOperation::join)]) == 1);
  CHECK(total(stats.store[static_cast<std::size_t>(StoreOperation::leave)]) == 0);
  CHECK(sample(metrics, "signaling_store_failures_total", "claim") == 0);  // the id was in use: an answer
}

TEST_CASE("stats: peers that are gone are counted by reason") {
  ScriptWorld world;
  const auto a = world.client("a");
  const auto b = world.client("b");
  world.run();
  a->cut(CloseReason::timeout);
  b->peer().close(CloseReason::kicked);
  world.run();
  const auto metrics = metrics_of(world.router.stats());
  CHECK(sample(metrics, "signaling_peers_closed_total", "timeout") == 1);
  CHECK(sample(metrics, "signaling_peers_closed_total", "kicked") == 1);
  CHECK(sample(metrics, "signaling_peers_closed_total", "lost") == 0);
  CHECK(sample(metrics, "signaling_peers_admitted_total") == 2);
  CHECK(sample(metrics, "signaling_peers_away") == 0);
  CHECK(sample(metrics, "signaling_resumptions_total", "exact") == 0);
}

TEST_CASE("stats: what waits for peers that do not read") {
  ScriptWorld world;
  const auto a = world.client("a");
  const auto b = world.client("b");
  world.run();
  CHECK(world.router.queues().bytes == 0);
  a->stick();
  b->stick();
  a->say("join r");
  world.run();
  const QueueStats one = world.router.queues();
  CHECK(one.peers == 1);
  CHECK(one.bytes > 0);
  b->say("join r");
  world.run();
  const QueueStats two = world.router.queues();
  CHECK(two.peers == 2);
  CHECK(two.bytes == a->peer().outbound_bytes() + b->peer().outbound_bytes());
  CHECK(two.longest_bytes == std::max(a->peer().outbound_bytes(), b->peer().outbound_bytes()));
}

TEST_CASE("stats: all families together are what Prometheus reads, each name once") {
  ScriptWorld world;
  std::vector<MetricFamily> families = metrics_of(world.router.stats());
  const auto queues = metrics_of(world.router.queues());
  families.insert(families.end(), queues.begin(), queues.end());
  CHECK_NOTHROW(prometheus_text(families));
  std::vector<std::string> names;
  for (const MetricFamily& family : families) {
    names.push_back(family.name);
    CHECK(family.name.starts_with("signaling_"));
    CHECK_FALSE(family.help.empty());
    CHECK(family.name.ends_with("_total") == (family.kind == MetricKind::counter));
  }
  std::ranges::sort(names);
  CHECK(std::ranges::adjacent_find(names) == names.end());
}

TEST_CASE("protocol names: more than eleven share one") {
  ProtocolNames names;
  for (int i = 0; i < 11; ++i) CHECK(names.number_of("p" + std::to_string(i)) == i);
  CHECK(names.number_of("p3") == 3);
  CHECK(names.number_of("late") == 11);
  CHECK(names.number_of("later") == 11);
  CHECK(names.all().size() == 12);
  CHECK(names.all().back() == "other");
}
