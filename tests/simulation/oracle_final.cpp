// What must be true when all is quiet.
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "simulation/oracle.hpp"
#include "simulation/wire_language.hpp"

namespace signaling::simulation {

void Oracle::check_no_ghosts(const NodeId& node) {
  for (const LifeRecord& life : lives_) {
    if (has_gone(life) || life.offline_since) continue;
    for (const auto& [room, membership] : life.rooms) {
      for (const auto& [id, other] : membership.view) {
        const auto number = std::stoul(other.metadata.substr(1));
        if (lives_[number].node == node && has_gone(lives_[number]))
          fail(life, "still sees somebody of a dead node in " + room, id);
      }
    }
  }
}

void Oracle::check_sees_all(const NodeId& node) {
  const TimePoint a_while_ago = now() - std::chrono::seconds(1);
  const auto is_settled = [&](const LifeRecord& life, const RoomId& room) {
    const auto membership = life.rooms.find(room);
    return !has_gone(life) && !life.offline_since && membership != life.rooms.end() &&
           membership->second.state == Membership::State::in && membership->second.since < a_while_ago;
  };
  for (const LifeRecord& life : lives_) {
    if (life.node != node) continue;
    for (const auto& [room, membership] : life.rooms) {
      if (!is_settled(life, room)) continue;
      for (const LifeRecord* const other : members_of(room)) {
        const bool is_missing = other->id != life.id && !membership.view.contains(other->id);
        if (is_missing && is_settled(*other, room)) fail(life, "does not see for long in " + room, other->id);
      }
    }
  }
}

void Oracle::check_answers(const NodeId& node, TimePoint awake_since) {
  constexpr std::chrono::seconds patience{8};
  for (LifeRecord& life : lives_) {
    if (has_gone(life) || life.offline_since || life.node != node) continue;
    const TimePoint ready_since = std::max(awake_since, life.welcomed_at);
    if (life.reads && life.welcomed_at + std::chrono::seconds(1) < now()) check_lists(life);
    for (const auto& [tag, request] : life.requests) {
      if (std::max(request.at, ready_since) + patience >= now()) continue;
      // Who does not read has to wait, too.
      if (!request.is_optional && life.reads) fail(life, "has waited too long for an answer", tag);
      // It was refused, as it seems.
      const auto room = life.rooms.find(request.room);
      const bool is_joining = request.verb == "join" && room != life.rooms.end() &&
                              room->second.state == Membership::State::joining &&
                              room->second.number == number_in(std::string_view(tag).substr(1));
      if (is_joining && request.is_optional) life.rooms.erase(room);
    }
  }
}

void Oracle::check_converged(const ModelData& data) {
  for (const LifeRecord& life : lives_) {
    if (has_gone(life)) continue;
    check_requests(life);
    for (const auto& [room, membership] : life.rooms) check_view(life, room, membership);
  }
  check_data(data);
}

void Oracle::check_requests(const LifeRecord& life) {
  for (const auto& [tag, request] : life.requests) {
    if (!request.is_optional) fail(life, "waits for an answer", tag);
  }
}

std::vector<const Oracle::LifeRecord*> Oracle::members_of(const RoomId& room) const {
  std::vector<const LifeRecord*> members;
  for (const LifeRecord& life : lives_) {
    if (!has_gone(life) && life.rooms.contains(room)) members.push_back(&life);
  }
  return members;
}

void Oracle::check_view(const LifeRecord& life, const RoomId& room, const Membership& membership) {
  const auto members = members_of(room);
  for (const auto& each : membership.view) {
    const bool is_there =
        std::ranges::any_of(members, [&](const LifeRecord* other) { return other->id == each.first; });
    if (!is_there) fail(life, "still sees in " + room, each.first + " " + each.second.metadata);
  }
  for (const LifeRecord* const other : members) {
    // A join that was given up may not have been done.
    const auto is_sure = [&](const LifeRecord& one) {
      return one.rooms.at(room).state == Membership::State::in;
    };
    if (other != &life && is_sure(life) && is_sure(*other)) check_pair(life, *other, room);
  }
}

// Exactly one of two gives way when both call at once.
void Oracle::check_pair(const LifeRecord& life, const LifeRecord& other, const RoomId& room) {
  const View& view = life.rooms.at(room).view;
  const View& back = other.rooms.at(room).view;
  const auto seen = view.find(other.id);
  if (seen == view.end()) return fail(life, "does not see in " + room, other.id);
  if (!other.rooms.at(room).metadata.contains(seen->second.metadata)) {
    fail(life, "sees wrong metadata in " + room, other.id + " " + seen->second.metadata);
  }
  // Other nodes need not learn it.
  if (seen->second.is_away && life.node == other.node)
    fail(life, "sees somebody as away in " + room + " who is there", other.id);
  const auto sees = back.find(life.id);
  if (sees != back.end() && sees->second.is_polite == seen->second.is_polite) {
    fail(life, "both are polite, or none, in " + room, other.id);
  }
}

void Oracle::check_data(const ModelData& data) {
  std::set<PeerId> claimed;
  std::set<std::pair<RoomId, PeerId>> placed;
  for (const LifeRecord& life : lives_) {
    if (has_gone(life)) continue;
    claimed.insert(life.id);
    const auto claim = data.claims.find(life.id);
    if (claim == data.claims.end() || claim->second.node != life.node) {
      fail(life, "has no claim in the database", life.id);
    }
    for (const auto& [room, membership] : life.rooms) {
      placed.emplace(room, life.id);
      check_place(data, life, room, membership);
    }
  }
  for (const auto& [id, claim] : data.claims) {
    if (!claimed.contains(id)) fail("the database has a claim of somebody who has gone: " + id);
  }
  for (const auto& [name, room] : data.rooms) {
    for (const auto& [id, member] : room.members) {
      if (!placed.contains({name, id})) fail("the database has somebody in " + name + " who has gone: " + id);
    }
  }
}

void Oracle::check_place(const ModelData& data, const LifeRecord& life, const RoomId& name,
                         const Membership& membership) {
  const auto room = data.rooms.find(name);
  const bool is_there = room != data.rooms.end() && room->second.members.contains(life.id);
  if (!is_there) return fail(life, "is not in the database", name);
  const StoreMember& member = room->second.members.at(life.id);
  if (member.node != life.node) fail(life, "is on another node in the database", member.node);
  if (!membership.metadata.contains(std::string(member.metadata.view()))) {
    fail(life, "has wrong metadata in the database", member.metadata.view());
  }
}

}  // namespace signaling::simulation
