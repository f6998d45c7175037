#pragma once

#include <cstdint>
#include <string_view>

#include "signaling/core/frame.hpp"

namespace signaling {

/// What an envelope carries. `event` is any other name, given in Envelope::event.
enum class EnvelopeType : std::uint8_t { offer, answer, candidate, message, event };

/// May a message be thrown away when its receiver is slow?
enum class Delivery : std::uint8_t { reliable, volatile_ };

/// What travels from one peer to another, or to all others of a room.
///
/// The payload is opaque: raw JSON text or binary, passed on byte for byte, never parsed.
/// Lifetime: all views belong to whoever made the envelope and live for the call they are passed to.
struct Envelope {
  EnvelopeType type = EnvelopeType::message;
  /// Name of the event when `type` is `event`, else empty.
  std::string_view event;
  /// The sender; filled in by the router, whatever was here.
  std::string_view from;
  /// The addressee; empty: everybody else in `room`.
  std::string_view to;
  /// With `to` empty: the room to send to. With `to` set: the addressee must be a member of this room; empty: of any.
  std::string_view room;
  std::string_view payload;
  MessageKind kind = MessageKind::text;
  Delivery delivery = Delivery::reliable;
};

/// The name of a type: "offer", "answer", "candidate", "message", "event".
std::string_view to_string(EnvelopeType type) noexcept;

/// What became of a send. Nothing is lost without one of these saying so.
enum class SendStatus : std::uint8_t {
  sent,     ///< on its way to every addressee
  queued,   ///< accepted; at least one addressee is behind and has it in its queue
  dropped,  ///< not delivered to anybody, or not to all: `error` says why
};

}  // namespace signaling
