// Path 3/8: message -> command, first the parts of the message. Next: protocols/json_protocol.cpp
#include "protocols/json_fields.hpp"

#include "protocols/json_text.hpp"

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
    {"event", "The field 'event' is missing or not the name of an event.",
     "The field 'event' is given twice."},
    {"metadata", "The field 'metadata' is missing.", "The field 'metadata' is given twice."},
    {"data", "The field 'data' is missing.", "The field 'data' is given twice."},
    {"id", "The field 'id' is not a number or a string.", "The field 'id' is given twice."},
    {"volatile", "The field 'volatile' is not true or false.", "The field 'volatile' is given twice."},
}};

std::optional<Field> field_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (name == entries[i].name) return static_cast<Field>(i);
  }
  return std::nullopt;
}

// A name may be written with escapes and is the same name then (RFC 8259 8.3).
std::optional<Field> find_field(const JsonValue& name) noexcept {
  if (!name.escaped) return field_named(name.unquoted());
  std::array<char, 64> buffer{};
  const std::string_view escaped = name.unquoted();
  if (escaped.size() > buffer.size()) return std::nullopt;  // "volatile" as eight \u escapes has 48
  const auto size = unescape(escaped, buffer.data());
  if (!size) return std::nullopt;
  return field_named({buffer.data(), *size});
}

}  // namespace

bool read_fields(std::string_view text, std::size_t max_depth, JsonFields& fields) noexcept {
  JsonScanner scanner(text, max_depth);
  JsonMember member;
  for (;;) {
    const JsonScanner::Step step = scanner.next_member(member);
    if (step != JsonScanner::Step::member) return step == JsonScanner::Step::end;
    const auto field = find_field(member.name);
    if (!field) continue;
    JsonValue& value = fields.values[static_cast<std::size_t>(*field)];
    if (value.text.empty()) {
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
