#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redis/support/redis_client.hpp"

namespace signaling::testing {

/// A `redis-server` of its own on 127.0.0.1, on a port that was free, with nothing kept on disk. It answers when the
/// constructor has returned, and is gone with the object, or with the thread that started it.
///
/// `SIGNALING_REDIS_SERVER` in the environment names another program, such as valkey-server.
class RedisServer {
 public:
  /// `arguments` go to the program after the usual ones: {"--maxmemory", "10mb"}. One that is "PORT" becomes the port.
  explicit RedisServer(std::vector<std::string> arguments = {}) : arguments_(std::move(arguments)) {
    std::string name = (std::filesystem::temp_directory_path() / "signaling-redis-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
    // Somebody else may take the port in between.
    for (int attempt = 0; attempt < 10; ++attempt) {
      port_ = free_port();
      if (spawn()) return;
    }
    throw std::runtime_error("redis-server does not start");
  }
  ~RedisServer() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  pid_t pid() const noexcept { return pid_; }
  const std::filesystem::path& folder() const noexcept { return folder_; }
  /// `query` is what follows the `?`, such as "prefix=x".
  std::string url(std::string_view query = {}) const {
    std::string text = "redis://127.0.0.1:" + std::to_string(port_);
    return query.empty() ? text : text.append("?").append(query);
  }

  /// Ends it at once, as a crash does. Everything in it is lost.
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  /// Starts it again on the same port after `kill`.
  void start() {
    if (pid_ <= 0 && !spawn()) throw std::runtime_error("redis-server does not start again");
  }
  /// It hangs: connections stay, nothing is answered.
  void pause() { ::kill(pid_, SIGSTOP); }
  void resume() { ::kill(pid_, SIGCONT); }

  /// Runs one command on a connection of its own. See RedisClient::command.
  std::vector<std::string> command(std::initializer_list<std::string_view> words) const {
    return RedisClient(port_).command(words);
  }
  std::string first(std::initializer_list<std::string_view> words) const {
    return RedisClient(port_).first(words);
  }

 private:
  static std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                       ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(socket);
    if (!bound) throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
  }

  // True when it accepts connections, which it says in its log; false if it ended instead.
  bool spawn() {
    int log[2];
    if (::pipe2(log, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    std::vector<std::string> words{program(),       "--bind", "127.0.0.1",    "--port", std::to_string(port_),
                                   "--save",        "",       "--appendonly", "no",     "--dir",
                                   folder_.string()};
    for (const std::string& argument : arguments_) {
      words.push_back(argument == "PORT" ? std::to_string(port_) : argument);
    }
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(log[1], STDOUT_FILENO);
      ::execvp(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(log[1]);
    const bool is_ready = pid_ > 0 && read_until(log[0], "eady to accept connections");
    // It does not mind that nobody reads the rest: it ignores SIGPIPE.
    ::close(log[0]);
    if (!is_ready) kill();
    return is_ready;
  }

  static bool read_until(int file, std::string_view text) {
    std::string log;
    char bytes[4096];
    ssize_t count = 0;
    while (log.find(text) == std::string::npos) {
      if ((count = ::read(file, bytes, sizeof bytes)) <= 0) return false;
      log.append(bytes, static_cast<std::size_t>(count));
    }
    return true;
  }

  static std::string program() {
    const char* const named = std::getenv("SIGNALING_REDIS_SERVER");
    return named != nullptr ? named : "redis-server";
  }

  std::vector<std::string> arguments_;
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace signaling::testing
