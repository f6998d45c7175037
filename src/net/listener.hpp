#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/poller.hpp"
#include "net/timer_wheel.hpp"
#include "net/tls_context.hpp"
#include "net/unique_fd.hpp"
#include "signaling/core/clock.hpp"
#include "signaling/core/result.hpp"

namespace signaling::net {

class Worker;

/// A socket that listens.
struct BoundSocket {
  UniqueFd fd;
  boost::asio::ip::tcp::endpoint endpoint;
};

/// Whether the IPv6 wildcard takes IPv4, too.
enum class DualStack : bool { no, yes };

/// `address`: an IP address as text.
Result<BoundSocket> bind_socket(std::string_view address, std::uint16_t port,
                                DualStack dual_stack = DualStack::yes);

/// One that listens already; owns it in any case.
Result<BoundSocket> adopt_socket(int descriptor);

/// Accepts clients of one address, counts them, and gives them to the workers in turn.
///
/// Without file descriptors left, or if the kernel refuses to watch its socket, it pauses for a moment, instead of being told of the same client for ever, and tries again.
/// Threads: the executor of the worker that it is started on.
class Listener final : public Pollable, public Timed {
 public:
  /// `tls` null: plain. `workers`: all of them.
  Listener(BoundSocket socket, std::shared_ptr<const TlsContext> tls,
           std::vector<std::weak_ptr<Worker>> workers);

  void start(Worker& home);
  /// Closes the socket.
  void stop();

  void on_ready(std::uint32_t events) override;
  void on_deadline(TimePoint now) override;

 private:
  void watch();
  bool accept_one();
  bool admit(const boost::asio::ip::address& address);
  void take(UniqueFd fd, const boost::asio::ip::address& address);
  void pause(int error);

  BoundSocket socket_;
  const std::shared_ptr<const TlsContext> tls_;
  const std::vector<std::weak_ptr<Worker>> workers_;
  std::size_t next_worker_ = 0;
  Worker* home_ = nullptr;
  bool watched_ = false;  // the poller has the socket
};

}  // namespace signaling::net
