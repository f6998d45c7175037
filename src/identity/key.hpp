#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "identity/json_object.hpp"

// OpenSSL's EVP_PKEY.
struct evp_pkey_st;

namespace signaling::identity {

enum class Algorithm : std::uint8_t { hs256, rs256, es256, eddsa };

/// The name in a token's header: "HS256", "RS256", "ES256", "EdDSA" (RFC 7518 3.1, RFC 8037 3.1).
std::string_view to_string(Algorithm algorithm) noexcept;

/// One key, and the one algorithm it is for. Threads: immutable.
class Key {
 public:
  /// Reads a JWK (RFC 7517 4). Nothing: it is for something else. Throws std::invalid_argument if it is malformed, too weak,
  /// or private.
  static std::optional<Key> from_jwk(const JsonObject& jwk);

  Algorithm algorithm() const noexcept { return algorithm_; }
  const std::string& id() const noexcept { return id_; }
  /// True if `signature` is this key's over `input` (RFC 7515 5.2 step 8).
  bool verify(std::string_view input, std::string_view signature) const;

 private:
  Key(Algorithm algorithm, std::string id) : algorithm_(algorithm), id_(std::move(id)) {}

  Algorithm algorithm_;
  std::string id_;
  std::string secret_;                       // of hs256
  std::shared_ptr<evp_pkey_st> public_key_;  // of the others
};

}  // namespace signaling::identity
