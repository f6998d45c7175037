#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "signaling/core/ids.hpp"

namespace signaling {

/// SipHash-1-3 with a random key (Aumasson and Bernstein, "SipHash: a fast short-input PRF"). For tables whose keys
/// clients choose: without the key nobody can find names that collide.
class SeededHash {
 public:
  using is_transparent = void;
  using is_avalanching = void;

  /// The key is zero: for a container that gets its hash later.
  SeededHash() noexcept = default;
  explicit SeededHash(Random& random);

  std::size_t operator()(std::string_view text) const noexcept;

 private:
  std::array<std::uint64_t, 2> key_{};
};

}  // namespace signaling
