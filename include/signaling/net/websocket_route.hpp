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
#include "signaling/core/frame.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/core/protocol_factory.hpp"
#include "signaling/net/http.hpp"
#include "signaling/text/export.hpp"

namespace signaling::net {

/// The WebSocket close code for `reason` (RFC 6455 7.4):
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

/// Options that all WebSocket routes share.
struct SIGNALING_API WebSocketSettings {
  /// The supported subprotocols. The server confirms the first one that the client offers and that is listed; a client
  /// that offers none of them gets none. (Browsers then close the WebSocket if they offered any.)
  std::vector<std::string> subprotocols{};
  /// Time for the client's first message. Absent: ServerOptions::first_message_timeout, or none if the protocol says so
  /// (ProtocolFactory::may_be_silent); 0: no limit.
  std::optional<std::chrono::milliseconds> first_message_timeout{};
  /// Absent: ServerOptions::ping_interval; 0: the server sends no WebSocket pings on this route.
  std::optional<std::chrono::milliseconds> ping_interval{};
  /// Bytes of one message, reassembled and decompressed. Absent: Limits::max_message_bytes of the router.
  std::optional<std::size_t> max_message_bytes{};
  /// Pages of which origins may connect here. Absent: ServerOptions::allowed_origins, or all if the protocol says so
  /// (ProtocolFactory::admits_any_origin).
  std::optional<std::vector<std::string>> allowed_origins{};
  /// As websocket::UpgradeOptions::any_key.
  bool any_key = false;
  /// As websocket::UpgradeOptions::any_subprotocol.
  bool any_subprotocol = false;
  /// As websocket::ConnectionOptions::error_reasons.
  bool error_reasons = true;
};

/// Where and how a server offers a protocol whose clients become peers of the router.
struct SIGNALING_API ProtocolRoute {
  /// Empty: ProtocolFactory::path.
  std::string path{};
  /// Without `subprotocols`: ProtocolFactory::subprotocol.
  WebSocketSettings settings{};
};

/// An open WebSocket that is not a peer of the router.
///
/// Threads: all calls on `executor()`. Re-entrancy: `send` and `close` may call WebSocketHandler::on_closed. After
/// `on_closed` every call does nothing.
class SIGNALING_API WebSocket {
 public:
  virtual ~WebSocket() = default;
  /// The executor of the connection.
  virtual boost::asio::any_io_executor executor() const = 0;
  /// Queues a message.
  virtual void send(const Frame& message) = 0;
  /// Closes the connection after everything that was sent before.
  virtual void close(CloseReason reason) = 0;
  /// Message bytes not yet passed to the kernel.
  virtual std::size_t queued_bytes() const noexcept = 0;
};

/// The host's handler of one raw WebSocket.
///
/// Ownership: the connection owns it and destroys it after `on_closed`.
/// Threads: called on the executor of the connection, never concurrently. An exception closes the connection with
/// `internal`.
class SIGNALING_API WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;
  /// The first call. `socket` may be kept, even beyond the end of the connection.
  virtual void on_open(std::shared_ptr<WebSocket> socket) = 0;
  /// One whole message. The bytes are valid during the call.
  virtual void on_message(const MessageView& message) = 0;
  /// Bytes of messages have left; `socket->queued_bytes()` returns what still waits.
  virtual void on_written() {}
  /// The last call, exactly once.
  virtual void on_closed(CloseReason reason) = 0;
};

/// Accepts the connection, or refuses it with an HTTP answer.
using WebSocketDecision = std::variant<std::unique_ptr<WebSocketHandler>, HttpResponse>;

/// A path with WebSockets that the host handles itself.
struct SIGNALING_API RawWebSocketRoute {
  WebSocketSettings settings{};  ///< options that all WebSocket routes share
  /// The server stops reading from the client while more than this many bytes wait for it: this bounds a handler that
  /// answers each message. Default 64 KiB, 0: it always reads.
  std::size_t pause_reading_above = 64 * 1024;
  /// Decides on a handshake that has passed all checks. An exception, or a null handler, refuses it with a 500.
  std::function<WebSocketDecision(const HttpRequest& request)> accept{};
};

}  // namespace signaling::net
