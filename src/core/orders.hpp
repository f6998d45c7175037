#pragma once

#include <string_view>

#include "signaling/core/envelope.hpp"

namespace signaling {

// What tells an order of the router from a message: no protocol has this language, and messages of peers have a sender.
// What is to be done is its payload; an event without a name is nothing to nodes that do not know it. The host's word to
// those whom it kicks goes in `from_metadata`.
inline constexpr std::string_view order_language = "signaling.order";
inline constexpr std::string_view kick_order = "kick";  // `to`, out of the room in `original`, or altogether
inline constexpr std::string_view close_order = "close-room";
inline constexpr std::string_view lost_order = "lost";  // something for `to`, or for `room`
// Of `to`, for the reason in `original`. Its receiver is in `from_metadata`, or the room that it was for in `event`: they are
// told if the sender cannot be.
inline constexpr std::string_view undelivered_order = "undelivered";

inline bool is_order(const Envelope& envelope) noexcept {
  return envelope.from.empty() && envelope.language == order_language;
}

/// Tells receivers that a message to them is lost whose sender has gone. A store that accepts messages and may lose them
/// owes this one to its receivers: it accepts it at any time, and keeps it until it is brought.
inline bool is_notice_of_loss(const Envelope& envelope) noexcept {
  return is_order(envelope) && envelope.payload == lost_order;
}

}  // namespace signaling
