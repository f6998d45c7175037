#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "signaling/core/callback.hpp"
#include "signaling/core/clock.hpp"

namespace signaling {

/// What has to happen on one executor at some time. While nothing waits there is no timer, so an io_context can run out
/// of work.
///
/// Threads: any; `run_due` on the executor, where the functions are called. What is cancelled on the executor is not
/// called; from elsewhere the call may just be under way.
/// Errors: an exception of a function leaves `run_due`; those behind it are called by the next.
/// Complexity: logarithmic in what waits.
class Deadlines : public std::enable_shared_from_this<Deadlines> {
 public:
  /// Whose timer looks at the clock: one of the executor, or the host, which calls `run_due`.
  enum class Driver : std::uint8_t { timer, host };
  using Id = std::pair<TimePoint, std::uint64_t>;

  Deadlines(boost::asio::any_io_executor executor, const Clock& clock, Driver driver)
      : executor_(std::move(executor)), clock_(clock), driver_(driver) {}

  /// Calls `function` after `delay`, however long that is.
  Id set(std::chrono::milliseconds delay, Callback<void()> function);
  /// Too late is fine.
  void cancel(const Id& id);
  /// Forgets everything, and what is set from now on.
  void close();
  bool is_empty() const;
  void run_due();

 private:
  class Timer;
  class Run;
  void update_timer();
  /// The next of those that are due, up to `last`. Empty: there is none left.
  Callback<void()> take(const Id& last);

  const boost::asio::any_io_executor executor_;
  const Clock& clock_;
  const Driver driver_;
  mutable std::mutex mutex_;
  std::map<Id, Callback<void()>> waiting_;
  std::uint64_t count_ = 0;
  bool is_closed_ = false;
  // On the executor only. The timer belongs to its handler: who keeps a peer may outlive the execution context.
  std::weak_ptr<Timer> timer_;
};

/// At most one deadline at a time, cancelled at its end.
class ScopedDeadline {
 public:
  explicit ScopedDeadline(std::shared_ptr<Deadlines> deadlines) noexcept : deadlines_(std::move(deadlines)) {}
  ScopedDeadline(const ScopedDeadline&) = delete;
  ScopedDeadline& operator=(const ScopedDeadline&) = delete;
  ~ScopedDeadline() { cancel(); }

  bool is_set() const noexcept { return id_.has_value(); }
  /// None may be set.
  void set(std::chrono::milliseconds delay, Callback<void()> function) {
    id_ = deadlines_->set(delay, std::move(function));
  }
  /// The function runs.
  void passed() noexcept { id_.reset(); }
  void cancel() noexcept {
    try {
      if (const auto id = std::exchange(id_, std::nullopt)) deadlines_->cancel(*id);
    } catch (...) {  // NOLINT(bugprone-empty-catch): of memory; the function runs, and finds nothing to do
    }
  }

 private:
  const std::shared_ptr<Deadlines> deadlines_;
  std::optional<Deadlines::Id> id_;
};

}  // namespace signaling
