#include "protocols/json_text.hpp"

#include <algorithm>

namespace signaling::protocols {
namespace {

bool is_continuation(unsigned char byte) noexcept { return (byte & 0xC0U) == 0x80U; }

// The range of the second byte: it keeps out overlong forms, surrogates and what lies above U+10FFFF.
bool is_second_byte(unsigned char lead, unsigned char byte) noexcept {
  switch (lead) {
    case 0xE0: return byte >= 0xA0 && byte <= 0xBF;
    case 0xED: return byte >= 0x80 && byte <= 0x9F;
    case 0xF0: return byte >= 0x90 && byte <= 0xBF;
    case 0xF4: return byte >= 0x80 && byte <= 0x8F;
    default: return is_continuation(byte);
  }
}

std::size_t length_by_lead(unsigned char lead) noexcept {
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

std::uint32_t hex_value(const char* digits) noexcept {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value * 16 + static_cast<std::uint32_t>(hex_digit(digits[i]));
  return value;
}

char* write_utf8(std::uint32_t code, char* out) noexcept {
  const auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3FU));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
  return out;
}

bool is_high_surrogate(std::uint32_t unit) noexcept { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(std::uint32_t unit) noexcept { return unit >= 0xDC00 && unit <= 0xDFFF; }

// The character of the \u escape that starts at `in`, which moves behind it.
std::optional<std::uint32_t> take_unicode_escape(const char*& in, const char* end) noexcept {
  const std::uint32_t unit = hex_value(in + 2);
  in += 6;
  if (is_low_surrogate(unit)) return std::nullopt;
  if (!is_high_surrogate(unit)) return unit;
  if (end - in < 6 || in[0] != '\\' || in[1] != 'u') return std::nullopt;
  const std::uint32_t low = hex_value(in + 2);
  if (!is_low_surrogate(low)) return std::nullopt;
  in += 6;
  return 0x10000 + ((unit - 0xD800) << 10U) + (low - 0xDC00);
}

char simple_escape(char letter) noexcept {
  switch (letter) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return letter;  // quote, backslash, slash
  }
}

}  // namespace

std::size_t utf8_length(const char* first, const char* last) noexcept {
  if (first == last) return 0;
  const auto byte = [first](std::size_t i) { return static_cast<unsigned char>(first[i]); };
  const std::size_t length = length_by_lead(byte(0));
  if (length == 0 || static_cast<std::size_t>(last - first) < length) return 0;
  if (!is_second_byte(byte(0), byte(1))) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(byte(i))) return 0;
  }
  return length;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::size_t> unescape(std::string_view escaped, char* out) noexcept {
  const char* in = escaped.data();
  const char* const end = in + escaped.size();
  char* const begin = out;
  while (in != end) {
    const char* const backslash = std::find(in, end, '\\');
    out = std::copy(in, backslash, out);
    in = backslash;
    if (in == end) break;
    if (in[1] == 'u') {
      const auto code = take_unicode_escape(in, end);
      if (!code) return std::nullopt;
      out = write_utf8(*code, out);
    } else {
      *out++ = simple_escape(in[1]);
      in += 2;
    }
  }
  return static_cast<std::size_t>(out - begin);
}

}  // namespace signaling::protocols
