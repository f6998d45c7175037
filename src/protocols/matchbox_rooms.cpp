#include "protocols/matchbox_rooms.hpp"

#include <algorithm>

#include "signaling/core/ids.hpp"

namespace signaling::protocols {

MatchboxGroups::MatchboxGroups() : node_(make_id(system_random())) {}

std::string MatchboxGroups::enter(const Key& key) {
  const std::scoped_lock lock(mutex_);
  const auto& [path, size] = key;
  Group& group = waiting_[key];
  if (group.members == 0) {
    group.room = path + "?next=" + std::to_string(size) + '#' + node_ + std::to_string(++count_);
  }
  std::string room = group.room;
  if (++group.members == size) waiting_.erase(key);
  return room;
}

void MatchboxGroups::leave(const Key& key, const std::string& room) noexcept {
  const std::scoped_lock lock(mutex_);
  const auto found = waiting_.find(key);
  if (found == waiting_.end() || found->second.room != room) return;
  if (--found->second.members == 0) waiting_.erase(found);
}

// The members are asked under the lock: else two clients could both find that there is no host.
bool MatchboxHosts::enter(const std::string& room) {
  const std::scoped_lock lock(mutex_);
  if (rooms_.contains(room) || !host_of(room).empty()) return false;
  return rooms_.insert(room).second;
}

void MatchboxHosts::leave(const std::string& room) noexcept {
  const std::scoped_lock lock(mutex_);
  rooms_.erase(room);
}

PeerId MatchboxHosts::host_of(std::string_view room) const {
  const std::vector<Member> members = members_(room);
  const auto is_host = [](const Member& member) { return member.metadata.view() != matchbox_client_claim; };
  const auto host = std::ranges::find_if(members, is_host);
  return host == members.end() ? PeerId() : host->id;
}

}  // namespace signaling::protocols
