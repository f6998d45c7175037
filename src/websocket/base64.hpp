#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace signaling::websocket {

inline constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648 4, with padding.
inline std::string to_base64(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = group << 8U | (i < count ? bytes[at + i] : 0U);
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= count ? base64_alphabet[(group >> (18 - 6 * i)) & 0x3FU] : '=';
    }
  }
  return text;
}

/// True if `text` is what 16 bytes look like in base64: 22 characters and two of padding.
constexpr bool is_base64_of_16_bytes(std::string_view text) noexcept {
  return text.size() == 24 && text.ends_with("==") &&
         text.find_first_not_of(base64_alphabet) == text.size() - 2;
}

}  // namespace signaling::websocket
