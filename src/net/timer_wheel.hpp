#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "signaling/core/clock.hpp"

namespace signaling::net {

class TimerWheel;

/// Something with one deadline at a time. Leaves the wheel when it is destroyed.
class Timed {
 public:
  Timed() = default;
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

  /// The deadline is reached, at most one tick late. It is off the wheel by now and may be scheduled again,
  /// or destroyed.
  virtual void on_deadline(TimePoint now) = 0;

 protected:
  ~Timed() { unlink(); }

 private:
  friend class TimerWheel;
  void unlink() noexcept;

  Timed* next_ = nullptr;
  Timed** link_ = nullptr;  // what points to this
  TimePoint deadline_{};
};

/// Deadlines of many connections, in slots by time. Sans-I/O: whoever owns it calls `advance` when `next`
/// says so.
///
/// A deadline further away than one turn of the wheel waits in its slot for as many turns as it takes.
/// Complexity: `schedule` and `cancel` constant; `advance` one step per tick passed and per entry in those
/// slots.
class TimerWheel {
 public:
  TimerWheel(TimePoint start, std::chrono::milliseconds tick, std::size_t slots);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  ~TimerWheel();

  /// Sets the deadline, in place of an earlier one.
  void schedule(Timed& entry, TimePoint deadline);
  static void cancel(Timed& entry) noexcept { entry.unlink(); }
  static bool scheduled(const Timed& entry) noexcept { return entry.link_ != nullptr; }

  /// Calls what is due.
  void advance(TimePoint now);
  /// When `advance` has to be called next, at the latest. Absent: nothing is scheduled.
  std::optional<TimePoint> next() const;

 private:
  using Ticks = std::chrono::nanoseconds::rep;
  Ticks tick_of(TimePoint time) const noexcept;
  Timed*& slot_of(Ticks tick) noexcept { return slots_[static_cast<std::size_t>(tick) % slots_.size()]; }
  void insert(Timed& entry, Timed*& head) noexcept;
  void fire_slot(TimePoint now);

  TimePoint start_;
  std::chrono::nanoseconds tick_;
  Ticks current_ = 0;  // every earlier tick has been fired
  std::vector<Timed*> slots_;
};

}  // namespace signaling::net
