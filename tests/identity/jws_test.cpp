#include "identity/jws.hpp"

#include <doctest/doctest.h>
#include <openssl/err.h>

#include <string>
#include <utility>

#include "identity/support/token.hpp"
#include "identity/support/vectors.hpp"
#include "signaling/text/base64.hpp"

using namespace signaling::identity;
using namespace signaling::testing;

namespace {

std::string refusal(const std::string& token, const std::string& jwk) {
  return std::string(verify_jws(token, KeySet::from_jwks(jwks(jwk))).refusal);
}

std::string flipped(std::string token, std::size_t from_end) {
  char& c = token[token.size() - from_end];
  c = c == 'A' ? 'B' : 'A';
  return token;
}

}  // namespace

TEST_CASE("JWS: the examples of RFC 7515 A.1, A.2, A.3 and RFC 8037 A.4") {
  CHECK(refusal(hs256_token, hs256_jwk) == "");
  CHECK(refusal(rs256_token, rs256_jwk) == "");
  CHECK(refusal(es256_input + '.' + es256_signature, es256_jwk) == "");
  CHECK(refusal(eddsa_token, eddsa_jwk) == "");
  const JwsResult result = verify_jws(eddsa_token, KeySet::from_jwks(jwks(eddsa_jwk)));
  CHECK(result.payload == "Example of Ed25519 signing");
}

TEST_CASE("JWS: any other signature is wrong, for each algorithm") {
  const std::pair<std::string, std::string> examples[] = {
      {hs256_token, hs256_jwk},
      {rs256_token, rs256_jwk},
      {es256_input + '.' + es256_signature, es256_jwk},
      {eddsa_token, eddsa_jwk},
  };
  for (const auto& example : examples) {
    const std::string& token = example.first;
    const std::string& jwk = example.second;
    CAPTURE(token);
    CHECK(refusal(flipped(token, 20), jwk) == "wrong-signature");
    const auto dot = token.rfind('.');
    CHECK(refusal(flipped(token, token.size() - dot + 9), jwk) == "wrong-signature");  // in the payload
    CHECK(refusal(token.substr(0, dot + 1), jwk) == "wrong-signature");
  }
}

