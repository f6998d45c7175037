#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "signaling/core/clock.hpp"
#include "signaling/core/log.hpp"
#include "signaling/core/router.hpp"
#include "signaling/socketio/server.hpp"
#include "socketio/recovery.hpp"
#include "socketio/served_namespace.hpp"
#include "socketio/server_counters.hpp"

namespace signaling::socketio {

/// What the sessions of a server share. Threads: any.
class ServerContext {
 public:
  ServerContext(Router& router, ServerOptions options);

  Router& router() noexcept { return router_; }
  const ServerOptions& options() const noexcept { return options_; }
  ServerCounters& counters() noexcept { return counters_; }
  Recovery& recovery() noexcept { return recovery_; }
  TimePoint now() const noexcept { return options_.clock->now(); }
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const;

  ServedNamespace& of(std::string_view name);
  /// Null: there is none.
  ServedNamespace* find(std::string_view name) const;

 private:
  Router& router_;
  ServerOptions options_;
  ServerCounters counters_;
  Recovery recovery_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<ServedNamespace>, std::less<>> namespaces_;
};

}  // namespace signaling::socketio
