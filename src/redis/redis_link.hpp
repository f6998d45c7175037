#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "redis/redis_connection.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/core/log.hpp"

namespace signaling::redis {

/// Keeps a connection with the server: makes a new one when the last has ended, and ends one that does not answer.
///
/// Threads and completion: as RedisConnection. Commands are lost when there is no connection, and never sent again.
class RedisLink : public std::enable_shared_from_this<RedisLink> {
 public:
  struct Options {
    ConnectionSettings connection;
    /// What the log calls it.
    std::string name;
    /// A connection that owes an answer for so long is given up. Times in which the process stood still do not count: the
    /// answer may lie in the socket.
    std::chrono::milliseconds patience{2'000};
    /// When nothing was asked for so long, a PING asks whether the server is there.
    std::chrono::milliseconds ping_after{750};
    /// Between two attempts to connect.
    std::chrono::milliseconds retry_after{200};
    std::shared_ptr<LogSink> log;
  };

  RedisLink(boost::asio::any_io_executor executor, Options options);

  void start();
  void execute(const Command& command, Callback<void(Reply)> done);
  /// When it is connected, or the attempt to connect that is under way, or the next, has failed: then with the reason if
  /// that will not pass by itself, else with `errc::store_unavailable`.
  void when_settled(Callback<void(std::error_code)> done);
  /// Gives the connection up; the next is made at once.
  void drop();
  /// Ends for good. `done`: when nothing is under way any more.
  void stop(Callback<void()> done);

  bool is_connected() const noexcept { return state_ == State::connected; }
  /// Counts the connections that were made.
  std::uint64_t connection_number() const noexcept { return connection_number_; }

 private:
  enum class State { stopped, waiting, connecting, connected };

  void connect();
  void greet();
  void on_greeted(Reply reply, std::string_view command);
  void on_ended(RedisConnection::End end);
  void settle(std::error_code error);
  void wait();
  void on_time();
  void send(const Command& command, Callback<void(Reply)> done);
  void log(LogLevel level, std::string_view event, std::string_view detail);

  const boost::asio::any_io_executor executor_;
  const Options options_;
  boost::asio::steady_timer timer_;
  State state_ = State::stopped;
  bool is_stopping_ = false;
  bool retries_at_once_ = false;
  std::shared_ptr<RedisConnection> connection_;
  RedisConnection::End refused_;  // why this one is closed
  std::vector<Callback<void(std::error_code)>> settled_;
  Callback<void()> stopped_;
  std::uint64_t connection_number_ = 0;
  std::size_t unanswered_ = 0;
  std::chrono::milliseconds silence_{0};  // since the last answer, or the first command after it
  std::string last_trouble_;
};

}  // namespace signaling::redis
