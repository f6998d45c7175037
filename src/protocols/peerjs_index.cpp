#include "protocols/peerjs_index.hpp"

#include <algorithm>
#include <utility>

#include "signaling/protocols/peer_name.hpp"

namespace signaling::protocols {

PeerjsIndex::PeerjsIndex(Peerjs::RoomOf room_of, RoomId room)
    : room_of_(std::move(room_of)), room_(std::move(room)) {}

std::optional<PeerId> PeerjsIndex::find(std::string_view name) {
  const bool is_peer_id = name.starts_with(peer_id_prefix);
  const std::string metadata = is_peer_id ? std::string() : Peerjs::metadata(name);
  const std::scoped_lock lock(mutex_);
  refresh();
  const auto& members = is_peer_id ? by_id_ : by_metadata_;
  const auto found = members.find(is_peer_id ? name.substr(peer_id_prefix.size()) : metadata);
  return found == members.end() ? std::nullopt : std::optional(found->second->id);
}

std::string PeerjsIndex::name_of(std::string_view peer) {
  const std::scoped_lock lock(mutex_);
  refresh();
  const auto found = by_id_.find(peer);
  if (found == by_id_.end()) return {};
  return std::string(claimed_name(found->second->metadata.view(), "peerId"));
}

std::size_t PeerjsIndex::size() const {
  const auto room = room_of_(room_);
  return room ? room->size() : 0;
}

// The version is read first: if the room changes meanwhile, the members are newer, and read again the next time.
void PeerjsIndex::refresh() {
  const auto room = room_of_(room_);
  const Version version = room ? room->version() : 0;
  if (room && room == indexed_.lock() && version == version_) return;
  by_id_.clear();
  by_metadata_.clear();
  members_ = room ? room->members() : std::vector<Member>();
  indexed_ = room;
  version_ = version;
  for (const Member& member : members_) {
    by_id_.insert_or_assign(member.id, &member);
    if (!claims_of(member.metadata.view()).empty())
      by_metadata_.insert_or_assign(member.metadata.view(), &member);
  }
}

std::uint64_t PeerjsOpenings::begin() {
  const std::scoped_lock lock(mutex_);
  outcomes_[++last_] = Outcome::pending;
  return last_;
}

void PeerjsOpenings::set(std::uint64_t number, Outcome outcome) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = outcomes_.find(number); found != outcomes_.end()) found->second = outcome;
}

PeerjsOpenings::Outcome PeerjsOpenings::get(std::uint64_t number) const {
  const std::scoped_lock lock(mutex_);
  const auto found = outcomes_.find(number);
  return found == outcomes_.end() ? Outcome::pending : found->second;
}

void PeerjsOpenings::end(std::uint64_t number) noexcept {
  const std::scoped_lock lock(mutex_);
  outcomes_.erase(number);
}

void PeerjsContenders::add(std::string_view id, std::string_view contender) {
  const std::scoped_lock lock(mutex_);
  auto& waiting = contenders_[std::string(id)];
  if (waiting.size() < max_contenders) waiting.emplace_back(contender);
}

std::vector<PeerId> PeerjsContenders::take(std::string_view id) {
  const std::scoped_lock lock(mutex_);
  const auto found = contenders_.find(id);
  if (found == contenders_.end()) return {};
  auto waiting = std::move(found->second);
  contenders_.erase(found);
  return waiting;
}

void PeerjsConnections::set(std::string_view client, std::string_view other, PeerjsConnection connection) {
  const std::scoped_lock lock(mutex_);
  auto& pairs = pairs_[PeerId(client)];
  std::erase_if(pairs, [other](const Pair& pair) { return pair.other == other; });
  if (pairs.size() >= max_pairs) pairs.erase(pairs.begin());
  pairs.push_back({PeerId(other), std::move(connection)});
}

std::optional<PeerjsConnection> PeerjsConnections::find(std::string_view client,
                                                        std::string_view other) const {
  const std::scoped_lock lock(mutex_);
  const auto found = pairs_.find(client);
  if (found == pairs_.end()) return std::nullopt;
  const auto pair = std::ranges::find(found->second, other, &Pair::other);
  return pair == found->second.end() ? std::nullopt : std::optional(pair->connection);
}

void PeerjsConnections::forget(std::string_view client) noexcept {
  const std::scoped_lock lock(mutex_);
  if (const auto found = pairs_.find(client); found != pairs_.end()) pairs_.erase(found);
}

}  // namespace signaling::protocols
