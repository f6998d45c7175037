#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "signaling/text/export.hpp"

namespace signaling::identity {

class SIGNALING_API Key;

/// Keys that verify tokens: a JWK Set (RFC 7517 5) of public keys and shared secrets.
///
/// A key determines its algorithm; a token never chooses one:
///   kty RSA                 RS256, 2048 to 8192 bits          (RFC 7518 3.3, 6.3)
///   kty EC, crv P-256       ES256                             (RFC 7518 3.4, 6.2)
///   kty OKP, crv Ed25519    EdDSA                             (RFC 8037 2, 3.1)
///   kty oct                 HS256, at least 32 bytes          (RFC 7518 3.2, 6.4)
/// Keys for anything else (other `alg`, `kty`, `crv`, or a `use` or `key_ops` other than signatures) are skipped, as
/// RFC 7517 5 requires. Private keys are refused: a verifying server does not need them.
/// Ownership: a value; copies share the keys.
/// Threads: immutable.
class SIGNALING_API KeySet {
 public:
  /// Throws std::invalid_argument if the text is not a JWK Set, a key is malformed or too weak, two keys have the same
  /// `kid`, one of several has none, or no key remains. The error names a key by its position and contains nothing of
  /// the text.
  static KeySet from_jwks(std::string_view json);

  /// The number of keys, at least one.
  std::size_t size() const noexcept;

  /// The key with that id, or, if `id` is empty, the only key. Null: none.
  const Key* find(std::string_view id) const noexcept;

 private:
  explicit KeySet(std::shared_ptr<const std::vector<Key>> keys) : keys_(std::move(keys)) {}

  std::shared_ptr<const std::vector<Key>> keys_;
};

}  // namespace signaling::identity
