#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "signaling/core/export.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace signaling::protocols {

/// A byte that stands for itself in a JSON string and needs no look at its neighbours: ASCII, but no control
/// character, quote or backslash (RFC 8259 7).
constexpr bool is_plain(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

/// The first byte in [first, last) that is not plain, or `last`; eight bytes at a time.
inline const char* skip_plain_by_words(const char* first, const char* last) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  while (last - first >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, first, sizeof(word));
    // Subtracting sets the high bit of a byte that is too small. A borrow may set it in a later byte too, but
    // then there was such a byte, and only the first one counts.
    const std::uint64_t controls = word - ones * 0x20;
    const std::uint64_t quotes = (word ^ (ones * '"')) - ones;
    const std::uint64_t backslashes = (word ^ (ones * '\\')) - ones;
    const std::uint64_t special = (word | controls | quotes | backslashes) & (ones * 0x80);
    if (special != 0) {
      if constexpr (std::endian::native != std::endian::little) break;
      return first + std::countr_zero(special) / 8;
    }
    first += 8;
  }
  while (first != last && is_plain(*first)) ++first;
  return first;
}

#if defined(__SSE2__)
/// The same, sixteen bytes at a time.
inline const char* skip_plain(const char* first, const char* last) noexcept {
  while (last - first >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(first));
    // Compared as signed numbers, bytes from 0x80 on are less than 0x20 as well.
    const __m128i special = _mm_or_si128(
        _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
    if (mask != 0) return first + std::countr_zero(mask);
    first += 16;
  }
  return skip_plain_by_words(first, last);
}
#else
inline const char* skip_plain(const char* first, const char* last) noexcept {
  return skip_plain_by_words(first, last);
}
#endif

/// The length of the UTF-8 sequence of a character above U+007F at `first`, or 0 if there is none (RFC 3629
/// 4).
SIGNALING_API std::size_t utf8_length(const char* first, const char* last) noexcept;

/// The value of a hexadecimal digit, or -1.
SIGNALING_API int hex_digit(char c) noexcept;

/// Writes what the characters between the quotes of a valid JSON string stand for to `out`, which has room
/// for `escaped.size()` bytes. Returns their number, or nothing if an escape is half a surrogate pair (RFC
/// 8259 8.2).
SIGNALING_API std::optional<std::size_t> unescape(std::string_view escaped, char* out) noexcept;

}  // namespace signaling::protocols
