// Path 2/8: the payload of a text frame -> checked text. Next: websocket/connection.cpp
#include "signaling/text/utf8.hpp"

#include <array>
#include <cstring>

namespace signaling::text {

namespace {

// The first byte at or behind `at` that is not ASCII, or `end`.
const std::byte* skip_ascii(const std::byte* at, const std::byte* end) noexcept {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  std::array<std::uint64_t, 2> block{};
  while (static_cast<std::size_t>(end - at) >= sizeof block) {
    std::memcpy(block.data(), at, sizeof block);
    if (((block[0] | block[1]) & high_bits) != 0) break;
    at += sizeof block;
  }
  while (at != end && *at < std::byte{0x80}) ++at;
  return at;
}

// What may follow a byte that begins a character of several bytes (RFC 3629 4). The range of the second byte
// is what rules out overlong forms (E0, F0), surrogates (ED) and everything above U+10FFFF (F4).
struct Continuation {
  std::uint8_t count;
  std::uint8_t lowest;
  std::uint8_t highest;
};

constexpr Continuation continuation_of(std::uint8_t lead) noexcept {
  if (lead < 0xC2 || lead > 0xF4) return {0, 0, 0};
  if (lead < 0xE0) return {1, 0x80, 0xBF};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead < 0xF0) return {2, 0x80, 0xBF};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  return {3, 0x80, 0xBF};
}

bool continues(char byte) noexcept { return (static_cast<std::uint8_t>(byte) & 0xC0U) == 0x80U; }

}  // namespace

// The range of the next byte becomes empty: whatever comes fails.
bool Utf8Validator::fail() noexcept {
  pending_ = failed;
  lowest_ = 0xFF;
  highest_ = 0;
  return false;
}

bool Utf8Validator::consume(std::span<const std::byte> bytes) noexcept {
  const std::byte* at = bytes.data();
  const std::byte* const end = at + bytes.size();
  for (;;) {
    for (; pending_ != 0 && at != end; ++at, --pending_) {
      const auto byte = std::to_integer<std::uint8_t>(*at);
      if (byte < lowest_ || byte > highest_) return fail();
      lowest_ = 0x80;
      highest_ = 0xBF;
    }
    at = skip_ascii(at, end);
    if (at == end) return pending_ != failed;
    const Continuation next = continuation_of(std::to_integer<std::uint8_t>(*at++));
    if (next.count == 0) return fail();
    pending_ = next.count;
    lowest_ = next.lowest;
    highest_ = next.highest;
  }
}

bool is_utf8(std::span<const std::byte> text) noexcept {
  Utf8Validator validator;
  return validator.consume(text) && validator.complete();
}

std::size_t utf8_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const auto at = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  if (at(0) < 0x80) return 1;
  const Continuation next = continuation_of(at(0));
  if (next.count == 0 || text.size() <= next.count) return 0;
  if (at(1) < next.lowest || at(1) > next.highest) return 0;
  for (std::size_t i = 2; i <= next.count; ++i) {
    if (!continues(text[i])) return 0;
  }
  return std::size_t{1} + next.count;
}

char32_t decode_utf8(std::string_view character) noexcept {
  const auto lead = static_cast<std::uint8_t>(character.front());
  // The more bytes, the fewer bits in the first of them.
  char32_t code_point = character.size() == 1 ? lead : lead & (0x7FU >> character.size());
  for (const char c : character.substr(1))
    code_point = code_point << 6U | (static_cast<std::uint8_t>(c) & 0x3FU);
  return code_point;
}

char* encode_utf8(char32_t code_point, char* out) noexcept {
  const auto put = [&out](char32_t byte) { *out++ = static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0U | (code_point >> 6U));
    put(0x80U | (code_point & 0x3FU));
  } else if (code_point < 0x10000) {
    put(0xE0U | (code_point >> 12U));
    put(0x80U | ((code_point >> 6U) & 0x3FU));
    put(0x80U | (code_point & 0x3FU));
  } else {
    put(0xF0U | (code_point >> 18U));
    put(0x80U | ((code_point >> 12U) & 0x3FU));
    put(0x80U | ((code_point >> 6U) & 0x3FU));
    put(0x80U | (code_point & 0x3FU));
  }
  return out;
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) noexcept {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  for (int i = 0; i < 3 && end > 0 && continues(text[end]); ++i) --end;
  return text.substr(0, end);
}

}  // namespace signaling::text
