#include "identity/json_object.hpp"

#include <utility>

#include "protocols/json_text.hpp"

namespace signaling::identity {
namespace {

using protocols::JsonMember;
using protocols::JsonScanner;

constexpr std::size_t max_depth = 32;

}  // namespace

std::optional<JsonObject> JsonObject::read(std::string_view text) {
  JsonObject object;
  JsonScanner scanner(text, max_depth);
  JsonMember member;
  for (;;) {
    const JsonScanner::Step step = scanner.next_member(member);
    if (step == JsonScanner::Step::error) return std::nullopt;
    if (step == JsonScanner::Step::end) return object;
    auto name = string_of(member.name);
    if (!name || !object.members_.emplace(*std::move(name), member.value).second) return std::nullopt;
  }
}

const JsonValue* JsonObject::find(std::string_view name) const {
  const auto found = members_.find(name);
  return found == members_.end() ? nullptr : &found->second;
}

std::optional<std::string> string_of(const JsonValue& value) {
  if (value.kind != JsonKind::string) return std::nullopt;
  std::string text(value.unquoted());
  if (!value.escaped) return text;
  const auto size = protocols::unescape(value.unquoted(), text.data());
  if (!size) return std::nullopt;
  text.resize(*size);
  return text;
}

std::optional<std::vector<JsonValue>> elements_of(const JsonValue& value) {
  std::vector<JsonValue> elements;
  JsonScanner scanner(value.text, max_depth);
  JsonValue element;
  for (;;) {
    const JsonScanner::Step step = scanner.next_element(element);
    if (step == JsonScanner::Step::error) return std::nullopt;
    if (step == JsonScanner::Step::end) return elements;
    elements.push_back(element);
  }
}

}  // namespace signaling::identity
