#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "signaling/core/clock.hpp"
#include "signaling/core/log.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/core/router.hpp"
#include "signaling/socketio/connection.hpp"
#include "signaling/socketio/engine_socket.hpp"
#include "signaling/socketio/namespace.hpp"
#include "signaling/socketio/server_stats.hpp"
#include "signaling/text/export.hpp"

namespace signaling::socketio {

class SIGNALING_API ServerContext;

/// The server reads these options when it is constructed and not later. 0 disables a limit.
struct SIGNALING_API ServerOptions {
  /// The connect timeout starts again when a client has left its last namespace.
  ConnectionOptions connection;
  /// Bytes of a client's `auth`. Default 16 KiB. Beyond it, the namespace is refused. Cost: kept as long as the socket.
  std::size_t max_auth_bytes = 16 * 1024;
  /// CONNECT packets of one connection in total, each of which asks the policy. Default 1000. Beyond it, the connection
  /// closes, `overloaded`.
  std::size_t max_connects = 1000;
  /// Time for the middleware of a namespace to decide on a client. Default 30 s. After it, the client is refused.
  std::chrono::milliseconds decision_timeout = std::chrono::seconds(30);
  /// Pending acknowledgements of one socket. Default 1000. Beyond it, `emit_with_ack` fails with `overloaded`.
  std::size_t max_pending_acks = 1000;
  /// Connection state recovery: how long a socket stays for its client when the connection was lost, in whole seconds;
  /// at most Limits::max_resume, and Admission::max_resume. Default 0: off. Cost: each event gets another argument, and is
  /// kept until a pong confirms it, up to Limits::max_unacknowledged_bytes for each socket.
  std::chrono::milliseconds recovery_time{0};
  /// Sockets without a connection at a time. Default 10,000. Beyond it, a socket is disconnected at once.
  std::size_t max_away_sockets = 10'000;
  /// Logs exceptions of handlers. Null: nothing is logged.
  std::shared_ptr<LogSink> log;
  /// Null: the machine's steady clock. Must outlive the server. EngineHandler::on_time must use the same clock.
  const Clock* clock = nullptr;
};

/// The Socket.IO server: gives each Engine.IO session its namespaces, and makes a peer of the router for each namespace
/// of a client.
///
/// Ownership: the router must outlive it; it must outlive all handlers that `accept` has made, and all sockets.
/// Threads: any, for `of` and `accept`.
/// Errors: nothing a client sends throws.
/// Source: Socket.IO protocol, 5th revision.
class SIGNALING_API Server {
 public:
  /// A server without namespaces.
  explicit Server(Router& router, ServerOptions options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Returns the namespace, which the first call makes. Clients that request another one are refused: "Invalid
  /// namespace". Throws std::invalid_argument if `name` does not begin with a slash, or contains a comma or a control
  /// character.
  Namespace& of(std::string_view name);

  /// Makes the handler of one session. `info`: the data of its first request; the client's `auth` is added for each
  /// namespace.
  std::unique_ptr<EngineHandler> accept(const ConnectInfo& info);

  /// The router of this server.
  Router& router() noexcept;
  /// Threads: any.
  ServerStats stats() const noexcept;

 private:
  std::unique_ptr<ServerContext> context_;
};

}  // namespace signaling::socketio
