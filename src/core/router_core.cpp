#include "core/router_core.hpp"

#include <algorithm>
#include <boost/container_hash/hash.hpp>
#include <span>
#include <utility>

#include "core/peer_session.hpp"

namespace signaling {

RouterCore::RouterCore(RouterOptions options)
    : options_(std::move(options)),
      store_(options_.store, *options_.clock),
      limits_(&options_.limits),
      has_policy_(options_.policy != nullptr) {
  if (!has_policy_) options_.policy = std::make_shared<Policy>();
}

void RouterCore::open_store() {
  store().open(options_.node, *this, [self = shared_from_this()](std::error_code error) {
    if (error) self->log(LogLevel::error, "store-unavailable", {{"error", error.message()}});
  });
}

// Peers, rooms and this object keep each other alive; with the tables empty nothing does.
void RouterCore::close() {
  shut_down(std::chrono::milliseconds(0));
  for (auto& shard : peers_) {
    decltype(shard.map) dropped;
    const std::scoped_lock lock(shard.mutex);
    dropped.swap(shard.map);
  }
  for (auto& shard : rooms_) {
    decltype(shard.map) dropped;
    const std::scoped_lock lock(shard.mutex);
    dropped.swap(shard.map);
    for (const auto& [id, room] : dropped) room->abandon();
  }
  store().close(options_.node);
}

void RouterCore::set_limits(const Limits& limits) {
  const std::scoped_lock lock(limits_mutex_);
  limits_.store(&all_limits_.emplace_back(limits), std::memory_order_release);
}

void RouterCore::log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!options_.log || level < options_.log->level()) return;
  options_.log->log({level, event, {fields.begin(), fields.size()}});
}

std::shared_ptr<Loop> RouterCore::loop_for(const boost::asio::any_io_executor& executor) {
  const std::scoped_lock lock(loops_mutex_);
  for (const auto& loop : loops_) {
    if (loop->executor() == executor) return loop;
  }
  // Executors come and go with strands: the loops that nobody uses make room.
  std::erase_if(loops_, [this](const auto& loop) {
    if (loop.use_count() != 1) return false;
    for (std::size_t i = 0; i < past_traffic_.size(); ++i) loop->traffic()[i].add_to(past_traffic_[i]);
    return true;
  });
  return loops_.emplace_back(std::make_shared<Loop>(executor));
}

std::size_t RouterCore::shard_of(std::string_view id) noexcept {
  return boost::hash_range(id.begin(), id.end()) % shard_count;
}

RouterCore::Added RouterCore::add_peer(const std::shared_ptr<PeerSession>& peer) {
  if (shutting_down_.load(std::memory_order_acquire)) return Added::shutting_down;
  const std::size_t limit = limits().max_peers;
  if (peer_count_.fetch_add(1, std::memory_order_relaxed) >= limit && limit != 0 && !peer->is_local()) {
    peer_count_.fetch_sub(1, std::memory_order_relaxed);
    return Added::full;
  }
  counters_.connects.fetch_add(1, std::memory_order_relaxed);
  auto& shard = peers_[shard_of(peer->id())];
  {
    const std::scoped_lock lock(shard.mutex);
    shard.map.insert_or_assign(peer->id(), peer);
  }
  // `shut_down` may have listed the peers just before this one came in.
  if (shutting_down_.load(std::memory_order_acquire)) peer->close(CloseReason::going_away);
  return Added::yes;
}

void RouterCore::remove_peer(const PeerSession& peer) {
  auto& shard = peers_[shard_of(peer.id())];
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.map.find(peer.id());
  if (found == shard.map.end() || found->second.get() != &peer) return;
  shard.map.erase(found);
  peer_count_.fetch_sub(1, std::memory_order_relaxed);
}

