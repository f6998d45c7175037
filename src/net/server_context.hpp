#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <tuple>
#include <utility>

#include "net/connection_limiter.hpp"
#include "net/log_writer.hpp"
#include "net/origin.hpp"
#include "net/route_table.hpp"
#include "net/static_files.hpp"
#include "signaling/net/server.hpp"

namespace signaling::net {

/// Counted by all workers.
struct ServerCounters {
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> refused{0};
  std::array<std::atomic<std::uint64_t>, std::tuple_size_v<decltype(ServerStats::responses)>> responses{};

  static void add(std::atomic<std::uint64_t>& counter) noexcept {
    counter.fetch_add(1, std::memory_order_relaxed);
  }
};

/// What all connections of one server share. Does not change while there are any, but for the counters
/// and `draining`.
struct ServerContext {
  ServerContext(Router& the_router, ServerOptions the_options)
      : router(the_router),
        options(std::move(the_options)),
        origins(options.allowed_origins),
        limiter(options.max_connections, options.max_connections_per_address),
        log(options.log) {}

  Router& router;
  const ServerOptions options;
  RouteTable routes;
  std::unique_ptr<const StaticFiles> files;
  const OriginRules origins;
  ConnectionLimiter limiter;
  ServerCounters counters;
  /// No new WebSockets and sessions.
  std::atomic<bool> draining{false};
  const LogWriter log;
};

}  // namespace signaling::net
