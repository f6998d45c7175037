#include "net/poller.hpp"

#include <cerrno>
#include <system_error>

namespace signaling::net {
namespace {

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
                      if (error || !self->epoll_.is_open()) return;
                      self->dispatch();
                      self->start();
                    });
}

void Poller::dispatch() {
  batch_size_ = ::epoll_wait(epoll_.native_handle(), batch_.data(), static_cast<int>(batch_.size()), 0);
  batch_time_ = std::chrono::steady_clock::now();
  for (batch_next_ = 0; batch_next_ < batch_size_;) {
    const epoll_event event = batch_[static_cast<std::size_t>(batch_next_)];
    ++batch_next_;
    if (event.data.ptr != nullptr) static_cast<Pollable*>(event.data.ptr)->on_ready(event.events);
  }
  batch_size_ = batch_next_ = 0;
}

}  // namespace signaling::net
