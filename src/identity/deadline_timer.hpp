#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace signaling::identity {

/// Calls a function whenever its own last answer says, on an executor. Waits for nothing while there is nothing to do, so
/// that an io_context can run out of work.
///
/// Threads: `wake` from any; the function is called on the executor alone.
class DeadlineTimer : public std::enable_shared_from_this<DeadlineTimer> {
 public:
  using Delay = std::optional<std::chrono::system_clock::duration>;

  /// `run`: does what is due, and tells how long until more is; nothing: until `wake`.
  DeadlineTimer(boost::asio::any_io_executor executor, std::function<Delay()> run);
  ~DeadlineTimer();

  /// There may be something to do earlier than was said, or no more at all.
  void wake();

 private:
  class Wait;
  void run();

  const boost::asio::any_io_executor executor_;
  const std::function<Delay()> run_;
  std::unique_ptr<Wait> wait_;
};

}  // namespace signaling::identity
