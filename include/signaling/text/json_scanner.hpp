#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "signaling/text/export.hpp"
#include "signaling/text/json_value.hpp"

namespace signaling::text {

/// The deepest nesting that a JsonScanner can follow.
inline constexpr std::size_t max_json_nesting = 1024;

/// A member of an object, as views into the text.
struct SIGNALING_API JsonMember {
  JsonValue name;   ///< a string
  JsonValue value;  ///< of any kind
};

/// Scans a JSON text once, checks all of it, and returns its parts. No tree, no allocation, no recursion.
///
/// Accepts exactly the grammar of RFC 8259 in UTF-8 (RFC 3629), without a byte order mark. The grammar allows an
/// escaped unpaired surrogate. It also allows duplicate names in an object: the scanner returns each member, in text
/// order. Numbers stay text, of any size.
/// Lifetime: keeps a view of the text, and returns views into it.
/// Errors: parts that were returned before an error are valid by themselves: the text is valid only once `read_text`
/// returned true or `next_member` or `next_element` returned `Step::end`. After that the scanner must not be used.
/// Complexity: linear; plain characters of strings are skipped 16 bytes at a time, where the processor has SSE2.
class SIGNALING_API JsonScanner {
 public:
  /// The result of reading the next part.
  enum class Step : std::uint8_t { member, end, error };

  /// `max_depth`: the maximum nesting of arrays and objects; 0 and larger values mean max_json_nesting. A text that is
  /// nested more deeply is an error.
  explicit JsonScanner(std::string_view text, std::size_t max_depth = max_json_nesting) noexcept;

  /// Reads the text as one value of any kind.
  [[nodiscard]] bool read_text(JsonValue& value) noexcept;

  /// Reads the next member of the object that the text must be.
  [[nodiscard]] Step next_member(JsonMember& member) noexcept;

  /// The same for an array: `Step::member` stands for one element.
  [[nodiscard]] Step next_element(JsonValue& element) noexcept;

 private:
  bool take(char c) noexcept;
  bool take_word(std::string_view word) noexcept;
  bool take_digits() noexcept;
  void skip_space() noexcept;
  bool skip_non_ascii() noexcept;
  bool skip_escape() noexcept;
  bool read_string(JsonValue& value) noexcept;
  bool read_number() noexcept;
  bool read_name(JsonValue& name) noexcept;
  bool read_value(JsonValue& value) noexcept;
  bool enter_value(JsonValue& value) noexcept;
  bool step_inside() noexcept;
  bool open(JsonKind kind) noexcept;
  bool in_object() const noexcept;
  Step next_part(JsonKind kind) noexcept;
  Step finish() noexcept;

  const char* position_;
  const char* end_;
  std::size_t max_depth_;
  std::size_t depth_ = 0;
  /// Nothing was read yet of the innermost array or object.
  bool fresh_ = false;
  /// One bit per level that is open: set if it is an object.
  std::array<std::uint64_t, max_json_nesting / 64> objects_;
};

/// True if `text` is one JSON value, nested no deeper than `max_depth`, as of JsonScanner.
[[nodiscard]] SIGNALING_API bool is_json(std::string_view text,
                                         std::size_t max_depth = max_json_nesting) noexcept;

}  // namespace signaling::text
