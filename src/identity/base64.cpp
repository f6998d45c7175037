#include "identity/base64.hpp"

#include <cstdint>

namespace signaling::identity {
namespace {

// 0 to 63, or -1.
int digit_of(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  return c == '_' ? 63 : -1;
}

}  // namespace

std::optional<std::string> from_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const int digit = digit_of(c);
    if (digit < 0) return std::nullopt;
    pending = (pending << 6U) | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>((pending >> bits) & 0xFFU);
    pending &= (1U << bits) - 1;
  }
  if (pending != 0) return std::nullopt;
  return bytes;
}

std::string to_base64(std::span<const unsigned char> bytes) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (; !bytes.empty(); bytes = bytes.subspan(bytes.size() < 3 ? bytes.size() : 3)) {
    const std::uint32_t group = static_cast<std::uint32_t>(bytes[0]) << 16U |
                                (bytes.size() > 1 ? static_cast<std::uint32_t>(bytes[1]) << 8U : 0U) |
                                (bytes.size() > 2 ? static_cast<std::uint32_t>(bytes[2]) : 0U);
    text += alphabet[group >> 18U];
    text += alphabet[(group >> 12U) & 0x3FU];
    text += bytes.size() > 1 ? alphabet[(group >> 6U) & 0x3FU] : '=';
    text += bytes.size() > 2 ? alphabet[group & 0x3FU] : '=';
  }
  return text;
}

}  // namespace signaling::identity
