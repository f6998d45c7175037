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
  std::string_view id;
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

/// The first event of every peer.
struct SIGNALING_API Welcome {
  std::string_view peer;
  /// Proves on a later connection that it is the same client.
  std::string_view resume;
  /// A JSON array as text; empty: the protocol's own.
  std::string_view ice_servers = {};
};

/// Answers a join: the room as it was at `version`, without the joiner itself. Every later change follows as an
/// event with the next version.
struct SIGNALING_API Joined {
  std::string_view room;
  Version version = 0;
  MemberView self;
  std::span<const MemberView> members;
  std::string_view request;
};

/// Answers a leave, or tells that the peer was put out of the room.
struct SIGNALING_API Left {
  std::string_view room;
  LeaveReason reason = LeaveReason::leave;
  std::string_view request;
};

/// Somebody else joined.
struct SIGNALING_API PeerJoined {
  std::string_view room;
  Version version = 0;
  MemberView peer;
  /// The receiver was there first: it is the polite one of the two. Else this node hears of an older member only now,
  /// after nodes could not see each other.
  bool polite = true;
};

struct SIGNALING_API PeerLeft {
  std::string_view room;
  Version version = 0;
  MemberView peer;
  LeaveReason reason = LeaveReason::leave;
};

struct SIGNALING_API PeerUpdated {
  std::string_view room;
  Version version = 0;
  MemberView peer;
};

/// Answers an update of one's own metadata.
struct SIGNALING_API Updated {
  std::string_view room;
  Version version = 0;
  std::string_view request;
};

/// Answers a question for the members; the asker is not among `members` but in `self`.
struct SIGNALING_API Members {
  std::string_view room;
  Version version = 0;
  MemberView self;
  std::span<const MemberView> members;
  std::string_view request;
};

/// A message from another peer.
struct SIGNALING_API Message {
  Envelope envelope;
};

/// Answers a send that had a tag.
struct SIGNALING_API Sent {
  SendStatus status = SendStatus::sent;
  std::string_view request;
};

struct SIGNALING_API Pong {
  std::string_view request;
};

struct SIGNALING_API Error {
  errc code = errc::internal;
  /// For people: from the library or from the host's policy, never from a peer.
  std::string_view message;
  std::string_view request;
};

/// The server stops; come back after `reconnect_after`.
struct SIGNALING_API GoingAway {
  std::chrono::milliseconds reconnect_after{0};
};

}  // namespace event

using Event = std::variant<event::Welcome, event::Joined, event::Left, event::PeerJoined, event::PeerLeft,
                           event::PeerUpdated, event::Updated, event::Members, event::Message, event::Sent,
                           event::Pong, event::Error, event::GoingAway>;

}  // namespace signaling
