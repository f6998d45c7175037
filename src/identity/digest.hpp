#pragma once

#include <array>
#include <span>
#include <string_view>

namespace signaling::identity {

using Sha256 = std::array<unsigned char, 32>;
using Sha1 = std::array<unsigned char, 20>;

/// FIPS 180-4 and RFC 2104. They throw std::runtime_error where OpenSSL is told not to have them.
Sha256 sha256(std::string_view text);
Sha256 hmac_sha256(std::string_view key, std::string_view text);
Sha1 hmac_sha1(std::string_view key, std::string_view text);

/// Takes the same time wherever they differ.
bool equal_digests(std::span<const unsigned char> a, std::span<const unsigned char> b) noexcept;

inline std::string_view as_text(std::span<const unsigned char> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const unsigned char> as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

}  // namespace signaling::identity
