#include "core/seeded_hash.hpp"

#include <algorithm>
#include <bit>
#include <span>

namespace signaling {
namespace {

struct State {
  std::array<std::uint64_t, 4> v;

  void round() noexcept {
    v[0] += v[1];
    v[1] = std::rotl(v[1], 13) ^ v[0];
    v[0] = std::rotl(v[0], 32);
    v[2] += v[3];
    v[3] = std::rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = std::rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = std::rotl(v[1], 17) ^ v[2];
    v[2] = std::rotl(v[2], 32);
  }

  void add(std::uint64_t word) noexcept {
    v[3] ^= word;
    round();
    v[0] ^= word;
  }
};

// Little-endian, whatever the machine is.
std::uint64_t word_of(std::string_view bytes) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return word;
}

}  // namespace

SeededHash::SeededHash(Random& random) { random.fill(std::as_writable_bytes(std::span(key_))); }

std::size_t SeededHash::operator()(std::string_view text) const noexcept {
  State state{{key_[0] ^ 0x736f6d6570736575, key_[1] ^ 0x646f72616e646f6d, key_[0] ^ 0x6c7967656e657261,
               key_[1] ^ 0x7465646279746573}};
  const std::uint64_t length = text.size();
  for (; text.size() >= 8; text.remove_prefix(8)) state.add(word_of(text.substr(0, 8)));
  state.add(word_of(text) | (length << 56U));
  state.v[2] ^= 0xff;
  for (int i = 0; i < 3; ++i) state.round();
  return static_cast<std::size_t>(state.v[0] ^ state.v[1] ^ state.v[2] ^ state.v[3]);
}

}  // namespace signaling
