#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "signaling/text/json_scanner.hpp"

namespace signaling::protocols {

/// The fields that messages of the native protocol have.
enum class Field : std::uint8_t { type, room, to, event, metadata, data, id, received, is_volatile };
inline constexpr std::size_t field_count = 9;

/// The values of the known fields of one message, where they stand in its text.
struct JsonFields {
  std::array<text::JsonValue, field_count> values;
  /// A field that is given more than once; its first value is kept.
  std::optional<Field> repeated;

  const text::JsonValue& operator[](Field field) const noexcept {
    return values[static_cast<std::size_t>(field)];
  }
  bool has(Field field) const noexcept { return (*this)[field].is_present(); }
};

/// Reads a message, an object, and passes over fields that are not known. False: it is no object, no valid
/// JSON, or nested too deep.
[[nodiscard]] bool read_fields(std::string_view text, std::size_t max_depth, JsonFields& fields) noexcept;

/// The sentence for a field that is missing or has the wrong type.
std::string_view wrong_field(Field field) noexcept;
/// The sentence for a field that is given more than once.
std::string_view repeated_field(Field field) noexcept;

}  // namespace signaling::protocols
