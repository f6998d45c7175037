#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "signaling/core/callback.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/message.hpp"
#include "signaling/core/payload.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

/// A member as stored.
struct SIGNALING_API StoreMember {
  PeerId id;              ///< the peer's id
  NodeId node;            ///< the node that it is connected to
  Epoch epoch = 0;        ///< of the claim with which it joined
  Payload metadata;       ///< the peer's metadata in this room
  Version joined_at = 0;  ///< the room's version when it joined
};

/// All members of a room at one version.
struct SIGNALING_API RoomState {
  Version version = 0;               ///< grows with every change; 0: the room never had a member
  std::vector<StoreMember> members;  ///< in any order; `joined_at` gives the join order
};

/// One change of a room's membership; `version` is the room's version after it.
struct SIGNALING_API MembershipChange {
  /// The kinds of changes. `moved`: the member has another node and epoch, and is otherwise as it was; the room's version
  /// did not grow. The node that had it gets this change, too.
  enum class Kind : std::uint8_t { joined, left, updated, moved };
  RoomId room;                              ///< the room of the change
  Version version = 0;                      ///< of the room, after the change
  Kind kind = Kind::joined;                 ///< the kind of change
  StoreMember member;                       ///< the member, after the change, or before it if it left
  LeaveReason reason = LeaveReason::leave;  ///< of a leave
  Epoch former_epoch = 0;                   ///< of `moved`: the member's before
};

/// What a node may have missed in a room.
enum class Missed : std::uint8_t {
  changes,   ///< changes of the membership; every accepted message still arrives
  messages,  ///< changes and messages
};

/// A request from one node to another: a command of the host, or a notice that messages were not delivered.
///
/// It goes to `node`; if that is empty, to the node that has claimed `peer`; if that is empty too, to every other node
/// with members in `room`.
struct SIGNALING_API NodeCommand {
  /// What the receiving node must do.
  enum class Kind : std::uint8_t {
    kick,        ///< remove `peer` from `room`; if `room` is empty, close its connection
    close_room,  ///< remove all members of `room` from it
    away,  ///< the member `receiver` of `room`, of this `epoch`, has lost its connection and may come back
    back,  ///< the same member has a connection again
    undelivered,  ///< notify `peer` that a message it has sent was not delivered
    lost,         ///< notify `peer`, or the members of `room`, that messages to them were lost
    move,  ///< the client of `peer` has connected to another node, and wants to go on there; see `data`
    move_answer,  ///< the answer to `move`
    history,      ///< what the former node of `peer` still had for its client
  };
  Kind kind = Kind::kick;  ///< what the receiving node must do
  PeerId peer;             ///< an id or alias
  RoomId room;             ///< for `undelivered`: the room that the message was sent to, if any
  PeerId
      receiver;  ///< for `undelivered`: the peer that the message was sent to, if any; for `away`: who is away
  Epoch epoch = 0;        ///< for `away` and `back`: of the claim of `receiver`
  errc error = errc::ok;  ///< for `undelivered`: the reason
  std::string why;        ///< for `kick` and `close_room`: the host's reason for the client
  NodeId node;            ///< the node that the command is for; empty: `peer` or `room` say it
  std::string data;       ///< for `move`, `move_answer` and `history`: bytes that routers understand
  /// True if all fields are equal.
  friend bool operator==(const NodeCommand&, const NodeCommand&) = default;
};

