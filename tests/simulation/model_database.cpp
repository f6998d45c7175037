#include "simulation/model_database.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace signaling::simulation {
namespace {

using redis::InboxEntry;
using redis::InboxPlace;
using redis::Session;

constexpr auto lease_ms = static_cast<std::uint64_t>(redis::Backend::lease.count());
constexpr auto outage = static_cast<std::uint64_t>(redis::Backend::outage.count());
// Small, so that the removal of a node has many steps between which something else can happen.
constexpr std::size_t reaped_at_once = 2;
constexpr std::size_t read_at_once = 32;

RoomState state_of(const ModelData::Room& room) {
  RoomState state{room.version, {}};
  for (const auto& [id, member] : room.members) state.members.push_back(member);
  return state;
}

InboxEntry change_entry(const RoomId& room, Version version, MembershipChange::Kind kind,
                        const StoreMember& member, LeaveReason reason) {
  InboxEntry entry;
  entry.kind = InboxEntry::Kind::change;
  entry.change = {room, version, kind, member, reason};
  return entry;
}

}  // namespace

bool ModelDatabase::admit(const SessionCall& call) {
  const auto found = data_.nodes.find(call.node);
  if (found == data_.nodes.end() || found->second.is_dying || call.run != run_) return false;
  if (mutant_ == Mutant::ignore_sessions) return true;
  Node& node = found->second;
  if (node.session != call.session || node.calls != call.number) return false;
  ++node.calls;
  return true;
}

// Leases count only while there was somebody to renew them: after an outage of the database all begin anew.
void ModelDatabase::beat(Node& node) {
  if (data_.last_renewal != 0 && now() - data_.last_renewal > outage) {
    for (auto& [id, other] : data_.nodes) other.lease_until = now() + lease_ms;
  }
  data_.last_renewal = now();
  node.lease_until = now() + lease_ms;
}

Result<redis::Backend::Opened> ModelDatabase::open(const NodeId& id, InboxPlace next, std::uint64_t run) {
  Node& node = data_.nodes[id];
  const bool is_new = node.session == 0 || node.is_dying;
  const std::uint64_t last_inbox = node.inbox.id;
  node.session = later_than(node.session);
  node.calls = 0;
  if (is_new) {
    node.is_dying = false;
    node.last_batch = 0;
    node.missing.clear();
  }
  const bool cannot_be = next.inbox != last_inbox || next.number > node.inbox.written;
  if (is_new || run != run_ || cannot_be) {
    node.inbox = {later_than(std::max(last_inbox, next.inbox)), 0, {}};
    next = {node.inbox.id, 0};
  }
  beat(node);
  return {{}, {node.session, next, now(), node.last_batch, run != 0 && run != run_}};
}

Result<std::uint64_t> ModelDatabase::renew(const SessionCall& call, std::uint64_t probe) {
  if (!admit(call)) return {errc::closed};
  beat(data_.nodes.at(call.node));
  InboxEntry entry;
  entry.kind = InboxEntry::Kind::probe;
  entry.number = probe;
  append(call.node, std::move(entry));
  return {{}, now()};
}

bool ModelDatabase::append(const NodeId& id, InboxEntry entry) {
  const auto node = data_.nodes.find(id);
  if (node == data_.nodes.end() || node->second.is_dying) return false;
  auto& inbox = node->second.inbox;
  entry.place = {inbox.id, inbox.written++};
  inbox.entries.push_back(std::move(entry));
  if (hooks_.appended) hooks_.appended(id);
  return true;
}

Result<bool> ModelDatabase::reap(const SessionCall& call) {
  if (!admit(call)) return {errc::closed};
  if (data_.nodes.at(call.node).lease_until <= now()) return {{}, false};
  for (auto& [other, node] : data_.nodes) {
    if (!node.is_dying && node.lease_until > now()) continue;
    if (!std::exchange(node.is_dying, true) && hooks_.reaped) hooks_.reaped(other);
    const NodeId dead = other;
    if (!remove_some(dead, reaped_at_once)) data_.nodes.erase(dead);
    return {{}, true};
  }
  return {};
}

