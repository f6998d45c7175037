#include "signaling/core/memory_store.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/container_hash/hash.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/memory_post.hpp"

namespace signaling {
namespace {

using NodeIndex = MemoryPost::NodeIndex;

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return boost::hash_range(text.begin(), text.end());
  }
};

template <class Value>
using StringMap = boost::unordered_flat_map<std::string, Value, Hash, std::equal_to<>>;

struct Owner {
  Epoch epoch = 0;
  NodeIndex node = 0;
  std::string secret;
};

struct StoredMember {
  Epoch epoch = 0;
  Version joined_at = 0;
  Payload metadata;
  NodeIndex node = 0;
};

// Not a StringMap, which takes room for fifteen members at once: most rooms are of two.
using StoredMembers = std::unordered_map<std::string, StoredMember, Hash, std::equal_to<>>;

struct StoredRoom {
  Version version = 0;
  StoredMembers members;
};

template <class Value>
struct Shard {
  std::mutex mutex;
  StringMap<Value> map;
};

template <class Value>
using Shards = std::array<Shard<Value>, 32>;

template <class Value>
Shard<Value>& shard_of(Shards<Value>& shards, std::string_view id) noexcept {
  return shards[Hash{}(id) % shards.size()];
}

}  // namespace

struct MemoryStore::State {
  Shards<Owner> peers;
  Shards<StoredRoom> rooms;
  std::atomic<Epoch> last_epoch{0};
  MemoryPost post;

  StoreMember member_of(std::string_view id, const StoredMember& stored) {
    return {PeerId(id), post.name_of(stored.node), stored.epoch, stored.metadata, stored.joined_at};
  }

  RoomState state_of(const StoredRoom& room) {
    RoomState state{room.version, {}};
    state.members.reserve(room.members.size());
    for (const auto& [id, member] : room.members) state.members.push_back(member_of(id, member));
    return state;
  }

  // Under the room's lock. `except` made the change and knows it.
  void announce(const StoredRoom& room, const MembershipChange& change, NodeIndex except) {
    if (!post.has_several_nodes()) return;
    std::vector<NodeIndex> told{except};
    for (const auto& [id, member] : room.members) {
      if (std::ranges::find(told, member.node) != told.end()) continue;
      told.push_back(member.node);
      post.queue(member.node, change);
    }
  }

  void remove_member(std::string_view id, StoredRoom& room, std::string_view peer, LeaveReason reason) {
    const auto found = room.members.find(peer);
    ++room.version;
    const MembershipChange change{RoomId(id), room.version, MembershipChange::Kind::left,
                                  member_of(peer, found->second), reason};
    const NodeIndex node = found->second.node;
    room.members.erase(found);
    announce(room, change, node);
  }

  // 0: no member of this id.
  static Epoch epoch_in(const StoredRoom& room, std::string_view peer) {
    const auto found = room.members.find(peer);
    return found == room.members.end() ? 0 : found->second.epoch;
  }

  static std::error_code check_join(const StoredRoom& room, const Join& request, Epoch present) {
    if (present > request.member.epoch) return errc::id_in_use;
    const bool full = request.capacity != 0 && room.members.size() >= request.capacity;
    return present == 0 && full ? errc::room_full : std::error_code();
  }

  static bool moves(const StoredRoom& room, const Join& request) {
    return request.moves_from != 0 && epoch_in(room, request.member.id) == request.moves_from;
  }

  // The node that had it is told, too, though it may have no other member there.
  void move_member(StoredRoom& room, const Join& request, NodeIndex node) {
    StoredMember& member = room.members.find(request.member.id)->second;
    const NodeIndex former = std::exchange(member.node, node);
    const Epoch former_epoch = std::exchange(member.epoch, request.member.epoch);
    const MembershipChange change{RoomId(request.room),
                                  room.version,
                                  MembershipChange::Kind::moved,
                                  member_of(request.member.id, member),
                                  {},
                                  former_epoch};
    announce(room, change, node);
    const bool is_told = std::ranges::any_of(
        room.members, [former](const auto& entry) { return entry.second.node == former; });
    if (!is_told && former != node) post.queue(former, change);
  }

  void add_member(StoredRoom& room, Join& request, NodeIndex node) {
    StoreMember& member = request.member;
    if (epoch_in(room, member.id) != 0) {
      remove_member(request.room, room, member.id, LeaveReason::disconnect);
    }
    room.version = std::max(room.version, request.known_version);
    member.joined_at = ++room.version;
    room.members.emplace(member.id, StoredMember{member.epoch, room.version, member.metadata, node});
    announce(room, {RoomId(request.room), room.version, MembershipChange::Kind::joined, member, {}}, node);
  }

