#include "signaling/operation/process_metrics.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <string_view>

using namespace signaling;
using signaling::operation::process_metrics;

namespace {

double value_of(std::string_view name) {
  for (const MetricFamily& family : process_metrics()) {
    if (family.name == name) return family.samples.at(0).value;
  }
  FAIL("no metric ", name);
  return 0;
}

}  // namespace

TEST_CASE("process metrics: all of them are there, for Prometheus's own rules") {
  const auto families = process_metrics();
  CHECK(families.size() == 5);
  CHECK_NOTHROW(prometheus_text(families));
  CHECK(value_of("process_cpu_seconds_total") > 0);
  CHECK(value_of("process_resident_memory_bytes") > 1024 * 1024);
  CHECK(value_of("process_max_fds") >= value_of("process_open_fds"));
}

TEST_CASE("process metrics: a descriptor that is opened counts") {
  const double before = value_of("process_open_fds");
  const int copy = ::dup(0);
  CHECK(value_of("process_open_fds") == before + 1);
  ::close(copy);
  CHECK(value_of("process_open_fds") == before);
}

TEST_CASE("process metrics: the start lies in the past, and stays") {
  const double start = value_of("process_start_time_seconds");
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  CHECK(start < now + 1);
  CHECK(start > now - 3600);
  CHECK(value_of("process_start_time_seconds") == start);
}
