#pragma once

#include <utility>
#include <vector>

#include "signaling/core/frame.hpp"

namespace signaling {

/// An empty vector of frames whose memory is that of an earlier one on this thread, for what is encoded once per
/// message. Several may be held at the same time.
class ReusedFrames {
 public:
  ReusedFrames();
  ReusedFrames(ReusedFrames&&) noexcept = default;
  ReusedFrames& operator=(ReusedFrames&&) = delete;
  ~ReusedFrames();

  std::vector<Frame>& operator*() noexcept { return frames_; }
  const std::vector<Frame>& operator*() const noexcept { return frames_; }

 private:
  std::vector<Frame> frames_;
};

}  // namespace signaling
