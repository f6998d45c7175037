#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "signaling/core/export.hpp"

namespace signaling {

class SIGNALING_API Loop;

/// One go at many sockets of a thread: what the messages given to peers meanwhile cause for peers of the same executor
/// is written by `flush`, and not by a handler that the router posts. Spares a busy host one turn of its executor for
/// each go; nobody needs it.
///
/// Threads: made, flushed and destroyed on the executor. What is sent from other threads, or to peers of
/// other executors, is posted as ever.
/// Re-entrancy: `flush` calls Transport::write and Transport::close, as the posted handler would.
/// Errors: an exception of a transport leaves `flush`; what was not flushed then is posted.
class SIGNALING_API Batch {
 public:
  /// For the peers of `executor`.
  explicit Batch(boost::asio::any_io_executor executor);
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch();

  /// Writes what has come together since the last flush.
  void flush();

 private:
  friend class Loop;
  /// True if a batch of this thread is going to drain the loop.
  static bool take(const std::shared_ptr<Loop>& loop);

  const boost::asio::any_io_executor executor_;
  Batch* const outer_;  // of a handler that runs another executor's
  std::shared_ptr<Loop> loop_;
};

}  // namespace signaling
