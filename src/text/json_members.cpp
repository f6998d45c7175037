#include "signaling/text/json_members.hpp"

namespace signaling::text {

bool read_members(std::string_view text, std::span<const std::string_view> names, std::span<JsonValue> values,
                  std::size_t max_depth) noexcept {
  JsonScanner scanner(text, max_depth);
  JsonMember member;
  for (;;) {
    const JsonScanner::Step step = scanner.next_member(member);
    if (step != JsonScanner::Step::member) return step == JsonScanner::Step::end;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (member.name.equals(names[i])) values[i] = member.value;
    }
  }
}

}  // namespace signaling::text
