#include "signaling/identity/jwt.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "identity/support/token.hpp"
#include "identity/support/vectors.hpp"
#include "testing/threads.hpp"

using namespace signaling;
using namespace signaling::identity;
using namespace signaling::testing;

namespace {

constexpr std::chrono::seconds now(1'700'000'000);

JwtOptions at_now(JwtOptions options = {}) {
  options.wall_clock = [] { return std::chrono::system_clock::time_point(now); };
  return options;
}

Verdict verify(const std::string& claims, JwtOptions options = {}) {
  return JwtAuthenticator(KeySet::from_jwks(secret_jwks()), at_now(std::move(options))).verify(token(claims));
}

// Claims that are good, with more of them.
std::string good(const std::string& more) {
  return R"({"exp":1700000100)" + (more.empty() ? "" : "," + more) + "}";
}

std::string refusal(const std::string& claims, const JwtOptions& options = {}) {
  return std::string(verify(claims, options).refusal());
}

std::string refused_date(const std::string& date) { return refusal(R"({"exp":)" + date + "}"); }

Grants granted(const std::string& claim) {
  const Verdict verdict = verify(good(R"("signaling":)" + claim));
  REQUIRE(verdict.admitted());
  return verdict.pass().grants;
}

}  // namespace

TEST_CASE("JWT: exp is required, and with the leeway the end of the admission (RFC 7519 4.1.4)") {
  const Verdict verdict = verify(good(R"("sub":"ada")"));
  REQUIRE(verdict.admitted());
  CHECK(verdict.pass().subject == "ada");
  CHECK(verdict.pass().attributes == good(R"("sub":"ada")"));
  CHECK(verdict.pass().expires == std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'130)));
  CHECK(refusal("{}") == "no-expiry");
  CHECK(refused_date("1699999970") == "expired");  // 30 s of leeway are just over
  CHECK(refused_date("1699999971") == "");
  CHECK(refused_date("1699999970.5") == "");
  JwtOptions strict;
  strict.leeway = std::chrono::seconds(0);
  CHECK(refusal(R"({"exp":1700000000})", strict) == "expired");
  CHECK(refusal(R"({"exp":1700000001})", strict) == "");
}

TEST_CASE("JWT: dates are numbers that a date can be") {
  for (const char* date : {"null", R"("1700000100")", "[1700000100]", "true", "-1", "-1e400", "1e400",
                           "1e308", "1e19", "99999999999999999999999999", "1700000100000", "253402300800"}) {
    CAPTURE(date);
    CHECK(refused_date(date) == "no-expiry");
  }
  CHECK(refused_date("1.7000001e9") == "");
  CHECK(refused_date("253402300799") == "");  // the last second of the year 9999: for ever
  CHECK(refused_date("0") == "expired");
  CHECK(refusal(good(R"("nbf":"now")")) == "malformed");
}

TEST_CASE("JWT: a date may be written as any JSON number (RFC 7519 2, RFC 8259 6)") {
  JwtOptions strict;
  strict.leeway = std::chrono::seconds(0);
  const auto refused = [&](const char* date) {
    CAPTURE(date);
    return refusal(R"({"exp":)" + std::string(date) + "}", strict);
  };
  for (const char* date : {"1700000000.000001", "1.7000000010e9", "17000000010E-1", "0.0017000000001e+12",
                           "1700000000.00000100000000000000000000", "170000000100000000000000000000e-20"}) {
    CHECK(refused(date) == "");
  }
  for (const char* date : {"1699999999.999999", "1.7e9", "0.0017000000000e+12", "-0.0", "0e999999999999",
                           "1e-400", "1e-999999999999", "170000000000000000000000000000e-20"}) {
    CHECK(refused(date) == "expired");
  }
  for (const char* date : {"-1e-3", "1e999999999999", "2.534023008e+11"}) CHECK(refused(date) == "no-expiry");
}

TEST_CASE("JWT: nbf in the future is refused, but for the leeway (RFC 7519 4.1.5)") {
  CHECK(refusal(good(R"("nbf":1700000031)")) == "not-yet-valid");
  CHECK(refusal(good(R"("nbf":1700000030)")) == "");
  CHECK(refusal(good(R"("nbf":253402300799)")) == "not-yet-valid");
}

TEST_CASE("JWT: aud names this server, alone or among others (RFC 7519 4.1.3)") {
  JwtOptions options;
  options.audience = "signaling";
  CHECK(refusal(good(R"("aud":"signaling")"), options) == "");
  CHECK(refusal(good(R"("aud":["other","signaling"])"), options) == "");
  CHECK(refusal(good(R"("aud":"other")"), options) == "wrong-audience");
  CHECK(refusal(good(R"("aud":["other"])"), options) == "wrong-audience");
  CHECK(refusal(good(R"("aud":[])"), options) == "wrong-audience");
  CHECK(refusal(good(R"("aud":["signaling",5])"), options) == "wrong-audience");
  CHECK(refusal(good(R"("aud":{"signaling":1})"), options) == "wrong-audience");
  CHECK(refusal(good(R"("aud":"signaling2")"), options) == "wrong-audience");
  CHECK(refusal(good(""), options) == "wrong-audience");
  // A server without a name is no audience.
  CHECK(refusal(good(R"("aud":"signaling")")) == "wrong-audience");
  CHECK(refusal(good(R"("aud":"")")) == "wrong-audience");
}

TEST_CASE("JWT: iss is the one that is expected, if one is (RFC 7519 4.1.1)") {
  JwtOptions options;
  options.issuer = "https://login.example.com";
  CHECK(refusal(good(R"("iss":"https://login.example.com")"), options) == "");
  CHECK(refusal(good(R"("iss":"https:\/\/login.example.com")"), options) == "");
  CHECK(refusal(good(R"("iss":"https://login.example.com/")"), options) == "wrong-issuer");
  CHECK(refusal(good(""), options) == "wrong-issuer");
  CHECK(refusal(good(R"("iss":["https://login.example.com"])"), options) == "wrong-issuer");
  CHECK(refusal(good(R"("iss":"anybody")")) == "");
}

TEST_CASE("JWT: claims given twice, or that are no object, are refused (RFC 7519 4)") {
  CHECK(refusal(R"({"exp":1,"exp":1700000100})") == "malformed");
  CHECK(refusal(R"({"exp":1700000100,"\u0065xp":1700000100})") == "malformed");
  CHECK(refusal(R"([{"exp":1700000100}])") == "malformed");
  CHECK(refusal(good(R"("sub":5)")) == "malformed");
}

TEST_CASE("JWT: without the claim signaling nothing is granted") {
  const Verdict verdict = verify(good(""));
  REQUIRE(verdict.admitted());
  CHECK_FALSE(verdict.pass().peer_id);
  CHECK_FALSE(verdict.pass().grants.may_join("lobby"));
  CHECK(verdict.pass().grants.sendable_everywhere() == MessageTypes::none());
}

TEST_CASE("JWT: grants are per room") {
  const Grants grants = granted(R"({"rooms":[
      {"room":"lobby"},
      {"room":"stage","publish":["answer","candidate"],"metadata":{"role": "listener"}},
      {"room":"office","admin":true,"publish":[]},
      {"room":"cellar","join":false,"publish":[]}]})");
  CHECK(grants.may_join("lobby"));
  CHECK(grants.may_send(MessageType::message, "lobby"));
  CHECK_FALSE(grants.find("lobby")->metadata);
  CHECK(grants.may_send(MessageType::answer, "stage"));
  CHECK_FALSE(grants.may_send(MessageType::offer, "stage"));
  CHECK_FALSE(grants.may_send(MessageType::event, "stage"));
  CHECK(grants.find("stage")->metadata == R"({"role": "listener"})");
  CHECK(grants.find("office")->admin);
  CHECK(grants.may_send(MessageType::event, "office"));
  CHECK_FALSE(grants.may_join("cellar"));
  CHECK_FALSE(grants.may_send(MessageType::offer, "cellar"));
  CHECK(grants.find("elsewhere") == nullptr);
  CHECK(grants.sendable_everywhere().contains(MessageType::answer));
  CHECK_FALSE(grants.sendable_everywhere().contains(MessageType::offer));
}

TEST_CASE("JWT: other_rooms is for rooms without a grant of their own, and a star is a name") {
  const Grants grants =
      granted(R"({"rooms":[{"room":"*","publish":[]}],"other_rooms":{"publish":["message"]}})");
  CHECK(grants.may_send(MessageType::message, "any"));
  CHECK_FALSE(grants.may_send(MessageType::offer, "any"));
  CHECK_FALSE(grants.may_send(MessageType::message, "*"));
}

TEST_CASE("JWT: peer fixes the peer id") {
  const Verdict verdict = verify(good(R"("signaling":{"peer":"ada-phone"})"));
  REQUIRE(verdict.admitted());
  CHECK(verdict.pass().peer_id == "ada-phone");
}

TEST_CASE("JWT: a grant that is not understood grants nothing at all") {
  for (const char* claim : {"true",
                            "[]",
                            R"({"room":"lobby"})",
                            R"({"rooms":{"lobby":{}}})",
                            R"({"rooms":["lobby"]})",
                            R"({"rooms":[{}]})",
                            R"({"rooms":[{"room":""}]})",
                            R"({"rooms":[{"room":5}]})",
                            R"({"rooms":[{"room":"a"},{"room":"a"}]})",
                            R"({"rooms":[{"room":"a","join":1}]})",
                            R"({"rooms":[{"room":"a","join":"false"}]})",
                            R"({"rooms":[{"room":"a","pubish":[]}]})",
                            R"({"rooms":[{"room":"a","publish":"offer"}]})",
                            R"({"rooms":[{"room":"a","publish":["ofer"]}]})",
                            R"({"rooms":[{"room":"a","admin":null}]})",
                            R"({"rooms":[{"room":"a","join":true,"join":true}]})",
                            R"({"other_rooms":{"room":"a"}})",
                            R"({"other_rooms":true})",
                            R"({"peer":""})",
                            R"({"peer":7})"}) {
    CAPTURE(claim);
    CHECK(refusal(good(R"("signaling":)" + std::string(claim))) == "wrong-grants");
  }
}

TEST_CASE("JWT: long tokens are refused unread, and none at all is told apart for the log") {
  const JwtAuthenticator jwt(KeySet::from_jwks(secret_jwks()), at_now());
  CHECK(jwt.verify("").refusal() == "no-token");
  CHECK(jwt.verify(std::string(8193, 'A')).refusal() == "too-large");
  CHECK(jwt.verify(std::string(8192, 'A')).refusal() == "malformed");
}

TEST_CASE("JWT: the example of RFC 7515 A.1 was good until it expired") {
  JwtOptions options;
  options.wall_clock = [] {
    return std::chrono::system_clock::time_point(std::chrono::seconds(1'300'819'000));
  };
  CHECK(JwtAuthenticator(KeySet::from_jwks(jwks(hs256_jwk)), options).verify(hs256_token).admitted());
  CHECK(JwtAuthenticator(KeySet::from_jwks(jwks(hs256_jwk)), at_now()).verify(hs256_token).refusal() ==
        "expired");
}

TEST_CASE("JWT: keys are replaced while tokens are verified") {
  JwtAuthenticator jwt(KeySet::from_jwks(secret_jwks("k1")), at_now());
  const std::string old_token = token(good(""));
  const std::string new_token = sign(R"({"alg":"HS256","kid":"k2"})", good(""));
  CHECK(jwt.verify(old_token).admitted());
  CHECK_FALSE(jwt.verify(new_token).admitted());
  {
    ThreadGroup threads;
    for (int i = 0; i < 3; ++i) {
      threads.start([&] {
        for (int n = 0; n < 500; ++n) (void)jwt.verify(old_token);
      });
    }
    for (int n = 0; n < 500; ++n) jwt.replace_keys(KeySet::from_jwks(secret_jwks(n % 2 == 0 ? "k1" : "k2")));
  }
  CHECK_FALSE(jwt.verify(old_token).admitted());
  CHECK(jwt.verify(new_token).admitted());
}

TEST_CASE("JWT: a leeway that is none is refused") {
  JwtOptions options;
  options.leeway = std::chrono::seconds(-1);
  CHECK_THROWS_AS(JwtAuthenticator(KeySet::from_jwks(secret_jwks()), options), std::invalid_argument);
  options.leeway = std::chrono::hours(25);
  CHECK_THROWS_AS(JwtAuthenticator(KeySet::from_jwks(secret_jwks()), options), std::invalid_argument);
}
