#include "core/directory.hpp"

#include <utility>

namespace signaling {

Directory::Directory(Random& random) : Directory(SeededHash(random)) {}

Directory::Directory(const SeededHash& hash) : peers_(hash), aliases_(hash), rooms_(hash) {}

PeerEntry Directory::find(std::string_view name) const {
  if (name.starts_with(alias_mark)) return find_alias(name);
  const auto& shard = peers_.of(name);
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.items.find(name);
  return found == shard.items.end() ? PeerEntry() : *found;
}

std::optional<PeerEntry> Directory::put(PeerEntry peer, std::size_t limit) {
  if (peer_count_.fetch_add(1, std::memory_order_relaxed) >= limit && limit != 0) {
    peer_count_.fetch_sub(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  PeerEntry displaced;
  auto& shard = peers_.of(peer.id());
  const std::scoped_lock lock(shard.mutex);
  const auto [place, is_new] = shard.items.insert(peer);
  if (is_new) return displaced;
  peer_count_.fetch_sub(1, std::memory_order_relaxed);
  displaced = *place;
  shard.items.erase(place);
  shard.items.insert(std::move(peer));
  return displaced;
}

void Directory::remove(const Mailbox& peer) {
  PeerEntry removed;  // freed after the lock
  auto& shard = peers_.of(peer.id());
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.items.find(std::string_view(peer.id()));
  if (found == shard.items.end() || found->mailbox != &peer) return;
  removed = *found;
  shard.items.erase(found);
  peer_count_.fetch_sub(1, std::memory_order_relaxed);
}

std::vector<PeerEntry> Directory::peers() const {
  std::vector<PeerEntry> all;
  all.reserve(peer_count());
  for (const auto& shard : peers_) {
    const std::scoped_lock lock(shard.mutex);
    all.insert(all.end(), shard.items.begin(), shard.items.end());
  }
  return all;
}

PeerEntry Directory::find_alias(std::string_view name) const {
  const auto& shard = aliases_.of(name);
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.items.find(name);
  return found == shard.items.end() ? PeerEntry() : found->second.holder.peer;
}

PeerEntry Directory::take_alias(std::string_view name, AliasHolder wanted) {
  auto& shard = aliases_.of(name);
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.items.find(name);
  if (found == shard.items.end()) return {};
  AliasHolder& holder = found->second.holder;
  if (!holder.peer || holder.in_use != wanted.in_use) return {};
  if (!equal_secrets(holder.secret, wanted.secret)) return {};
  std::swap(holder, wanted);
  return wanted.peer;
}

void Directory::begin_claim(std::string_view name) {
  auto& shard = aliases_.of(name);
  const std::scoped_lock lock(shard.mutex);
  ++shard.items.try_emplace(std::string(name)).first->second.unanswered;
}

Directory::ClaimEnd Directory::end_claim(std::string_view name, AliasHolder holder, Epoch epoch) {
  auto& shard = aliases_.of(name);
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.items.find(name);
  Alias& alias = found->second;
  --alias.unanswered;
  if (epoch != 0) alias.epoch = epoch;
  AliasHolder former;
  if (holder.peer) former = std::exchange(alias.holder, std::move(holder));
  return {drop_if_unused(shard.items, found), std::move(former)};
}

Epoch Directory::remove_alias(std::string_view name, const Mailbox& peer) {
  AliasHolder removed;  // freed after the lock
  auto& shard = aliases_.of(name);
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.items.find(name);
  if (found == shard.items.end() || found->second.holder.peer.mailbox != &peer) return 0;
  std::swap(removed, found->second.holder);
  return drop_if_unused(shard.items, found);
}

Directory::AliasHolder Directory::lose_alias(std::string_view name, Epoch epoch) {
  AliasHolder lost;
  auto& shard = aliases_.of(name);
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.items.find(name);
  if (found == shard.items.end() || found->second.epoch != epoch) return lost;
  std::swap(lost, found->second.holder);
  found->second.epoch = 0;
  (void)drop_if_unused(shard.items, found);
  return lost;
}

// Under the lock. A claim that is not answered yet may be the same one in the store: its end decides then.
Epoch Directory::drop_if_unused(Aliases& aliases, Aliases::iterator alias) {
  if (alias->second.holder.peer || alias->second.unanswered != 0) return 0;
  const Epoch epoch = alias->second.epoch;
  aliases.erase(alias);
  return epoch;
}

std::shared_ptr<RoomView> Directory::room(std::string_view id, const RoomView* retired,
                                          const std::function<RoomEntry()>& make) {
  if (auto found = find_room(id); found && found.get() != retired) return found;
  const RoomEntry made = make();
  RoomEntry replaced;  // freed after the lock
  auto& shard = rooms_.of(id);
  const std::scoped_lock lock(shard.mutex);
  const auto [place, is_new] = shard.items.insert(made);
  if (is_new) return made.room;
  if (place->room.get() != retired) return place->room;
  replaced = *place;
  shard.items.erase(place);
  shard.items.insert(made);
  return made.room;
}

void Directory::remove_room(std::string_view id, const RoomView* room) {
  RoomEntry removed;  // freed after the lock
  auto& shard = rooms_.of(id);
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.items.find(id);
  if (found == shard.items.end() || found->room.get() != room) return;
  removed = *found;
  shard.items.erase(found);
}

std::shared_ptr<RoomView> Directory::find_room(std::string_view id) const {
  const auto& shard = rooms_.of(id);
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.items.find(id);
  return found == shard.items.end() ? nullptr : found->room;
}

std::vector<std::shared_ptr<RoomView>> Directory::rooms() const {
  std::vector<std::shared_ptr<RoomView>> all;
  for (const auto& shard : rooms_) {
    const std::scoped_lock lock(shard.mutex);
    for (const RoomEntry& entry : shard.items) all.push_back(entry.room);
  }
  return all;
}

std::size_t Directory::room_count() const {
  std::size_t count = 0;
  for (const auto& shard : rooms_) {
    const std::scoped_lock lock(shard.mutex);
    count += shard.items.size();
  }
  return count;
}

std::vector<std::shared_ptr<RoomView>> Directory::clear() {
  // Freed after the locks.
  std::vector<PeerEntry> peers;
  for (auto& shard : peers_) {
    const std::scoped_lock lock(shard.mutex);
    peers.insert(peers.end(), shard.items.begin(), shard.items.end());
    shard.items.clear();
  }
  for (auto& shard : aliases_) {
    const std::scoped_lock lock(shard.mutex);
    for (auto& [name, alias] : shard.items) peers.push_back(std::exchange(alias.holder.peer, {}));
  }
  peer_count_.store(0, std::memory_order_relaxed);
  std::vector<std::shared_ptr<RoomView>> rooms;
  for (auto& shard : rooms_) {
    const std::scoped_lock lock(shard.mutex);
    for (const RoomEntry& entry : shard.items) rooms.push_back(entry.room);
    shard.items.clear();
  }
  return rooms;
}

}  // namespace signaling
