#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace signaling::redis {

/// `redis://[user[:password]@]host[:port][/database][?prefix=…]`, or `rediss://` for TLS, taken apart.
struct RedisUrl {
  bool tls = false;
  std::string host;
  std::uint16_t port = 6379;
  /// "default" is Redis's name of the user that has none.
  std::string user = "default";
  /// Empty: the client does not authenticate.
  std::string password;
  int database = 0;
  std::string prefix = "signaling";
};

/// Throws std::invalid_argument. What it says names the part that is wrong, and never holds a password.
RedisUrl parse_redis_url(std::string_view url);

}  // namespace signaling::redis
