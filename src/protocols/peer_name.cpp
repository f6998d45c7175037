#include "protocols/peer_name.hpp"

#include <algorithm>

namespace signaling::protocols {
namespace {

// Clients write names as strings and as numbers: "7" and 7 are one name.
bool is_same_name(const JsonValue& a, const JsonValue& b) {
  KeptTexts texts;
  const std::string_view name = texts.name(a);
  return !name.empty() && name == texts.name(b);
}

}  // namespace

std::string peer_name(std::string_view own_name, std::string_view id) {
  JsonWriter out(own_name.size() + id.size() + 16);
  return std::string(write_peer_name(out, own_name, id).finish().text_view());
}

std::string quoted(std::string_view text) {
  JsonWriter out(text.size() + 2);
  return std::string(out.string(text).finish().text_view());
}

std::string sign(std::string_view object, std::span<const std::string_view> fields, std::string_view name) {
  JsonValue expected;
  if (!JsonScanner(name, max_json_nesting).read_text(expected)) return {};
  std::string result;
  const char* rest = object.data();
  JsonScanner scanner(object, max_json_nesting);
  JsonMember member;
  while (scanner.next_member(member) == JsonScanner::Step::member) {
    const auto is_member = [&](std::string_view field) { return is_named(member.name, field); };
    if (std::ranges::none_of(fields, is_member) || is_same_name(member.value, expected)) continue;
    result.append(rest, member.value.text.data()).append(name);
    rest = member.value.text.data() + member.value.text.size();
  }
  return result.empty() ? result : result.append(rest, object.data() + object.size());
}

}  // namespace signaling::protocols
