#include "protocols/json_writer.hpp"

#include <array>
#include <charconv>

#include "protocols/json_text.hpp"

namespace signaling::protocols {
namespace {

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Up to three bytes as four characters.
std::array<char, 4> base64_group(std::string_view bytes) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    bits = (bits << 8U) | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
  }
  std::array<char, 4> group{'=', '=', '=', '='};
  for (std::size_t i = 0; i <= bytes.size(); ++i)
    group[i] = base64_alphabet[(bits >> (18U - 6U * i)) & 0x3FU];
  return group;
}

}  // namespace

JsonWriter& JsonWriter::raw(std::string_view text) {
  builder_.append(text);
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  builder_.append('"');
  const char* position = text.data();
  const char* const end = position + text.size();
  for (;;) {
    const char* const plain = position;
    position = skip_plain(position, end);
    builder_.append({plain, static_cast<std::size_t>(position - plain)});
    if (position == end) break;
    const auto byte = static_cast<unsigned char>(*position);
    const std::size_t length = byte < 0x80 ? 0 : utf8_length(position, end);
    if (length != 0) {
      builder_.append({position, length});
      position += length;
    } else {
      escape(byte);
      ++position;
    }
  }
  builder_.append('"');
  return *this;
}

// RFC 8259 7: quotation mark, reverse solidus and the control characters must be escaped.
void JsonWriter::escape(unsigned char byte) {
  static constexpr std::string_view hex = "0123456789abcdef";
  switch (byte) {
    case '"': builder_.append("\\\""); return;
    case '\\': builder_.append("\\\\"); return;
    case '\n': builder_.append("\\n"); return;
    case '\r': builder_.append("\\r"); return;
    case '\t': builder_.append("\\t"); return;
    default: break;
  }
  if (byte >= 0x80) {
    builder_.append(replacement_character);
  } else {
    builder_.append("\\u00").append(hex[byte >> 4U]).append(hex[byte & 0xFU]);
  }
}

JsonWriter& JsonWriter::number(std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  builder_.append({digits.data(), static_cast<std::size_t>(result.ptr - digits.data())});
  return *this;
}

JsonWriter& JsonWriter::base64(std::string_view bytes) {
  builder_.append('"');
  for (; !bytes.empty(); bytes.remove_prefix(bytes.size() < 3 ? bytes.size() : 3)) {
    const auto group = base64_group(bytes.substr(0, 3));
    builder_.append({group.data(), group.size()});
  }
  builder_.append('"');
  return *this;
}

}  // namespace signaling::protocols
