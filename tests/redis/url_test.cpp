#include "redis/url.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace signaling::redis;

namespace {

// What is said about a URL that is none; empty if it is one.
std::string complaint(std::string_view url) {
  try {
    parse_redis_url(url);
    return {};
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("redis url: everything but the host has a default") {
  const RedisUrl url = parse_redis_url("redis://db.example");
  CHECK_FALSE(url.tls);
  CHECK(url.host == "db.example");
  CHECK(url.port == 6379);
  CHECK(url.user == "default");
  CHECK(url.password.empty());
  CHECK(url.database == 0);
  CHECK(url.prefix == "signaling");
}

TEST_CASE("redis url: all parts") {
  const RedisUrl url = parse_redis_url("rediss://me:pa%20ss%3A%40@[::1]:7000/3?prefix=a%2Fb");
  CHECK(url.tls);
  CHECK(url.host == "::1");
  CHECK(url.port == 7000);
  CHECK(url.user == "me");
  CHECK(url.password == "pa ss:@");
  CHECK(url.database == 3);
  CHECK(url.prefix == "a/b");
}

TEST_CASE("redis url: a password needs no user, and may hold a colon or an at sign as it is") {
  const RedisUrl url = parse_redis_url("redis://:p:a@ss@host");
  CHECK(url.user == "default");
  CHECK(url.password == "p:a@ss");
  CHECK(url.host == "host");
  CHECK(parse_redis_url("redis://host/").database == 0);
  CHECK(parse_redis_url("redis://[::1]").port == 6379);
}

TEST_CASE("redis url: a user alone is one whose password does not matter") {
  const RedisUrl url = parse_redis_url("redis://me@host");
  CHECK(url.user == "me");
  CHECK_FALSE(url.password.empty());
}

TEST_CASE("redis url: what is wrong is named") {
  CHECK(complaint("http://host").find("redis://") != std::string::npos);
  CHECK(complaint("redis:/host").find("redis://") != std::string::npos);
  CHECK(complaint("").find("redis://") != std::string::npos);
  CHECK(complaint("redis://").find("host") != std::string::npos);
  CHECK(complaint("redis://:7000").find("host") != std::string::npos);
  CHECK(complaint("redis://[::1").find("brackets") != std::string::npos);
  CHECK(complaint("redis://[::1]7").find("brackets") != std::string::npos);
  for (const char* const url :
       {"redis://h:", "redis://h:x", "redis://h:65536", "redis://h:-1", "redis://h:0"}) {
    CHECK(complaint(url).find("port") != std::string::npos);
  }
  for (const char* const url : {"redis://h/x", "redis://h/-1", "redis://h/1/2", "redis://h/99999999999"}) {
    CHECK(complaint(url).find("database") != std::string::npos);
  }
  CHECK(complaint("redis://h?prefix=").find("prefix") != std::string::npos);
  CHECK(complaint("redis://h?prefix=%2").find("prefix") != std::string::npos);
  CHECK(complaint("redis://h?timeout=3").find("option") != std::string::npos);
  CHECK(complaint("redis://h#x").find("fragment") != std::string::npos);
}

TEST_CASE("redis url: a password is never repeated") {
  for (const char* const url : {"redis://u:hunter2@h:x", "redis://u:hunter2%zz@h", "redis://u:hunter2@",
                                "redis://u:hunter2@h?x", "http://u:hunter2@h"}) {
    CHECK_FALSE(complaint(url).empty());
    CHECK(complaint(url).find("hunter2") == std::string::npos);
  }
}
