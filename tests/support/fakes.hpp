#pragma once

#include <random>

#include "signaling/core/ids.hpp"
#include "signaling/testing/fake_clock.hpp"

namespace signaling::testing {

/// The same numbers every time.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(unsigned seed) : engine_(seed) {}
  void fill(std::span<std::byte> bytes) override {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(engine_() & 0xFFU);
  }

 private:
  std::mt19937 engine_;
};

}  // namespace signaling::testing
