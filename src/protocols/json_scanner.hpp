#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "signaling/core/export.hpp"

namespace signaling::protocols {

/// The deepest nesting that a JsonScanner can follow.
inline constexpr std::size_t max_json_nesting = 1024;

enum class JsonKind : std::uint8_t { object, array, string, number, boolean, null };

/// One value where it stands in the text: from its first byte to its last, quotes and brackets included.
struct JsonValue {
  JsonKind kind = JsonKind::null;
  /// A string with at least one escape: it stands for other characters than those it is written with.
  bool escaped = false;
  std::string_view text;

  /// The characters between the quotes; for strings only.
  std::string_view unquoted() const noexcept { return text.substr(1, text.size() - 2); }
};

struct JsonMember {
  JsonValue name;
  JsonValue value;
};

/// Goes once through a JSON text, checks all of it, and tells where the parts are. No tree, no allocation, no
/// recursion.
///
/// Accepts exactly the grammar of RFC 8259 in UTF-8 (RFC 3629), without a byte order mark; an escaped half of
/// a surrogate pair is within the grammar.
/// Lifetime: keeps a view of the text, and gives views into it.
/// Errors: what was reported before an error or the end of the text stays true of that part alone: the text
/// is valid only once `read_text` returned true or `next_member` or `next_element` returned `Step::end`. After
/// that the scanner is used up.
class SIGNALING_API JsonScanner {
 public:
  enum class Step : std::uint8_t { member, end, error };

  /// `max_depth`: levels of arrays and objects in each other; 0 and what exceeds it stand for
  /// max_json_nesting.
  JsonScanner(std::string_view text, std::size_t max_depth) noexcept;

  /// Reads the text as one value, whatever it is.
  [[nodiscard]] bool read_text(JsonValue& value) noexcept;

  /// Reads the next member of the object that the text is. A text that is something else is an error.
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

}  // namespace signaling::protocols
