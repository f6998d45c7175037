#include "signaling/text/sha1.hpp"

#include <bit>
#include <cstddef>

namespace signaling::text {

namespace {

constexpr std::size_t block_bytes = 64;
using Block = std::array<std::uint8_t, block_bytes>;
using State = std::array<std::uint32_t, 5>;

std::array<std::uint32_t, 80> schedule(const Block& block) noexcept {
  std::array<std::uint32_t, 80> words{};
  for (std::size_t i = 0; i < block_bytes; ++i) words[i / 4] = words[i / 4] << 8U | block[i];
  for (std::size_t t = 16; t < words.size(); ++t) {
    words[t] = std::rotl(words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16], 1);
  }
  return words;
}

// FIPS 180-4 4.1.1 and 4.2.1: function and constant of round t.
std::uint32_t mix(std::size_t t, std::uint32_t b, std::uint32_t c, std::uint32_t d) noexcept {
  if (t < 20) return ((b & c) | (~b & d)) + 0x5A827999U;
  if (t < 40) return (b ^ c ^ d) + 0x6ED9EBA1U;
  if (t < 60) return ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDCU;
  return (b ^ c ^ d) + 0xCA62C1D6U;
}

void absorb(State& state, const Block& block) noexcept {
  const auto words = schedule(block);
  auto [a, b, c, d, e] = state;
  for (std::size_t t = 0; t < words.size(); ++t) {
    const std::uint32_t next = std::rotl(a, 5) + mix(t, b, c, d) + e + words[t];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  const State rounds{a, b, c, d, e};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += rounds[i];
}

// Byte `at` of the padded message: the message, 0x80, zeros, and its length in bits (FIPS 180-4 5.1.1).
std::uint8_t padded_byte(std::string_view message, std::size_t padded_bytes, std::size_t at) noexcept {
  if (at < message.size()) return static_cast<std::uint8_t>(message[at]);
  if (at == message.size()) return 0x80;
  const std::size_t from_end = padded_bytes - 1 - at;
  return from_end < 8 ? static_cast<std::uint8_t>((std::uint64_t{message.size()} * 8) >> (8 * from_end))
                      : std::uint8_t{0};
}

}  // namespace

std::array<std::uint8_t, 20> sha1(std::string_view message) noexcept {
  State state{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  const std::size_t padded_bytes = (message.size() + 9 + block_bytes - 1) / block_bytes * block_bytes;
  for (std::size_t at = 0; at < padded_bytes; at += block_bytes) {
    Block block{};
    for (std::size_t i = 0; i < block_bytes; ++i) block[i] = padded_byte(message, padded_bytes, at + i);
    absorb(state, block);
  }
  std::array<std::uint8_t, 20> digest{};
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (8 * (3 - i % 4)));
  }
  return digest;
}

}  // namespace signaling::text
