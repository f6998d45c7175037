#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include "signaling/core/callback.hpp"
#include "signaling/core/envelope.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/payload.hpp"

namespace signaling {

/// A member as the store keeps it.
struct SIGNALING_API StoreMember {
  PeerId id;              ///< the peer's id
  NodeId node;            ///< the node that it is connected to
  Epoch epoch = 0;        ///< of the claim that it is in the room by
  Payload metadata;       ///< what it says of itself in this room
  Version joined_at = 0;  ///< the room's version when it joined
};

/// All members of a room at one version.
struct SIGNALING_API RoomState {
  Version version = 0;               ///< grows with every change; 0: a room that nobody was ever in
  std::vector<StoreMember> members;  ///< in the order in which they joined
};

/// One step of a room's membership; `version` is the room's version after it.
struct SIGNALING_API MembershipChange {
  /// What has changed.
  enum class Kind : std::uint8_t { joined, left, updated };
  RoomId room;               ///< the room that has changed
  Version version = 0;       ///< of the room, after the change
  Kind kind = Kind::joined;  ///< what has changed
  StoreMember member;        ///< whom it is about, as it is after the change, or was before it left
  LeaveReason reason = LeaveReason::leave;  ///< of a leave
};

/// What a node may have missed of a room.
enum class Missed : std::uint8_t {
  changes,   ///< of the membership; every message that was accepted still comes
  messages,  ///< of both
};

/// What a store tells a node. Implemented by the router.
///
/// Threads: any, but for one node one call after the other, in the order in which things happened.
/// Re-entrancy: the listener may call the store before it returns, so no lock of the store may be held.
class SIGNALING_API StoreListener {
 public:
  virtual ~StoreListener() = default;
  /// Another node changed a room that this node has members in. A version that was told before is ignored.
  virtual void changed(const MembershipChange& change) = 0;
  /// Another node's peer sent this to a peer of this node (`to` set), or to a room with members here.
  virtual void delivered(const Envelope& envelope) = 0;
  /// The listener asks for `snapshot`. Optional: only for stores that can lose sight of each other.
  virtual void invalidated(std::string_view room, Missed missed) = 0;
  /// This node does not have `peer` any more: with the resume secret another connection has taken it over, or two nodes
  /// had given it away while they could not see each other. The members of that epoch are this node's to remove.
  virtual void displaced(std::string_view peer, Epoch epoch) = 0;
  /// `publish` had accepted this, and it cannot be brought: `peer_not_found`, `store_unavailable`.
  virtual void undelivered(const Envelope& envelope, errc error) = 0;
};

/// The memory that the nodes of a cluster share: peer ids, room membership, and the way from node to node.
///
/// Threads: called from any thread at once.
/// Completion: a handler is called exactly once, before the call returns or later, from any thread, with no lock of
/// the store held. Views in arguments live until the call returns.
/// Errors: `errc::store_unavailable` (or another code of the condition `retryable`) means that the operation may or
/// may not have happened; asking again is safe, since every change names the epoch it is for and is idempotent.
/// Order: changes of one room have one order, counted by its version; each is told to every other node that has
/// members in the room. What one node publishes to a room and changes there reaches each other node in that order, and
/// after the changes of others that came before. A node hears of all that in one order with the answers to its own
/// joins, leaves, updates and snapshots: when the handler of one is called, the listener was told of everything in that
/// room before it, and of nothing after it.
/// Cancellation: after `close` returned, the listener of that node is not called any more; outstanding handlers
/// complete, with an error if need be.
/// Local first: a store may answer for its node alone while it cannot reach the others. When it can again, it brings
/// together what each has done, and calls `invalidated` for every room that this may have changed.
class SIGNALING_API StateStore {
 public:
  virtual ~StateStore() = default;

  /// Makes `node` known and starts telling `listener`, which must outlive `close`.
  virtual void open(const NodeId& node, StoreListener& listener, Callback<void(std::error_code)> done) = 0;
  /// Forgets `node`. Members it still has leave with `LeaveReason::node_lost`, and its ids become free.
  virtual void close(const NodeId& node) = 0;

