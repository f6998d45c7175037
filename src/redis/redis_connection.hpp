#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "redis/url.hpp"
#include "signaling/core/callback.hpp"

namespace signaling::redis {

/// The words of a command; any bytes.
using Command = std::vector<std::string>;

/// What became of a command.
struct Reply {
  /// A string or number of the answer, and how many aggregates it is in.
  struct Value {
    std::size_t depth = 0;
    std::string text;
  };
  enum class Status : std::uint8_t {
    answered,  ///< `values`, in order; none for null
    refused,   ///< `error`: what the server said instead, such as "NOSCRIPT …"
    lost,      ///< the connection ended before the answer
  };
  Status status = Status::lost;
  std::vector<Value> values;
  std::string error;
};

/// Where and how to connect.
struct ConnectionSettings {
  RedisUrl url;
  /// PEM file; empty: the system's authorities.
  std::string ca_file;
  /// For each of: look up the name, connect, TLS handshake.
  std::chrono::milliseconds timeout{2'000};
};

/// One connection with a server, from its beginning to its end; Boost.Redis behind a wall.
///
/// A connection that ended stays so. Boost.Redis can connect again by itself, but after a refused HELLO it cannot tell
/// a later answer from the first (1.88).
/// Threads: one at a time, that of the executor.
/// Completion: each handler once, never inside the call; those of commands in the order of the calls. The object lives on
/// until all have come.
class RedisConnection {
 public:
  /// Why it ended: a Refusal that will not pass by itself, or success if it was lost or could not be made.
  /// `detail` says more, for the log.
  struct End {
    std::error_code refusal;
    std::string detail;
  };

  /// Begins to connect; commands may be given at once.
  static std::shared_ptr<RedisConnection> open(const boost::asio::any_io_executor& executor,
                                               const ConnectionSettings& settings, Callback<void(End)> ended);
  virtual ~RedisConnection() = default;
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  virtual void execute(const Command& command, Callback<void(Reply)> done) = 0;
  /// Ends it: what was not answered is lost.
  virtual void close() = 0;

 protected:
  RedisConnection() = default;
};

}  // namespace signaling::redis
