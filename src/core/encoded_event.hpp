#pragma once

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <memory>
#include <span>

#include "core/frame_vectors.hpp"
#include "signaling/core/event.hpp"
#include "signaling/core/protocol.hpp"

namespace signaling {

/// One event in every language it was asked for, each encoded once.
///
/// Encoders are the host's code and never run under a lock: `find` only looks, `add` encodes.
class EncodedEvent {
 public:
  explicit EncodedEvent(const Event& event) noexcept : event_(event) {}

  /// Null if that encoder was not added yet.
  const std::span<const Frame>* find(const Encoder* encoder) const noexcept {
    for (const Entry& entry : entries_) {
      if (entry.encoder.get() == encoder) return &entry.frames;
    }
    return nullptr;
  }

  /// True if no language that was added has a word for it.
  bool is_silent() const noexcept {
    return std::ranges::all_of(storage_, [](const auto& frames) { return (*frames).empty(); });
  }

  void add(std::shared_ptr<const Encoder> encoder) {
    if (find(encoder.get()) != nullptr) return;
    ReusedFrames& storage = storage_.emplace_back();
    encoder->encode(event_, *storage);
    entries_.push_back({std::move(encoder), *storage});
  }

 private:
  struct Entry {
    std::shared_ptr<const Encoder> encoder;
    std::span<const Frame> frames;
  };

  const Event& event_;
  boost::container::small_vector<Entry, 2> entries_;
  // A vector's elements stay where they are when the vector is moved, so the spans above stay valid.
  boost::container::small_vector<ReusedFrames, 2> storage_;
};

}  // namespace signaling
