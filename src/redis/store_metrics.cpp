#include <chrono>
#include <string>
#include <utility>

#include "signaling/redis/redis_store.hpp"

namespace signaling::redis {

std::vector<MetricFamily> metrics_of(const StoreHealth& health) {
  const auto single = [](std::string name, std::string help, MetricKind kind, double value) {
    return MetricFamily{std::move(name), std::move(help), kind, {}, {{{}, value, {}}}};
  };
  using enum MetricKind;
  return {
      single("signaling_redis_connected", "1 while Redis answers commands and the lease is valid", gauge,
             health.connected ? 1 : 0),
      single("signaling_redis_inbox_answers", "1 while the inbox delivers the node's own probes", gauge,
             health.inbox_answers ? 1 : 0),
      single("signaling_redis_lease_age_seconds", "Seconds since the lease was renewed", gauge,
             std::chrono::duration<double>(health.lease_age).count()),
      single("signaling_redis_queued_bytes", "Bytes that wait to be published", gauge,
             static_cast<double>(health.queued_bytes)),
      single("signaling_redis_bad_entries_total", "Inbox entries that could not be read", counter,
             static_cast<double>(health.bad_entries)),
  };
}

}  // namespace signaling::redis
