#pragma once

#include <chrono>
#include <span>
#include <string_view>
#include <variant>

#include "signaling/core/envelope.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/ids.hpp"

namespace signaling {

/// One member as another member sees it.
struct SIGNALING_API MemberView {
  std::string_view id;  ///< the member's peer id
  /// Raw JSON text, or empty.
  std::string_view metadata;
  /// The room's version when it joined: tells who was there first.
  Version joined_at = 0;
};

/// True if `a` was in the room before `b`. Two that joined while their nodes could not see each other may have the same
/// `joined_at`.
constexpr bool precedes(const MemberView& a, const MemberView& b) noexcept {
  return a.joined_at != b.joined_at ? a.joined_at < b.joined_at : a.id < b.id;
}

/// What the router tells a peer. A protocol encodes it for the wire; a local peer gets it as it is.
///
/// Lifetime: all views live for the call the event is passed to.
/// `request`, where there is one, is the tag of the command that this answers, as it came; empty if it had none.
namespace event {

/// The first event of a peer that is admitted.
struct SIGNALING_API Welcome {
  std::string_view peer;  ///< the id it was given
  /// Proves on a later connection that it is the same client.
  std::string_view resume;
  /// A JSON array as text; empty: the protocol's own.
  std::string_view ice_servers = {};
};

/// Answers a join: the room as it was at `version`, without the joiner itself. Every later change follows as an event. Its
/// version is the next one, unless nodes could not see each other meanwhile: then what was missed comes in one go.
struct SIGNALING_API Joined {
  std::string_view room;                ///< the room that was joined
  Version version = 0;                  ///< of the room, after this join
  MemberView self;                      ///< the joiner, as others see it
  std::span<const MemberView> members;  ///< the others
  std::string_view request;             ///< tag of the join
};

/// Answers a leave, or tells that the peer was removed from the room.
struct SIGNALING_API Left {
  std::string_view room;                    ///< the room that was left
  LeaveReason reason = LeaveReason::leave;  ///< `leave` or `kicked`, for instance
  std::string_view request;                 ///< tag of the leave; empty if it was not asked for
  /// For people: why the host has removed the peer. Empty if it did not say.
  std::string_view message = {};
};

/// Somebody else joined.
struct SIGNALING_API PeerJoined {
  std::string_view room;  ///< the room it joined
  Version version = 0;    ///< of the room, after this
  MemberView peer;        ///< who joined
  /// The receiver was there first: it is the polite one of the two. Else this node hears of an older member only now,
  /// after nodes could not see each other.
  bool polite = true;
};

/// A member left, for whatever reason.
struct SIGNALING_API PeerLeft {
  std::string_view room;                    ///< the room it left
  Version version = 0;                      ///< of the room, after this
  MemberView peer;                          ///< who left, as it was
  LeaveReason reason = LeaveReason::leave;  ///< why
};

/// A member has replaced its metadata.
struct SIGNALING_API PeerUpdated {
  std::string_view room;  ///< the room it did so in
  Version version = 0;    ///< of the room, after this
  MemberView peer;        ///< the member with its new metadata
};

/// Answers an update of one's own metadata.
struct SIGNALING_API Updated {
  std::string_view room;     ///< the room it was done in
  Version version = 0;       ///< of the room, after this
  std::string_view request;  ///< tag of the update
};

/// Answers a question for the members; the asker is not among `members` but in `self`.
struct SIGNALING_API Members {
  std::string_view room;                ///< the room that was asked about
  Version version = 0;                  ///< of the room
  MemberView self;                      ///< the asker
  std::span<const MemberView> members;  ///< the others
  std::string_view request;             ///< tag of the question
};

/// A message from another peer.
struct SIGNALING_API Message {
  Envelope envelope;  ///< the message; its views live for the call
};

/// Answers a send that had a tag.
struct SIGNALING_API Sent {
  SendStatus status = SendStatus::sent;  ///< what became of it
  std::string_view request;              ///< tag of the send
};

/// Answers a ping.
struct SIGNALING_API Pong {
  std::string_view request;  ///< tag of the ping
};

/// Something that was asked for failed, or the connection is about to end.
struct SIGNALING_API Error {
  errc code = errc::internal;  ///< what went wrong
  /// For people: from the library or from the host's policy, never from a peer.
  std::string_view message;
  std::string_view request;  ///< tag of what failed; empty if it had none, or nothing was asked for
};

/// The server stops; come back after `reconnect_after`.
struct SIGNALING_API GoingAway {
  std::chrono::milliseconds reconnect_after{0};  ///< how long to wait
};

}  // namespace event

/// Any of the events.
using Event = std::variant<event::Welcome, event::Joined, event::Left, event::PeerJoined, event::PeerLeft,
                           event::PeerUpdated, event::Updated, event::Members, event::Message, event::Sent,
                           event::Pong, event::Error, event::GoingAway>;

}  // namespace signaling
