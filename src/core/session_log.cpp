#include "core/session_log.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

namespace signaling {

void SessionLog::sent(std::span<const Frame> frames, std::size_t max_bytes) noexcept {
  for (const Frame& frame : frames) {
    if (frame.use() == FrameUse::link) continue;
    try {
      kept_.push_back(frame);
      bytes_ += frame.size();
    } catch (const std::bad_alloc&) {
      drop_all();
      ++begin_;
    }
  }
  while (max_bytes != 0 && bytes_ > max_bytes && kept_.size() - first_ > 1) drop_first();
}

bool SessionLog::acknowledge(std::uint64_t received) noexcept {
  if (received > count()) return false;
  while (begin_ < received) drop_first();
  if (first_ == kept_.size()) {
    std::vector<Frame>().swap(kept_);
    first_ = 0;
  }
  return true;
}

void SessionLog::drop_all() noexcept {
  begin_ = count();
  std::vector<Frame>().swap(kept_);
  first_ = bytes_ = 0;
}

void SessionLog::drop_first() noexcept {
  bytes_ -= kept_[first_].size();
  kept_[first_++] = Frame();
  ++begin_;
  if (first_ < kept_.size() / 2) return;
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
}

std::vector<Frame> SessionLog::rewind(std::uint64_t received) {
  acknowledge(received);
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = bytes_ = 0;
  return std::exchange(kept_, {});
}

void SessionLog::adopt(std::uint64_t before, std::vector<Frame> kept) {
  restart();
  begin_ = before;
  kept_ = std::move(kept);
  for (const Frame& frame : kept_) bytes_ += frame.size();
}

std::vector<Frame> take_room_frames(std::vector<Frame>& frames) {
  const auto others = std::stable_partition(frames.begin(), frames.end(),
                                            [](const Frame& frame) { return frame.use() != FrameUse::room; });
  std::vector<Frame> taken(std::make_move_iterator(others), std::make_move_iterator(frames.end()));
  frames.erase(others, frames.end());
  return taken;
}

}  // namespace signaling
