#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "signaling/core/error.hpp"
#include "signaling/core/message.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

/// A request of a peer to the router. A protocol decodes it from the wire; a local peer calls `Peer` instead.
///
/// Lifetime: all views point into the decoded message and are valid until the next message is decoded.
/// `request` is an opaque tag that the answer repeats; empty: no tag.
namespace command {

/// Joins a room.
struct SIGNALING_API Join {
  std::string_view room;  ///< the room to join
  /// Raw JSON text. Absent: none; if the peer is already in the room, its metadata does not change.
  std::optional<std::string_view> metadata;
  std::string_view request;  ///< tag of the answer
  /// A further name under which `Reach::anybody` finds the peer, until the peer disconnects. Begins with `alias_mark`.
  /// Empty: none.
  std::string_view alias = {};
  /// What happens if another peer already has the alias.
  enum class AliasInUse : std::uint8_t {
    stay,       ///< the join fails with `id_in_use`
    close,      ///< the join fails with `id_in_use`, and the connection closes
    take_over,  ///< the other peer loses the alias and stays connected, if it has joined with `take_over` too
    replace,    ///< the other peer is closed (CloseReason::replaced), if it has joined with `replace` too
  };
  AliasInUse alias_in_use = AliasInUse::stay;  ///< must be the same for all joins with this alias
  /// With `take_over` and `replace`: only a peer that has joined with the same secret loses the alias; to others, the
  /// join fails with `id_in_use`. Empty: no secret.
  std::string_view alias_secret = {};
  /// Limits::max_peers_per_room does not apply to a room that holds all clients of a protocol.
  enum class Capacity : std::uint8_t { limited, unlimited };
  Capacity capacity = Capacity::limited;  ///< whether the room has a limit of members
  /// `none`: a success is not reported. Use it for rooms that a protocol joins by itself, since the answer grows with
  /// the number of members.
  enum class Answer : std::uint8_t { joined, none };
  Answer answer = Answer::joined;  ///< whether a success is reported
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

/// Requests the members of a room.
struct SIGNALING_API Members {
  std::string_view room;     ///< a room that the peer is in
  std::string_view request;  ///< tag of the answer
};

/// Sends to a peer or a room.
struct SIGNALING_API Send {
  Message message;           ///< what to send, and the receivers
  std::string_view request;  ///< tag of the answer; empty: a success is not reported
};

/// Requests a `pong`.
struct SIGNALING_API Ping {
  std::string_view request;  ///< tag of the answer
  /// As of Acknowledge; absent: none.
  std::optional<std::uint64_t> received = {};
};

/// Confirms messages to the client, so that they need not be kept for a resumption. It also shows that the client has
/// received its welcome.
struct SIGNALING_API Acknowledge {
  std::uint64_t received = 0;  ///< how many have arrived, since the count began
};

/// The message was not a valid command: the peer gets this error, and no other peer is affected.
struct SIGNALING_API Invalid {
  errc code = errc::bad_request;  ///< what was wrong
  std::string_view message;       ///< for people; empty: the description of `code`
  std::string_view request;       ///< tag of the answer
};

/// The protocol itself answers its client, in order with the other commands of the message.
struct SIGNALING_API Reply {
  std::vector<Frame> frames;  ///< messages in the protocol's own format
};

/// The peer disconnects: it leaves its rooms and the connection closes.
struct SIGNALING_API Goodbye {};

}  // namespace command

/// Any of the commands.
using Command =
    std::variant<command::Join, command::Leave, command::Update, command::Members, command::Send,
                 command::Ping, command::Acknowledge, command::Invalid, command::Reply, command::Goodbye>;

}  // namespace signaling
