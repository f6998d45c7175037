#pragma once

#include <cstddef>
#include <string_view>
#include <system_error>
#include <vector>

#include "signaling/core/ids.hpp"
#include "signaling/core/message.hpp"
#include "signaling/core/payload.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

/// A copy of a member, for the host.
struct SIGNALING_API Member {
  PeerId id;         ///< the peer's id
  Payload metadata;  ///< the peer's metadata in this room
  /// The node it is connected to.
  NodeId node;
  /// The room's version when it joined.
  Version joined_at = 0;
  /// It has lost its connection and may come back. Router::async_members does not know it and says false.
  bool is_away = false;
};

/// A named set of peers, possibly on several nodes, as this node knows it. Router::find_room gives the rooms that have
/// members on this node.
///
/// Ownership: shared. When the last member on this node has left, this node stops following the room: the object stays
/// readable, and is empty. A later room with the same name is another object. `send`, `kick` and `close` go by the name:
/// they do what Router::send, Router::kick and Router::close_room do, which also work for rooms that have members only on
/// other nodes. After the end of the router, they return `errc::closed`.
/// Threads: any.
/// Re-entrancy: as Router says.
class SIGNALING_API Room {
 public:
  virtual ~Room() = default;
  /// The room's name.
  virtual const RoomId& id() const noexcept = 0;
  /// Grows by one with every join, leave and update.
  virtual Version version() const = 0;
  /// The number of members on all nodes.
  virtual std::size_t size() const = 0;
  /// In the order in which they joined. Router::async_members asks the store, which knows every room.
  virtual std::vector<Member> members() const = 0;

  /// Sends a message of the host to the member `message.to`, or, if that is empty, to all members, on all nodes.
  /// `message.room` may be empty: it is this room in any case.
  virtual SendResult send(const Message& message, std::string_view from = {}) = 0;
  /// Removes the peer with this id or alias from the room. The client gets `event::Left` with `kicked` and `why`, text
  /// for people, as with Peer::kick.
  virtual std::error_code kick(std::string_view peer, std::string_view why = {}) = 0;
  /// Removes all members, on all nodes, and sends them `why`.
  virtual std::error_code close(std::string_view why = {}) = 0;
};

}  // namespace signaling
