// Path 2/8: a frame's payload -> plain bytes. Next: connection.cpp
#include <array>
#include <cstring>

#include "signaling/websocket/frame.hpp"

namespace signaling::websocket {

void apply_mask(std::span<std::byte> bytes, const MaskingKey& key, std::size_t offset) noexcept {
  // The key four times over, rotated to where this piece begins: 16 bytes per step, whatever the alignment.
  std::array<std::byte, 16> pattern{};
  for (std::size_t i = 0; i < pattern.size(); ++i) pattern[i] = key[(offset + i) % key.size()];
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), pattern.data(), sizeof words);

  std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= sizeof words; left -= sizeof words, at += sizeof words) {
    std::array<std::uint64_t, 2> block{};
    std::memcpy(block.data(), at, sizeof block);
    block[0] ^= words[0];
    block[1] ^= words[1];
    std::memcpy(at, block.data(), sizeof block);
  }
  for (std::size_t i = 0; i < left; ++i) at[i] ^= pattern[i];
}

}  // namespace signaling::websocket
