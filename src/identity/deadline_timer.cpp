#include "identity/deadline_timer.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace signaling::identity {
namespace {

// The clock on the wall may jump, and the timer's does not: look again now and then.
constexpr std::chrono::seconds longest_wait(30);

}  // namespace

class DeadlineTimer::Wait {
 public:
  explicit Wait(const boost::asio::any_io_executor& executor) : timer(executor) {}
  boost::asio::steady_timer timer;
};

DeadlineTimer::DeadlineTimer(boost::asio::any_io_executor executor, std::function<Delay()> run)
    : executor_(std::move(executor)), run_(std::move(run)), wait_(std::make_unique<Wait>(executor_)) {}

DeadlineTimer::~DeadlineTimer() = default;

void DeadlineTimer::wake() {
  boost::asio::post(executor_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->run();
  });
}

void DeadlineTimer::run() {
  const Delay delay = run_();
  if (!delay) {
    wait_->timer.cancel();
    return;
  }
  using std::chrono::steady_clock;
  const auto wait =
      std::clamp<std::chrono::system_clock::duration>(*delay, std::chrono::seconds(0), longest_wait);
  // Setting it ends an earlier wait.
  wait_->timer.expires_after(std::chrono::duration_cast<steady_clock::duration>(wait));
  wait_->timer.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    if (error) return;
    if (const auto self = weak.lock()) self->run();
  });
}

}  // namespace signaling::identity
