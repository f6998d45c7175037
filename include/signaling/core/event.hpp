#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "signaling/core/error.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/message.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

/// A member of a room, as other members see it.
struct SIGNALING_API MemberView {
  std::string_view id;  ///< the member's peer id
  /// Raw JSON text, or empty.
  std::string_view metadata;
  /// The room's version when the member joined; the smaller value was in the room first.
  Version joined_at = 0;
  /// It has lost its connection and may come back.
  bool is_away = false;
};

/// True if `a` was in the room before `b`. If two members joined while their nodes were cut off from each other, they
/// may have the same `joined_at`.
constexpr bool precedes(const MemberView& a, const MemberView& b) noexcept {
  return a.joined_at != b.joined_at ? a.joined_at < b.joined_at : a.id < b.id;
}

/// Events that the router sends to a peer. A protocol encodes them for the wire; a local peer gets them directly.
///
/// Lifetime: all views, and the message, are valid during the call that passes the event.
/// `request`, where present, is the tag of the command that the event answers; empty if the command had none.
namespace event {

/// The answer to a client that has shown the secret of an earlier connection.
struct SIGNALING_API Resumption {
  /// What of the earlier connection goes on.
  enum class Kind : std::uint8_t {
    exact,  ///< the same peer; everything that it has missed follows, in order, nothing twice
    rooms,  ///< the same peer in the same rooms, but messages are lost: `event::Members` of each room follow
    none,   ///< a new peer
  };
  Kind kind = Kind::none;  ///< what goes on
  /// For `none`, a word for programs: "expired", "ended", "replaced", "restarted" or "unknown".
  std::string_view reason = {};
  /// Messages of the client that the earlier connection has received; absent: nobody has counted.
  std::optional<std::uint64_t> received = {};
  /// For `rooms`: how many messages to the client are missing; absent: unknown.
  std::optional<std::uint64_t> lost = {};
};

/// The first event of an admitted peer, on each of its connections.
struct SIGNALING_API Welcome {
  std::string_view peer;  ///< the id it was given
  /// The secret that identifies the same client on a later connection.
  std::string_view resume;
  /// A JSON array as text; empty: the protocol's default.
  std::string_view ice_servers = {};
  /// How long the peer stays when it loses its connection; 0: not at all.
  std::chrono::seconds keep{0};
  /// Absent: the client has shown no secret.
  std::optional<Resumption> resumption = {};
};

/// Answers a join: the room at `version`, without the joined peer. Every later change follows as an event. Its version
/// is the next one, unless nodes were cut off from each other: then the missed changes come together.
struct SIGNALING_API Joined {
  std::string_view room;                ///< the room that was joined
  Version version = 0;                  ///< of the room, after this join
  MemberView self;                      ///< the joined peer, as others see it
  std::span<const MemberView> members;  ///< the others
  std::string_view request;             ///< tag of the join
};

/// Answers a leave, or reports that the peer was removed from the room.
struct SIGNALING_API Left {
  std::string_view room;                    ///< the room that was left
  LeaveReason reason = LeaveReason::leave;  ///< `leave` or `kicked`, for instance
  std::string_view request;                 ///< tag of the leave; empty if the peer was removed
  /// For people: the host's reason for removing the peer. Empty if it gave none.
  std::string_view message = {};
};

/// Another peer joined.
struct SIGNALING_API PeerJoined {
  std::string_view room;  ///< the room that it joined
  Version version = 0;    ///< of the room, after this
  MemberView peer;        ///< the peer that joined
  /// The receiver was in the room first: it is the polite one of the two. If false, this node learns of an older member
  /// only now, after nodes were cut off from each other.
  bool polite = true;
};

/// A member left, for whatever reason.
struct SIGNALING_API PeerLeft {
  std::string_view room;                    ///< the room it left
  Version version = 0;                      ///< of the room, after this
  MemberView peer;                          ///< the peer that left, with its last metadata
  LeaveReason reason = LeaveReason::leave;  ///< why
};

/// A member has lost its connection and may come back: what is sent to it waits. The room's version does not change.
struct SIGNALING_API PeerAway {
  std::string_view room;  ///< the room that it is in
  Version version = 0;    ///< of the room, as it stands
  MemberView peer;        ///< the member
};

/// A member that was away has a connection again. The room's version does not change.
struct SIGNALING_API PeerBack {
  std::string_view room;  ///< the room that it is in
  Version version = 0;    ///< of the room, as it stands
  MemberView peer;        ///< the member
};

/// A member has replaced its metadata.
struct SIGNALING_API PeerUpdated {
  std::string_view room;  ///< the room of the change
  Version version = 0;    ///< of the room, after this
  MemberView peer;        ///< the member with its new metadata
};

/// Answers an update of one's own metadata.
struct SIGNALING_API Updated {
  std::string_view room;     ///< the room of the change
  Version version = 0;       ///< of the room, after this
  std::string_view request;  ///< tag of the update
};

/// Answers a request for the members; the requesting peer is `self`, not in `members`.
struct SIGNALING_API Members {
  std::string_view room;                ///< the requested room
  Version version = 0;                  ///< of the room
  MemberView self;                      ///< the requesting peer
  std::span<const MemberView> members;  ///< the others
  std::string_view request;             ///< tag of the request
};

/// A message from another peer, or from the host.
struct SIGNALING_API Message {
  const signaling::Message& message;  ///< the message as the sender gave it
  std::string_view from;              ///< the sender's id; from the host: the `from` of Router::send
  std::string_view from_metadata =
      {};  ///< the sender's metadata in the room it was sent through; may be empty
};

/// Answers a send that had a tag.
struct SIGNALING_API Sent {
  SendStatus status = SendStatus::sent;  ///< how the send ended
  std::string_view request;              ///< tag of the send
};

/// Answers a ping.
struct SIGNALING_API Pong {
  std::string_view request;  ///< tag of the ping
  /// As of Acknowledged; absent: nobody counts.
  std::optional<std::uint64_t> received = {};
};

/// Confirms messages of a client whose peer stays when the connection is lost.
struct SIGNALING_API Acknowledged {
  std::uint64_t received = 0;  ///< how many of its messages have arrived, since the count began
};

/// A request failed, or the connection is about to close.
struct SIGNALING_API Error {
  errc code = errc::internal;  ///< what went wrong
  /// For people: from the library or from the host's policy, never from a peer.
  std::string_view message;
  std::string_view request;  ///< tag of the failed request; empty if it had none, or if no request failed
};

/// The server stops; reconnect after `reconnect_after`.
struct SIGNALING_API GoingAway {
  std::chrono::milliseconds reconnect_after{0};  ///< how long to wait
};

}  // namespace event

/// Any of the events.
using Event = std::variant<event::Welcome, event::Joined, event::Left, event::PeerJoined, event::PeerLeft,
                           event::PeerAway, event::PeerBack, event::PeerUpdated, event::Updated,
                           event::Members, event::Message, event::Sent, event::Pong, event::Acknowledged,
                           event::Error, event::GoingAway>;

}  // namespace signaling