bool ModelDatabase::remove_some(const NodeId& node, std::size_t bound) {
  std::vector<std::pair<RoomId, PeerId>> members;
  for (const auto& [name, room] : data_.rooms) {
    for (const auto& [peer, member] : room.members) {
      if (member.node == node) members.emplace_back(name, peer);
    }
  }
  for (const auto& [room, peer] : members) {
    if (bound-- == 0) return true;
    remove_member(room, peer, data_.rooms.at(room).version + 1, LeaveReason::node_lost, {});
  }
  for (auto claim = data_.claims.begin(); claim != data_.claims.end();) {
    if (claim->second.node != node) {
      ++claim;
      continue;
    }
    if (bound-- == 0) return true;
    claim = data_.claims.erase(claim);
  }
  return false;
}

Result<redis::Backend::Owned> ModelDatabase::own(const SessionCall& call) {
  if (!admit(call)) return {errc::closed};
  Result<redis::Backend::Owned> result;
  for (const auto& [name, room] : data_.rooms) {
    for (const auto& [peer, member] : room.members) {
      if (member.node == call.node) result.value.members.push_back({name, peer, member.epoch});
    }
  }
  for (const auto& [peer, claim] : data_.claims) {
    if (claim.node == call.node) result.value.claims.push_back({peer, claim.epoch});
  }
  return result;
}

std::error_code ModelDatabase::goodbye(const SessionCall& call) {
  if (!admit(call)) return errc::closed;
  data_.nodes.at(call.node).is_dying = true;
  remove_some(call.node, SIZE_MAX);
  data_.nodes.erase(call.node);
  return {};
}

Result<Epoch> ModelDatabase::claim(const SessionCall& call, const redis::Backend::Claim& claim) {
  if (!admit(call)) return {errc::closed};
  const auto found = data_.claims.find(claim.peer);
  if (found == data_.claims.end() && claim.is_take_over) return {errc::peer_not_found};
  if (found != data_.claims.end()) {
    const ModelData::Claim& held = found->second;
    const bool is_own = held.node == call.node;
    const bool is_same = is_own && claim.epoch == 0 && !claim.secret.empty() && held.secret == claim.secret;
    if (is_same) return {{}, held.epoch};
    const bool resumes = !is_own && !claim.resume.empty() && held.secret == claim.resume;
    const bool restores = is_own && claim.epoch != 0;
    if (!resumes && !restores) return {errc::id_in_use};
    if (resumes) {
      InboxEntry entry;
      entry.kind = InboxEntry::Kind::displaced;
      entry.change.member = {claim.peer, held.node, held.epoch, {}, 0};
      append(held.node, std::move(entry));
    }
  }
  if (claim.epoch == 0) {
    data_.last_epoch = later_than(data_.last_epoch);
  } else {
    data_.last_epoch = std::max(data_.last_epoch, claim.epoch);
  }
  const Epoch epoch = claim.epoch == 0 ? data_.last_epoch : claim.epoch;
  data_.claims[claim.peer] = {call.node, epoch, claim.secret};
  return {{}, epoch};
}

std::error_code ModelDatabase::release(const SessionCall& call, const PeerId& peer, Epoch epoch) {
  if (!admit(call)) return errc::closed;
  const auto found = data_.claims.find(peer);
  if (found != data_.claims.end() && same_epoch(found->second.epoch, epoch)) data_.claims.erase(found);
  return {};
}

void ModelDatabase::announce(const RoomId& name, const Room& room, MembershipChange::Kind kind,
                             const StoreMember& member, LeaveReason reason, std::string_view except,
                             Epoch former_epoch) {
  std::set<NodeId> told;
  for (const auto& [id, other] : room.members) {
    if (other.node == except || !told.insert(other.node).second) continue;
    InboxEntry entry = change_entry(name, room.version, kind, member, reason);
    entry.change.former_epoch = former_epoch;
    append(other.node, std::move(entry));
  }
}

void ModelDatabase::remove_member(const RoomId& name, const PeerId& peer, Version version, LeaveReason reason,
                                  std::string_view except) {
  Room& room = data_.rooms.at(name);
  const StoreMember member = room.members.at(peer);
  room.members.erase(peer);
  room.version = version;
  announce(name, room, MembershipChange::Kind::left, member, reason, except);
  if (!room.members.empty()) return;
  data_.last_version = std::max(data_.last_version, version);
  data_.rooms.erase(name);
}

