#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "signaling/core/clock.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/log.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/core/router.hpp"
#include "signaling/socketio/connection.hpp"
#include "signaling/socketio/engine_socket.hpp"
#include "signaling/socketio/namespace.hpp"
#include "signaling/socketio/server_stats.hpp"

namespace signaling::socketio {

class SIGNALING_API ServerContext;

/// Read when the server is made and not later. 0 switches a bound off.
struct SIGNALING_API ServerOptions {
  /// The connect timeout counts again when a client has left its last namespace.
  ConnectionOptions connection;
  /// Bytes of a client's `auth`. Default 16 KiB. Over it: the namespace is refused. Cost: kept as long as the
  /// socket.
  std::size_t max_auth_bytes = 16 * 1024;
  /// CONNECT packets on one connection in all, each of which asks the policy. Default 1000. Over it: the
  /// connection closes, `overloaded`.
  std::size_t max_connects = 1000;
  /// How long the middleware of a namespace may take to decide on a client. Default 30 s. After it: the client is
  /// refused.
  std::chrono::milliseconds decision_timeout = std::chrono::seconds(30);
  /// Acknowledgements that one socket owes. Default 1000. Over it: `emit_with_ack` fails with `overloaded`.
  std::size_t max_pending_acks = 1000;
  /// Gets exceptions of handlers. Null: nothing is logged.
  std::shared_ptr<LogSink> log;
  /// Null: the machine's steady clock. Must outlive the server, and be the one that EngineHandler::on_time is
  /// called by.
  const Clock* clock = nullptr;
};

/// Socket.IO: gives each Engine.IO session its namespaces, and each namespace of a client a peer of the
/// router.
///
/// Ownership: the router must outlive it; it must outlive all handlers that `accept` has made, and all
/// sockets.
/// Threads: `of` and `accept` any.
/// Errors: nothing a client sends throws.
/// Source: Socket.IO protocol, 5th revision.
class SIGNALING_API Server {
 public:
  /// Serves no namespace yet.
  explicit Server(Router& router, ServerOptions options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Made when it is asked for first. Clients are refused in others: "Invalid namespace". Throws
  /// std::invalid_argument if `name` does not begin with a slash, or holds a comma or a control character.
  Namespace& of(std::string_view name);

  /// For one session. `info`: what is known from its first request; the client's `auth` is added for each
  /// namespace.
  std::unique_ptr<EngineHandler> accept(const ConnectInfo& info);

  /// The router it was made for.
  Router& router() noexcept;
  /// Threads: any.
  ServerStats stats() const noexcept;

 private:
  std::unique_ptr<ServerContext> context_;
};

}  // namespace signaling::socketio
