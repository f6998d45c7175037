#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "signaling/core/envelope.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/export.hpp"

namespace signaling {

/// What a peer asks of the router. A protocol decodes it from the wire; a local peer calls `Peer` instead.
///
/// Lifetime: all views point into the message that was decoded and live until the next one is.
/// `request` is an opaque tag that comes back in the answer; empty: none.
namespace command {

/// Joins a room.
struct SIGNALING_API Join {
  std::string_view room;  ///< the room to join
  /// Raw JSON text. Absent: none; when the peer is in the room already, its metadata stays as it is.
  std::optional<std::string_view> metadata;
  std::string_view request;  ///< tag of the answer
  /// A further name under which the peer can be reached with `Reach::anybody`, until it is gone. Begins with
  /// `alias_mark`. Empty: none.
  std::string_view alias = {};
  /// What happens if another peer has the alias.
  enum class AliasInUse : std::uint8_t {
    stay,   ///< the join fails with `id_in_use`
    close,  ///< the same, and the connection closes
    take_over,  ///< the other peer loses the alias, and stays connected. Only if it has joined with `take_over` too
  };
  AliasInUse alias_in_use = AliasInUse::stay;  ///< the same for all joins with this alias
  /// A room that holds everybody of a protocol has no use for Limits::max_peers_per_room.
  enum class Capacity : std::uint8_t { limited, unlimited };
  Capacity capacity = Capacity::limited;  ///< whether the room has a bound
  /// `none`: success is not told. For rooms that a protocol joins by itself: the answer costs as much as the room has
  /// members.
  enum class Answer : std::uint8_t { joined, none };
  Answer answer = Answer::joined;  ///< whether success is told
};

/// Leaves a room.
struct SIGNALING_API Leave {
  std::string_view room;     ///< the room to leave
  std::string_view request;  ///< tag of the answer
};

/// Replaces the peer's metadata in a room.
struct SIGNALING_API Update {
  std::string_view room;      ///< a room that the peer is in
  std::string_view metadata;  ///< raw JSON text
  std::string_view request;   ///< tag of the answer
};

/// Asks for the members of a room.
struct SIGNALING_API Members {
  std::string_view room;     ///< a room that the peer is in
  std::string_view request;  ///< tag of the answer
};

/// Sends to a peer or a room.
struct SIGNALING_API Send {
  Envelope envelope;         ///< what to send, and to whom
  std::string_view request;  ///< tag of the answer; empty: success is not told
};

/// Asks whether the server is there.
struct SIGNALING_API Ping {
  std::string_view request;  ///< tag of the answer
};

/// The message was no command: the peer gets this error back, and nobody else notices.
struct SIGNALING_API Invalid {
  errc code = errc::bad_request;  ///< what was wrong
  std::string_view message;       ///< for people; empty: the description of `code`
  std::string_view request;       ///< tag of the answer
};

/// The protocol answers its client itself, in order with the other commands of the message.
struct SIGNALING_API Reply {
  std::vector<Frame> frames;  ///< messages in the protocol's own language
};

/// The peer says goodbye: it leaves its rooms and the connection closes.
struct SIGNALING_API Goodbye {};

}  // namespace command

/// Any of the commands.
using Command = std::variant<command::Join, command::Leave, command::Update, command::Members, command::Send,
                             command::Ping, command::Invalid, command::Reply, command::Goodbye>;

}  // namespace signaling
