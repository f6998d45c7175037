#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <span>

#include "signaling/core/clock.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/frame.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/text/export.hpp"

namespace signaling::socketio {

/// One open Engine.IO session, independent of its present transport. Implemented by the owner of the sockets.
///
/// Ownership: shared; after EngineHandler::on_closed every call does nothing.
/// Threads: all calls on `executor()`, except `executor` itself. Re-entrancy: `send` and `close` may call
/// EngineHandler::on_written and on_closed.
class SIGNALING_API EngineSocket {
 public:
  virtual ~EngineSocket() = default;
  /// Must not change.
  virtual boost::asio::any_io_executor executor() const = 0;
  /// Sends complete Engine.IO messages: a text frame begins with the packet type `4`, a binary frame is the message
  /// itself.
  virtual void send(std::span<const Frame> frames) = 0;
  /// Whether to read more from the client. If not, a POST is not answered, a WebSocket is not read, and a missing pong
  /// does not end the session. Messages that were already read may still arrive. The default does nothing.
  virtual void set_reading(bool /*reading*/) {}
  /// Ends the session after everything that was sent before.
  virtual void close(CloseReason reason) = 0;
  /// Message bytes sent and not yet passed to the kernel.
  virtual std::size_t queued_bytes() const noexcept = 0;
};

/// The protocol over an Engine.IO session: Socket.IO, or the host's own.
///
/// Ownership: the session owns it and destroys it after `on_closed`. Threads: called on the session's executor, never
/// concurrently.
class SIGNALING_API EngineHandler {
 public:
  virtual ~EngineHandler() = default;
  /// The first call. `socket` may be kept.
  virtual void on_open(std::shared_ptr<EngineSocket> socket) = 0;
  /// One message, without the packet type. The bytes are valid during the call.
  virtual void on_message(const MessageView& message) = 0;
  /// `queued_bytes` has decreased.
  virtual void on_written() {}
  /// A ping leaves for the client: behind all that was sent, except for what `queued_bytes` still counts.
  virtual void on_ping() {}
  /// The client has answered the last ping: it has received what that was behind.
  virtual void on_pong() {}
  /// The client's WebSocket was closed with the code 1001, as by a browser that leaves the page; `on_closed` follows.
  virtual void on_page_left() {}
  /// When to call `on_time`. The owner of the session asks after each call of this object, and after each
  /// EngineSocket::send, which the handler may also call at other times.
  virtual TimePoint next_deadline() const { return (TimePoint::max)(); }
  /// The time of `next_deadline` has come.
  virtual void on_time(TimePoint /*now*/) {}
  /// The last call, exactly once.
  virtual void on_closed(CloseReason reason) = 0;
};

}  // namespace signaling::socketio
