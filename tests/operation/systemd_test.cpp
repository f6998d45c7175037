#include "signaling/operation/systemd.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>

#include "net/unique_fd.hpp"

using namespace signaling::operation;

namespace {

class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* const name_;
};

// What the service manager's end of NOTIFY_SOCKET is told, under an abstract name that the kernel chooses (unix(7)).
class Manager {
 public:
  Manager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    auto size = static_cast<socklen_t>(sizeof address.sun_family);
    ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size);
    size = sizeof address;
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    const std::size_t bytes = size - offsetof(sockaddr_un, sun_path);
    name_.emplace("NOTIFY_SOCKET", '@' + std::string(address.sun_path + 1, bytes - 1));
  }

  /// The next message; empty: none has come.
  std::string receive() const {
    std::array<char, 256> buffer{};
    const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return size < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

 private:
  signaling::net::UniqueFd socket_;
  std::optional<Variable> name_;
};

std::string own_pid() { return std::to_string(::getpid()); }

std::string wait_for_message(boost::asio::io_context& io, const Manager& manager) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  std::string message;
  while (message.empty() && io.run_one_until(deadline) != 0) message = manager.receive();
  return message;
}

}  // namespace

TEST_CASE("notify manager: the text arrives as one message (sd_notify(3))") {
  const Manager manager;
  CHECK(notify_manager("READY=1\nSTATUS=serving"));
  CHECK(manager.receive() == "READY=1\nSTATUS=serving");
}

TEST_CASE("notify manager: without a manager, and with one that is gone, nothing happens") {
  CHECK_FALSE(notify_manager("READY=1"));
  const std::string too_long = '/' + std::string(200, 'x');
  for (const std::string& path :
       {std::string(), std::string("relative"), std::string("/no/such/socket"), too_long}) {
    CAPTURE(path);
    const Variable name("NOTIFY_SOCKET", path);
    CHECK_FALSE(notify_manager("READY=1"));
  }
}

TEST_CASE("reloading state: the time is that of the monotonic clock (sd_notify(3))") {
  const std::string first = reloading_state();
  const std::string begin = "RELOADING=1\nMONOTONIC_USEC=";
  REQUIRE(first.starts_with(begin));
  const long long before = std::stoll(first.substr(begin.size()));
  CHECK(std::stoll(reloading_state().substr(begin.size())) >= before);
}

TEST_CASE("inherited sockets: descriptors from 3 on with their names, once (sd_listen_fds(3))") {
  const Variable pid("LISTEN_PID", own_pid());
  const Variable count("LISTEN_FDS", "3");
  const Variable names("LISTEN_FDNAMES", "web:tls");
  const auto sockets = take_inherited_sockets();
  REQUIRE(sockets.size() == 3);
  CHECK(sockets[0].descriptor == 3);
  CHECK(sockets[0].name == "web");
  CHECK(sockets[1].descriptor == 4);
  CHECK(sockets[1].name == "tls");
  CHECK(sockets[2].descriptor == 5);
  CHECK(sockets[2].name.empty());
  CHECK(take_inherited_sockets().empty());
}

TEST_CASE("inherited sockets: those of another process, and numbers that are none, are not taken") {
  struct Variables {
    std::string pid;
    std::string count;
  };
  for (const Variables& one : {Variables{"1", "2"}, {own_pid(), "-1"}, {own_pid(), "2x"}}) {
    CAPTURE(one.count);
    const Variable pid_variable("LISTEN_PID", one.pid);
    const Variable count_variable("LISTEN_FDS", one.count);
    CHECK(take_inherited_sockets().empty());
  }
}

TEST_CASE("watchdog: it starts only if the manager asks this process for it (sd_watchdog_enabled(3))") {
  boost::asio::io_context io(1);
  Watchdog watchdog({io.get_executor()});
  CHECK_FALSE(watchdog.start());
  {
    const Variable time("WATCHDOG_USEC", "20000");
    const Variable pid("WATCHDOG_PID", "1");
    CHECK_FALSE(watchdog.start());
  }
  for (const char* const text : {"0", "-5", "soon"}) {
    const Variable time("WATCHDOG_USEC", text);
    CHECK_FALSE(watchdog.start());
  }
  CHECK(io.run() == 0);
  const Variable time("WATCHDOG_USEC", "20000");
  const Variable pid("WATCHDOG_PID", own_pid());
  CHECK(watchdog.start());
  watchdog.stop();
  io.restart();
  io.run();  // returns
}

TEST_CASE("watchdog: the manager is told again and again, and no more once an executor is stuck") {
  const Manager manager;
  const Variable time("WATCHDOG_USEC", "2000");
  boost::asio::io_context first(1);
  boost::asio::io_context second(1);
  Watchdog watchdog({first.get_executor(), second.get_executor()});
  REQUIRE(watchdog.start());
  for (int i = 0; i < 20; ++i) first.run_one();  // the second one does not run
  CHECK(manager.receive().empty());
  CHECK(second.poll() == 1);  // asked once
  CHECK(wait_for_message(first, manager) == "WATCHDOG=1");
  for (int i = 0; i < 100 && second.poll() == 0; ++i) {  // until it is asked again
    second.restart();
    first.run_one();
  }
  CHECK(wait_for_message(first, manager) == "WATCHDOG=1");
  watchdog.stop();
}

TEST_CASE("watchdog: it may end while an executor still owes its answer") {
  const Manager manager;
  const Variable time("WATCHDOG_USEC", "2000");
  boost::asio::io_context io(1);
  std::optional<Watchdog> watchdog(std::in_place,
                                   std::vector<boost::asio::any_io_executor>{io.get_executor()});
  REQUIRE(watchdog->start());
  io.run_one();  // asks
  watchdog.reset();
  io.run();  // returns
  CHECK(manager.receive().empty());
}

TEST_CASE("watchdog: it needs an executor") { CHECK_THROWS_AS(Watchdog({}), std::invalid_argument); }