/// Receives the news of a store for one node. The router implements it.
///
/// Threads: any, but calls for one node do not overlap and are in order.
/// Re-entrancy: the listener may call the store before it returns, so the store must not hold a lock.
class SIGNALING_API StoreListener {
 public:
  virtual ~StoreListener() = default;
  /// Another node changed a room that this node has members in. The listener ignores a version that it already has.
  virtual void changed(const MembershipChange& change) = 0;
  /// A peer of another node sent this message to a peer of this node (`message.to` set), or to a room with members
  /// here.
  virtual void delivered(const Message& message, const Route& route) = 0;
  /// Another node sent this command with `StateStore::command`.
  virtual void commanded(const NodeCommand& command) = 0;
  /// Asks the listener to request a `snapshot`. Only stores whose nodes can be cut off from each other call this.
  virtual void invalidated(std::string_view room, Missed missed) = 0;
  /// This node has lost `peer`: another connection has taken it over with the resume secret, or two nodes had given it
  /// away while they were cut off from each other. This node must remove the members of that epoch.
  virtual void displaced(std::string_view peer, Epoch epoch) = 0;
  /// `publish` accepted this message, but it cannot be delivered: `peer_not_found`, `store_unavailable`.
  virtual void undelivered(const Message& message, const Route& route, errc error) = 0;
  /// The same for `command`.
  virtual void undelivered(const NodeCommand& command, errc error) = 0;
};

/// The state that the nodes of a cluster share: peer ids, room membership, and the messages from node to node.
///
/// Threads: any thread may call it, concurrently.
/// Completion: a handler is called exactly once, before the call returns or later, from any thread, without a lock of
/// the store. Views in arguments are valid until the call returns.
/// Errors: `errc::store_unavailable` (or another code of the condition `retryable`) means that the operation may or may
/// not have been executed; repeating it is safe, since every change names its epoch and is idempotent.
/// Order: changes of one room have one order, counted by its version; every other node with members in the room gets
/// each change. The messages that a node publishes to a room, its commands to the room and its changes of it reach
/// every other node in that order, and after the earlier changes of other nodes. A node receives all of this in one
/// order with the answers to its own joins, leaves, updates and snapshots: when a handler is called, the listener has
/// received everything in that room before the operation, and nothing after it.
/// Cancellation: after `close` has returned, the listener of that node is not called any more; pending handlers
/// complete, possibly with an error.
/// Partitions: a store may answer for its node alone while it cannot reach the others. When it can again, it merges the
/// changes of all nodes, and calls `invalidated` for every room that this may have changed.
class SIGNALING_API StateStore {
 public:
  virtual ~StateStore() = default;

  /// Registers `node` and starts calling `listener`, which must live until `close` has returned.
  virtual void open(const NodeId& node, StoreListener& listener, Callback<void(std::error_code)> done) = 0;
  /// Removes `node`. Its remaining members leave with `LeaveReason::node_lost`, and its ids become free.
  virtual void close(const NodeId& node) = 0;

  /// The arguments of claim().
  struct Claim {
    NodeId node;            ///< the node that takes the id
    std::string_view peer;  ///< the id
    /// The secret with which the client can later take the id over; different for each claim. Empty: no client can.
    std::string_view secret;
    /// The secret of the claim that this one replaces. Empty: it replaces none.
    std::string_view resume;
    /// It must replace a claim: an id that nobody has is not given. For clients that may not choose their ids.
    bool is_take_over = false;
  };
  /// Claims `peer` for a node. Success: no other claim has the id; the epoch is greater than any before for this id. If
  /// another node had it and `resume` is the secret of that claim, that claim ends, and its node gets `displaced`.
  /// `errc::id_in_use`: a node, perhaps this one, has the id; nothing changed. `errc::peer_not_found`: it must replace a
  /// claim, and there is none.
  virtual void claim(const Claim& request, Callback<void(std::error_code, Epoch)> done) = 0;
  /// Releases the id if `epoch` is still its epoch; otherwise does nothing.
  virtual void release(std::string_view peer, Epoch epoch) = 0;