redis::Backend::Joined ModelDatabase::answer(const redis::Backend::Join& request, const Room& room) const {
  redis::Backend::Joined answer{{room.version, {}, room.members.at(request.member.id).joined_at}, 0};
  if (!request.wants_state) return answer;
  answer.place = place(request.member.node);
  const auto is_another = [&](const auto& entry) {
    return entry.second.node == request.member.node && entry.first != request.member.id;
  };
  const bool has_followed = request.known_version != 0 && std::ranges::any_of(room.members, is_another);
  if (!has_followed) answer.joined.state = state_of(room);
  return answer;
}

// What the node says of itself counts: the data may have forgotten an update.
Result<redis::Backend::Joined> ModelDatabase::join_again(const redis::Backend::Join& request, Room& room) {
  room.version = std::max(room.version, request.known_version);
  StoreMember& member = room.members.at(request.member.id);
  if (member.metadata != request.member.metadata) {
    member.metadata = request.member.metadata;
    ++room.version;
    announce(request.room, room, MembershipChange::Kind::updated, member, {}, member.node);
  }
  return {{}, answer(request, room)};
}

// The node that had it is told, too, though it may have no other member there.
Result<redis::Backend::Joined> ModelDatabase::move(const redis::Backend::Join& request, Room& room) {
  room.version = std::max(room.version, request.known_version);
  const auto had_another = std::ranges::any_of(
      room.members, [&](const auto& entry) { return entry.second.node == request.member.node; });
  StoreMember& member = room.members.at(request.member.id);
  StoreMember moved = member;
  moved.node = request.member.node;
  moved.epoch = request.member.epoch;
  announce(request.room, room, MembershipChange::Kind::moved, moved, {}, moved.node, member.epoch);
  member = std::move(moved);
  redis::Backend::Joined answer;
  answer.joined.version = room.version;
  answer.joined.joined_at = member.joined_at;
  answer.place = place(request.member.node);
  if (!had_another || request.known_version == 0) answer.joined.state = state_of(room);
  return {{}, std::move(answer)};
}

Result<redis::Backend::Joined> ModelDatabase::join(const SessionCall& call,
                                                   const redis::Backend::Join& request) {
  if (!admit(call)) return {errc::closed};
  StoreMember member = request.member;
  const auto claim = data_.claims.find(member.id);
  const bool is_claimed = claim != data_.claims.end() && mutant_ != Mutant::ignore_epochs;
  if (is_claimed && (claim->second.node != member.node || claim->second.epoch != member.epoch)) {
    return {errc::id_in_use};
  }
  const auto known = data_.rooms.find(request.room);
  const Version before = known == data_.rooms.end() ? 0 : known->second.version;
  const Version least = known == data_.rooms.end() ? data_.last_version : before;
  Version version = std::max(least, request.known_version) + 1;
  if (known != data_.rooms.end()) {
    const auto& members = known->second.members;
    const auto present = members.find(member.id);
    const bool is_present = present != members.end();
    const bool is_same = is_present && present->second.epoch == member.epoch &&
                         (member.joined_at == 0 || present->second.joined_at == member.joined_at);
    if (is_same) return join_again(request, known->second);
    if (is_present && present->second.epoch > member.epoch) return {errc::id_in_use};
    if (is_present && present->second.epoch == request.moves_from) return move(request, known->second);
    const bool is_full = request.capacity != 0 && members.size() >= request.capacity;
    if (!is_present && is_full) return {errc::room_full};
    if (is_present) {
      remove_member(request.room, member.id, version++, LeaveReason::disconnect, member.node);
    }
  }
  version = std::max(version, member.joined_at);
  Room& room = data_.rooms[request.room];
  room.version = version;
  if (member.joined_at == 0) member.joined_at = version;
  room.members[member.id] = member;
  announce(request.room, room, MembershipChange::Kind::joined, member, {}, member.node);
  return {{}, answer(request, room)};
}

StoreMember* ModelDatabase::find_member(const RoomId& name, const PeerId& peer, Epoch epoch) {
  const auto room = data_.rooms.find(name);
  if (room == data_.rooms.end()) return nullptr;
  const auto member = room->second.members.find(peer);
  const bool is_it = member != room->second.members.end() && same_epoch(member->second.epoch, epoch);
  return is_it ? &member->second : nullptr;
}

