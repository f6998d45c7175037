// Path 8/8: the frames of one peer gather here until its loop writes them at once. Next: core/peer_lifecycle.cpp
#include "core/outbox.hpp"

#include <algorithm>
#include <utility>

namespace signaling {

Outbox::PushResult Outbox::push(std::span<const Frame> frames, Delivery delivery, std::size_t max_bytes) {
  std::size_t size = 0;
  for (const Frame& frame : frames) size += frame.size();
  const std::scoped_lock lock(mutex_);
  if (shut_ || close_) return {Pushed::closed, false};
  const std::size_t waiting = queued_ + in_flight_;
  if (max_bytes != 0) {
    // A message that may be lost leaves the second half of the queue to those that may not.
    const std::size_t bound = delivery == Delivery::volatile_ ? max_bytes / 2 : max_bytes;
    // An empty queue takes any message: it was within the limit for messages.
    if (waiting != 0 && waiting + size > bound) return {Pushed::too_slow, false};
  }
  frames_.insert(frames_.end(), frames.begin(), frames.end());
  queued_ += size;
  return {in_flight_ == 0 ? Pushed::sent : Pushed::queued, !std::exchange(scheduled_, true)};
}

bool Outbox::close(CloseReason reason) {
  const std::scoped_lock lock(mutex_);
  if (shut_ || close_) return false;
  close_ = reason;
  return !std::exchange(scheduled_, true);
}

std::optional<CloseReason> Outbox::take(std::vector<Frame>& frames) {
  const std::scoped_lock lock(mutex_);
  scheduled_ = false;
  frames_.swap(frames);
  if (frames_.capacity() > max_idle_capacity) std::vector<Frame>().swap(frames_);
  in_flight_ += std::exchange(queued_, 0);
  // The end is told once; nothing was taken since it was asked for, and nothing will be.
  if (close_) shut_ = true;
  return std::exchange(close_, std::nullopt);
}

void Outbox::shut() {
  std::vector<Frame> dropped;
  const std::scoped_lock lock(mutex_);
  shut_ = true;
  dropped.swap(frames_);
  queued_ = 0;
  in_flight_ = 0;
}

void Outbox::written(std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  in_flight_ -= std::min(bytes, in_flight_);
}

std::size_t Outbox::bytes() const {
  const std::scoped_lock lock(mutex_);
  return queued_ + in_flight_;
}

}  // namespace signaling