std::shared_ptr<PeerSession> RouterCore::find_peer(std::string_view id) const {
  const auto& shard = peers_[shard_of(id)];
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.map.find(id);
  return found == shard.map.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<PeerSession>> RouterCore::all_peers() const {
  std::vector<std::shared_ptr<PeerSession>> all;
  for (const auto& shard : peers_) {
    const std::scoped_lock lock(shard.mutex);
    for (const auto& [id, peer] : shard.map) {
      if (id == peer->id()) all.push_back(peer);  // and not once more for each alias
    }
  }
  return all;
}

void RouterCore::add_alias(std::string_view name, const std::shared_ptr<PeerSession>& peer) {
  auto& shard = peers_[shard_of(name)];
  const std::scoped_lock lock(shard.mutex);
  shard.map.insert_or_assign(name, peer);
}

void RouterCore::remove_alias(std::string_view name, const PeerSession& peer) {
  auto& shard = peers_[shard_of(name)];
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.map.find(name);
  if (found != shard.map.end() && found->second.get() == &peer) shard.map.erase(found);
}

SendResult RouterCore::send(Envelope envelope) {
  envelope.reach = Reach::anybody;
  const Event event = event::Message{envelope};
  EncodedEvent encoded(event);
  if (!envelope.to.empty()) return send_to_peer(envelope, encoded);
  if (const auto room = find_room(envelope.room)) return room->broadcast(envelope, encoded, nullptr);
  if (store().publish(options_.node, envelope, {})) {
    return {SendStatus::dropped, errc::store_unavailable};
  }
  return {};
}

SendResult RouterCore::send_to_peer(const Envelope& envelope, EncodedEvent& encoded) {
  if (const auto peer = find_peer(envelope.to)) return peer->push(encoded, envelope);
  Envelope routed = envelope;
  routed.room = {};
  const std::error_code error = store().publish(options_.node, routed, {});
  if (error == errc::peer_not_found) return {SendStatus::dropped, errc::peer_not_found};
  if (error) return {SendStatus::dropped, errc::store_unavailable};
  return {};
}

std::shared_ptr<RoomView> RouterCore::live_room(std::string_view id, const RoomView* retired) {
  auto& shard = rooms_[shard_of(id)];
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.map.find(id);
  if (found != shard.map.end()) {
    if (found->second.get() != retired) return found->second;
    shard.map.erase(found);
  }
  auto room = std::make_shared<RoomView>(shared_from_this(), RoomId(id));
  shard.map.emplace(room->id(), room);
  return room;
}

void RouterCore::submit_join(std::string_view room, room_change::Join join) {
  RoomChange change = std::move(join);
  std::shared_ptr<RoomView> retired;
  for (;;) {
    auto live = live_room(room, retired.get());
    if (live->submit(change)) return;
    retired = std::move(live);
  }
}

std::shared_ptr<RoomView> RouterCore::find_room(std::string_view id) const {
  const auto& shard = rooms_[shard_of(id)];
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.map.find(id);
  return found == shard.map.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<Room>> RouterCore::all_rooms() const {
  std::vector<std::shared_ptr<Room>> all;
  for (const auto& shard : rooms_) {
    const std::scoped_lock lock(shard.mutex);
    for (const auto& [id, room] : shard.map) all.push_back(room);
  }
  return all;
}

void RouterCore::members(std::string_view room, Callback<void(std::error_code, std::vector<Member>)> done) {
  store().snapshot(room, 0, [done = std::move(done)](std::error_code error, RoomState state) mutable {
    std::vector<Member> members;
    members.reserve(state.members.size());
    std::ranges::sort(state.members, {}, &StoreMember::joined_at);
    for (StoreMember& member : state.members) {
      members.push_back(
          {std::move(member.id), std::move(member.metadata), std::move(member.node), member.joined_at});
    }
    done(error, std::move(members));
  });
}

void RouterCore::remove_room(const RoomView& room) {
  std::shared_ptr<RoomView> removed;  // freed after the lock
  auto& shard = rooms_[shard_of(room.id())];
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.map.find(room.id());
  if (found == shard.map.end() || found->second.get() != &room) return;
  removed = std::move(found->second);
  shard.map.erase(found);
}

std::size_t RouterCore::drain(std::size_t count, std::chrono::milliseconds reconnect_within) {
  shutting_down_.store(true, std::memory_order_release);
  std::vector<std::shared_ptr<PeerSession>> chosen;
  std::size_t left = 0;
  for (const auto& shard : peers_) {
    const std::scoped_lock lock(shard.mutex);
    for (const auto& [id, peer] : shard.map) {
      if (id != peer->id() || peer->is_local() || peer->was_sent_away()) continue;
      if (chosen.size() < count) {
        chosen.push_back(peer);
      } else {
        ++left;
      }
    }
  }
  for (const auto& peer : chosen) peer->send_away(random_delay(reconnect_within));
  return left;
}

std::chrono::milliseconds RouterCore::random_delay(std::chrono::milliseconds longest) {
  if (longest.count() <= 0) return std::chrono::milliseconds(0);
  std::uint64_t number = 0;
  options_.random->fill(std::as_writable_bytes(std::span(&number, 1)));
  return std::chrono::milliseconds(1 + number % static_cast<std::uint64_t>(longest.count()));
}

void RouterCore::shut_down(std::chrono::milliseconds reconnect_after) {
  shutting_down_.store(true, std::memory_order_release);
  for (const auto& peer : all_peers()) {
    if (!peer->send_away(reconnect_after)) peer->close(CloseReason::going_away);
  }
}

void RouterCore::add_traffic(Stats& stats) const {
  const std::vector<std::string> names = protocol_names_.all();
  const std::scoped_lock lock(loops_mutex_);
  for (std::size_t i = 0; i < names.size(); ++i) {
    ProtocolTraffic traffic = past_traffic_[i];
    for (const auto& loop : loops_) loop->traffic()[i].add_to(traffic);
    stats.messages_in += traffic.messages_in;
    stats.bytes_in += traffic.bytes_in;
    stats.messages_out += traffic.messages_out;
    stats.bytes_out += traffic.bytes_out;
    traffic.protocol = names[i];
    stats.protocols.push_back(std::move(traffic));
  }
}

QueueStats RouterCore::queues() const {
  QueueStats queues;
  for (const auto& peer : all_peers()) {
    const std::size_t bytes = peer->outbound_bytes();
    if (bytes == 0) continue;
    ++queues.peers;
    queues.bytes += bytes;
    queues.longest_bytes = std::max(queues.longest_bytes, bytes);
  }
  return queues;
}

Stats RouterCore::stats() const {
  Stats stats;
  add_traffic(stats);
  store_.add_to(stats);
  counters_.route.add_to(stats.route);
  stats.peers = peer_count_.load(std::memory_order_relaxed);
  for (const auto& shard : rooms_) {
    const std::scoped_lock lock(shard.mutex);
    stats.rooms += shard.map.size();
  }
  stats.connects = counters_.connects.load(std::memory_order_relaxed);
  stats.joins = counters_.joins.load(std::memory_order_relaxed);
  stats.leaves = counters_.leaves.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < stats.errors.size(); ++i) {
    stats.errors[i] = counters_.errors[i].load(std::memory_order_relaxed);
  }
  for (std::size_t i = 0; i < stats.closes.size(); ++i) {
    stats.closes[i] = counters_.closes[i].load(std::memory_order_relaxed);
  }
  return stats;
}

void RouterCore::changed(const MembershipChange& change) {
  if (const auto room = find_room(change.room)) room->hear(room_news::Change{change});
}

void RouterCore::delivered(const Envelope& envelope) {
  if (obey(envelope)) return;
  if (envelope.room.empty()) {
    const auto peer = find_peer(envelope.to);
    if (!peer) return;
    const Event event = event::Message{envelope};
    EncodedEvent encoded(event);
    (void)peer->push(encoded, envelope);
    return;
  }
  if (const auto room = find_room(envelope.room)) room->hear(envelope);
}

void RouterCore::invalidated(std::string_view id, Missed missed) {
  if (const auto room = find_room(id)) room->hear(room_news::Resync{missed});
}

// An alias is lost like an id: who cannot be reached under its name any more begins anew.
void RouterCore::displaced(std::string_view id, Epoch epoch) {
  const auto peer = find_peer(id);
  if (peer && (peer->id() != id || peer->epoch() == epoch)) peer->replace([] {});
}

}  // namespace signaling
