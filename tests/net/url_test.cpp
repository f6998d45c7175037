#include "net/url.hpp"

#include <doctest/doctest.h>

using namespace signaling::net;

TEST_CASE("query: the first value of a name is found, decoded, with + as space") {
  CHECK(query_value("a=1&b=2&a=3", "a") == "1");
  CHECK(query_value("ab=1&b=x%26y+z", "b") == "x&y z");
  CHECK(query_value("flag&b=", "flag") == "");
  CHECK(query_value("flag&b=", "b") == "");
  CHECK(query_value("&&a=1", "a") == "1");
  CHECK_FALSE(query_value("xa=1", "a"));
  CHECK_FALSE(query_value("", "a"));
}

TEST_CASE("query: a value that is there but not decodable is malformed, and not absent") {
  for (const char* const query : {"a=%zz", "a=%", "a=%2", "a=%ff", "a=\xff", "a=%zz&a=1"}) {
    CAPTURE(query);
    CHECK(query_value(query, "a").is_malformed());
    CHECK_FALSE(query_value(query, "a"));
    CHECK_FALSE(query_value(query, "b").is_malformed());
  }
  CHECK_FALSE(query_value("", "a").is_malformed());
  CHECK_FALSE(query_value("a=", "a").is_malformed());
}

TEST_CASE("target: path and query part at the first question mark") {
  CHECK(split_target("/p?a=1?2").path == "/p");
  CHECK(split_target("/p?a=1?2").query == "a=1?2");
  CHECK(split_target("/p").path == "/p");
  CHECK(split_target("/p").query.empty());
}
