#pragma once

#include <string>
#include <string_view>

#include "identity/digest.hpp"
#include "signaling/text/base64.hpp"

namespace signaling::testing {

/// base64url without padding.
inline std::string base64url(std::string_view bytes) { return text::to_base64(bytes, text::Base64::url); }

/// The secret of the tests, and the key set that holds it under the id "k1".
inline constexpr std::string_view secret = "0123456789abcdef0123456789abcdef";
inline std::string secret_jwks(std::string_view id = "k1") {
  return R"({"keys":[{"kty":"oct","kid":")" + std::string(id) + R"(","k":")" + base64url(secret) + R"("}]})";
}

/// A token with any header, signed with HMAC-SHA256.
inline std::string sign(std::string_view header, std::string_view claims, std::string_view key = secret) {
  const std::string text = base64url(header) + '.' + base64url(claims);
  return text + '.' + base64url(identity::as_text(identity::hmac_sha256(key, text)));
}

inline std::string token(std::string_view claims) { return sign(R"({"alg":"HS256","kid":"k1"})", claims); }

}  // namespace signaling::testing
