#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "simulation/scheduler.hpp"

namespace signaling::simulation {

/// What happened in a run, line by line. The last lines are kept, all of them are in the hash.
class Trace {
 public:
  enum class Echo : std::uint8_t { off, on };

  Trace(const Scheduler& scheduler, Echo echo) : scheduler_(scheduler), echo_(echo) {}

  /// "12.345 who what": seconds of virtual time.
  void line(std::string_view who, std::string_view what);
  std::uint64_t hash() const noexcept { return hash_; }
  const std::deque<std::string>& tail() const noexcept { return tail_; }

 private:
  static constexpr std::size_t max_tail = 60;

  const Scheduler& scheduler_;
  const Echo echo_;
  std::uint64_t hash_ = 14'695'981'039'346'656'037U;
  std::deque<std::string> tail_;
};

}  // namespace signaling::simulation
