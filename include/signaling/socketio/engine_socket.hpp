#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <span>

#include "signaling/core/clock.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/frame.hpp"
#include "signaling/core/protocol.hpp"

namespace signaling::socketio {

/// One open Engine.IO session, whatever its transport is at the moment. Implemented by whoever owns the sockets.
///
/// Ownership: shared; after EngineHandler::on_closed every call does nothing.
/// Threads: all calls on `executor()`, but `executor` itself. Re-entrancy: `send` and `close` may call
/// EngineHandler::on_written and on_closed.
class SIGNALING_API EngineSocket {
 public:
  virtual ~EngineSocket() = default;
  /// The same for the whole life.
  virtual boost::asio::any_io_executor executor() const = 0;
  /// Complete Engine.IO messages: a text frame begins with the packet type `4`, a binary frame is the message itself.
  virtual void send(std::span<const Frame> frames) = 0;
  /// Whether more is read from the client. If not, a POST is not answered, a WebSocket is not read, and no pong is
  /// missed. What was read already may still come. By default nothing happens.
  virtual void set_reading(bool /*reading*/) {}
  /// Ends the session after what was sent before.
  virtual void close(CloseReason reason) = 0;
  /// Message bytes sent and not yet given to the kernel.
  virtual std::size_t queued_bytes() const noexcept = 0;
};

/// What is spoken over an Engine.IO session: Socket.IO, or anything of the host's.
///
/// Ownership: by the session; destroyed after `on_closed`. Threads: called on the session's executor, never concurrently.
class SIGNALING_API EngineHandler {
 public:
  virtual ~EngineHandler() = default;
  /// First call. `socket` may be kept.
  virtual void on_open(std::shared_ptr<EngineSocket> socket) = 0;
  /// One message, without the packet type. The bytes live for the call.
  virtual void on_message(const MessageView& message) = 0;
  /// `queued_bytes` has become less.
  virtual void on_written() {}
  /// When to call `on_time`. The session's owner asks after each call of this object, and after each
  /// EngineSocket::send, which the handler may call at other times too.
  virtual TimePoint next_deadline() const { return TimePoint::max(); }
  /// The time has come that `next_deadline` said.
  virtual void on_time(TimePoint /*now*/) {}
  /// Last call, exactly once.
  virtual void on_closed(CloseReason reason) = 0;
};

}  // namespace signaling::socketio
