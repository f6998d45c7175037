#include "signaling/operation/systemd.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <stdexcept>
#include <utility>

namespace signaling::operation {
namespace {

constexpr int first_inherited = 3;
constexpr int most_inherited = 64;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : std::string_view();
}

// -1: there is no such number.
long environment_number(const char* name) {
  const std::string_view text = environment(name);
  long number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : -1;
}

// 0: the manager does not watch this process.
std::chrono::microseconds watchdog_time() {
  const bool is_other =
      !environment("WATCHDOG_PID").empty() && environment_number("WATCHDOG_PID") != ::getpid();
  return std::chrono::microseconds(is_other ? 0 : std::max(0L, environment_number("WATCHDOG_USEC")));
}

}  // namespace

bool notify_manager(std::string_view state) {
  const std::string_view path = environment("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path.empty() || (path.front() != '/' && path.front() != '@') || path.size() >= sizeof address.sun_path)
    return false;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';  // a name that no file system has (unix(7))
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const ssize_t sent = ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                reinterpret_cast<sockaddr*>(&address), size);
  ::close(fd);
  return sent >= 0;
}

std::string reloading_state() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const long long microseconds = now.tv_sec * 1'000'000LL + now.tv_nsec / 1'000;
  return "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds);
}

std::vector<InheritedSocket> take_inherited_sockets() {
  const long count = environment_number("LISTEN_FDS");
  const bool is_ours = environment_number("LISTEN_PID") == ::getpid();
  std::string_view names = environment("LISTEN_FDNAMES");
  std::vector<InheritedSocket> sockets;
  for (int i = 0; is_ours && i < count && i < most_inherited; ++i) {
    const std::string_view name = names.substr(0, names.find(':'));
    ::fcntl(first_inherited + i, F_SETFD, FD_CLOEXEC);
    sockets.push_back({first_inherited + i, std::string(name)});
    names.remove_prefix(std::min(names.size(), name.size() + 1));
  }
  for (const char* name : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) ::unsetenv(name);
  return sockets;
}

// What waits or is posted holds it, and may run after the watchdog has ended.
class Watchdog::State : public std::enable_shared_from_this<Watchdog::State> {
 public:
  explicit State(std::vector<boost::asio::any_io_executor> executors) : executors_(std::move(executors)) {}

  bool start() {
    interval_ = watchdog_time() / 2;
    if (interval_.count() == 0) return false;
    wait();
    return true;
  }

  // Its destructor cancels the wait and, unlike cancel(), cannot throw.
  void stop() noexcept { timer_.reset(); }

 private:
  void wait() {
    timer_.emplace(executors_.front(), interval_);
    timer_->async_wait([self = shared_from_this()](auto error) {
      if (error || !self->timer_) return;
      if (!std::exchange(self->asking_, true)) self->ask();
      self->wait();
    });
  }

  // An executor that is stuck is asked once.
  void ask() {
    const auto missing = std::make_shared<std::atomic<std::size_t>>(executors_.size());
    for (const auto& executor : executors_) {
      boost::asio::post(executor, [self = shared_from_this(), missing] {
        if (--*missing != 0) return;
        boost::asio::post(self->executors_.front(), [self] { self->answered(); });
      });
    }
  }

  void answered() {
    asking_ = false;
    if (timer_) notify_manager("WATCHDOG=1");
  }

  const std::vector<boost::asio::any_io_executor> executors_;
  std::chrono::microseconds interval_{0};
  std::optional<boost::asio::steady_timer> timer_;  // while it runs
  bool asking_ = false;
};

Watchdog::Watchdog(std::vector<boost::asio::any_io_executor> executors) {
  if (executors.empty()) throw std::invalid_argument("Watchdog: the list of executors is empty");
  state_ = std::make_shared<State>(std::move(executors));
}

Watchdog::~Watchdog() { stop(); }

bool Watchdog::start() { return state_->start(); }

void Watchdog::stop() noexcept { state_->stop(); }

}  // namespace signaling::operation
