#include "identity/key.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "identity/digest.hpp"
#include "identity/public_key.hpp"
#include "signaling/text/base64.hpp"

namespace signaling::identity {
namespace {

constexpr std::size_t min_secret_bytes = 32;  // RFC 7518 3.2: as long as the digest, or longer
constexpr int min_rsa_bits = 2048;            // RFC 7518 3.3
constexpr int max_rsa_bits = 8192;            // what a signature may cost
constexpr std::size_t p256_bytes = 32;
constexpr std::size_t ed25519_bytes = 32;

// A string member; empty if there is none.
std::string text_of(const JsonObject& jwk, std::string_view name) {
  const JsonValue* value = jwk.find(name);
  if (value == nullptr) return {};
  auto text = value->as_string();
  if (!text) throw std::invalid_argument("'" + std::string(name) + "' is not a string");
  return *std::move(text);
}

std::string bytes_of(const JsonObject& jwk, std::string_view name) {
  auto bytes = text::from_base64(text_of(jwk, name), text::Base64::url);
  if (!bytes || bytes->empty()) {
    throw std::invalid_argument("'" + std::string(name) + "' is missing or not base64url");
  }
  return *std::move(bytes);
}

// RFC 7518 6.2.1.2, RFC 8037 2: all bytes, leading zeros too.
std::string coordinate_of(const JsonObject& jwk, std::string_view name, std::size_t size) {
  std::string bytes = bytes_of(jwk, name);
  if (bytes.size() != size) throw std::invalid_argument("'" + std::string(name) + "' has the wrong length");
  return bytes;
}

// RFC 7517 4.2 and 4.3.
bool is_for_signatures(const JsonObject& jwk) {
  if (const std::string use = text_of(jwk, "use"); !use.empty() && use != "sig") return false;
  const JsonValue* operations = jwk.find("key_ops");
  if (operations == nullptr) return true;
  const auto elements = elements_of(*operations);
  if (!elements) throw std::invalid_argument("'key_ops' is not an array");
  return std::ranges::any_of(*elements, [](const JsonValue& value) { return value.equals("verify"); });
}

// By type and curve; nothing for those that are not known here.
std::optional<Algorithm> algorithm_of(const JsonObject& jwk) {
  const std::string type = text_of(jwk, "kty");
  if (type.empty()) throw std::invalid_argument("'kty' is missing");
  if (type == "oct") return Algorithm::hs256;
  if (type == "RSA") return Algorithm::rs256;
  const std::string curve = text_of(jwk, "crv");
  if (type == "EC" && curve == "P-256") return Algorithm::es256;
  if (type == "OKP" && curve == "Ed25519") return Algorithm::eddsa;
  return std::nullopt;
}

std::string make_secret(const JsonObject& jwk) {
  std::string secret = bytes_of(jwk, "k");
  if (secret.size() < min_secret_bytes) throw std::invalid_argument("the secret is shorter than 32 bytes");
  return secret;
}

std::shared_ptr<evp_pkey_st> make_public_key(const JsonObject& jwk, Algorithm algorithm) {
  if (jwk.find("d") != nullptr) throw std::invalid_argument("it is a private key; give the public one");
  std::shared_ptr<evp_pkey_st> key;
  if (algorithm == Algorithm::rs256) {
    const std::string modulus = bytes_of(jwk, "n");
    // Before OpenSSL looks at the number, which takes long for a very large one.
    if (modulus.size() * 8 > max_rsa_bits + 8U) throw std::invalid_argument("the modulus is over 8192 bits");
    key = make_rsa_key(modulus, bytes_of(jwk, "e"));
  } else if (algorithm == Algorithm::es256) {
    key = make_p256_key(coordinate_of(jwk, "x", p256_bytes), coordinate_of(jwk, "y", p256_bytes));
  } else {
    key = make_ed25519_key(coordinate_of(jwk, "x", ed25519_bytes));
  }
  if (!key) throw std::invalid_argument("its numbers do not form a valid key");
  return key;
}

void check_rsa(const evp_pkey_st& key) {
  const int bits = bits_of(key);
  if (bits < min_rsa_bits) throw std::invalid_argument("the modulus is under 2048 bits");
  if (bits > max_rsa_bits) throw std::invalid_argument("the modulus is over 8192 bits");
}

}  // namespace

std::string_view to_string(Algorithm algorithm) noexcept {
  switch (algorithm) {
    case Algorithm::hs256: return "HS256";
    case Algorithm::rs256: return "RS256";
    case Algorithm::es256: return "ES256";
    case Algorithm::eddsa: return "EdDSA";
  }
  return {};
}

std::optional<Key> Key::from_jwk(const JsonObject& jwk) {
  const auto algorithm = algorithm_of(jwk);
  if (!algorithm || !is_for_signatures(jwk)) return std::nullopt;
  if (const std::string stated = text_of(jwk, "alg"); !stated.empty() && stated != to_string(*algorithm)) {
    return std::nullopt;
  }
  Key key(*algorithm, text_of(jwk, "kid"));
  if (*algorithm == Algorithm::hs256) {
    key.secret_ = make_secret(jwk);
  } else {
    key.public_key_ = make_public_key(jwk, *algorithm);
  }
  if (*algorithm == Algorithm::rs256) check_rsa(*key.public_key_);
  return key;
}

bool Key::verify(std::string_view input, std::string_view signature) const {
  switch (algorithm_) {
    case Algorithm::hs256: return equal_digests(hmac_sha256(secret_, input), as_bytes(signature));
    case Algorithm::rs256: return verify_rsa(*public_key_, input, signature);
    case Algorithm::es256: return verify_p256(*public_key_, input, signature);
    case Algorithm::eddsa: return verify_ed25519(*public_key_, input, signature);
  }
  return false;
}

}  // namespace signaling::identity
