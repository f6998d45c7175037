#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "signaling/core/error.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/frame.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/net/http.hpp"

namespace signaling::net {

/// The WebSocket close code that says `reason` to a client (RFC 6455 7.4):
///
/// | code | reason | | code | reason |
/// |---|---|---|---|---|
/// | 1000 | normal | | 4401 | unauthorized |
/// | 1001 | going_away | | 4403 | kicked |
/// | 1002 | protocol_error | | 4408 | timeout |
/// | 1009 | message_too_large | | 4409 | replaced |
/// | 1011 | internal, lost | | 4410 | expired |
/// | 1013 | overloaded | | 4413 | slow_consumer |
///
/// Invalid UTF-8 in a text message is answered with 1007 and counts as `protocol_error`.
SIGNALING_API std::uint16_t websocket_close_code(CloseReason reason) noexcept;

/// What all WebSocket routes can choose for their connections.
struct SIGNALING_API WebSocketSettings {
  /// Subprotocols spoken here. The first one that the client asks for and that is listed is confirmed; a
  /// client that asks for none, or for others only, gets none. (Browsers close a WebSocket whose subprotocols
  /// were all declined.)
  std::vector<std::string> subprotocols{};
  /// The client's first message must come within this time. Absent: ServerOptions::first_message_timeout; 0:
  /// any time.
  std::optional<std::chrono::milliseconds> first_message_timeout{};
  /// Absent: ServerOptions::ping_interval; 0: the server sends no WebSocket pings on this route.
  std::optional<std::chrono::milliseconds> ping_interval{};
  /// Bytes of one message, reassembled and decompressed. Absent: Limits::max_message_bytes of the router.
  std::optional<std::size_t> max_message_bytes{};
  /// As websocket::UpgradeOptions::any_key.
  bool any_key = false;
  /// As websocket::UpgradeOptions::any_subprotocol.
  bool any_subprotocol = false;
  /// As websocket::ConnectionOptions::error_reasons.
  bool error_reasons = true;
};

/// A path whose clients become peers of the router.
struct SIGNALING_API WebSocketRoute {
  WebSocketSettings settings{};  ///< what all WebSocket routes can choose
  /// Makes the language of one client, on the executor of its connection. Null, or an exception: refused with
  /// a 500.
  std::function<std::unique_ptr<Protocol>(const ConnectInfo& info)> make_protocol{};
};

/// One open WebSocket that is no peer of the router.
///
/// Threads: all calls on `executor()`. Re-entrancy: `send` and `close` may call WebSocketHandler::on_closed.
/// After `on_closed` every call does nothing.
class SIGNALING_API WebSocket {
 public:
  virtual ~WebSocket() = default;
  /// Where the connection lives.
  virtual boost::asio::any_io_executor executor() const = 0;
  /// Queues a message.
  virtual void send(const Frame& message) = 0;
  /// Ends the connection after what was sent before.
  virtual void close(CloseReason reason) = 0;
  /// Message bytes not yet given to the kernel.
  virtual std::size_t queued_bytes() const noexcept = 0;
};

/// What the host does with one raw WebSocket.
///
/// Ownership: by the connection; destroyed after `on_closed`.
/// Threads: called on the executor of the connection, never concurrently. An exception closes the connection
/// with `internal`.
class SIGNALING_API WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;
  /// First call. `socket` may be kept, also beyond the end of the connection.
  virtual void on_open(std::shared_ptr<WebSocket> socket) = 0;
  /// One message, whole. The bytes live for the call.
  virtual void on_message(const MessageView& message) = 0;
  /// Bytes of messages have left; `socket->queued_bytes()` tells what still waits.
  virtual void on_written() {}
  /// Last call, exactly once.
  virtual void on_closed(CloseReason reason) = 0;
};

/// Takes the connection, or refuses it with an HTTP answer.
using WebSocketDecision = std::variant<std::unique_ptr<WebSocketHandler>, HttpResponse>;

/// A path whose WebSockets the host handles itself.
struct SIGNALING_API RawWebSocketRoute {
  WebSocketSettings settings{};  ///< what all WebSocket routes can choose
  /// Nothing more is read from the client while more than this many bytes wait for it: whoever answers each
  /// message stays bounded. Default 64 KiB, 0: always read.
  std::size_t pause_reading_above = 64 * 1024;
  /// Decides on one handshake, which has passed all checks. An exception, or a null handler: refused with a
  /// 500.
  std::function<WebSocketDecision(const HttpRequest& request)> accept{};
};

}  // namespace signaling::net
