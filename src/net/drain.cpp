#include "net/drain.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "net/worker.hpp"
#include "signaling/core/router.hpp"

namespace signaling::net {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t everybody = std::numeric_limits<std::size_t>::max();
constexpr milliseconds shortest_pause{50};
// What those who are told at last have for the closing handshake: this, or a part of the time if that is short.
constexpr milliseconds last_moment{1'000};
constexpr int last_part = 5;

}  // namespace

Drain::Drain(std::shared_ptr<Worker> worker, Stop stop)
    : worker_(std::move(worker)), stop_(std::move(stop)) {}

void Drain::ask(const DrainOptions& options, Callback<void()> done) {
  if (!stop_) return;
  if (done) done_.push_back(std::move(done));
  const TimePoint now = std::chrono::steady_clock::now();
  options_ = options;
  started_ = now;
  told_ = 0;
  deadline_ = std::min(deadline_, now + options.timeout);
  last_call_ = deadline_ - std::min(last_moment, options.timeout / last_part);
  if (finished_) return finish(now);
  step(now);
}

void Drain::step(TimePoint now) {
  const std::size_t count = due(now);
  const std::size_t left = worker_->context().router.drain(count, options_.reconnect_within);
  if (left == 0 || now >= last_call_) return finish(now);
  told_ += count;
  worker_->schedule(*this, std::min(now + pause(), last_call_));
}

std::size_t Drain::due(TimePoint now) const {
  if (options_.clients_per_second == 0 || now >= last_call_) return everybody;
  const std::chrono::duration<double> passed = now - started_;
  const auto by_now = 1 + static_cast<std::size_t>(passed.count() * options_.clients_per_second);
  return by_now > told_ ? by_now - told_ : 0;
}

milliseconds Drain::pause() const {
  if (options_.clients_per_second == 0) return shortest_pause;
  return std::max(shortest_pause, milliseconds(1'000) / options_.clients_per_second);
}

void Drain::finish(TimePoint now) {
  finished_ = true;
  TimerWheel::cancel(*this);
  const auto grace = std::chrono::duration_cast<milliseconds>(deadline_ - now);
  stop_(std::max(grace, milliseconds(0)),
        [weak = weak_from_this(), done = std::exchange(done_, {})]() mutable {
          const auto self = weak.lock();
          if (self && self->stop_) self->worker_->context().router.end_away();
          for (Callback<void()>& each : done) each();
        });
}

void Drain::cut_short() {
  if (std::exchange(finished_, true)) return;
  TimerWheel::cancel(*this);
  if (!done_.empty()) finish(std::chrono::steady_clock::now());
}

void Drain::abandon() {
  TimerWheel::cancel(*this);
  finished_ = true;
  stop_ = nullptr;
  done_.clear();
}

}  // namespace signaling::net
