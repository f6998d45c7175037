#include "net/timer_wheel.hpp"

#include <algorithm>

namespace signaling::net {

void Timed::unlink() noexcept {
  if (link_ == nullptr) return;
  *link_ = next_;
  if (next_ != nullptr) next_->link_ = link_;
  next_ = nullptr;
  link_ = nullptr;
}

TimerWheel::TimerWheel(TimePoint start, std::chrono::milliseconds tick, std::size_t slots)
    : start_(start), tick_(tick), slots_(slots, nullptr) {}

TimerWheel::~TimerWheel() {
  for (Timed*& head : slots_) {
    while (head != nullptr) head->unlink();
  }
}

// Rounded up: an entry fires at the end of the tick its deadline lies in, so never too early.
TimerWheel::Ticks TimerWheel::tick_of(TimePoint time) const noexcept {
  const auto since_start = std::max(time - start_, std::chrono::nanoseconds(0));
  return (since_start + tick_ - std::chrono::nanoseconds(1)) / tick_;
}

void TimerWheel::insert(Timed& entry, Timed*& head) noexcept {
  entry.next_ = head;
  if (head != nullptr) head->link_ = &entry.next_;
  entry.link_ = &head;
  head = &entry;
}

void TimerWheel::schedule(Timed& entry, TimePoint deadline) {
  entry.unlink();
  // A margin for what is added on the way to a tick.
  entry.deadline_ = std::min(deadline, TimePoint::max() - std::chrono::hours(1));
  insert(entry, slot_of(std::max(tick_of(entry.deadline_), current_)));
}

void TimerWheel::advance(TimePoint now) {
  const Ticks last = (now - start_) / tick_;
  // After a long pause one turn is enough: it visits every slot.
  if (last - current_ >= static_cast<Ticks>(slots_.size())) {
    current_ = last - static_cast<Ticks>(slots_.size()) + 1;
  }
  while (current_ <= last) fire_slot(now);
}

void TimerWheel::fire_slot(TimePoint now) {
  // The slot is emptied into a list of its own first: what a callback schedules must not be met again in this
  // pass, and what it destroys unlinks itself from either list.
  Timed* due = nullptr;
  Timed*& slot = slot_of(current_);
  ++current_;
  while (slot != nullptr) {
    Timed& entry = *slot;
    entry.unlink();
    insert(entry, due);
  }
  while (due != nullptr) {
    Timed& entry = *due;
    entry.unlink();
    if (entry.deadline_ <= now) {
      entry.on_deadline(now);
    } else {
      insert(entry, slot_of(std::max(tick_of(entry.deadline_), current_)));
    }
  }
}

std::optional<TimePoint> TimerWheel::next() const {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Ticks tick = current_ + static_cast<Ticks>(i);
    if (slots_[static_cast<std::size_t>(tick) % slots_.size()] != nullptr) return start_ + tick * tick_;
  }
  return std::nullopt;
}

}  // namespace signaling::net
