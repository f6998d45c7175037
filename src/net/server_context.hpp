#pragma once

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "net/connection_limiter.hpp"
#include "net/log_writer.hpp"
#include "net/origin.hpp"
#include "net/route_table.hpp"
#include "net/server_counters.hpp"
#include "net/static_files.hpp"
#include "signaling/core/rate_limited_log.hpp"
#include "signaling/net/server.hpp"

namespace signaling::net {

class Worker;

/// What all connections of one server share. Does not change while there are any, but for the counters
/// and `draining`.
struct ServerContext {
  ServerContext(Router& the_router, ServerOptions the_options)
      : router(the_router),
        options(std::move(the_options)),
        origins(options.allowed_origins),
        hosts(options.allowed_hosts),
        limiter(options.max_connections, options.max_connections_per_address),
        log(options.log),
        refused_connections(options.log, LogLevel::warning, "connection-refused"),
        refused_origins(options.log, LogLevel::warning, "origin-refused"),
        refused_hosts(options.log, LogLevel::warning, "host-refused"),
        accept_pauses(options.log, LogLevel::error, "accept-paused", 1) {}

  /// Whether the page that the request comes from may connect. If not, the log says what was compared. `rules`: those of
  /// the path; null: it has none of its own.
  bool may_connect(const HttpRequest& request, const OriginRules* rules);
  /// The rules for what HTTP routes answer at this path.
  const OriginRules& origins_at(std::string_view path) const;
  /// Whether the request names a host of this server. If not, the log says so.
  bool serves_host_of(const HttpRequest& request);

  /// The worker of a peer that lost its connection, where its client has to go; null: any will do.
  std::shared_ptr<Worker> worker_to_resume(const ConnectInfo& info) const;

  Router& router;
  const ServerOptions options;
  RouteTable routes;
  std::unique_ptr<const StaticFiles> files;
  const OriginRules origins;
  const HostRules hosts;
  ConnectionLimiter limiter;
  ServerCounters counters;
  std::vector<std::weak_ptr<Worker>> workers;  // set before the first connection
  /// No new WebSockets and sessions.
  std::atomic<bool> draining{false};
  const LogWriter log;
  RateLimitedLog refused_connections;
  RateLimitedLog refused_origins;
  RateLimitedLog refused_hosts;
  RateLimitedLog accept_pauses;
};

}  // namespace signaling::net
