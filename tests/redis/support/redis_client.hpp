#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signaling::testing {

/// A blocking client of a server on this machine, for tests that look into the database or disturb it.
class RedisClient {
 public:
  explicit RedisClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(socket_);
      throw std::runtime_error("no Redis server on this port");
    }
  }
  ~RedisClient() { ::close(socket_); }
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;

  /// The strings, numbers and errors of the answer, however deep, in order; none for null.
  std::vector<std::string> command(std::initializer_list<std::string_view> words) {
    std::string request = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string_view word : words) {
      request.append("$" + std::to_string(word.size()) + "\r\n").append(word).append("\r\n");
    }
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      throw std::runtime_error("the Redis server has gone");
    }
    std::vector<std::string> answer;
    read_value(answer);
    return answer;
  }

  /// The first of them; empty if there is none.
  std::string first(std::initializer_list<std::string_view> words) {
    auto answer = command(words);
    return answer.empty() ? std::string() : std::move(answer.front());
  }

 private:
  void read_value(std::vector<std::string>& answer) {
    const std::string line = read_line();
    if (line.front() == '*') {
      for (auto left = std::stoll(line.substr(1)); left > 0; --left) read_value(answer);
    } else if (line.front() == '$') {
      const auto size = std::stoll(line.substr(1));
      if (size < 0) return;
      answer.push_back(read_bytes(static_cast<std::size_t>(size)));
      read_bytes(2);
    } else {
      answer.push_back(line.substr(1));
    }
  }

  std::string read_line() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n")) == std::string::npos) receive();
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return line;
  }

  std::string read_bytes(std::size_t count) {
    while (buffer_.size() < count) receive();
    std::string bytes = buffer_.substr(0, count);
    buffer_.erase(0, count);
    return bytes;
  }

  void receive() {
    char bytes[16 * 1024];
    const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
    if (count <= 0) throw std::runtime_error("the Redis server has gone");
    buffer_.append(bytes, static_cast<std::size_t>(count));
  }

  int socket_;
  std::string buffer_;
};

}  // namespace signaling::testing