TEST_CASE("JWS: a failed verification leaves nothing in OpenSSL's queue for TLS to find") {
  ERR_clear_error();
  CHECK(refusal(flipped(rs256_token, 20), rs256_jwk) == "wrong-signature");
  CHECK(refusal(es256_input + '.' + base64url(std::string(64, '\0')), es256_jwk) == "wrong-signature");
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("JWS: no signature is none, in whatever case it is written (RFC 7515 A.5, RFC 8725 2.1)") {
  for (const std::string& jwk : {hs256_jwk, rs256_jwk, es256_jwk, eddsa_jwk}) {
    CHECK(refusal(unsecured_token, jwk) == "wrong-algorithm");
    for (const char* name : {"none", "None", "NONE", "nOnE", ""}) {
      const std::string header = R"({"alg":")" + std::string(name) + R"("})";
      CHECK(refusal(base64url(header) + '.' + rfc7515_payload + '.', jwk) == "wrong-algorithm");
    }
  }
}

TEST_CASE("JWS: the public key of RS256 is no secret of HS256 (RFC 8725 2.1)") {
  const auto modulus = signaling::text::from_base64(rs256_modulus, signaling::text::Base64::url);
  REQUIRE(modulus);
  for (const std::string& key : {*modulus, rs256_modulus, rs256_jwk}) {
    CHECK(refusal(sign(R"({"alg":"HS256"})", "{}", key), rs256_jwk) == "wrong-algorithm");
    CHECK(refusal(sign(R"({"alg":"RS256"})", "{}", key), rs256_jwk) == "wrong-signature");
  }
}

TEST_CASE("JWS: the header's algorithm is the key's, by its exact name") {
  for (const char* name : {"HS384", "hs256", "HS256 ", "RS256", "ES256", "EdDSA"}) {
    const std::string header = R"({"alg":")" + std::string(name) + R"("})";
    CHECK(refusal(sign(header, "{}"), R"({"kty":"oct","k":")" + base64url(secret) + R"("})") ==
          "wrong-algorithm");
  }
  CHECK(refusal(eddsa_token, es256_jwk) == "wrong-algorithm");
  CHECK(refusal(es256_input + '.' + es256_signature, eddsa_jwk) == "wrong-algorithm");
}

TEST_CASE("JWS: an ES256 signature is R and S of 32 bytes each, and nothing else (RFC 7518 3.4)") {
  const auto signature = signaling::text::from_base64(es256_signature, signaling::text::Base64::url);
  REQUIRE(signature);
  const std::string r = signature->substr(0, 32);
  const std::string s = signature->substr(32);
  const std::string zero(1, '\0');
  const std::string der = std::string("\x30\x45\x02\x20", 4) + r + std::string("\x02\x21\x00", 3) + s;
  for (const std::string& other :
       {zero + *signature, *signature + zero, zero + r + zero + s, r + zero + s, r, r + s.substr(0, 31), der,
        std::string(64, '\0'), std::string(64, '\xFF'), std::string()}) {
    CAPTURE(other.size());
    CHECK(refusal(es256_input + '.' + base64url(other), es256_jwk) == "wrong-signature");
  }
}

TEST_CASE("JWS: what is not three parts of canonical base64url is malformed (RFC 7515 5.2)") {
  const auto malformed = [](const std::string& token) { return refusal(token, hs256_jwk) == "malformed"; };
  CHECK(malformed(hs256_token + "="));
  CHECK(malformed(hs256_token + ".AAAA"));
  CHECK(malformed(hs256_token + "\n"));
  CHECK(malformed(hs256_token + "AA"));  // a length that no bytes have
  CHECK(malformed("." + hs256_token));
  CHECK(malformed(hs256_token.substr(0, hs256_token.rfind('.'))));
  CHECK(malformed(".."));
  CHECK(malformed("."));
  CHECK(malformed(base64url("{}") + ".AAAA.AAAA"));
  CHECK(malformed(base64url(R"({"alg":5})") + ".AAAA.AAAA"));
  CHECK(malformed(base64url(R"(["HS256"])") + ".AAAA.AAAA"));
  // The last digit of the signature has two bits that no byte takes: "k" is 100100.
  std::string other_bits = hs256_token;
  other_bits.back() = 'l';
  CHECK(malformed(other_bits));
}

TEST_CASE("JWS: names given twice in the header are refused (RFC 7515 4)") {
  const std::string jwk = R"({"kty":"oct","k":")" + base64url(secret) + R"("})";
  CHECK(refusal(sign(R"({"alg":"HS256"})", "{}"), jwk) == "");
  CHECK(refusal(sign(R"({"alg":"HS256","alg":"HS256"})", "{}"), jwk) == "malformed");
  CHECK(refusal(sign(R"({"alg":"none","\u0061lg":"HS256"})", "{}"), jwk) == "malformed");
}

TEST_CASE("JWS: an unknown kid is no reason to try other keys, and a kid is a string") {
  const std::string jwk = R"({"kty":"oct","kid":"k1","k":")" + base64url(secret) + R"("})";
  CHECK(refusal(sign(R"({"alg":"HS256","kid":"k1"})", "{}"), jwk) == "");
  CHECK(refusal(sign(R"({"alg":"HS256","kid":"k2"})", "{}"), jwk) == "unknown-key");
  CHECK(refusal(sign(R"({"alg":"HS256","kid":"../../dev/null"})", "{}"), jwk) == "unknown-key");
  CHECK(refusal(sign(R"({"alg":"HS256","kid":1})", "{}"), jwk) == "malformed");
  CHECK(refusal(sign(R"({"alg":"HS256","kid":""})", "{}"), jwk) == "malformed");
}

TEST_CASE("JWS: extensions that must be understood are not (RFC 7515 4.1.11)") {
  const std::string jwk = R"({"kty":"oct","k":")" + base64url(secret) + R"("})";
  CHECK(refusal(sign(R"({"alg":"HS256","crit":["b64"],"b64":false})", "{}"), jwk) == "critical-extension");
  CHECK(refusal(sign(R"({"alg":"HS256","crit":[]})", "{}"), jwk) == "critical-extension");
}

TEST_CASE("JWS: a key that the token brings along is not looked at (RFC 8725 3.10)") {
  const std::string evil = "evil evil evil evil evil evil evil evil";
  const std::string header =
      R"({"alg":"HS256","jwk":{"kty":"oct","k":")" + base64url(evil) + R"("},"jku":"https://example.com/"})";
  CHECK(refusal(sign(header, "{}", evil), R"({"kty":"oct","k":")" + base64url(secret) + R"("})") ==
        "wrong-signature");
}
