#include "protocols/json_members.hpp"

#include "protocols/json_text.hpp"

namespace signaling::protocols {

bool is_named(const JsonValue& name, std::string_view expected) noexcept {
  const std::string_view written = name.unquoted();
  if (!name.escaped) return written == expected;
  std::array<char, 128> buffer{};
  if (written.size() > buffer.size()) return false;  // as \u escapes a name of 21 characters would fit
  const auto size = unescape(written, buffer.data());
  return size && std::string_view(buffer.data(), *size) == expected;
}

bool read_members(std::string_view text, std::span<const std::string_view> names, std::span<JsonValue> values,
                  std::size_t max_depth) noexcept {
  JsonScanner scanner(text, max_depth);
  JsonMember member;
  for (;;) {
    const JsonScanner::Step step = scanner.next_member(member);
    if (step != JsonScanner::Step::member) return step == JsonScanner::Step::end;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (is_named(member.name, names[i])) values[i] = member.value;
    }
  }
}

std::string_view KeptTexts::name(const JsonValue& value) {
  if (!is_present(value)) return {};
  if (value.kind == JsonKind::number) return value.text;
  if (value.kind != JsonKind::string) return {};
  const std::string_view written = value.unquoted();
  if (!value.escaped) return written;
  std::string text(written.size(), '\0');
  const auto size = unescape(written, text.data());
  if (!size) return {};
  text.resize(*size);
  return keep(std::move(text));
}

}  // namespace signaling::protocols
