#include "signaling/text/json_scanner.hpp"

#include <cstring>

#include "signaling/text/hex.hpp"
#include "signaling/text/utf8.hpp"
#include "text/json_plain.hpp"

namespace signaling::text {

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): `open` writes each word before it is read
JsonScanner::JsonScanner(std::string_view text, std::size_t max_depth) noexcept
    : position_(text.data()),
      end_(text.data() + text.size()),
      max_depth_(max_depth == 0 || max_depth > max_json_nesting ? max_json_nesting : max_depth) {}

bool JsonScanner::read_text(JsonValue& value) noexcept {
  skip_space();
  return read_value(value) && finish() == Step::end;
}

JsonScanner::Step JsonScanner::next_member(JsonMember& member) noexcept {
  const Step step = next_part(JsonKind::object);
  if (step != Step::member) return step;
  return read_name(member.name) && read_value(member.value) ? Step::member : Step::error;
}

JsonScanner::Step JsonScanner::next_element(JsonValue& element) noexcept {
  const Step step = next_part(JsonKind::array);
  if (step != Step::member) return step;
  return read_value(element) ? Step::member : Step::error;
}

// Goes to the next part of the array or object that the text is, or behind its end.
JsonScanner::Step JsonScanner::next_part(JsonKind kind) noexcept {
  const bool object = kind == JsonKind::object;
  skip_space();
  if (depth_ == 0) {
    if (!take(object ? '{' : '[') || !open(kind)) return Step::error;
    skip_space();
  }
  if (take(object ? '}' : ']')) return finish();
  if (!fresh_) {
    if (!take(',')) return Step::error;
    skip_space();
  }
  fresh_ = false;
  return Step::member;
}

JsonScanner::Step JsonScanner::finish() noexcept {
  skip_space();
  return position_ == end_ ? Step::end : Step::error;
}

bool JsonScanner::take(char c) noexcept {
  if (position_ == end_ || *position_ != c) return false;
  ++position_;
  return true;
}

bool JsonScanner::take_word(std::string_view word) noexcept {
  if (static_cast<std::size_t>(end_ - position_) < word.size()) return false;
  if (std::memcmp(position_, word.data(), word.size()) != 0) return false;
  position_ += word.size();
  return true;
}

bool JsonScanner::take_digits() noexcept {
  const char* const first = position_;
  while (position_ != end_ && *position_ >= '0' && *position_ <= '9') ++position_;
  return position_ != first;
}

// RFC 8259 2: space, tab, line feed and carriage return.
void JsonScanner::skip_space() noexcept {
  while (position_ != end_ &&
         (*position_ == ' ' || *position_ == '\n' || *position_ == '\r' || *position_ == '\t')) {
    ++position_;
  }
}

// RFC 8259 8.1: UTF-8.
bool JsonScanner::skip_non_ascii() noexcept {
  do {
    const std::size_t length = utf8_length({position_, end_});
    if (length == 0) return false;
    position_ += length;
  } while (position_ != end_ && static_cast<unsigned char>(*position_) >= 0x80);
  return true;
}

// RFC 8259 7: a backslash and one of `"\/bfnrt`, or `u` and four hexadecimal digits. Passes over text with
// further escapes too, since one of two bytes is seldom the only one.
bool JsonScanner::skip_escape() noexcept {
  if (end_ - position_ < 2) return false;
  switch (position_[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': position_ = skip_common_escapes(position_ + 2, end_); return true;
    case 'u': break;
    default: return false;
  }
  if (end_ - position_ < 6) return false;
  for (int i = 2; i < 6; ++i) {
    if (hex_value(position_[i]) < 0) return false;
  }
  position_ += 6;
  return true;
}

bool JsonScanner::read_string(JsonValue& value) noexcept {
  const char* const first = position_;
  ++position_;
  value.kind = JsonKind::string;
  value.escaped = false;
  for (;;) {
    position_ = skip_plain(position_, end_);
    if (take('"')) break;
    if (position_ == end_) return false;
    const auto byte = static_cast<unsigned char>(*position_);
    if (byte == '\\') {
      value.escaped = true;
      if (!skip_escape()) return false;
    } else if (byte < 0x80 || !skip_non_ascii()) {
      return false;
    }
  }
  value.text = {first, static_cast<std::size_t>(position_ - first)};
  return true;
}

// RFC 8259 6: [ minus ] int [ frac ] [ exp ], without leading zeros.
bool JsonScanner::read_number() noexcept {
  take('-');
  if (!take('0') && !take_digits()) return false;
  if (take('.') && !take_digits()) return false;
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    return take_digits();
  }
  return true;
}

// The name of a member and the colon behind it.
bool JsonScanner::read_name(JsonValue& name) noexcept {
  if (position_ == end_ || *position_ != '"' || !read_string(name)) return false;
  skip_space();
  if (!take(':')) return false;
  skip_space();
  return true;
}

bool JsonScanner::read_value(JsonValue& value) noexcept {
  const char* const first = position_;
  const std::size_t outside = depth_;
  if (!enter_value(value)) return false;
  while (depth_ != outside) {
    if (!step_inside()) return false;
  }
  value.text = {first, static_cast<std::size_t>(position_ - first)};
  return true;
}

// Reads a value that has no parts, or goes in behind the bracket of one that has.
bool JsonScanner::enter_value(JsonValue& value) noexcept {
  if (position_ == end_) return false;
  value.escaped = false;
  switch (*position_) {
    case '"': return read_string(value);
    case '{': value.kind = JsonKind::object; break;
    case '[': value.kind = JsonKind::array; break;
    case 't': value.kind = JsonKind::boolean; return take_word("true");
    case 'f': value.kind = JsonKind::boolean; return take_word("false");
    case 'n': value.kind = JsonKind::null; return take_word("null");
    default: value.kind = JsonKind::number; return read_number();
  }
  ++position_;
  return open(value.kind);
}

// Goes on inside the innermost array or object: to its next value, or out of it.
bool JsonScanner::step_inside() noexcept {
  skip_space();
  const bool object = in_object();
  if (take(object ? '}' : ']')) {
    --depth_;
    fresh_ = false;
    return true;
  }
  if (!fresh_) {
    if (!take(',')) return false;
    skip_space();
  }
  fresh_ = false;
  JsonValue part;
  if (object && !read_name(part)) return false;
  return enter_value(part);
}

bool JsonScanner::open(JsonKind kind) noexcept {
  if (depth_ == max_depth_) return false;
  const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
  std::uint64_t& word = objects_[depth_ / 64];
  if (depth_ % 64 == 0) word = 0;
  word = kind == JsonKind::object ? word | bit : word & ~bit;
  ++depth_;
  fresh_ = true;
  return true;
}

bool JsonScanner::in_object() const noexcept {
  const std::size_t level = depth_ - 1;
  return ((objects_[level / 64] >> (level % 64)) & 1U) != 0;
}

bool is_json(std::string_view text, std::size_t max_depth) noexcept {
  JsonValue value;
  return JsonScanner(text, max_depth).read_text(value);
}

}  // namespace signaling::text
