// Path 2/8: the payload of a text frame -> checked text. Next: connection.cpp
#include "signaling/websocket/utf8.hpp"

#include <array>
#include <cstring>

namespace signaling::websocket {

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

}  // namespace signaling::websocket
