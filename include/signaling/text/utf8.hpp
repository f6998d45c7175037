#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "signaling/text/export.hpp"

namespace signaling::text {

/// Checks a text that arrives in pieces (RFC 3629). A byte that cannot be part of valid UTF-8 fails at once, not at the
/// end of its character (RFC 6455 8.1).
///
/// Errors: after a failure the result stays false until `reset`.
/// Complexity: linear; ASCII is skipped 16 bytes at a time.
class SIGNALING_API Utf8Validator {
 public:
  /// False if the text so far cannot be the beginning of valid UTF-8.
  [[nodiscard]] bool consume(std::span<const std::byte> bytes) noexcept;
  /// Also false if the text ends here in the middle of a character.
  [[nodiscard]] bool complete() const noexcept { return pending_ == 0; }
  /// Starts a new text.
  void reset() noexcept { *this = Utf8Validator(); }

 private:
  static constexpr std::uint8_t failed = 0xFF;

  bool fail() noexcept;

  // Continuation bytes that the open character still needs, and the range that the next of them must be in.
  std::uint8_t pending_ = 0;
  std::uint8_t lowest_ = 0x80;
  std::uint8_t highest_ = 0xBF;
};

/// True if the whole `text` is valid UTF-8.
[[nodiscard]] SIGNALING_API bool is_utf8(std::span<const std::byte> text) noexcept;
/// The same for characters.
[[nodiscard]] inline bool is_utf8(std::string_view text) noexcept {
  return is_utf8(std::as_bytes(std::span(text)));
}

/// The size in bytes of the character that `text` begins with, one to four (RFC 3629 4). 0: `text` does not begin with
/// a character.
[[nodiscard]] SIGNALING_API std::size_t utf8_length(std::string_view text) noexcept;

/// The code point of one valid UTF-8 character.
[[nodiscard]] SIGNALING_API char32_t decode_utf8(std::string_view character) noexcept;

/// Writes the character of a code point to `out`, which must have room for four bytes. The code point must be at most
/// U+10FFFF and not a surrogate. Returns the end of the output.
SIGNALING_API char* encode_utf8(char32_t code_point, char* out) noexcept;

/// The longest prefix of `text`, which must be UTF-8, that has at most `max_bytes` and does not end within a character.
/// Of other text, up to three bytes less.
[[nodiscard]] SIGNALING_API std::string_view utf8_prefix(std::string_view text,
                                                         std::size_t max_bytes) noexcept;

}  // namespace signaling::text