  /// What claim() takes.
  struct Claim {
    NodeId node;            ///< the node that takes the id
    std::string_view peer;  ///< the id
    /// What the client will prove with that it is the same; different for each claim. Empty: nobody can.
    std::string_view secret;
    /// The secret of the claim that this one is to take the place of. Empty: of none.
    std::string_view resume;
  };
  /// Takes `peer` for a node. Success: nobody else has the id; the epoch is greater than any before for this id. If
  /// another node had it and `resume` is the secret of that claim, that one is over, and its node is told `displaced`.
  /// `errc::id_in_use`: somebody has it, this node perhaps; nothing changed.
  virtual void claim(const Claim& request, Callback<void(std::error_code, Epoch)> done) = 0;
  /// Gives the id back if `epoch` is still its epoch; else nothing happens.
  virtual void release(std::string_view peer, Epoch epoch) = 0;

  /// What join() takes.
  struct Join {
    std::string_view room;  ///< the room to join
    StoreMember member;     ///< who joins it; `joined_at` is ignored
    /// 0: no bound.
    std::size_t capacity = 0;
    /// The version that the caller's own picture of the room has; 0: none.
    Version known_version = 0;
  };
  /// What join() gives.
  struct Joined {
    Version version = 0;  ///< of the room, after the join
    /// The whole room, the new member included. May be left out if `known_version` is not 0 and the node has another
    /// member there, since its listener was told of every change in between.
    std::optional<RoomState> state;
    /// The new member's, which tells its memberships of this room apart. 0 stands for `version`; it is another one if the
    /// member was there already.
    Version joined_at = 0;
  };
  /// Adds a member, if there is room. Success: the version grew, by one unless the room had less than `known_version`;
  /// or, when this epoch is in the room already, nothing changed. `errc::room_full`: nothing changed. An older epoch of
  /// the same id is replaced: told to the others as left and joined. A younger one stays, and this is `errc::id_in_use`.
  virtual void join(Join request, Callback<void(std::error_code, Joined)> done) = 0;

  /// What leave() takes.
  struct Leave {
    std::string_view room;                    ///< the room to leave
    std::string_view peer;                    ///< who leaves it
    Epoch epoch = 0;                          ///< of which of its lives
    LeaveReason reason = LeaveReason::leave;  ///< told to the others
  };
  /// Removes the member if `epoch` is its epoch. `errc::not_joined`: it was not there, nothing changed.
  virtual void leave(const Leave& request, Callback<void(std::error_code, Version)> done) = 0;

  /// What update() takes.
  struct Update {
    std::string_view room;  ///< the room
    std::string_view peer;  ///< whose metadata it is
    Epoch epoch = 0;        ///< of which of its lives
    Payload metadata;       ///< what replaces the old
  };
  /// Replaces a member's metadata. `errc::not_joined` as above.
  virtual void update(const Update& request, Callback<void(std::error_code, Version)> done) = 0;

  /// The room as it is; an unknown room is empty, at version 0. A store that has forgotten something takes
  /// `known_version` for the room's version if that is less, so that versions never go back.
  virtual void snapshot(std::string_view room, Version known_version,
                        Callback<void(std::error_code, RoomState)> done) = 0;

  /// Brings an envelope from `node` to the node of the member `envelope.to` of `envelope.room`; with `to` empty, to every
  /// other node with members in that room; with `room` empty, to the node that has claimed `to`.
  /// `targets`: the nodes for which that is true as far as the caller knows, which saves looking; empty: it does not.
  /// `errc::store_unavailable`: not accepted. `errc::peer_not_found`: no other node has claimed `to`, or has the member
  /// `to`, or, without `to` and `targets`, has members in `room`. A store that has to ask says this with
  /// `StoreListener::undelivered`, if there is a `to`. Success means accepted, not received.
  virtual std::error_code publish(const NodeId& node, const Envelope& envelope,
                                  std::span<const NodeId> targets) = 0;
};

}  // namespace signaling
