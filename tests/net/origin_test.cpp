#include "net/origin.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "signaling/net/server.hpp"

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
        Case{"file://", "", false}, Case{"example.com", "example.com", false},
        // Libraries for apps name the URL that they connect to.
        Case{"wss://example.com", "example.com", true}, Case{"ws://example.com", "example.com:80", true},
        Case{"WSS://example.com", "example.com:443", true},
        Case{"wss://example.com", "example.com:80", false}, Case{"ws://evil.com", "example.com", false}}) {
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

TEST_CASE("origin: an entry of the list is the same origin however it is written") {
  for (const char* const entry : {"https://app.example", "HTTPS://App.Example", "https://app.example/",
                                  "https://app.example:443", "wss://app.example"}) {
    CAPTURE(entry);
    const OriginRules rules({entry});
    CHECK(rules.may_connect("https://app.example", "api.example"));
    CHECK(rules.may_connect("wss://app.example", "api.example"));
    CHECK(rules.cors_value("https://app.example") == "https://app.example");
    CHECK_FALSE(rules.may_connect("http://app.example", "api.example"));
    CHECK_FALSE(rules.may_connect("https://app.example:8443", "api.example"));
  }
  CHECK(OriginRules({"capacitor://localhost"}).may_connect("capacitor://localhost", "api.example"));
  CHECK(OriginRules({"null"}).may_connect("null", "api.example"));
}

TEST_CASE("origin: an entry that no browser ever sends is refused, with a word why") {
  for (const char* const entry :
       {"app.example", "app.example:8080", "", "https://", "https:///", "https://app.example/app",
        "https://app.example?x", "https://*.example", "https://user@app.example", "https://app.example:x",
        "https://app.example:99999", "https://app example", "://app.example"}) {
    CAPTURE(entry);
    const auto checked = check_origin(entry);
    CHECK(checked.error().code == std::errc::invalid_argument);
    CHECK(checked.error().message.find(entry) != std::string::npos);
    CHECK(checked.error().message.size() > 20);
    CHECK_THROWS_AS(OriginRules({entry}), std::invalid_argument);
  }
}

TEST_CASE("host: without a list every host is served, with one only those in it, at any port") {
  CHECK(HostRules({}).allows("anything"));
  const HostRules rules({"App.example", "127.0.0.1", "[::1]"});
  for (const char* const host :
       {"app.example", "APP.example:8080", "app.example.", "127.0.0.1:80", "[::1]", "[::1]:8080"}) {
    CAPTURE(host);
    CHECK(rules.allows(host));
  }
  for (const char* const host : {"", "evil.example", "app.example.evil", "127.0.0.2", "[::2]:80"}) {
    CAPTURE(host);
    CHECK_FALSE(rules.allows(host));
  }
  for (const char* const entry :
       {"", "app.example:8080", "https://app.example", "*.example", "*", "a b", "::1"}) {
    CAPTURE(entry);
    CHECK(check_host(entry).error().code == std::errc::invalid_argument);
    CHECK_THROWS_AS(HostRules({entry}), std::invalid_argument);
  }
}
