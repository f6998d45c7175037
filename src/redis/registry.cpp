#include "redis/registry.hpp"

#include <algorithm>

namespace signaling::redis {

std::vector<RoomId> Registry::room_names() const {
  std::vector<RoomId> names;
  names.reserve(rooms_.size());
  for (const auto& [name, room] : rooms_) names.push_back(name);
  return names;
}

void Registry::claim(std::string_view peer, Epoch epoch, std::string_view secret, std::string_view resume) {
  claims_.insert_or_assign(PeerId(peer), Claimed{epoch, std::string(secret), std::string(resume)});
}

bool Registry::release(std::string_view peer, Epoch epoch) {
  const auto found = claims_.find(peer);
  if (found == claims_.end() || found->second.epoch != epoch) return false;
  claims_.erase(found);
  return true;
}

const Registry::Room* Registry::find(std::string_view room) const {
  const auto found = rooms_.find(room);
  return found == rooms_.end() ? nullptr : &found->second;
}

void Registry::add(std::string_view name, const StoreMember& member, Version known_version) {
  Room& room = rooms_.try_emplace(RoomId(name)).first->second;
  room.version = std::max(room.version, known_version);
  room.members.insert_or_assign(member.id, member);
}

bool Registry::remove(std::string_view room, std::string_view peer, Epoch epoch) {
  if (find_member(room, peer, epoch) == nullptr) return false;
  const auto found = rooms_.find(room);
  found->second.members.erase(found->second.members.find(peer));
  if (found->second.members.empty()) rooms_.erase(found);
  return true;
}

void Registry::give_away(std::string_view name, const StoreMember& member) {
  const Room* const room = find(name);
  const StoreMember* const own = room == nullptr ? nullptr : room->find(member.id);
  if (own != nullptr && own->epoch < member.epoch) (void)remove(name, member.id, Epoch(own->epoch));
}

bool Registry::update(std::string_view room, std::string_view peer, Epoch epoch, const Payload& metadata) {
  StoreMember* const member = find_member(room, peer, epoch);
  if (member != nullptr) member->metadata = metadata;
  return member != nullptr;
}

void Registry::set_joined_at(std::string_view room, std::string_view peer, Epoch epoch, Version joined_at) {
  if (StoreMember* const member = find_member(room, peer, epoch)) member->joined_at = joined_at;
}

void Registry::set_unsure(std::string_view room, bool is_unsure) {
  const auto found = rooms_.find(room);
  if (found != rooms_.end()) found->second.is_unsure = is_unsure;
}

void Registry::reach(std::string_view room, Version version) {
  const auto found = rooms_.find(room);
  if (found != rooms_.end()) found->second.version = std::max(found->second.version, version);
}

Version Registry::version_here(std::string_view room) const {
  const auto found = rooms_.find(room);
  return found == rooms_.end() ? 0 : std::max<Version>(found->second.version, 1);
}

StoreMember* Registry::find_member(std::string_view name, std::string_view peer, Epoch epoch) {
  const auto room = rooms_.find(name);
  if (room == rooms_.end()) return nullptr;
  const auto member = room->second.members.find(peer);
  return member != room->second.members.end() && member->second.epoch == epoch ? &member->second : nullptr;
}

}  // namespace signaling::redis
