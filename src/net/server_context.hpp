#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "net/connection_limiter.hpp"
#include "net/log_writer.hpp"
#include "net/origin.hpp"
#include "net/route_table.hpp"
#include "net/server_counters.hpp"
#include "net/static_files.hpp"
#include "signaling/net/server.hpp"

namespace signaling::net {

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
