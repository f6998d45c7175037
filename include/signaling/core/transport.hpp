#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <span>

#include "signaling/core/error.hpp"
#include "signaling/core/frame.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

/// One client's connection, implemented by the bundled server or by the host.
///
/// A host creates one per connection, passes it to `Router::connect`, and then reports to the returned `Link`:
/// `receive` for each message, `written` when queued bytes have left, `disconnect` at the end.
///
/// Ownership: the host owns it and keeps it alive until it has called Link::disconnect or destroyed the link; after
/// that the router does not use it.
/// Threads: any thread may call `executor`. The router calls the other functions only on that executor, never
/// concurrently, and never after Link::disconnect.
/// Re-entrancy: `write` and `close` may call the link (`written`, `disconnect`).
/// Errors: an exception of `write` or `close` leaves the executor's run function, like that of any posted handler.
/// After an exception of `write` it is unknown which frames were taken: the peer is closed with CloseReason::internal.
/// If an executor throws when it is asked to run a function, the output waits for the next message.
class SIGNALING_API Transport {
 public:
  virtual ~Transport() = default;

  /// The executor of this connection. It must run one function at a time (an io_context with one thread, or a strand),
  /// and must not change. Connections on the same executor share wake-ups, so use few executors with many connections
  /// each. An io_context that is polled, and not run, needs a work guard or `restart`: otherwise it stops when it runs
  /// out of work.
  virtual boost::asio::any_io_executor executor() = 0;

  /// Takes the frames in order; if possible, writes all of them with one system call. The transport may keep copies of
  /// the frames: they share their bytes. Must not block. As bytes leave, the transport reports them with
  /// `Link::written`.
  virtual void write(std::span<const Frame> frames) = 0;

  /// Asks the transport to stop reading from the client (`false`), and later to resume (`true`): the client has sent
  /// more than its rates allow, or more than can wait for an earlier answer. A TCP transport leaves the bytes in the
  /// kernel, so that the client has to wait. Messages that were already read may still be passed on. A client that is
  /// not read cannot show that it is alive: it must not time out meanwhile. May be called inside `Link::receive`. The
  /// default does nothing; what arrives nevertheless waits, up to Limits::max_pending_bytes.
  virtual void set_reading(bool /*reading*/) {}

  /// Asks the transport to check that its client lives: with a ping, for instance. If the client shows a sign of it
  /// within `time`, the transport calls Link::alive; if not, it closes the connection and reports
  /// `CloseReason::timeout`. The default does nothing, for transports that cannot tell.
  virtual void probe(std::chrono::milliseconds /*time*/) {}

  /// Closes the connection after everything that was written before. May be called again. The transport calls
  /// `Link::disconnect` when it is done, at once or later.
  virtual void close(CloseReason reason) = 0;

  /// The same, with what the client's protocol tells it at the end. The default is `close(reason)`, for transports whose
  /// connections end without a code. The view is valid during the call.
  virtual void close_with(CloseReason reason, const CloseStatus& /*status*/) { close(reason); }
};

}  // namespace signaling
