#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>

#include "signaling/core/ids.hpp"

namespace signaling::simulation {

using std::chrono::milliseconds;

/// Where every decision of a run comes from. The standard says exactly what numbers the engine gives, so a seed means
/// the same on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  /// 0 <= result < `bound`.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }
  /// True once in `times`; 0: never.
  bool once_in(std::size_t times) { return times != 0 && below(times) == 0; }
  bool percent(std::size_t chance) { return below(100) < chance; }
  milliseconds between(milliseconds least, milliseconds most) {
    return least + milliseconds(below(static_cast<std::size_t>((most - least).count()) + 1));
  }
  template <class Container>
  auto& pick(Container& container) {
    return container[below(container.size())];
  }
  /// Independent dice: what is rolled there does not change what is rolled here.
  Dice fork() { return Dice(engine_()); }

 private:
  std::mt19937_64 engine_;
};

/// The ids and secrets of a run.
class DiceRandom final : public Random {
 public:
  explicit DiceRandom(Dice dice) : dice_(dice) {}
  void fill(std::span<std::byte> bytes) override {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(dice_.below(256));
  }

 private:
  Dice dice_;
};

}  // namespace signaling::simulation
