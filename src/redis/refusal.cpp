#include "redis/refusal.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "signaling/core/error.hpp"

namespace signaling::redis {
namespace {

constexpr int detail_bits = 16;

// All that is ever sent, or called in the script.
constexpr auto commands = std::to_array<std::string_view>(
    {"a command",     "HELLO", "SELECT", "PING",   "INFO",    "SCRIPT",  "EVALSHA", "XREAD", "XTRIM",
     "XADD",          "XINFO", "TIME",   "GET",    "SET",     "EXISTS",  "DEL",     "HSET",  "HGET",
     "HMGET",         "HKEYS", "HLEN",   "HDEL",   "HINCRBY", "HGETALL", "SADD",    "SREM",  "SPOP",
     "ZRANGEBYSCORE", "ZADD",  "ZSCORE", "ZRANGE", "ZREM",    "SMEMBERS"});

std::string too_old(int version) {
  if (version == 0) return "Redis is too old: the store needs 7.0 or later";
  return "Redis " + std::to_string(version / 256) + "." + std::to_string(version % 256) +
         " is too old: the store needs 7.0 or later";
}

std::string not_permitted(int command) {
  const auto index = std::min(static_cast<std::size_t>(command), commands.size() - 1);
  return "the Redis user may not run " + std::string(commands[index]) +
         ", or may not access the keys of this prefix";
}

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "signaling.redis"; }

  std::string message(int value) const override {
    const int detail = value >> detail_bits;
    switch (static_cast<Refusal>(value & ((1 << detail_bits) - 1))) {
      case Refusal::too_old: return too_old(detail);
      case Refusal::wrong_password: return "Redis does not accept the user name or the password";
      case Refusal::needs_password: return "Redis requires a password, and the URL has none";
      case Refusal::not_permitted: return not_permitted(detail);
      case Refusal::bad_database: return "Redis has no database with this number";
      case Refusal::read_only: return "Redis is a read-only replica: the store needs its primary";
      case Refusal::is_cluster: return "Redis Cluster is not supported: the store needs a single server";
      case Refusal::bad_certificate: return "the Redis server's certificate is not trusted";
      case Refusal::no_tls: return "the TLS handshake with the Redis server failed";
      case Refusal::refused: return "Redis refuses the connection";
    }
    return "unknown";
  }

  std::error_condition default_error_condition(int /*value*/) const noexcept override {
    return condition::local_fault;
  }
};

bool contains(std::string_view text, std::string_view part) noexcept {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

const std::error_category& redis_category() noexcept {
  static const Category category;
  return category;
}

std::error_code make_refusal(Refusal refusal, int detail) noexcept {
  return {detail << detail_bits | static_cast<int>(refusal), redis_category()};
}

int command_number(std::string_view command) noexcept {
  const auto found = std::ranges::find(commands, command);
  return found == commands.end() ? 0 : static_cast<int>(found - commands.begin());
}

std::error_code refusal_of(std::string_view error, std::string_view command) noexcept {
  if (error.starts_with("WRONGPASS")) return make_refusal(Refusal::wrong_password);
  if (error.starts_with("NOAUTH")) return make_refusal(Refusal::needs_password);
  if (error.starts_with("READONLY")) return make_refusal(Refusal::read_only);
  if (contains(error, "DB index")) return make_refusal(Refusal::bad_database);
  const bool is_unknown = contains(error, "nknown command") || contains(error, "nknown Redis command");
  if (command == "HELLO" && (is_unknown || error.starts_with("NOPROTO")))
    return make_refusal(Refusal::too_old);
  // Of a command that a script calls Redis 7.0 says the second; Redis since 7.2 and Valkey the third.
  const bool is_forbidden = error.starts_with("NOPERM") || contains(error, "The user executing the script") ||
                            contains(error, "ACL failure in script");
  if (!is_unknown && !is_forbidden) return {};
  return make_refusal(Refusal::not_permitted, command_number(command));
}

// UNBLOCKED: a replica that was a primary ends the reads that wait.
bool is_of_no_primary(std::string_view error) noexcept {
  constexpr auto codes =
      std::to_array<std::string_view>({"READONLY", "LOADING", "MASTERDOWN", "NOREPLICAS", "UNBLOCKED"});
  return std::ranges::any_of(codes, [&](std::string_view code) { return error.starts_with(code); });
}

}  // namespace signaling::redis
