#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "signaling/core/export.hpp"

namespace signaling::websocket {

/// Checks a text that arrives in pieces (RFC 3629). A byte that can no longer become valid UTF-8 fails at
/// once, not at the end of its character (RFC 6455 8.1).
///
/// Errors: after a failure the answer stays false until `reset`.
/// Complexity: linear; ASCII is skipped 16 bytes at a time.
class SIGNALING_API Utf8Validator {
 public:
  /// False if the text so far cannot be the beginning of valid UTF-8.
  [[nodiscard]] bool consume(std::span<const std::byte> bytes) noexcept;
  /// False as well if the text may not end here, in the middle of a character.
  [[nodiscard]] bool complete() const noexcept { return pending_ == 0; }
  /// Begins a new text.
  void reset() noexcept { *this = Utf8Validator(); }

 private:
  static constexpr std::uint8_t failed = 0xFF;

  bool fail() noexcept;

  // Continuation bytes that the open character still needs, and the range that the next of them must be in.
  std::uint8_t pending_ = 0;
  std::uint8_t lowest_ = 0x80;
  std::uint8_t highest_ = 0xBF;
};

/// True if `text` is valid UTF-8 as a whole.
[[nodiscard]] SIGNALING_API bool is_utf8(std::span<const std::byte> text) noexcept;

}  // namespace signaling::websocket
