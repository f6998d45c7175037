#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/core/room.hpp"

namespace signaling::protocols {

/// Groups of N clients (`?next=N`): each room takes N and no more, and the next client begins another.
///
/// Threads: any.
class MatchboxGroups {
 public:
  MatchboxGroups();
  /// The room of the path, and of how many a group is.
  using Key = std::pair<std::string, std::uint64_t>;
  /// A place in the group that waits for more: the name of its room, which begins with that of the path.
  std::string enter(const Key& key);
  /// Gives the place back. It stays empty if the group was complete.
  void leave(const Key& key, const std::string& room) noexcept;

 private:
  struct Group {
    std::string room;
    std::uint64_t members = 0;
  };
  std::mutex mutex_;
  std::map<Key, Group> waiting_;  // a group that is complete is forgotten
  const std::string node_;        // in the names of rooms: groups of other nodes are others
  std::uint64_t count_ = 0;
};

/// Which rooms have a host among the clients of this node (MatchboxTopology::client_server).
///
/// Threads: any.
class MatchboxHosts {
 public:
  using Members = std::function<std::vector<Member>(std::string_view room)>;
  explicit MatchboxHosts(Members members) : members_(std::move(members)) {}

  /// True: the room had no host, and the caller is the host until it calls `leave`.
  bool enter(const std::string& room);
  void leave(const std::string& room) noexcept;
  /// The host of the room; empty: there is none.
  PeerId host_of(std::string_view room) const;

 private:
  const Members members_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> rooms_;
};

/// What a client of this protocol claims in a room with a host.
inline constexpr std::string_view matchbox_host_claim = R"( {"matchboxHost":true})";
inline constexpr std::string_view matchbox_client_claim = R"( {"matchboxHost":false})";

}  // namespace signaling::protocols
