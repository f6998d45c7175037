#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

/// Gives back to the system what was freed. glibc itself keeps all that lies below a block in use, which after a burst may
/// be almost everything. With other C libraries, and with glibc before 2.33, it does nothing.
class HeapTrimmer {
 public:
  explicit HeapTrimmer(boost::asio::any_io_executor executor);

  void start();
  /// The executor's context has no work of it any more.
  void stop();

 private:
  boost::asio::steady_timer timer_;
};
