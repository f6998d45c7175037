#pragma once

#include <string>
#include <string_view>

#include "signaling/text/export.hpp"

namespace signaling::text {

/// The value of a hexadecimal digit of either case, or -1.
constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The digit, in lower case, of a value from 0 to 15.
constexpr char hex_digit(unsigned value) noexcept { return "0123456789abcdef"[value]; }

/// Each byte as two digits in lower case.
SIGNALING_API std::string to_hex(std::string_view bytes);

}  // namespace signaling::text
