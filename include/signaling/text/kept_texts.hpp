#pragma once

#include <forward_list>
#include <string>
#include <string_view>
#include <utility>

#include "signaling/text/export.hpp"
#include "signaling/text/json_value.hpp"

namespace signaling::text {

/// Stores texts for views that refer to them. A Protocol needs it for values of its commands that the message does not
/// contain literally: a string without its escapes, a name with a prefix.
///
/// Lifetime: a text stays in place until `clear`, whatever is added.
class SIGNALING_API KeptTexts {
 public:
  /// Invalidates all views.
  void clear() noexcept { texts_.clear(); }
  /// Stores a text and returns a view of it.
  std::string_view keep(std::string text) { return texts_.emplace_front(std::move(text)); }
  /// The value of a string, or a number as written, since clients use both as names. Empty: it is neither, or has an
  /// unpaired surrogate.
  std::string_view name(const JsonValue& value);

 private:
  std::forward_list<std::string> texts_;
};

}  // namespace signaling::text