  // False: no other node has claimed `peer`. `make_news` copies what is brought, for each node.
  template <class MakeNews>
  bool bring_to_owner(NodeIndex from, std::string_view peer, MakeNews make_news) {
    auto& shard = shard_of(peers, peer);
    const std::scoped_lock lock(shard.mutex);
    const auto owner = shard.map.find(peer);
    if (owner == shard.map.end() || owner->second.node == from) return false;
    post.queue(owner->second.node, make_news());
    return true;
  }

  // To the node of the member `peer`, or of all members if it is empty. False: no other node has one.
  template <class MakeNews>
  bool bring_to_room(NodeIndex from, std::string_view id, std::string_view peer, MakeNews make_news) {
    auto& shard = shard_of(rooms, id);
    const std::scoped_lock lock(shard.mutex);
    const auto room = shard.map.find(id);
    if (room == shard.map.end()) return false;
    std::vector<NodeIndex> told{from};
    for (const auto& [member_id, member] : room->second.members) {
      if (!peer.empty() && member_id != peer) continue;
      if (std::ranges::find(told, member.node) != told.end()) continue;
      told.push_back(member.node);
      post.queue(member.node, make_news());
    }
    return told.size() > 1;
  }

  // Among several nodes an answer takes its place among the news. Under the room's lock; `done` is taken then.
  template <class Value>
  void answer_in_order(Callback<void(std::error_code, Value)>& done, std::error_code error,
                       const Value& value) {
    if (!post.has_several_nodes()) return;
    post.queue([done = std::move(done), error, value]() mutable { done(error, std::move(value)); });
  }

  StoredMember* find_member(StoredRoom& room, std::string_view peer, Epoch epoch) {
    const auto found = room.members.find(peer);
    return found != room.members.end() && found->second.epoch == epoch ? &found->second : nullptr;
  }
};

MemoryStore::MemoryStore() : state_(std::make_unique<State>()) {}
MemoryStore::~MemoryStore() = default;

void MemoryStore::open(const NodeId& node, StoreListener& listener, Callback<void(std::error_code)> done) {
  state_->post.open(node, listener);
  done({});
}

void MemoryStore::close(const NodeId& node) {
  const NodeIndex index = state_->post.close(node);
  for (auto& shard : state_->peers) {
    const std::scoped_lock lock(shard.mutex);
    boost::unordered::erase_if(shard.map, [&](const auto& entry) { return entry.second.node == index; });
  }
  for (auto& shard : state_->rooms) {
    const std::scoped_lock lock(shard.mutex);
    for (auto& [id, room] : shard.map) {
      std::vector<PeerId> lost;
      for (const auto& [peer, member] : room.members) {
        if (member.node == index) lost.push_back(peer);
      }
      for (const PeerId& peer : lost) state_->remove_member(id, room, peer, LeaveReason::node_lost);
    }
    boost::unordered::erase_if(shard.map, [](const auto& entry) { return entry.second.members.empty(); });
  }
  state_->post.deliver();
}

void MemoryStore::claim(const Claim& request, Callback<void(std::error_code, Epoch)> done) {
  const NodeIndex node = state_->post.index_of(request.node);
  const Epoch epoch = ++state_->last_epoch;
  std::error_code error;
  {
    auto& shard = shard_of(state_->peers, request.peer);
    const std::scoped_lock lock(shard.mutex);
    const auto [entry, is_free] = shard.map.try_emplace(PeerId(request.peer));
    Owner& owner = entry->second;
    const bool resumed = !is_free && owner.node != node && !request.resume.empty() &&
                         equal_secrets(owner.secret, request.resume);
    if (resumed) state_->post.queue(owner.node, MemoryPost::Displaced{entry->first, owner.epoch});
    if (is_free && request.is_take_over) {
      shard.map.erase(entry);
      error = errc::peer_not_found;
    } else if (is_free || resumed) {
      owner = {epoch, node, std::string(request.secret)};
    } else {
      error = errc::id_in_use;
    }
  }
  state_->post.deliver();
  done(error, error ? 0 : epoch);
}

void MemoryStore::release(std::string_view peer, Epoch epoch) {
  auto& shard = shard_of(state_->peers, peer);
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.map.find(peer);
  if (found != shard.map.end() && found->second.epoch == epoch) shard.map.erase(found);
}

