#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <span>

#include "signaling/core/error.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/frame.hpp"

namespace signaling {

/// One client's pipe, implemented by the bundled server or by the host.
///
/// A host creates one per connection, gives it to `Router::connect`, and then tells the returned `Peer` what
/// happens: `receive` for each message, `written` when queued bytes have left, `disconnected` at the end.
///
/// Ownership: the host owns it and keeps it alive until it has called `Peer::disconnected`; after that call the
/// router does not touch it again.
/// Threads: `executor` may be called from any thread. The router calls the rest on that executor only, never two at
/// a time, never after `Peer::disconnected`.
/// Re-entrancy: `write` and `close` may call back into the peer (`written`, `disconnected`).
/// Errors: an exception of `write` or `close` leaves the executor's run function, as one of any posted handler does. After
/// one of `write` nobody knows what was taken: the peer is closed with CloseReason::internal. An executor may throw when it
/// is to run something: what was to be written then waits for the next message.
class SIGNALING_API Transport {
 public:
  virtual ~Transport() = default;

  /// Where this connection lives: an executor that runs one thing at a time (an io_context with one thread, or a
  /// strand). The same value for the whole life. Connections on the same executor share their wake-ups, so use
  /// few executors with many connections each. An io_context that is polled, and not run, needs a work guard or
  /// `restart`: it stops for good when it runs out of work.
  virtual boost::asio::any_io_executor executor() = 0;

  /// Takes the frames in order; all of them in one system call if it can. Copies of the frames may be kept: they
  /// share their bytes. Must not block. As bytes leave, the transport reports them with `Peer::written`.
  virtual void write(std::span<const Frame> frames) = 0;

  /// Asks the transport to read no more from the client (`false`), and later to go on (`true`): the client has sent more
  /// than its rates allow, or more than can wait for an earlier answer. A TCP transport leaves the bytes in the kernel,
  /// so that the client has to wait. Messages that were read already may still be given to the peer. A client that is
  /// not read cannot show that it lives: it does not time out meanwhile. Called inside `Peer::receive`, too. By default
  /// nothing happens; what comes nevertheless waits, up to Limits::max_pending_bytes.
  virtual void set_reading(bool /*reading*/) {}

  /// Ends the connection after what was written before. May be called once more than needed. The transport calls
  /// `Peer::disconnected` when it is done, at once or later.
  virtual void close(CloseReason reason) = 0;
};

}  // namespace signaling
