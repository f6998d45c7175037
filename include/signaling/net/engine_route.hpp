#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <variant>

#include "signaling/core/export.hpp"
#include "signaling/net/http.hpp"
#include "signaling/socketio/engine_session.hpp"
#include "signaling/socketio/engine_socket.hpp"

namespace signaling::net {

/// Takes the session, or refuses it with an HTTP answer. CORS headers are added to that.
using EngineDecision = std::variant<std::unique_ptr<socketio::EngineHandler>, HttpResponse>;

/// How clients may reach a session.
enum class EngineTransports : std::uint8_t { all, polling, websocket };

/// A path where Engine.IO is spoken, and with it Socket.IO: over HTTP long-polling, over WebSocket, and from the one to
/// the other.
///
/// A session lives on the executor of the connection that opened it, whichever connections its later requests come on;
/// a WebSocket of the session moves there.
struct SIGNALING_API EngineRoute {
  socketio::EngineOptions options{};  ///< times and bounds of each session
  /// Default: all.
  EngineTransports transports = EngineTransports::all;
  /// Sessions at a time. Default 100,000. Over it: 503. Cost: some 4 kB each, idle, with a Socket.IO client. One that polls
  /// holds no connection between two polls, so that ServerOptions::max_connections does not bound them.
  std::size_t max_sessions = 100'000;
  /// Nothing more is read from a WebSocket while more than this many bytes wait for its client: for handlers that answer
  /// each message. Default 0: always read; what waits is bounded by EngineOptions::max_buffered_bytes.
  std::size_t pause_reading_above = 0;
  /// Decides on a session, from the request that asks for it, which has passed all checks. Called on the executor that
  /// the session will live on. An exception, or a null handler: refused with a 500.
  std::function<EngineDecision(const HttpRequest& request)> accept{};
};

}  // namespace signaling::net
