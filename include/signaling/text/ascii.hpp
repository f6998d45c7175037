#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace signaling::text {

// ASCII characters, independent of the locale. A byte from 0x80 on belongs to no class and is unchanged.

/// `0` to `9`.
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Converts an upper case letter to lower case.
constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The same for each character of a text.
inline std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return to_lower(c); });
  return lower;
}

/// `A` to `Z`, `a` to `z`.
constexpr bool is_letter(char c) noexcept { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }

/// CTL (RFC 5234 B.1): 0x00 to 0x1F, and 0x7F.
constexpr bool is_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

/// True if the texts are equal without regard to case.
constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) { return to_lower(x) == to_lower(y); });
}

}  // namespace signaling::text
