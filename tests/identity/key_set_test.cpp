#include "signaling/identity/key_set.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "identity/key.hpp"
#include "identity/support/token.hpp"
#include "identity/support/vectors.hpp"

using namespace signaling::identity;
using namespace signaling::testing;

namespace {

std::string refusal(const std::string& text) {
  try {
    (void)KeySet::from_jwks(text);
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

bool refused_for(const std::string& text, const std::string& why) {
  const std::string said = refusal(text);
  CAPTURE(said);
  CHECK(said.find(why) != std::string::npos);
  return said.find(why) != std::string::npos;
}

std::string with(std::string jwk, const std::string& members) { return jwk.insert(1, members + ','); }

}  // namespace

TEST_CASE("key set: a key is bound to the algorithm of its type (RFC 8725 3.1)") {
  for (const auto& [jwk, algorithm] :
       {std::pair(hs256_jwk, Algorithm::hs256), std::pair(rs256_jwk, Algorithm::rs256),
        std::pair(es256_jwk, Algorithm::es256), std::pair(eddsa_jwk, Algorithm::eddsa)}) {
    const KeySet keys = KeySet::from_jwks(jwks(jwk));
    REQUIRE(keys.size() == 1);
    CHECK(keys.find("")->algorithm() == algorithm);
  }
}

TEST_CASE("key set: a key is found by its id, and without one if it is the only one") {
  const std::string two = jwks(with(hs256_jwk, R"("kid":"a")") + "," + with(es256_jwk, R"("kid":"b")"));
  const KeySet keys = KeySet::from_jwks(two);
  CHECK(keys.find("a")->algorithm() == Algorithm::hs256);
  CHECK(keys.find("b")->algorithm() == Algorithm::es256);
  CHECK(keys.find("c") == nullptr);
  CHECK(keys.find("") == nullptr);
  const KeySet one = KeySet::from_jwks(jwks(with(hs256_jwk, R"("kid":"a")")));
  CHECK(one.find("") != nullptr);
  CHECK(one.find("b") == nullptr);
}

TEST_CASE("key set: keys for something else are left out (RFC 7517 5)") {
  const std::string others = with(rs256_jwk, R"("kid":"1","alg":"RS512")") + "," +
                             with(rs256_jwk, R"("kid":"2","use":"enc")") + "," +
                             with(rs256_jwk, R"("kid":"3","key_ops":["encrypt"])") + "," +
                             R"({"kty":"EC","crv":"P-384","kid":"4","x":"AA","y":"AA"},)" +
                             R"({"kty":"OKP","crv":"X25519","kid":"5","x":"AA"},{"kty":"new","kid":"6"},)" +
                             with(es256_jwk, R"("kid":"7","use":"sig","key_ops":["verify"],"alg":"ES256")");
  const KeySet keys = KeySet::from_jwks(jwks(others));
  CHECK(keys.size() == 1);
  CHECK(keys.find("7") != nullptr);
  CHECK(refused_for(jwks(R"({"kty":"new"})"), "no key for"));
}

TEST_CASE("key set: weak keys are refused (RFC 7518 3.2, 3.3)") {
  const std::string short_secret = base64url(secret.substr(1));
  CHECK(refused_for(jwks(R"({"kty":"oct","k":")" + short_secret + R"("})"), "shorter than 32"));
  CHECK(refused_for(jwks(R"({"kty":"RSA","e":"AQAB","n":")" + rsa_1024_modulus + R"("})"), "under 2048"));
  const std::string large = base64url('\x80' + std::string(2047, '\x01'));
  CHECK(refused_for(jwks(R"({"kty":"RSA","e":"AQAB","n":")" + large + R"("})"), "over 8192"));
}

TEST_CASE("key set: a point that is not on the curve, or of a wrong length, is no key") {
  const std::string key = R"({"kty":"EC","crv":"P-256","x":")";
  CHECK(refused_for(jwks(key + es256_x + R"(","y":")" + es256_x + R"("})"), "do not form a valid key"));
  CHECK(refused_for(jwks(key + es256_x + R"(","y":"AA"})"), "wrong length"));
  CHECK(refused_for(jwks(R"({"kty":"OKP","crv":"Ed25519","x":"AA"})"), "wrong length"));
}

TEST_CASE("key set: an RSA key with which anything verifies, or nothing could, is no key (RFC 8017 3.1)") {
  for (const char* exponent : {"AQ", "Ag", "AA"}) {  // 1, 2, 0
    CAPTURE(exponent);
    CHECK(refused_for(
        jwks(R"({"kty":"RSA","e":")" + std::string(exponent) + R"(","n":")" + rs256_modulus + R"("})"),
        "do not form a valid key"));
  }
  const std::string even = rs256_modulus.substr(0, rs256_modulus.size() - 1) + "A";
  CHECK(refused_for(jwks(R"({"kty":"RSA","e":"AQAB","n":")" + even + R"("})"), "do not form a valid key"));
}

TEST_CASE("key set: a private key is refused") {
  CHECK(refused_for(jwks(with(es256_jwk, R"("d":"AA")")), "private"));
  CHECK(refused_for(jwks(with(eddsa_jwk, R"("d":"AA")")), "private"));
}

TEST_CASE("key set: ids that do not tell keys apart are refused") {
  CHECK(refused_for(jwks(hs256_jwk + "," + with(es256_jwk, R"("kid":"a")")), "needs a 'kid'"));
  CHECK(refused_for(jwks(with(hs256_jwk, R"("kid":"a")") + "," + with(es256_jwk, R"("kid":"a")")),
                    "same 'kid'"));
}

TEST_CASE("key set: what is malformed is named by its place, without what it holds") {
  CHECK(refused_for("", "not a JSON object"));
  CHECK(refused_for("[]", "not a JSON object"));
  CHECK(refused_for("{}", "no array 'keys'"));
  CHECK(refused_for(R"({"keys":{}})", "no array 'keys'"));
  CHECK(refused_for(R"({"keys":[]})", "no key for"));
  CHECK(refused_for(jwks("7"), "key 1: it is not a JSON object"));
  CHECK(refused_for(jwks(eddsa_jwk + R"(,{"kty":"oct","kty":"oct"})"), "key 2: "));
  CHECK(refused_for(jwks("{}"), "'kty' is missing"));
  CHECK(refused_for(jwks(R"({"kty":"oct","k":5})"), "'k' is not a string"));
  CHECK(refused_for(jwks(R"({"kty":"RSA","e":"AQAB"})"), "'n' is missing"));
  const std::string padded =
      refusal(jwks(R"({"kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U="})"));
  CHECK(padded.find("not base64url") != std::string::npos);
  CHECK(padded.find("c2Vj") == std::string::npos);
}
