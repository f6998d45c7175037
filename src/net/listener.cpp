#include "net/listener.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/dispatch.hpp>
#include <cerrno>
#include <utility>

#include "net/worker.hpp"

namespace signaling::net {
namespace {

namespace ip = boost::asio::ip;

constexpr int backlog = 4096;
// Per turn, so that a storm of connections does not starve those that are there.
constexpr int max_accepts_per_turn = 64;
constexpr std::chrono::milliseconds pause_without_descriptors{100};
// More than a client's line is about to carry does not wait in the kernel, where nobody sees whether the client reads.
constexpr int max_unsent_bytes = 64 * 1024;

std::string describe(const ip::tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  const std::string bracketed = endpoint.address().is_v6() ? '[' + host + ']' : host;
  return bracketed + ':' + std::to_string(endpoint.port());
}

Failure cannot_listen(const ip::tcp::endpoint& endpoint, int error) {
  const std::error_code code(error, std::system_category());
  return {code, "cannot listen on " + describe(endpoint) + ": " + code.message()};
}

Failure not_usable(int descriptor, std::string_view why) {
  return {std::make_error_code(std::errc::invalid_argument),
          "descriptor " + std::to_string(descriptor) + std::string(why)};
}

void set_flag(int fd, int level, int name, int value) { ::setsockopt(fd, level, name, &value, sizeof value); }

bool listens(int fd, const ip::tcp::endpoint& endpoint, DualStack dual_stack) {
  set_flag(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (endpoint.address().is_v6()) {
    set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY, dual_stack == DualStack::no ? 1 : 0);
  }
  return ::bind(fd, endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0 &&
         ::listen(fd, backlog) == 0;
}

bool is_out_of_resources(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// A client of an IPv4 address is the same client whichever listener it came through.
ip::address plain_address(const ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

}  // namespace

Result<BoundSocket> bind_socket(std::string_view address, std::uint16_t port, DualStack dual_stack) {
  boost::system::error_code error;
  const ip::address parsed = ip::make_address(std::string(address), error);
  if (error) {
    return Failure{std::make_error_code(std::errc::invalid_argument),
                   "cannot listen on \"" + std::string(address) + "\": not an IP address"};
  }
  BoundSocket bound;
  bound.endpoint = {parsed, port};
  UniqueFd fd(::socket(bound.endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd || !listens(fd.get(), bound.endpoint, dual_stack)) return cannot_listen(bound.endpoint, errno);
  socklen_t size = static_cast<socklen_t>(bound.endpoint.capacity());
  ::getsockname(fd.get(), bound.endpoint.data(), &size);
  bound.endpoint.resize(size);
  bound.fd = std::move(fd);
  return bound;
}

Result<BoundSocket> adopt_socket(int descriptor) {
  BoundSocket bound;
  bound.fd = UniqueFd(descriptor);
  int listening = 0;
  socklen_t size = sizeof listening;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0) {
    return not_usable(descriptor, " is not a listening socket");
  }
  size = static_cast<socklen_t>(bound.endpoint.capacity());
  ::getsockname(descriptor, bound.endpoint.data(), &size);
  const int family = bound.endpoint.data()->sa_family;
  if (family != AF_INET && family != AF_INET6) {
    return not_usable(descriptor, " is not a TCP socket");
  }
  bound.endpoint.resize(size);
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return bound;
}

Listener::Listener(BoundSocket socket, std::shared_ptr<const TlsContext> tls,
                   std::vector<std::weak_ptr<Worker>> workers)
    : socket_(std::move(socket)), tls_(std::move(tls)), workers_(std::move(workers)) {}

void Listener::start(Worker& home) {
  home_ = &home;
  watch();
}

void Listener::watch() {
  watched_ = home_->poller().add(socket_.fd.get(), *this, EPOLLIN);
  if (!watched_) pause(errno);
}

void Listener::stop() {
  TimerWheel::cancel(*this);
  if (std::exchange(watched_, false)) home_->poller().remove(socket_.fd.get(), *this);
  socket_.fd.reset();
}

void Listener::on_ready(std::uint32_t) {
  for (int i = 0; i < max_accepts_per_turn && accept_one(); ++i) {
  }
}

bool Listener::accept_one() {
  if (!socket_.fd) return false;
  ip::tcp::endpoint peer;
  socklen_t size = static_cast<socklen_t>(peer.capacity());
  UniqueFd fd(::accept4(socket_.fd.get(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd) {
    if (is_out_of_resources(errno)) {
      pause(errno);
      return false;
    }
    // A client that was gone before it was accepted is its own error, not ours.
    return errno != EAGAIN && errno != EWOULDBLOCK && errno != EBADF && errno != EINVAL;
  }
  peer.resize(size);
  take(std::move(fd), plain_address(peer.address()));
  return true;
}

bool Listener::admit(const ip::address& address) {
  ServerContext& context = home_->context();
  ServerCounters::add(context.counters.accepted);
  const Admittance admittance = context.limiter.admit(address);
  if (admittance == Admittance::admitted) return true;
  const bool full = admittance == Admittance::full;
  ServerCounters::add(full ? context.counters.refused_connections : context.counters.refused_by_address);
  context.refused_connections.write({{"address", address.to_string()},
                                     {"limit", full ? "max_connections" : "max_connections_per_address"}});
  return false;
}

void Listener::take(UniqueFd fd, const ip::address& address) {
  if (!admit(address)) return;
  set_flag(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  set_flag(fd.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, max_unsent_bytes);
  AcceptedSocket socket{std::move(fd), address, nullptr};
  if (tls_) socket.ssl = tls_->make_session();
  const auto worker = workers_[next_worker_++ % workers_.size()].lock();
  if (!worker || (tls_ && !socket.ssl)) return home_->context().limiter.release(address);
  boost::asio::dispatch(worker->executor(), [worker, accepted = std::move(socket)]() mutable {
    worker->add(std::move(accepted));
  });
}

void Listener::pause(int error) {
  ServerContext& context = home_->context();
  ServerCounters::add(context.counters.accept_pauses);
  context.accept_pauses.write({{"reason", std::strerror(error)}});
  if (std::exchange(watched_, false)) home_->poller().remove(socket_.fd.get(), *this);
  home_->schedule(*this, home_->now() + pause_without_descriptors);
}

void Listener::on_deadline(TimePoint) {
  if (socket_.fd) watch();
}

}  // namespace signaling::net
