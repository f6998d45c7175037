#include "signaling/text/kept_texts.hpp"

namespace signaling::text {

std::string_view KeptTexts::name(const JsonValue& value) {
  if (!value.is_present()) return {};
  if (value.kind == JsonKind::number) return value.text;
  if (value.kind != JsonKind::string) return {};
  if (!value.escaped) return value.unquoted();
  auto characters = value.as_string();
  return characters ? keep(*std::move(characters)) : std::string_view();
}

}  // namespace signaling::text
