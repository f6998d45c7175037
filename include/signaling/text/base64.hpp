#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "signaling/text/export.hpp"

namespace signaling::text {

/// The two variants of base64 that protocols use.
enum class Base64 : std::uint8_t {
  padded,  ///< with `+`, `/` and padding (RFC 4648 4)
  url      ///< with `-` and `_`, without padding (RFC 4648 5, as RFC 7515 2 has it)
};

/// The number of characters that encode this number of bytes.
constexpr std::size_t base64_size(std::size_t bytes, Base64 form = Base64::padded) noexcept {
  return form == Base64::padded ? (bytes + 2) / 3 * 4 : bytes / 3 * 4 + (bytes % 3 * 4 + 2) / 3;
}

/// The value, 0 to 63, of a character of the variant's alphabet, or -1; the padding has no value.
SIGNALING_API int base64_value(char c, Base64 form = Base64::padded) noexcept;

/// Writes `bytes` to `out`, which must have room for `base64_size` characters, and returns the end of the output.
SIGNALING_API char* encode_base64(std::string_view bytes, char* out, Base64 form = Base64::padded) noexcept;

/// Appends `bytes` to `out`.
SIGNALING_API void append_base64(std::string& out, std::string_view bytes, Base64 form = Base64::padded);

/// The bytes as a separate string.
SIGNALING_API std::string to_base64(std::string_view bytes, Base64 form = Base64::padded);
/// The same for bytes that are not characters.
SIGNALING_API std::string to_base64(std::span<const std::byte> bytes, Base64 form = Base64::padded);

/// Decodes `text` to `out`, which must have room for `text.size()` bytes and may be the memory of `text`. Returns the
/// number of bytes. Nothing: `text` has a character outside of the alphabet, a wrong length or padding, or a set bit
/// that belongs to no byte; so each byte sequence has exactly one encoding (RFC 4648 3).
SIGNALING_API std::optional<std::size_t> decode_base64(std::string_view text, char* out,
                                                       Base64 form = Base64::padded) noexcept;

/// The same as a separate string.
SIGNALING_API std::optional<std::string> from_base64(std::string_view text, Base64 form = Base64::padded);

}  // namespace signaling::text
