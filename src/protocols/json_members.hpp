#pragma once

#include <array>
#include <cstddef>
#include <forward_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "protocols/json_scanner.hpp"
#include "signaling/core/export.hpp"

namespace signaling::protocols {

/// Looks for members of the object that `text` is: values[i] becomes the value of names[i]. What is missing
/// stays as it was. Of a member that is given more than once the last counts, as for JSON.parse (ECMA-262
/// 25.5.1).
/// `max_depth`: as of JsonScanner. False: the text is no JSON object, or is nested deeper; then what `values`
/// hold is of no use.
[[nodiscard]] SIGNALING_API bool read_members(std::string_view text, std::span<const std::string_view> names,
                                              std::span<JsonValue> values,
                                              std::size_t max_depth = max_json_nesting) noexcept;

/// The same by value: missing members, and all of them if the text is no object, have an empty text.
template <std::size_t N>
std::array<JsonValue, N> members_of(std::string_view text, const std::string_view (&names)[N]) noexcept {
  std::array<JsonValue, N> values;
  if (!read_members(text, names, values)) values.fill({});
  return values;
}

/// True if there is a value at all, be it null.
inline bool is_present(const JsonValue& value) noexcept { return !value.text.empty(); }

/// The name of a member without its escapes, compared with `expected`, which is short.
SIGNALING_API bool is_named(const JsonValue& name, std::string_view expected) noexcept;

/// Texts that decoded commands refer to and that do not stand in the message as they are. They stay where
/// they are until the next message.
class SIGNALING_API KeptTexts {
 public:
  void clear() noexcept { texts_.clear(); }
  std::string_view keep(std::string text) { return texts_.emplace_front(std::move(text)); }
  /// What a string says, or a number as it is written, since clients use both for names. Empty: it is
  /// neither, or holds half a surrogate pair.
  std::string_view name(const JsonValue& value);

 private:
  std::forward_list<std::string> texts_;
};

}  // namespace signaling::protocols
