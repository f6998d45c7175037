#include "net/origin.hpp"

#include <doctest/doctest.h>

using namespace signaling::net;

TEST_CASE("origin: without a list only pages of the requested host may connect (RFC 6455 10.2)") {
  const OriginRules rules({});
  struct Case {
    const char* origin;
    const char* host;
    bool allowed;
  };
  for (const Case& c :
       {Case{"", "example.com", true}, Case{"https://example.com", "example.com", true},
        Case{"https://EXAMPLE.com", "example.COM", true},
        Case{"https://example.com:443", "example.com", true},
        Case{"https://example.com", "example.com:443", true},
        Case{"http://example.com", "example.com:80", true},
        Case{"http://example.com:8080", "example.com:8080", true}, Case{"http://[::1]:80", "[::1]", true},
        Case{"http://[::1]:81", "[::1]", false}, Case{"http://example.com", "example.com:8080", false},
        Case{"https://example.com", "example.com:80", false}, Case{"https://evil.com", "example.com", false},
        Case{"https://example.com.evil.com", "example.com", false}, Case{"null", "null", false},
        Case{"file://", "", false}, Case{"example.com", "example.com", false}}) {
    CAPTURE(c.origin);
    CAPTURE(c.host);
    CHECK(rules.may_connect(c.origin, c.host) == c.allowed);
  }
  CHECK(rules.cors_value("https://example.com").empty());
}

TEST_CASE("origin: listed origins may connect and are told so, others not") {
  const OriginRules rules({"https://app.example"});
  CHECK(rules.may_connect("https://app.example", "api.example"));
  CHECK_FALSE(rules.may_connect("http://app.example", "api.example"));
  CHECK(rules.cors_value("https://app.example") == "https://app.example");
  CHECK(rules.cors_value("https://other.example").empty());
}

TEST_CASE("origin: * lets every page connect, without credentials") {
  const OriginRules rules({"*", "https://app.example"});
  CHECK(rules.may_connect("null", "api.example"));
  CHECK(rules.cors_value("https://other.example") == "*");
  CHECK(rules.cors_value("https://app.example") == "https://app.example");
  CHECK(rules.cors_value("").empty());
}
