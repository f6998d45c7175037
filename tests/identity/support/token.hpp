#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "identity/digest.hpp"

namespace signaling::testing {

/// base64url without padding.
inline std::string base64url(std::string_view bytes) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    pending = (pending << 8U) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) text += alphabet[(pending >> (bits - 6)) & 0x3FU];
  }
  if (bits != 0) text += alphabet[(pending << (6 - bits)) & 0x3FU];
  return text;
}

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
