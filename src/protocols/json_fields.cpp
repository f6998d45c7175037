// Path 3/8: message -> command, first the parts of the message. Next: protocols/json_protocol.cpp
#include "protocols/json_fields.hpp"

namespace signaling::protocols {
namespace {

struct Entry {
  std::string_view name;
  std::string_view wrong;
  std::string_view repeated;
};

// Indexed by Field.
constexpr std::array<Entry, field_count> entries{{
    {"type", "The field 'type' is missing or not a string.", "The field 'type' is given twice."},
    {"room", "The field 'room' is missing or not a string.", "The field 'room' is given twice."},
    {"to", "The field 'to' is not a string.", "The field 'to' is given twice."},
    {"event", "The field 'event' is missing or not an event name.", "The field 'event' is given twice."},
    {"metadata", "The field 'metadata' is missing.", "The field 'metadata' is given twice."},
    {"data", "The field 'data' is missing.", "The field 'data' is given twice."},
    {"id", "The field 'id' is not a number or a string.", "The field 'id' is given twice."},
    {"received", "The field 'received' is missing or not a whole number.",
     "The field 'received' is given twice."},
    {"volatile", "The field 'volatile' is not true or false.", "The field 'volatile' is given twice."},
}};

std::optional<Field> field_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (name == entries[i].name) return static_cast<Field>(i);
  }
  return std::nullopt;
}

std::optional<Field> find_field(const text::JsonValue& name) noexcept {
  if (!name.escaped) return field_named(name.unquoted());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (name.equals(entries[i].name)) return static_cast<Field>(i);
  }
  return std::nullopt;
}

}  // namespace

bool read_fields(std::string_view text, std::size_t max_depth, JsonFields& fields) noexcept {
  text::JsonScanner scanner(text, max_depth);
  text::JsonMember member;
  for (;;) {
    const text::JsonScanner::Step step = scanner.next_member(member);
    if (step != text::JsonScanner::Step::member) return step == text::JsonScanner::Step::end;
    const auto field = find_field(member.name);
    if (!field) continue;
    text::JsonValue& value = fields.values[static_cast<std::size_t>(*field)];
    if (!value.is_present()) {
      value = member.value;
    } else if (!fields.repeated || *field == Field::id) {
      fields.repeated = field;
    }
  }
}

std::string_view wrong_field(Field field) noexcept { return entries[static_cast<std::size_t>(field)].wrong; }

std::string_view repeated_field(Field field) noexcept {
  return entries[static_cast<std::size_t>(field)].repeated;
}

}  // namespace signaling::protocols
