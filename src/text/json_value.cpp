#include "signaling/text/json_value.hpp"

#include <algorithm>
#include <array>

#include "signaling/text/hex.hpp"
#include "signaling/text/utf8.hpp"

namespace signaling::text {
namespace {

bool is_high_surrogate(char32_t unit) noexcept { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(char32_t unit) noexcept { return unit >= 0xDC00 && unit <= 0xDFFF; }

// Takes `\u` and the four digits behind it.
char32_t take_unit(std::string_view& text) noexcept {
  char32_t unit = 0;
  for (const char digit : text.substr(2, 4)) unit = unit * 16 + static_cast<char32_t>(hex_value(digit));
  text.remove_prefix(6);
  return unit;
}

// RFC 8259 7: what is beyond the basic plane takes two of them.
std::optional<char32_t> take_unicode_escape(std::string_view& text) noexcept {
  const char32_t unit = take_unit(text);
  if (is_low_surrogate(unit)) return std::nullopt;
  if (!is_high_surrogate(unit)) return unit;
  if (!text.starts_with("\\u")) return std::nullopt;
  const char32_t low = take_unit(text);
  if (!is_low_surrogate(low)) return std::nullopt;
  return 0x10000 + ((unit - 0xD800) << 10U) + (low - 0xDC00);
}

// Takes the escape that `text` begins with.
std::optional<char32_t> take_escape(std::string_view& text) noexcept {
  const char letter = text[1];
  if (letter == 'u') return take_unicode_escape(text);
  text.remove_prefix(2);
  switch (letter) {
    case 'b': return U'\b';
    case 'f': return U'\f';
    case 'n': return U'\n';
    case 'r': return U'\r';
    case 't': return U'\t';
    default: return static_cast<char32_t>(letter);  // quote, backslash, slash
  }
}

}  // namespace

std::optional<std::string> JsonValue::as_string() const {
  if (kind != JsonKind::string || !is_present()) return std::nullopt;
  std::string characters(unquoted());
  if (!escaped) return characters;
  const auto size = unescape_json(unquoted(), characters.data());
  if (!size) return std::nullopt;
  characters.resize(*size);
  return characters;
}

bool JsonValue::unescapes_to(std::string_view expected) const noexcept {
  std::string_view rest = unquoted();
  std::array<char, 4> character{};
  while (!rest.empty()) {
    std::string_view part = rest.substr(0, rest.find('\\'));
    if (part.empty()) {
      const auto code_point = take_escape(rest);
      if (!code_point) return false;
      part = {character.data(), encode_utf8(*code_point, character.data())};
    } else {
      rest.remove_prefix(part.size());
    }
    if (!expected.starts_with(part)) return false;
    expected.remove_prefix(part.size());
  }
  return expected.empty();
}

std::optional<std::size_t> unescape_json(std::string_view escaped, char* out) noexcept {
  char* const begin = out;
  for (;;) {
    const std::string_view plain = escaped.substr(0, escaped.find('\\'));
    out = std::ranges::copy(plain, out).out;
    escaped.remove_prefix(plain.size());
    if (escaped.empty()) return static_cast<std::size_t>(out - begin);
    const auto code_point = take_escape(escaped);
    if (!code_point) return std::nullopt;
    out = encode_utf8(*code_point, out);
  }
}

}  // namespace signaling::text
