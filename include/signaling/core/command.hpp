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

struct SIGNALING_API Join {
  std::string_view room;
  /// Raw JSON text. Absent: none; when the peer is in the room already, its metadata stays as it is.
  std::optional<std::string_view> metadata;
  std::string_view request;
  /// A further name under which the peer can be reached with `Reach::anybody`, until it is gone. In use by another
  /// peer: the join fails with `id_in_use`. Empty: none.
  std::string_view alias = {};
  /// What becomes of the connection then.
  enum class AliasInUse : std::uint8_t { stay, close } alias_in_use = AliasInUse::stay;
  /// A room that holds everybody of a protocol has no use for Limits::max_peers_per_room.
  enum class Capacity : std::uint8_t { limited, unlimited } capacity = Capacity::limited;
  /// `none`: success is not told. For rooms that a protocol joins by itself: the answer costs as much as the room has
  /// members.
  enum class Answer : std::uint8_t { joined, none } answer = Answer::joined;
};

struct SIGNALING_API Leave {
  std::string_view room;
  std::string_view request;
};

struct SIGNALING_API Update {
  std::string_view room;
  std::string_view metadata;
  std::string_view request;
};

struct SIGNALING_API Members {
  std::string_view room;
  std::string_view request;
};

struct SIGNALING_API Send {
  Envelope envelope;
  std::string_view request;
};

struct SIGNALING_API Ping {
  std::string_view request;
};

/// The message was no command: the peer gets this error back, and nobody else notices.
struct SIGNALING_API Invalid {
  errc code = errc::bad_request;
  std::string_view message;
  std::string_view request;
};

/// The protocol answers its client itself, in order with the other commands of the message.
struct SIGNALING_API Reply {
  std::vector<Frame> frames;
};

/// The peer says goodbye: it leaves its rooms and the connection closes.
struct SIGNALING_API Goodbye {};

}  // namespace command

using Command = std::variant<command::Join, command::Leave, command::Update, command::Members, command::Send,
                             command::Ping, command::Invalid, command::Reply, command::Goodbye>;

}  // namespace signaling
