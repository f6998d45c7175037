#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "signaling/core/frame.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

/// What a message carries. `event` is any other name, given in Message::event.
enum class MessageType : std::uint8_t { offer, answer, candidate, message, event };

/// The name of a type: "offer", "answer", "candidate", "message", "event".
SIGNALING_API std::string_view to_string(MessageType type) noexcept;

/// Whether a message may be dropped when its receiver is slow.
enum class Delivery : std::uint8_t { reliable, volatile_ };

/// Which members of a room receive a message to it.
enum class Audience : std::uint8_t { others, everybody };

/// Which peers a peer can address. The client's protocol decides this, never the client.
enum class Reach : std::uint8_t {
  members,   ///< members of a room that the sender is in; the order guarantees hold
  speakers,  ///< the same, and otherwise a peer with that id or alias whose protocol is called `language`
  anybody,   ///< the same, and otherwise any peer with that id or alias, or a room that the sender is not in
};

/// The receivers of a message: `{.to = "bob"}` is a peer, `{.room = "lobby"}` a room, and both together a member of that
/// room. Message::to and Message::room say more.
struct SIGNALING_API Address {
  std::string_view to = {};    ///< a peer
  std::string_view room = {};  ///< a room
};

/// A message of a peer or of the host to a peer or to a room: `Message::offer(json, {.to = "bob"})`.
///
/// The payload is raw JSON text or binary, and is passed on byte for byte. A text payload from the host that is not JSON
/// is `dropped` with `bad_json`; that of a client is checked by its protocol.
/// Lifetime: all views belong to the caller and are valid during the call they are passed to.
struct SIGNALING_API Message {
  MessageType type = MessageType::message;  ///< the message type
  /// Name of the event if `type` is `event`, otherwise empty. An event without a name reaches only receivers of the
  /// same `language`.
  std::string_view event;
  /// The receiver; empty: all other members of `room`.
  std::string_view to;
  /// Without `to`: the room to send to. With `to`: the room that the receiver must be in; empty: any shared room.
  std::string_view room;
  std::string_view payload;                ///< the message itself
  MessageKind kind = MessageKind::text;    ///< of the payload
  Delivery delivery = Delivery::reliable;  ///< whether the message may be dropped
  /// Which members of `room` receive it; for Reach::speakers also the sender, if it has a name.
  Audience audience = Audience::others;
  Reach reach = Reach::members;  ///< which peers and rooms `to` and `room` may name
  /// Some protocols express more than others. A sender's protocol may name itself here and put the data for receivers
  /// of the same protocol in `original`; all other receivers get `payload`.
  std::string_view language;
  std::string_view original;  ///< the data for receivers of the same `language`

  /// A message of any type but `event`. `json` is raw JSON text.
  static Message of(MessageType type, std::string_view json, Address address = {}) noexcept {
    Message message;
    message.type = type;
    message.to = address.to;
    message.room = address.room;
    message.payload = json;
    return message;
  }
  /// The same, of type `offer`.
  static Message offer(std::string_view json, Address address = {}) noexcept {
    return of(MessageType::offer, json, address);
  }
  /// The same, of type `answer`.
  static Message answer(std::string_view json, Address address = {}) noexcept {
    return of(MessageType::answer, json, address);
  }
  /// The same, of type `candidate`.
  static Message candidate(std::string_view json, Address address = {}) noexcept {
    return of(MessageType::candidate, json, address);
  }
  /// The same, of type `message`.
  static Message text(std::string_view json, Address address = {}) noexcept {
    return of(MessageType::message, json, address);
  }
  /// An event of that name.
  static Message named(std::string_view event, std::string_view json, Address address = {}) noexcept {
    Message message = of(MessageType::event, json, address);
    message.event = event;
    return message;
  }
};

/// The data that the router adds to a message: its sender and its path. Stores transport it; hosts and encoders get the
/// relevant parts in event::Message.
///
/// Lifetime: as of Message.
struct SIGNALING_API Route {
  std::string_view from;  ///< the sender's id; for Router::send, the `from` of the host
  /// The sender's epoch; 0: the host.
  Epoch from_epoch = 0;
  /// The sender's membership of `room`; 0: none.
  Version from_joined_at = 0;
  /// The sender's metadata in the room it was sent through. May be empty.
  std::string_view from_metadata;
  /// The sender's rooms, if the message goes to a peer of another node and through no room: bytes that only the router
  /// on that node reads.
  std::string_view from_rooms;
  /// The room that the message goes through, even if the message names none. Empty: it goes to the node that has
  /// claimed Message::to.
  std::string_view room;
  Reach reach =
      Reach::members;  ///< Message::reach, or more if RouterOptions::strangers or the host grants more
};

/// A copy of a message and its route with all bytes they refer to, for stores and other code that keeps a message.
///
/// A copy has bytes of its own; a move keeps the views of `message` and `route` valid.
/// Cost: one allocation.
class SIGNALING_API OwnedMessage {
 public:
  /// Copies what they refer to.
  explicit OwnedMessage(const Message& message, const Route& route = {});
  OwnedMessage(const OwnedMessage& other) : OwnedMessage(other.message_, other.route_) {}
  OwnedMessage(OwnedMessage&& other) noexcept = default;
  OwnedMessage& operator=(const OwnedMessage& other) { return *this = OwnedMessage(other); }
  OwnedMessage& operator=(OwnedMessage&& other) noexcept = default;
  ~OwnedMessage() = default;

  /// The message.
  const Message& message() const noexcept { return message_; }
  /// The route.
  const Route& route() const noexcept { return route_; }

  /// How many bytes a message and its route refer to.
  static std::size_t bytes_of(const Message& message, const Route& route) noexcept;

 private:
  Message message_;  // views of `bytes_`
  Route route_;
  std::vector<char> bytes_;
};

/// The result of a send, as far as this node knows when the call returns. A later failure on another node reaches the
/// sender as event::Error without a tag. Messages that a connection had not delivered when it broke are lost.
enum class SendStatus : std::uint8_t {
  sent,     ///< on its way to every receiver
  queued,   ///< accepted; at least one receiver is behind and has it in its queue
  crowded,  ///< the same, and more than Limits::max_outbound_bytes wait for a receiver: send less
  dropped,  ///< not delivered to any receiver, or not to all: `error` says why
};

}  // namespace signaling
