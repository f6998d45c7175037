#include "signaling/text/hex.hpp"

namespace signaling::text {

std::string to_hex(std::string_view bytes) {
  std::string digits;
  digits.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    digits += {hex_digit(byte >> 4U), hex_digit(byte & 0xFU)};
  }
  return digits;
}

}  // namespace signaling::text
