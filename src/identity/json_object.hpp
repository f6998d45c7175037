#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/text/json_scanner.hpp"

namespace signaling::identity {

using text::JsonKind;
using text::JsonValue;

/// The members of one JSON object, each name once: a name given twice could mean one thing here and another elsewhere
/// (RFC 7515 4, RFC 7519 4).
///
/// Lifetime: the values are views into the text that was read.
class JsonObject {
 public:
  /// Nothing, if the text is no object, names a member twice, or is nested deeper than 32.
  static std::optional<JsonObject> read(std::string_view text);

  /// Null if there is none.
  const JsonValue* find(std::string_view name) const;
  const std::map<std::string, JsonValue, std::less<>>& members() const noexcept { return members_; }

 private:
  std::map<std::string, JsonValue, std::less<>> members_;
};

/// The elements of an array; nothing if it is another kind of value.
std::optional<std::vector<JsonValue>> elements_of(const JsonValue& value);

}  // namespace signaling::identity
