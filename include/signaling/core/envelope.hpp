#pragma once

#include <cstdint>
#include <string_view>

#include "signaling/core/export.hpp"
#include "signaling/core/frame.hpp"

namespace signaling {

/// What an envelope carries. `event` is any other name, given in Envelope::event.
enum class EnvelopeType : std::uint8_t { offer, answer, candidate, message, event };

/// May a message be thrown away when its receiver is slow?
enum class Delivery : std::uint8_t { reliable, volatile_ };

/// Who of a room gets what is sent to it.
enum class Audience : std::uint8_t { others, everybody };

/// Whom a peer can address. A client's wire language decides, never the client.
enum class Reach : std::uint8_t {
  members,  ///< members of a room that the sender is in; the promises of order hold
  speakers,  ///< the same; without such a member also a peer with that id or alias whose protocol is called `language`
  anybody,  ///< if there is no such member, also a peer of that id or alias elsewhere, or a room it is not in
};

/// What travels from one peer to another, or to all others of a room.
///
/// The payload is opaque: raw JSON text or binary, passed on byte for byte, never parsed.
/// Lifetime: all views belong to whoever made the envelope and live for the call they are passed to.
struct SIGNALING_API Envelope {
  EnvelopeType type = EnvelopeType::message;  ///< what kind of message it is
  /// Name of the event when `type` is `event`, else empty. An event without a name is for receivers of the same
  /// `language` alone.
  std::string_view event;
  /// The sender. Of what a peer sends, the router fills it in, whatever was here; of Router::send it stays as it is.
  std::string_view from;
  /// Which life of the sender; filled in by the router. 0: none of a room's members.
  std::uint64_t from_epoch = 0;
  /// Which membership of the room it was sent through; filled in by the router. 0: none.
  std::uint64_t from_joined_at = 0;
  /// The rooms that the sender is in, of what goes to a peer of another node and through no room. Filled in by the router,
  /// for the router there; bytes that nobody else reads.
  std::string_view from_rooms;
  /// The addressee; empty: everybody else in `room`.
  std::string_view to;
  /// With `to` empty: the room to send to. With `to` set: the addressee must be a member of this room; empty: of any.
  std::string_view room;
  /// False: the router has named the room, for the way to another node.
  bool names_room = true;
  std::string_view payload;  ///< the message itself
  /// The sender's metadata in the room it was sent through; filled in by the router. May be empty.
  std::string_view from_metadata;
  /// Some languages say more than others can understand. A sender's protocol may name its language here and put in
  /// `original` whatever receivers of the same language need; all others take `payload`.
  std::string_view language;
  std::string_view original;               ///< what receivers of the same `language` take
  MessageKind kind = MessageKind::text;    ///< of the payload
  Delivery delivery = Delivery::reliable;  ///< may it be dropped
  Audience audience =
      Audience::others;          ///< who of `room` gets it; of Reach::speakers: the sender too, if named
  Reach reach = Reach::members;  ///< whom `to` and `room` may name
};

/// The name of a type: "offer", "answer", "candidate", "message", "event".
SIGNALING_API std::string_view to_string(EnvelopeType type) noexcept;

/// What became of a send, as far as this node knows when the call returns. What fails later, on another node, comes to the
/// sender as event::Error without a tag. What a connection had not delivered when it broke is lost with it.
enum class SendStatus : std::uint8_t {
  sent,     ///< on its way to every addressee
  queued,   ///< accepted; at least one addressee is behind and has it in its queue
  crowded,  ///< the same, and more waits for an addressee than Limits::max_outbound_bytes: send less
  dropped,  ///< not delivered to anybody, or not to all: `error` says why
};

}  // namespace signaling
