#pragma once

#include <cstddef>
#include <span>

#include "signaling/core/clock.hpp"
#include "signaling/core/error.hpp"

namespace signaling::net {

/// What is spoken on a connection: HTTP first, WebSocket after an upgrade.
///
/// Ownership: by the Connection. Threads: its executor. Each call may send, close, or put another session in
/// place; the session lives until the call returns.
class Session {
 public:
  virtual ~Session() = default;

  /// First call.
  virtual void on_open() = 0;
  /// Bytes came; they may be changed, and are gone after the call. While reading is paused or held, only those that came
  /// ahead of this session, right behind `on_open`.
  virtual void on_data(std::span<std::byte> bytes) = 0;
  /// The client will send no more; or has closed everything, which looks the same. Nothing is read any more.
  virtual void on_end() = 0;
  /// The same while reading is held: what the client has sent before is still to be read, and then comes `on_end`. Once.
  virtual void on_end_ahead() {}
  /// Output has left, among it the last bytes of messages of this many bytes in all; or there is room for
  /// more.
  virtual void on_written(std::size_t message_bytes) = 0;
  virtual void on_deadline(TimePoint now) = 0;
  /// The server stops: come to an end soon.
  virtual void on_stop() = 0;
  /// The connection is closed. Last call.
  virtual void on_closed(CloseReason reason) = 0;
};

}  // namespace signaling::net
