#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "signaling/text/export.hpp"
#include "signaling/text/json_scanner.hpp"

namespace signaling::text {

/// Finds members of the object `text`: values[i] becomes the value of names[i]. The value of a missing member is
/// unchanged. If a member is given more than once, the last one counts, as for JSON.parse (ECMA-262 25.5.1).
/// `max_depth`: as of JsonScanner. False: the text is not a JSON object, or is nested too deeply; then `values` are
/// unspecified.
[[nodiscard]] SIGNALING_API bool read_members(std::string_view text, std::span<const std::string_view> names,
                                              std::span<JsonValue> values,
                                              std::size_t max_depth = max_json_nesting) noexcept;

/// The same by value: `auto [room, user] = members_of(text, {"room", "user"})`. Missing members, and all of them if the
/// text is not an object, are not present.
template <std::size_t N>
std::array<JsonValue, N> members_of(std::string_view text, const std::string_view (&names)[N]) noexcept {
  std::array<JsonValue, N> values;
  if (!read_members(text, names, values)) values.fill({});
  return values;
}

}  // namespace signaling::text
