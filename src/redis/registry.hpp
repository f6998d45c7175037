#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/state_store.hpp"

namespace signaling::redis {

/// What a node has of its own in the cluster: the ids of its peers, and their places in rooms. It is what the node brings
/// back when the database has lost it, or could not be asked.
class Registry {
 public:
  struct Claimed {
    Epoch epoch = 0;
    std::string secret;
    /// Of the claim that this one takes the place of, once the database can be asked; empty: of none.
    std::string resume;
  };
  struct Room {
    /// The greatest version that this node has heard of.
    Version version = 0;
    /// A member has joined while the others could not be seen.
    bool is_unsure = false;
    std::map<PeerId, StoreMember, std::less<>> members;
    const StoreMember* find(std::string_view peer) const {
      const auto found = members.find(peer);
      return found == members.end() ? nullptr : &found->second;
    }
  };

  const std::map<PeerId, Claimed, std::less<>>& claims() const noexcept { return claims_; }
  const std::map<RoomId, Room, std::less<>>& rooms() const noexcept { return rooms_; }
  std::vector<RoomId> room_names() const;

  bool has_claim(std::string_view peer) const { return claims_.contains(peer); }
  void claim(std::string_view peer, Epoch epoch, std::string_view secret, std::string_view resume = {});
  /// False: this epoch is not the one that is kept, and nothing changed.
  bool release(std::string_view peer, Epoch epoch);

  /// Null: no member of this node is in the room.
  const Room* find(std::string_view room) const;
  void add(std::string_view room, const StoreMember& member, Version known_version);
  bool remove(std::string_view room, std::string_view peer, Epoch epoch);
  /// Another node has this member now, if it was this node's.
  void give_away(std::string_view room, const StoreMember& member);
  bool update(std::string_view room, std::string_view peer, Epoch epoch, const Payload& metadata);
  void set_joined_at(std::string_view room, std::string_view peer, Epoch epoch, Version joined_at);
  void set_unsure(std::string_view room, bool is_unsure);
  /// The room has come to this version.
  void reach(std::string_view room, Version version);
  /// The version that a change is told with which this node makes alone: the one that is known, since the database goes on
  /// counting, and what it has put into the inbox must not look old. 0: no member of this node is in the room.
  Version version_here(std::string_view room) const;

 private:
  StoreMember* find_member(std::string_view room, std::string_view peer, Epoch epoch);

  std::map<PeerId, Claimed, std::less<>> claims_;
  std::map<RoomId, Room, std::less<>> rooms_;
};

}  // namespace signaling::redis
