#pragma once

#include <cstddef>
#include <vector>

#include "signaling/core/export.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/payload.hpp"

namespace signaling {

/// A member as the host sees it: a copy.
struct SIGNALING_API Member {
  PeerId id;         ///< the peer's id
  Payload metadata;  ///< what it said of itself in this room
  /// The node it is connected to.
  NodeId node;
  /// The room's version when it joined.
  Version joined_at = 0;
};

/// A named set of peers, possibly on several nodes, as this node knows it.
///
/// Ownership: shared. When the last member of this node has left, this node does not follow the room any more: the object
/// stays readable, and is empty. A later room of the same name is another object.
/// Threads: any.
class SIGNALING_API Room {
 public:
  virtual ~Room() = default;
  /// The room's name.
  virtual const RoomId& id() const noexcept = 0;
  /// Grows by one with every join, leave and update.
  virtual Version version() const = 0;
  /// How many members it has, on all nodes.
  virtual std::size_t size() const = 0;
  /// In the order in which they joined.
  virtual std::vector<Member> members() const = 0;
};

}  // namespace signaling