void MemoryStore::join(Join request, Callback<void(std::error_code, Joined)> done) {
  const NodeIndex node = state_->post.index_of(request.member.node);
  Joined joined;
  std::error_code error;
  {
    auto& shard = shard_of(state_->rooms, request.room);
    const std::scoped_lock lock(shard.mutex);
    StoredRoom& room = shard.map.try_emplace(RoomId(request.room)).first->second;
    const Version before = room.version;
    const Epoch present = state_->epoch_in(room, request.member.id);
    const bool again = present == request.member.epoch;
    error = state_->check_join(room, request, present);
    if (!error && !again) {
      state_->moves(room, request) ? state_->move_member(room, request, node)
                                   : state_->add_member(room, request, node);
    }
    joined.version = room.version;
    if (!error) {
      joined.joined_at = room.members.find(request.member.id)->second.joined_at;
      if (again || before == 0 || request.known_version != before) joined.state = state_->state_of(room);
    }
    state_->answer_in_order(done, error, joined);
    if (room.members.empty()) shard.map.erase(shard.map.find(request.room));
  }
  state_->post.deliver();
  if (done) done(error, std::move(joined));
}

void MemoryStore::leave(const Leave& request, Callback<void(std::error_code, Version)> done) {
  std::error_code error = errc::not_joined;
  Version version = 0;
  {
    auto& shard = shard_of(state_->rooms, request.room);
    const std::scoped_lock lock(shard.mutex);
    const auto room = shard.map.find(request.room);
    if (room != shard.map.end() &&
        state_->find_member(room->second, request.peer, request.epoch) != nullptr) {
      state_->remove_member(request.room, room->second, request.peer, request.reason);
      error = {};
      version = room->second.version;
      if (room->second.members.empty()) shard.map.erase(room);
      state_->answer_in_order(done, error, version);
    }
  }
  state_->post.deliver();
  if (done) done(error, version);
}

void MemoryStore::update(const Update& request, Callback<void(std::error_code, Version)> done) {
  std::error_code error = errc::not_joined;
  Version version = 0;
  {
    auto& shard = shard_of(state_->rooms, request.room);
    const std::scoped_lock lock(shard.mutex);
    const auto room = shard.map.find(request.room);
    StoredMember* member =
        room == shard.map.end() ? nullptr : state_->find_member(room->second, request.peer, request.epoch);
    if (member != nullptr) {
      member->metadata = request.metadata;
      version = ++room->second.version;
      error = {};
      state_->announce(room->second,
                       {RoomId(request.room),
                        version,
                        MembershipChange::Kind::updated,
                        state_->member_of(request.peer, *member),
                        {}},
                       member->node);
      state_->answer_in_order(done, error, version);
    }
  }
  state_->post.deliver();
  if (done) done(error, version);
}

void MemoryStore::snapshot(std::string_view room, Version /*known_version*/,
                           Callback<void(std::error_code, RoomState)> done) {
  RoomState state;
  {
    auto& shard = shard_of(state_->rooms, room);
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.map.find(room);
    if (found != shard.map.end()) state = state_->state_of(found->second);
    state_->answer_in_order(done, {}, state);
  }
  state_->post.deliver();
  if (done) done({}, std::move(state));
}

std::error_code MemoryStore::publish(const NodeId& node, const Message& message, const Route& route,
                                     std::span<const NodeId> targets) {
  const auto news = [&] { return OwnedMessage(message, route); };
  const NodeIndex from = state_->post.index_of(node);
  const bool is_brought = route.room.empty() ? state_->bring_to_owner(from, message.to, news)
                                             : state_->bring_to_room(from, route.room, message.to, news);
  state_->post.deliver();
  // To a room whose members have all left it is no error: the caller has not been told yet.
  return is_brought || (message.to.empty() && !targets.empty()) ? errc::ok : errc::peer_not_found;
}

std::error_code MemoryStore::command(const NodeId& node, const NodeCommand& command) {
  const auto news = [&] { return command; };
  const NodeIndex from = state_->post.index_of(node);
  bool is_brought = false;
  if (!command.node.empty()) {
    is_brought = state_->post.queue_for(command.node, news());
  } else if (!command.peer.empty()) {
    is_brought = state_->bring_to_owner(from, command.peer, news);
  } else {
    is_brought = state_->bring_to_room(from, command.room, {}, news);
  }
  state_->post.deliver();
  return is_brought ? errc::ok : errc::peer_not_found;
}

}  // namespace signaling
