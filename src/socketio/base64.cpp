#include "socketio/base64.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace signaling::socketio {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr std::array<std::uint8_t, 256> digit_values = make_values();

// Decodes the two to four digits of a group to one to three bytes. False: a character is no digit, or bits are left over
// (RFC 4648 3.5 lets us insist that they are zero).
bool decode_group(std::string_view digits, char* out) noexcept {
  std::uint32_t bits = 0;
  for (const char c : digits) {
    const std::uint8_t value = digit_values[static_cast<unsigned char>(c)];
    if (value == no_digit) return false;
    bits = bits << 6U | value;
  }
  const std::size_t bytes = digits.size() - 1;
  bits <<= 6U * (4 - digits.size());
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<char>(bits >> (16U - 8U * i) & 0xFFU);
  return (bits & (0xFFFFFFU >> 8U * bytes)) == 0;
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8U | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += i <= count ? alphabet[bits >> (18U - 6U * i) & 0x3FU] : '=';
    }
  }
}

std::optional<std::string_view> decode_base64(std::span<char> text) noexcept {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string_view digits(text.data(), text.size());
  for (int padding = 0; padding < 2 && digits.ends_with('='); ++padding) digits.remove_suffix(1);
  char* out = text.data();
  while (!digits.empty()) {
    const std::string_view group = digits.substr(0, 4);
    if (group.size() == 1 || !decode_group(group, out)) return std::nullopt;
    out += group.size() - 1;
    digits.remove_prefix(group.size());
  }
  return std::string_view(text.data(), static_cast<std::size_t>(out - text.data()));
}

}  // namespace signaling::socketio
