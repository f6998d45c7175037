#include "socketio/placeholders.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "signaling/text/json_members.hpp"
#include "signaling/text/json_scanner.hpp"
#include "signaling/text/json_writer.hpp"

namespace signaling::socketio {
namespace {

// One array or object that is open.
struct Level {
  const char* first = nullptr;
  bool is_placeholder = false;
  /// The value of `num`, if there is one.
  std::string_view number;
};

// Goes over valid JSON token by token; arrays and objects give one for each bracket.
class Tokens {
 public:
  explicit Tokens(std::string_view json) noexcept : rest_(json) {}

  // Empty: there is no more.
  std::string_view next() noexcept {
    const std::size_t skipped = rest_.find_first_not_of(" \t\r\n,:");
    if (skipped == std::string_view::npos) return {};
    rest_.remove_prefix(skipped);
    const std::string_view token = rest_.substr(0, length());
    rest_.remove_prefix(token.size());
    return token;
  }

  // The token before was the name of a member.
  bool at_colon() const noexcept {
    const std::size_t at = rest_.find_first_not_of(" \t\r\n");
    return at != std::string_view::npos && rest_[at] == ':';
  }

 private:
  std::size_t length() const noexcept {
    switch (rest_[0]) {
      case '{':
      case '}':
      case '[':
      case ']': return 1;
      case '"': return string_length();
      default: return rest_.find_first_of(" \t\r\n,:]}");
    }
  }

  std::size_t string_length() const noexcept {
    std::size_t at = 1;
    while (rest_[at] != '"') at += rest_[at] == '\\' ? 2 : 1;
    return at + 1;
  }

  std::string_view rest_;
};

bool is_name(std::string_view token, std::string_view name) noexcept {
  const bool escaped = token.find('\\') != std::string_view::npos;
  return text::JsonValue{text::JsonKind::string, escaped, token}.equals(name);
}

std::optional<std::uint64_t> value_of(std::string_view number) noexcept {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  return value;
}

// Of members with the same name, receivers take the last one.
void note_member(Level& level, std::string_view name, std::string_view value) noexcept {
  if (is_name(name, "_placeholder")) level.is_placeholder = value != "false" && value != "null";
  if (is_name(name, "num")) level.number = value;
}

// Calls `visit` with the number of each placeholder and the object that it is, until it returns false. Returns what it
// returned last. One inside another comes before it.
template <class Visit>
bool visit_placeholders(std::string_view json, Visit visit) {
  std::array<Level, text::max_json_nesting + 1> levels{};
  std::size_t depth = 0;
  std::string_view name;
  Tokens tokens(json);
  for (std::string_view token = tokens.next(); !token.empty(); token = tokens.next()) {
    if (token[0] == '}' || token[0] == ']') {
      const Level& level = levels[depth--];
      const std::string_view object(level.first, static_cast<std::size_t>(token.data() + 1 - level.first));
      if (level.is_placeholder && !visit(level.number, object)) return false;
      continue;
    }
    if (token[0] == '"' && tokens.at_colon()) {
      name = token;
      continue;
    }
    if (!name.empty()) note_member(levels[depth], name, token);
    name = {};
    if (token[0] == '{' || token[0] == '[') levels[++depth] = Level{token.data(), false, {}};
  }
  return true;
}

}  // namespace

bool placeholders_fit(std::string_view json, std::size_t attachments) noexcept {
  return visit_placeholders(json, [attachments](std::string_view number, std::string_view /*object*/) {
    const auto value = value_of(number);
    return value && *value < attachments;
  });
}

std::optional<std::size_t> attachment_of(std::string_view json) noexcept {
  const auto [mark, number] = text::members_of(json, {"_placeholder", "num"});
  if (mark.text != "true" || number.kind != text::JsonKind::number) return std::nullopt;
  return value_of(number.text);
}

std::string shift_placeholders(std::string_view json, std::size_t by) {
  std::vector<std::string_view> numbers;
  (void)visit_placeholders(json, [&numbers](std::string_view number, std::string_view /*object*/) {
    numbers.push_back(number);
    return true;
  });
  // A placeholder inside another ends first, wherever it stands.
  std::ranges::sort(numbers, {}, [](std::string_view number) { return number.data(); });
  std::string shifted;
  const char* rest = json.data();
  for (const std::string_view number : numbers) {
    const auto value = value_of(number);
    if (!value) continue;
    shifted.append(rest, number.data()).append(std::to_string(*value + by));
    rest = number.data() + number.size();
  }
  return shifted.append(rest, json.data() + json.size());
}

std::string inline_attachments(std::string_view json, std::span<const std::string_view> attachments) {
  std::vector<std::pair<std::string_view, std::string_view>> found;  // object, number
  (void)visit_placeholders(json, [&found](std::string_view number, std::string_view object) {
    std::erase_if(found, [object](const auto& inner) { return inner.first.data() > object.data(); });
    found.emplace_back(object, number);
    return true;
  });
  std::string inlined;
  inlined.reserve(json.size());
  text::JsonWriter out(inlined);
  const char* rest = json.data();
  for (const auto& [object, number] : found) {
    const auto value = value_of(number);
    if (!value || *value >= attachments.size()) continue;
    out.raw({rest, object.data()}).base64(attachments[static_cast<std::size_t>(*value)]);
    rest = object.data() + object.size();
  }
  out.raw({rest, json.data() + json.size()});
  return inlined;
}

}  // namespace signaling::socketio
