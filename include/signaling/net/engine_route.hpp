#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "signaling/net/http.hpp"
#include "signaling/socketio/engine_session.hpp"
#include "signaling/socketio/engine_socket.hpp"
#include "signaling/text/export.hpp"

namespace signaling::net {

/// Accepts the session, or refuses it with an HTTP answer, to which CORS headers are added.
using EngineDecision = std::variant<std::unique_ptr<socketio::EngineHandler>, HttpResponse>;

/// The transports that clients may use.
enum class EngineTransports : std::uint8_t { all, polling, websocket };

/// A path for Engine.IO, and thereby Socket.IO: HTTP long-polling, WebSocket, and the upgrade between them.
///
/// A session lives on the executor of the connection that opened it, whichever connections carry its later requests; a
/// WebSocket of the session moves to that executor.
struct SIGNALING_API EngineRoute {
  socketio::EngineOptions options{};  ///< times and bounds of each session
  /// Default: all.
  EngineTransports transports = EngineTransports::all;
  /// Concurrent sessions. Default 100,000. Beyond it: 503. Cost: some 4 kB per idle session with a Socket.IO client. A
  /// polling session holds no connection between two polls, so ServerOptions::max_connections does not bound them.
  std::size_t max_sessions = 100'000;
  /// The server stops reading from a WebSocket while more than this many bytes wait for its client: for handlers that
  /// answer each message. Default 0: it always reads; EngineOptions::max_buffered_bytes bounds what waits.
  std::size_t pause_reading_above = 0;
  /// Pages of which origins may connect here. Absent: ServerOptions::allowed_origins.
  std::optional<std::vector<std::string>> allowed_origins{};
  /// Decides on a session by the request that opens it, which has passed all checks. Called on the session's executor.
  /// An exception, or a null handler, refuses the session with a 500.
  std::function<EngineDecision(const HttpRequest& request)> accept{};
};

}  // namespace signaling::net
