#include "signaling/text/json_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "signaling/text/ascii.hpp"
#include "signaling/text/base64.hpp"
#include "signaling/text/hex.hpp"
#include "signaling/text/utf8.hpp"
#include "text/json_plain.hpp"

namespace signaling::text {
namespace {

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";  // U+FFFD

using UnitEscape = std::array<char, 6>;

// RFC 8259 7: a backslash, `u` and four digits.
constexpr UnitEscape escape_of(std::uint32_t unit) noexcept {
  const auto digit = [unit](unsigned shift) { return hex_digit((unit >> shift) & 0xFU); };
  return {'\\', 'u', digit(12), digit(8), digit(4), digit(0)};
}

constexpr std::string_view view_of(const UnitEscape& escape) noexcept {
  return {escape.data(), escape.size()};
}

// The quotation mark, the reverse solidus and the control characters must be escaped (RFC 8259 7).
void write_escaped(JsonWriter& out, char c) {
  switch (c) {
    case '"': out.raw("\\\""); return;
    case '\\': out.raw("\\\\"); return;
    case '\n': out.raw("\\n"); return;
    case '\r': out.raw("\\r"); return;
    case '\t': out.raw("\\t"); return;
    default: out.raw(view_of(escape_of(static_cast<unsigned char>(c)))); return;
  }
}

void write_code_point(JsonWriter& out, char32_t code_point) {
  if (code_point >= 0x10000) {
    out.raw(view_of(escape_of(0xD800 + ((code_point - 0x10000) >> 10U))));
    code_point = 0xDC00 + ((code_point - 0x10000) & 0x3FFU);
  }
  out.raw(view_of(escape_of(code_point)));
}

template <class Number>
void write_number(JsonWriter& out, Number value) {
  std::array<char, 20> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.raw({digits.data(), result.ptr});
}

}  // namespace

JsonWriter& JsonWriter::string(std::string_view text) {
  raw("\"");
  const char* position = text.data();
  const char* const end = position + text.size();
  const char* run = position;
  const auto write_run = [&] {
    if (run != position) raw({run, position});
  };
  while ((position = skip_plain(position, end)) != end) {
    const bool is_ascii = static_cast<unsigned char>(*position) < 0x80;
    const std::size_t length = is_ascii ? 0 : utf8_length({position, end});
    if (length != 0) {
      position += length;
      continue;
    }
    write_run();
    if (is_ascii) {
      write_escaped(*this, *position);
    } else {
      raw(replacement_character);
    }
    run = ++position;
  }
  write_run();
  return raw("\"");
}

JsonWriter& JsonWriter::ascii_string(std::string_view text) {
  const auto is_special = [](char c) { return !is_plain(c) || is_control(c); };
  raw("\"");
  while (!text.empty()) {
    const auto special = std::ranges::find_if(text, is_special);
    if (special != text.begin()) raw({text.begin(), special});
    text = {special, text.end()};
    if (text.empty()) break;
    const std::size_t length = utf8_length(text);
    if (text.front() == '"' || text.front() == '\\') {
      write_escaped(*this, text.front());
    } else {
      write_code_point(*this, length == 0 ? U'\uFFFD' : decode_utf8(text.substr(0, length)));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return raw("\"");
}

JsonWriter& JsonWriter::signed_number(std::int64_t value) {
  write_number(*this, value);
  return *this;
}

JsonWriter& JsonWriter::unsigned_number(std::uint64_t value) {
  write_number(*this, value);
  return *this;
}

JsonWriter& JsonWriter::base64(std::string_view bytes) {
  raw("\"");
  constexpr std::size_t piece = 192;  // a multiple of three: only the last one is padded
  std::array<char, base64_size(piece)> characters{};
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    raw({characters.data(), encode_base64(bytes.substr(0, piece), characters.data())});
  }
  return raw("\"");
}

std::string json_string(std::string_view text) {
  std::string json;
  json.reserve(text.size() + 2);
  JsonWriter(json).string(text);
  return json;
}

}  // namespace signaling::text
