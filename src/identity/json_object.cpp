#include "identity/json_object.hpp"

#include <utility>
namespace signaling::identity {
namespace {

constexpr std::size_t max_depth = 32;

}  // namespace

std::optional<JsonObject> JsonObject::read(std::string_view text) {
  JsonObject object;
  text::JsonScanner scanner(text, max_depth);
  text::JsonMember member;
  for (;;) {
    const text::JsonScanner::Step step = scanner.next_member(member);
    if (step == text::JsonScanner::Step::error) return std::nullopt;
    if (step == text::JsonScanner::Step::end) return object;
    auto name = member.name.as_string();
    if (!name || !object.members_.emplace(*std::move(name), member.value).second) return std::nullopt;
  }
}

const JsonValue* JsonObject::find(std::string_view name) const {
  const auto found = members_.find(name);
  return found == members_.end() ? nullptr : &found->second;
}

std::optional<std::vector<JsonValue>> elements_of(const JsonValue& value) {
  std::vector<JsonValue> elements;
  text::JsonScanner scanner(value.text, max_depth);
  JsonValue element;
  for (;;) {
    const text::JsonScanner::Step step = scanner.next_element(element);
    if (step == text::JsonScanner::Step::error) return std::nullopt;
    if (step == text::JsonScanner::Step::end) return elements;
    elements.push_back(element);
  }
}

}  // namespace signaling::identity
