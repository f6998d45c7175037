#pragma once

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "net/unique_fd.hpp"

namespace signaling::operation::testing {

/// Whether `condition` holds within 30 s. Lets other threads run meanwhile.
template <class Condition>
bool holds_soon(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

/// A pipe that takes 4 KiB until it is read.
class Pipe {
 public:
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    reader_ = net::UniqueFd(ends[0]);
    writer_ = net::UniqueFd(ends[1]);
    ::fcntl(writer(), F_SETPIPE_SZ, 4096);
  }

  int writer() const noexcept { return writer_.get(); }
  void close_writer() { writer_.reset(); }
  void close_reader() { reader_.reset(); }

  /// Puts lines into it until no more fits: who writes to it waits.
  void fill() {
    const int flags = ::fcntl(writer(), F_GETFL);
    ::fcntl(writer(), F_SETFL, flags | O_NONBLOCK);
    const std::string line = std::string(99, 'x') + '\n';
    while (::write(writer(), line.data(), line.size()) > 0) {
    }
    ::fcntl(writer(), F_SETFL, flags);
  }

  /// What comes until `end` has come, or all that comes before the writers close. Throws if that takes 30 s.
  std::string read_until(std::string_view end) {
    while (text_.find(end) == std::string::npos) {
      pollfd readable{reader_.get(), POLLIN, 0};
      if (::poll(&readable, 1, 30'000) != 1) throw std::runtime_error("nothing comes");
      std::array<char, 4096> buffer{};
      const ssize_t count = ::read(reader_.get(), buffer.data(), buffer.size());
      if (count <= 0) return std::exchange(text_, {});
      text_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    const std::size_t size = text_.find(end) + end.size();
    std::string found = text_.substr(0, size);
    text_.erase(0, size);
    return found;
  }

 private:
  net::UniqueFd reader_;
  net::UniqueFd writer_;
  std::string text_;
};

}  // namespace signaling::operation::testing
