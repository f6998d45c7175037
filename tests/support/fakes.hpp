#pragma once

#include <chrono>
#include <random>

#include "signaling/core/clock.hpp"
#include "signaling/core/ids.hpp"

namespace signaling::testing {

/// A clock that stands still until told.
class FakeClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return now_; }
  void advance(std::chrono::nanoseconds by) { now_ += by; }

 private:
  TimePoint now_{};
};

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