  /// The arguments of join().
  struct Join {
    std::string_view room;  ///< the room to join
    StoreMember member;     ///< the joining peer; `joined_at` is ignored
    /// 0: no limit.
    std::size_t capacity = 0;
    /// The version of the room that the caller knows; 0: none.
    Version known_version = 0;
    /// Not 0: if the room has this peer as a member of that epoch, the member moves: it gets the new node and epoch and
    /// keeps metadata and `joined_at`, the version stays, and all other nodes with members get one change, `moved`.
    /// Only where can_move_members().
    Epoch moves_from = 0;
  };
  /// The result of join().
  struct Joined {
    Version version = 0;  ///< of the room, after the join
    /// The whole room, with the new member. May be absent if `known_version` is not 0 and the node has another member
    /// there, since its listener has got every change in between.
    std::optional<RoomState> state;
    /// The new member's, which distinguishes its memberships of this room. 0 stands for `version`; it differs if the
    /// member was already in the room.
    Version joined_at = 0;
  };
  /// Does join() obey Join::moves_from, and command() NodeCommand::node? Then a peer that outlives its connection can go on
  /// at another node. Otherwise its client gets a new peer there, with the same id.
  virtual bool can_move_members() const noexcept { return false; }

  /// Adds a member, if the capacity allows. Success: the version grew, by one unless the room had less than
  /// `known_version`; or, if this epoch is already in the room, nothing changed. `errc::room_full`: nothing changed. An
  /// older epoch of the same id is replaced, which the other nodes get as a leave and a join. A newer one stays, and
  /// the result is `errc::id_in_use`.
  virtual void join(Join request, Callback<void(std::error_code, Joined)> done) = 0;

  /// The arguments of leave().
  struct Leave {
    std::string_view room;                    ///< the room to leave
    std::string_view peer;                    ///< the leaving peer
    Epoch epoch = 0;                          ///< of which of its claims
    LeaveReason reason = LeaveReason::leave;  ///< for the other nodes
  };
  /// Removes the member if `epoch` is its epoch. `errc::not_joined`: it was not in the room, nothing changed.
  virtual void leave(const Leave& request, Callback<void(std::error_code, Version)> done) = 0;

  /// The arguments of update().
  struct Update {
    std::string_view room;  ///< the room
    std::string_view peer;  ///< the peer with the new metadata
    Epoch epoch = 0;        ///< of which of its claims
    Payload metadata;       ///< the new metadata
  };
  /// Replaces a member's metadata. `errc::not_joined` as for leave().
  virtual void update(const Update& request, Callback<void(std::error_code, Version)> done) = 0;

  /// The present room; an unknown room is empty, at version 0. A store that has lost data uses `known_version` as the
  /// room's version if that is greater, so that versions never decrease.
  virtual void snapshot(std::string_view room, Version known_version,
                        Callback<void(std::error_code, RoomState)> done) = 0;

  /// Delivers a message from `node`: to the node of the member `message.to` of `route.room`; without `to`, to every
  /// other node with members in that room; without `route.room`, to the node that has claimed `to`. All fields of
  /// message and route arrive.
  /// `targets`: the nodes for which that is true as far as the caller knows, which saves a look-up; empty: unknown.
  /// `errc::store_unavailable`: not accepted. `errc::peer_not_found`: no other node has claimed `to`, or has the member
  /// `to`, or, without `to` and `targets`, has members in the room. A store that has to look this up reports it with
  /// `StoreListener::undelivered`, if there is a `to`. Success means accepted, not received.
  virtual std::error_code publish(const NodeId& node, const Message& message, const Route& route,
                                  std::span<const NodeId> targets) = 0;

  /// Delivers a command from `node` to the nodes that NodeCommand names. `errc::peer_not_found` also if it names a node
  /// that is not there. Acceptance, order and errors are those of
  /// publish(). But NodeCommand::Kind::lost is never refused with `errc::store_unavailable`: a store that accepts
  /// messages and may lose them must notify their receivers, and keeps the notice until it can be delivered. Such
  /// notices have no order, and several equal ones may be merged.
  virtual std::error_code command(const NodeId& node, const NodeCommand& command) = 0;
};

}  // namespace signaling
