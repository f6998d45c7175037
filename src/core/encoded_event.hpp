#pragma once

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <memory>
#include <span>

#include "core/frame_vectors.hpp"
#include "core/owned_event.hpp"
#include "signaling/core/event.hpp"
#include "signaling/core/protocol.hpp"

namespace signaling {

/// One event in every language it was asked for, each encoded once. The language of local peers has no encoder: they take
/// the event itself.
///
/// Encoders are the host's code and never run under a lock: `find` only looks, `add` encodes.
class EncodedEvent {
 public:
  /// What a mailbox takes.
  struct Form {
    std::shared_ptr<const Encoder> encoder;
    std::span<const Frame> frames;
    std::shared_ptr<const OwnedEvent> event;  // for local peers
    std::size_t bytes = 0;

    /// The language has no word for the event.
    bool is_empty() const noexcept { return frames.empty() && !event; }
  };

  explicit EncodedEvent(const Event& event) noexcept : event_(event) {}

  /// `encoder`: null for local peers. Null if that language was not added yet.
  const Form* find(const Encoder* encoder) const noexcept {
    for (const Form& form : forms_) {
      if (form.encoder.get() == encoder) return &form;
    }
    return nullptr;
  }

  /// True if no language that was added has a word for it.
  bool is_silent() const noexcept { return std::ranges::all_of(forms_, &Form::is_empty); }

  void add(std::shared_ptr<const Encoder> encoder) {
    if (find(encoder.get()) != nullptr) return;
    if (!encoder) {
      auto event = is_foreign() ? nullptr : std::make_shared<const OwnedEvent>(event_);
      const std::size_t bytes = event ? event->size() : 0;
      forms_.push_back({nullptr, {}, std::move(event), bytes});
      return;
    }
    ReusedFrames& storage = storage_.emplace_back();
    encoder->encode(event_, *storage);
    std::size_t bytes = 0;
    for (const Frame& frame : *storage) bytes += frame.size();
    forms_.push_back({std::move(encoder), *storage, nullptr, bytes});
  }

 private:
  // An event without a name is for a language, and local peers have none.
  bool is_foreign() const noexcept {
    const auto* const message = std::get_if<event::Message>(&event_);
    return message != nullptr && message->message.type == MessageType::event &&
           message->message.event.empty();
  }

  const Event& event_;
  boost::container::small_vector<Form, 2> forms_;
  // A vector's elements stay where they are when the vector is moved, so the spans above stay valid.
  boost::container::small_vector<ReusedFrames, 2> storage_;
};

}  // namespace signaling
