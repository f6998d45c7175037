#include "signaling/protocols/peer_name.hpp"

#include <algorithm>

#include "signaling/text/json_editor.hpp"

namespace signaling::protocols {
namespace {

// Clients write names as strings and as numbers: "7" and 7 are one name.
bool is_same_name(const text::JsonValue& a, const text::JsonValue& b) {
  text::KeptTexts texts;
  const std::string_view name = texts.name(a);
  return !name.empty() && name == texts.name(b);
}

}  // namespace

std::string peer_name(std::string_view own_name, std::string_view id) {
  std::string name;
  text::JsonWriter out(name);
  write_peer_name(out, own_name, id);
  return name;
}

std::string sign(std::string_view object, std::span<const std::string_view> fields, std::string_view name) {
  text::JsonValue expected;
  if (!text::JsonScanner(name).read_text(expected)) return {};
  text::JsonEditor editor(object);
  while (const text::JsonMember* const member = editor.next()) {
    const auto is_member = [&](std::string_view field) { return member->name.equals(field); };
    if (std::ranges::any_of(fields, is_member) && !is_same_name(member->value, expected))
      editor.replace(name);
  }
  return editor.is_edited() ? editor.finish() : std::string();
}

}  // namespace signaling::protocols
