#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "signaling/core/event.hpp"

namespace signaling {

/// An event that owns what its views point to, for a local peer that takes it later.
class OwnedEvent {
 public:
  explicit OwnedEvent(const Event& event);
  OwnedEvent(const OwnedEvent&) = delete;
  OwnedEvent& operator=(const OwnedEvent&) = delete;

  const Event& get() const noexcept { return event_; }
  /// Bytes of text.
  std::size_t size() const noexcept { return size_; }

 private:
  Message message_;  // of event::Message, which refers to it
  Event event_;
  std::vector<MemberView> members_;
  std::size_t size_ = 0;
  std::unique_ptr<char[]> bytes_;
};

}  // namespace signaling
