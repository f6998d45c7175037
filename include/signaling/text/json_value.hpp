#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "signaling/text/export.hpp"

namespace signaling::text {

/// The kinds of JSON values (RFC 8259 3).
enum class JsonKind : std::uint8_t { object, array, string, number, boolean, null };

/// One value as a view into a JSON text: from its first byte to its last, including quotes and brackets.
///
/// Lifetime: a view of the scanned text.
struct SIGNALING_API JsonValue {
  JsonKind kind = JsonKind::null;  ///< the kind of value
  /// A string with at least one escape, which must be decoded.
  bool escaped = false;
  std::string_view text;  ///< as written; not empty for a value that was found

  /// True for any value, including null. False for a member that was not found.
  bool is_present() const noexcept { return !text.empty(); }
  /// The characters between the quotes as written; for strings only.
  std::string_view unquoted() const noexcept { return text.substr(1, text.size() - 2); }
  /// True for a string whose decoded value is `expected`, however it is escaped (RFC 8259 8.3).
  bool equals(std::string_view expected) const noexcept {
    if (kind != JsonKind::string || !is_present()) return false;
    return escaped ? unescapes_to(expected) : unquoted() == expected;
  }
  /// The decoded value of a string. Nothing: it is not a string, or has an unpaired surrogate.
  std::optional<std::string> as_string() const;

 private:
  bool unescapes_to(std::string_view expected) const noexcept;
};

/// Decodes the characters between the quotes of a valid JSON string to `out`, which must have room for `escaped.size()`
/// bytes. Returns the number of bytes. Nothing: an escape is an unpaired surrogate, which UTF-8 cannot represent (RFC
/// 8259 8.2).
SIGNALING_API std::optional<std::size_t> unescape_json(std::string_view escaped, char* out) noexcept;

}  // namespace signaling::text
