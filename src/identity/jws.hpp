#pragma once

#include <string>
#include <string_view>

#include "signaling/identity/key_set.hpp"

namespace signaling::identity {

/// What became of a signed text: its payload, or else why it is refused.
struct JwsResult {
  /// Empty: the signature is right.
  std::string_view refusal;
  std::string payload;
};

/// Verifies the compact form of a JWS (RFC 7515 5.2, 7.1). The header names a key; that key's algorithm has to be the
/// header's `alg`. Keys in the header or behind its addresses (`jwk`, `jku`, `x5c`, `x5u`) are not looked at.
JwsResult verify_jws(std::string_view token, const KeySet& keys);

}  // namespace signaling::identity
