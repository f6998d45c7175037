#pragma once

#include <cstddef>
#include <string>

#include "signaling/core/envelope.hpp"

namespace signaling {

/// What an envelope's views point to.
inline std::size_t bytes_of(const Envelope& envelope) noexcept {
  return envelope.event.size() + envelope.from.size() + envelope.to.size() + envelope.room.size() +
         envelope.payload.size() + envelope.from_metadata.size() + envelope.language.size() +
         envelope.original.size() + envelope.from_rooms.size();
}

/// An envelope that has to wait, with what its views point to.
class HeldEnvelope {
 public:
  explicit HeldEnvelope(const Envelope& envelope)
      : rest_(envelope),
        event_(envelope.event),
        from_(envelope.from),
        to_(envelope.to),
        room_(envelope.room),
        payload_(envelope.payload),
        from_metadata_(envelope.from_metadata),
        language_(envelope.language),
        original_(envelope.original),
        from_rooms_(envelope.from_rooms) {}

  /// Valid as long as this object is neither moved nor destroyed.
  Envelope view() const noexcept {
    Envelope envelope = rest_;
    envelope.event = event_;
    envelope.from = from_;
    envelope.to = to_;
    envelope.room = room_;
    envelope.payload = payload_;
    envelope.from_metadata = from_metadata_;
    envelope.language = language_;
    envelope.original = original_;
    envelope.from_rooms = from_rooms_;
    return envelope;
  }

 private:
  Envelope rest_;  // only what is not a view
  std::string event_;
  std::string from_;
  std::string to_;
  std::string room_;
  std::string payload_;
  std::string from_metadata_;
  std::string language_;
  std::string original_;
  std::string from_rooms_;
};

}  // namespace signaling
