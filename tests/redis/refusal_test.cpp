#include "redis/refusal.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <string>

#include "signaling/core/error.hpp"

using namespace signaling;
using namespace signaling::redis;

namespace {

std::string message(std::string_view error, std::string_view command) {
  return refusal_of(error, command).message();
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("redis refusal: the message names the trouble") {
  CHECK(contains(message("WRONGPASS invalid username-password pair", "HELLO"), "password"));
  CHECK(contains(message("NOAUTH HELLO must be called with the client already authenticated", "HELLO"),
                 "requires a password"));
  CHECK(contains(message("NOPERM this user has no permissions to run the 'xadd' command", "XADD"), "XADD"));
  CHECK(contains(message("ERR The user executing the script can't run this command", "XADD"), "XADD"));
  CHECK(contains(
      message("ERR ACL failure in script: User u has no permissions to run the 'xadd' command", "XADD"),
      "XADD"));
  CHECK(contains(message("ERR unknown command 'INFO', with args beginning with:", "INFO"), "INFO"));
  CHECK(contains(message("ERR unknown command `HELLO`", "HELLO"), "too old"));
  CHECK(contains(message("ERR DB index is out of range", "SELECT"), "database"));
  CHECK(contains(message("READONLY You can't write against a read only replica.", "EVALSHA"), "replica"));
  CHECK(make_refusal(Refusal::too_old, 6 * 256 + 2).message() ==
        "Redis 6.2 is too old: the store needs 7.0 or later");
}

TEST_CASE("redis refusal: what may pass by itself is none") {
  for (const char* const error :
       {"LOADING Redis is loading the dataset in memory", "BUSY Redis is busy running a script",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "MISCONF Redis is configured to save RDB snapshots", "ERR max number of clients reached"}) {
    CHECK_FALSE(refusal_of(error, "EVALSHA"));
  }
}

TEST_CASE(
    "redis refusal: a server that is a replica, or becomes one, is told from one that has other troubles") {
  for (const char* const error :
       {"READONLY You can't write against a read only replica.",
        "LOADING Redis is loading the dataset in memory",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "NOREPLICAS Not enough good replicas to write.", "UNBLOCKED force unblock from blocking operation"}) {
    CHECK(is_of_no_primary(error));
  }
  CHECK_FALSE(is_of_no_primary("OOM command not allowed when used memory > 'maxmemory'."));
  CHECK_FALSE(is_of_no_primary("NOSCRIPT No matching script."));
}

TEST_CASE("redis refusal: it is a local fault, and asking again does not help") {
  const std::error_code refusal = make_refusal(Refusal::wrong_password);
  CHECK(refusal == condition::local_fault);
  CHECK(refusal != condition::retryable);
  CHECK(refusal != errc::store_unavailable);
}
