#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "signaling/core/clock.hpp"

namespace signaling::net {

/// Wants to know when a descriptor is ready.
class Pollable {
 public:
  /// `events`: EPOLLIN and so on. The object may remove or destroy itself, and others.
  virtual void on_ready(std::uint32_t events) = 0;

 protected:
  ~Pollable() = default;
};

/// The sockets of one executor, in an epoll set of their own that Asio waits for as a whole.
///
/// Asio's own sockets cost a system call to renew each wait, and an allocation that an idle connection holds
/// for its whole life. Here reading one message is one `recv`, nothing has to be renewed, and a burst on many
/// sockets wakes the executor once.
///
/// Ownership: neither the descriptors nor the objects; `remove` comes before either ends.
/// Threads: the executor's only, but the constructor.
class Poller : public std::enable_shared_from_this<Poller> {
 public:
  explicit Poller(const boost::asio::any_io_executor& executor);

  /// Begins to wait. From here to `close` it keeps the executor from running out of work. An exception of an object leaves
  /// by the executor; the events behind it are dispatched when that runs again.
  void start();
  /// False, with errno: the kernel refuses.
  [[nodiscard]] bool add(int fd, Pollable& target, std::uint32_t events);
  void modify(int fd, Pollable& target, std::uint32_t events);
  void remove(int fd, Pollable& target);
  bool is_open() const noexcept { return epoll_.is_open(); }
  /// Ends the wait, so that the executor may run out of work.
  void close();

  /// For targets, of what they have read: after 128 KiB all that it has caused is written before more is read.
  void count_read(std::size_t bytes) noexcept { bytes_read_ += bytes; }

  /// The time when the batch of events being dispatched came in; outside of a batch, the time.
  TimePoint now() const noexcept;

 private:
  void wait();
  void run();
  void dispatch_all();
  bool fetch();
  bool dispatch();

  boost::asio::posix::stream_descriptor epoll_;
  std::array<epoll_event, 256> batch_{};
  int batch_size_ = 0;
  int batch_next_ = 0;  // up to batch_size_: not dispatched yet
  TimePoint batch_time_{};
  std::size_t bytes_read_ = 0;  // since the last flush
};

}  // namespace signaling::net
