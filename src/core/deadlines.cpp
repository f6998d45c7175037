#include "core/deadlines.hpp"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace signaling {
namespace {

// A hundred years: far from the end of TimePoint, and of what a timer takes.
constexpr std::chrono::milliseconds longest_delay = std::chrono::hours(24 * 365 * 100);

}  // namespace

class Deadlines::Timer {
 public:
  Timer(const boost::asio::any_io_executor& executor, TimePoint when, std::chrono::milliseconds delay)
      : timer_(executor, delay), when_(when) {}
  TimePoint when() const noexcept { return when_; }
  void cancel() { timer_.cancel(); }
  static void wait(const std::shared_ptr<Timer>& self, std::weak_ptr<Deadlines> owner) {
    self->timer_.async_wait([self, owner = std::move(owner)](boost::system::error_code error) {
      const auto deadlines = error ? nullptr : owner.lock();
      if (!deadlines) return;
      deadlines->timer_.reset();
      deadlines->run_due();
    });
  }

 private:
  boost::asio::steady_timer timer_;
  const TimePoint when_;
};

Deadlines::Id Deadlines::set(std::chrono::milliseconds delay, Callback<void()> function) {
  Id id;
  bool is_first = false;
  {
    const std::scoped_lock lock(mutex_);
    if (is_closed_) return id;
    id = {clock_.now() + std::min(delay, longest_delay), ++count_};
    const auto place = waiting_.emplace(id, std::move(function)).first;
    is_first = place == waiting_.begin();
  }
  if (is_first && driver_ == Driver::timer) {
    boost::asio::dispatch(executor_, [self = shared_from_this()] { self->update_timer(); });
  }
  return id;
}

void Deadlines::cancel(const Id& id) {
  Callback<void()> dropped;
  bool is_last = false;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return;
    dropped = std::move(found->second);
    waiting_.erase(found);
    is_last = waiting_.empty();
  }
  if (is_last && driver_ == Driver::timer) {
    boost::asio::dispatch(executor_, [self = shared_from_this()] { self->update_timer(); });
  }
}

void Deadlines::close() {
  std::map<Id, Callback<void()>> dropped;
  {
    const std::scoped_lock lock(mutex_);
    is_closed_ = true;
    dropped.swap(waiting_);
  }
  if (!dropped.empty() && driver_ == Driver::timer) {
    boost::asio::post(executor_, [self = shared_from_this()] { self->update_timer(); });
  }
}

bool Deadlines::is_empty() const {
  const std::scoped_lock lock(mutex_);
  return waiting_.empty();
}

// The end of a run, whether all functions were called or an exception of one ended it.
class Deadlines::Run {
 public:
  explicit Run(Deadlines& owner) noexcept : owner_(owner) {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() {
    if (owner_.driver_ != Driver::timer) return;
    try {
      owner_.update_timer();
    } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for a timer; the next first deadline makes one
    }
  }

 private:
  Deadlines& owner_;
};

void Deadlines::run_due() {
  const Run run(*this);
  Id last;  // what is set meanwhile comes later
  {
    const std::scoped_lock lock(mutex_);
    last = {clock_.now(), count_};
  }
  while (auto function = take(last)) function();
}

Callback<void()> Deadlines::take(const Id& last) {
  const std::scoped_lock lock(mutex_);
  const auto first = waiting_.begin();
  if (first == waiting_.end() || first->first > last) return {};
  auto function = std::move(first->second);
  waiting_.erase(first);
  return function;
}

// A timer that is set too early does no harm: it finds nothing due, and is set again.
void Deadlines::update_timer() {
  TimePoint first;
  {
    const std::scoped_lock lock(mutex_);
    if (!waiting_.empty()) first = waiting_.begin()->first.first;
  }
  const auto timer = timer_.lock();
  if (first == TimePoint()) {
    if (timer) timer->cancel();
    timer_.reset();
    return;
  }
  if (timer && timer->when() <= first) return;
  if (timer) timer->cancel();
  const auto delay = std::chrono::ceil<std::chrono::milliseconds>(first - clock_.now());
  const auto next = std::make_shared<Timer>(executor_, first, delay);
  timer_ = next;
  Timer::wait(next, weak_from_this());
}

}  // namespace signaling
