#include "net/poller.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <system_error>

#include "signaling/core/batch.hpp"

namespace signaling::net {
namespace {

constexpr int max_batches = 4;
// Of what is read before what it causes is written. More would have left the processor's caches by then, and would need
// more frames than a thread keeps: each would come from the allocator and go back to it.
constexpr std::size_t max_bytes_together = std::size_t{128} * 1024;

int make_epoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return fd;
}

}  // namespace

Poller::Poller(const boost::asio::any_io_executor& executor) : epoll_(executor, make_epoll()) {}

bool Poller::add(int fd, Pollable& target, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &target;
  return ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::modify(int fd, Pollable& target, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &target;
  // Fails only for a descriptor that was never added.
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, fd, &event);
}

void Poller::remove(int fd, Pollable& target) {
  epoll_event unused{};
  if (epoll_.is_open()) ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, fd, &unused);
  // Events of the running batch that were not dispatched yet must not reach an object that may be gone.
  for (int i = batch_next_; i < batch_size_; ++i) {
    if (batch_[static_cast<std::size_t>(i)].data.ptr == &target)
      batch_[static_cast<std::size_t>(i)].data.ptr = nullptr;
  }
}

void Poller::close() {
  boost::system::error_code ignored;
  epoll_.close(ignored);
}

TimePoint Poller::now() const noexcept {
  return batch_size_ > 0 ? batch_time_ : std::chrono::steady_clock::now();
}

void Poller::start() {
  if (epoll_.is_open()) wait();
}

void Poller::wait() {
  epoll_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                    [self = shared_from_this()](const boost::system::error_code& error) {
                      if (!error) self->run();
                    });
}

// The kernel does not tell twice of an edge: what an exception has kept from being dispatched is dispatched on the next
// turn of the executor, if its host goes on after the exception.
void Poller::run() {
  if (!epoll_.is_open()) return;
  try {
    dispatch_all();
  } catch (...) {
    boost::asio::post(epoll_.get_executor(), [self = shared_from_this()] { self->run(); });
    throw;
  }
  start();
}

// While there is much to do, more has come by the time a batch is done: looking again costs one system call, and
// waiting anew costs three. But the executor may have more to do than this.
void Poller::dispatch_all() {
  for (int batches = 0; batches < max_batches && epoll_.is_open(); ++batches) {
    if (!dispatch()) return;
  }
}

// False if nothing is ready.
bool Poller::fetch() {
  const int count = ::epoll_wait(epoll_.native_handle(), batch_.data(), static_cast<int>(batch_.size()), 0);
  batch_size_ = std::max(count, 0);
  batch_next_ = 0;
  return batch_size_ > 0;
}

// False if nothing was ready.
bool Poller::dispatch() {
  if (batch_next_ == batch_size_ && !fetch()) return false;
  batch_time_ = std::chrono::steady_clock::now();
  bytes_read_ = 0;
  Batch written_together(epoll_.get_executor());
  while (batch_next_ < batch_size_) {
    const epoll_event event = batch_[static_cast<std::size_t>(batch_next_)];
    ++batch_next_;
    if (event.data.ptr != nullptr) static_cast<Pollable*>(event.data.ptr)->on_ready(event.events);
    if (bytes_read_ < max_bytes_together) continue;
    written_together.flush();
    bytes_read_ = 0;
  }
  written_together.flush();
  batch_size_ = batch_next_ = 0;
  return true;
}

}  // namespace signaling::net
