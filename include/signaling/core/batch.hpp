#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "signaling/text/export.hpp"

namespace signaling {

class SIGNALING_API Loop;

/// Collects the output of one pass over many sockets of a thread. Frames that the pass causes for peers of the same
/// executor are written by `flush` instead of a handler that the router posts. This saves a busy host one turn of its
/// executor per pass; using it is optional.
///
/// Threads: construct, flush and destroy it on the executor. Frames from other threads, or for peers of other
/// executors, are posted as usual.
/// Re-entrancy: `flush` calls Transport::write and Transport::close, as the posted handler would.
/// Errors: an exception of a transport leaves `flush`; frames that were not flushed are then posted.
class SIGNALING_API Batch {
 public:
  /// For the peers of `executor`.
  explicit Batch(boost::asio::any_io_executor executor);
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch();

  /// Writes what has accumulated since the last flush.
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