Result<redis::Backend::Changed> ModelDatabase::leave(const SessionCall& call, const RoomId& name,
                                                     const PeerId& peer, Epoch epoch, LeaveReason reason) {
  if (!admit(call)) return {errc::closed};
  if (find_member(name, peer, epoch) == nullptr) return {errc::not_joined};
  const Version version = data_.rooms.at(name).version + 1;
  remove_member(name, peer, version, reason, call.node);
  return {{}, {version, place(call.node)}};
}

Result<redis::Backend::Changed> ModelDatabase::update(const SessionCall& call, const RoomId& name,
                                                      const PeerId& peer, Epoch epoch,
                                                      const Payload& metadata) {
  if (!admit(call)) return {errc::closed};
  StoreMember* const member = find_member(name, peer, epoch);
  if (member == nullptr) return {errc::not_joined};
  Room& room = data_.rooms.at(name);
  if (member->metadata == metadata) return {{}, {room.version, place(call.node)}};
  member->metadata = metadata;
  ++room.version;
  announce(name, room, MembershipChange::Kind::updated, *member, {}, call.node);
  return {{}, {room.version, place(call.node)}};
}

Result<redis::Backend::Seen> ModelDatabase::snapshot(const SessionCall& call, const RoomId& name,
                                                     Version known_version) {
  if (!admit(call)) return {errc::closed};
  const auto room = data_.rooms.find(name);
  if (room == data_.rooms.end()) return {{}, {{}, place(call.node)}};
  room->second.version = std::max(room->second.version, known_version);
  return {{}, {state_of(room->second), place(call.node)}};
}

bool ModelDatabase::deliver(const NodeId& from, const redis::Batch::Part& part) {
  std::set<NodeId> targets;
  if (!part.node.empty()) {
    targets.insert(part.node);
  } else if (!part.peer.empty() && !part.room.empty()) {
    const auto room = data_.rooms.find(part.room);
    if (room != data_.rooms.end()) {
      const auto member = room->second.members.find(part.peer);
      const bool is_there = member != room->second.members.end();
      if (is_there && member->second.node != from) targets.insert(member->second.node);
    }
  } else if (!part.peer.empty()) {
    const auto claim = data_.claims.find(part.peer);
    if (claim != data_.claims.end() && claim->second.node != from) targets.insert(claim->second.node);
  } else if (const auto room = data_.rooms.find(part.room); room != data_.rooms.end()) {
    for (const auto& [id, member] : room->second.members) {
      if (member.node != from) targets.insert(member.node);
    }
  }
  bool was_there = false;
  for (const NodeId& target : targets) {
    InboxEntry entry;
    entry.kind = InboxEntry::Kind::messages;
    entry.bytes = part.bytes;
    was_there = append(target, std::move(entry)) || was_there;
  }
  return was_there;
}

Result<std::vector<std::uint32_t>> ModelDatabase::publish(const SessionCall& call,
                                                          const redis::Batch& batch) {
  if (!admit(call)) return {errc::closed};
  Node& node = data_.nodes.at(call.node);
  if (batch.number <= node.last_batch) return {{}, node.missing[batch.number]};
  if (now() > batch.expires_at) return {errc::overloaded};
  node.last_batch = batch.number;
  Result<std::vector<std::uint32_t>> result;
  for (std::uint32_t i = 0; i < batch.parts.size(); ++i) {
    if (!deliver(call.node, batch.parts[i])) result.value.push_back(i);
  }
  node.missing.erase(node.missing.begin(), node.missing.lower_bound(batch.first_unanswered));
  if (!result.value.empty()) node.missing[batch.number] = result.value;
  return result;
}

std::vector<InboxEntry> ModelDatabase::read(const NodeId& id, InboxPlace next) {
  const auto node = data_.nodes.find(id);
  if (node == data_.nodes.end()) return {};
  auto& entries = node->second.inbox.entries;
  while (!entries.empty() && entries.front().place < next) entries.pop_front();
  const auto end = entries.begin() + static_cast<std::ptrdiff_t>(std::min(entries.size(), read_at_once));
  return {entries.begin(), end};
}

void ModelDatabase::trim(const NodeId& id, std::size_t kept) {
  const auto node = data_.nodes.find(id);
  if (node == data_.nodes.end()) return;
  auto& entries = node->second.inbox.entries;
  while (entries.size() > kept) entries.pop_front();
}

}  // namespace signaling::simulation
