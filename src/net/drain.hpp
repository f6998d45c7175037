#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "net/timer_wheel.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/net/server.hpp"

namespace signaling::net {

class Worker;

/// Sends the clients of the router away, some at a time, and stops the server when all were told.
///
/// Threads: the worker's executor, but the constructor, and `abandon`, which is called when that no longer runs.
class Drain final : public Timed, public std::enable_shared_from_this<Drain> {
 public:
  /// What Server::async_stop does.
  using Stop = std::function<void(std::chrono::milliseconds grace, Callback<void()> done)>;

  Drain(std::shared_ptr<Worker> worker, Stop stop);

  /// See Server::async_drain. Several calls have the earliest of their deadlines, and the last one's rate.
  void ask(const DrainOptions& options, Callback<void()> done);
  /// The server stops by other means: who asked is told when it has.
  void cut_short();
  /// There is no server any more.
  void abandon();

  void on_deadline(TimePoint now) override { step(now); }

 private:
  void step(TimePoint now);
  std::size_t due(TimePoint now) const;
  std::chrono::milliseconds pause() const;
  void finish(TimePoint now);

  const std::shared_ptr<Worker> worker_;
  Stop stop_;
  DrainOptions options_;
  TimePoint started_{};
  TimePoint last_call_ = TimePoint::max();  // the rate no longer counts
  TimePoint deadline_ = TimePoint::max();
  std::size_t told_ = 0;
  bool finished_ = false;
  std::vector<Callback<void()>> done_;
};

}  // namespace signaling::net
