#include "json_string.hpp"

#include <cstddef>
#include <span>

#include "signaling/websocket/utf8.hpp"

namespace {

void append_unit(std::string& line, unsigned unit) {
  static constexpr std::string_view hex_digits = "0123456789abcdef";
  line += "\\u";
  for (unsigned shift = 16; shift != 0; shift -= 4) line += hex_digits[(unit >> (shift - 4)) & 0xFU];
}

// Beyond the basic plane it takes two (RFC 8259 7).
void append_code_point(std::string& line, unsigned code) {
  if (code < 0x10000) return append_unit(line, code);
  append_unit(line, 0xD800 + ((code - 0x10000) >> 10U));
  append_unit(line, 0xDC00 + ((code - 0x10000) & 0x3FFU));
}

// Takes one character from the front of valid UTF-8.
unsigned take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  unsigned code = size == 1 ? first : first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
  text.remove_prefix(size);
  return code;
}

}  // namespace

void append_json_string(std::string& line, std::string_view value) {
  const bool valid = signaling::websocket::is_utf8(std::as_bytes(std::span(value)));
  line += '"';
  while (!value.empty()) {
    const char c = value.front();
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 && valid) {
      append_code_point(line, take_character(value));
      continue;
    }
    if (byte >= 0x7F || byte < 0x20) {
      append_unit(line, byte >= 0x80 ? 0xFFFD : byte);
    } else {
      if (c == '"' || c == '\\') line += '\\';
      line += c;
    }
    value.remove_prefix(1);
  }
  line += '"';
}
