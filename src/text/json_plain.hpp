#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace signaling::text {

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

/// Passes over plain bytes and the escapes that texts are full of: `\n` and `\r` (SDP), `\"` (JSON in JSON), `\/`. Stops at
/// what else comes, or earlier, but never within an escape. Escapes cost no branch here: each letter is compared with
/// all four at once.
inline const char* skip_common_escapes(const char* first, const char* last) noexcept {
  const auto mask_of = [](__m128i bytes) { return static_cast<unsigned>(_mm_movemask_epi8(bytes)); };
  while (last - first >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(first));
    const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i ends = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)), quotes);
    const __m128i escapes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    const unsigned special = mask_of(_mm_or_si128(ends, escapes));
    if (special == 0) {
      first += 16;
      continue;
    }
    const unsigned backslashes = mask_of(escapes);
    if (backslashes == 0) return first + std::countr_zero(special);
    const __m128i line_ends =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('n')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('r')));
    const __m128i letters =
        _mm_or_si128(line_ends, _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('/')), quotes));
    // The bytes behind backslashes must be letters of escapes; all others must not be an end. A backslash behind
    // another one is not among the letters, so each of those that are passed over does begin an escape.
    const unsigned behind = (backslashes << 1U) & 0xFFFFU;
    const unsigned wrong = (mask_of(ends) & ~behind) | (behind & ~mask_of(letters));
    if (wrong != 0) {
      const int at = std::countr_zero(wrong);
      return first + at - ((behind >> at) & 1U);
    }
    first += 16 - (backslashes >> 15U);  // a backslash at the end comes again, with its letter
  }
  return first;
}
#else
inline const char* skip_plain(const char* first, const char* last) noexcept {
  return skip_plain_by_words(first, last);
}
inline const char* skip_common_escapes(const char* first, const char* /*last*/) noexcept { return first; }
#endif

}  // namespace signaling::text
