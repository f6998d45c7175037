#include "core/router_core.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <span>
#include <utility>

#include "core/peer_session.hpp"
#include "core/sender_rooms.hpp"

namespace signaling {

RouterCore::RouterCore(RouterOptions options, Deadlines::Driver driver)
    : options_(std::move(options)),
      store_(options_.store, *options_.clock),
      limits_(options_.limits),
      has_policy_(options_.policy != nullptr),
      directory_(*options_.random),
      reserved_ids_(*options_.random),
      loops_(*options_.clock, driver) {
  if (!has_policy_) options_.policy = std::make_shared<Policy>();
}

void RouterCore::open_store() {
  store().open(options_.node, *this, [self = shared_from_this()](std::error_code error) {
    if (error) self->log(LogLevel::error, "store-unavailable", {{"error", error.message()}});
  });
}

// Peers, rooms and this object keep each other alive; with the directory empty nothing does.
void RouterCore::close() {
  shut_down(std::chrono::milliseconds(0));
  closed_.store(true, std::memory_order_release);
  for (const auto& room : directory_.clear()) room->abandon();
  // The store forgets all claims of this node.
  reserved_ids_.clear();
  for (const auto& loop : loops_.all()) loop->deadlines()->close();
  store().close(options_.node);
}

void RouterCore::log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!options_.log || level < options_.log->level()) return;
  options_.log->log({level, event, {fields.begin(), fields.size()}});
}

void RouterCore::on_time() {
  for (const auto& loop : loops_.all()) {
    if (loop->deadlines()->is_empty()) continue;
    boost::asio::post(loop->executor(), [deadlines = loop->deadlines()] { deadlines->run_due(); });
  }
}

RouterCore::Added RouterCore::add_peer(const std::shared_ptr<PeerSession>& peer) {
  if (shutting_down_.load(std::memory_order_acquire)) return Added::shutting_down;
  const auto displaced = directory_.put(peer, peer->is_local() ? 0 : limits().max_peers);
  if (!displaced) return Added::full;
  counters_.connects.fetch_add(1, std::memory_order_relaxed);
  // The id had gone to another node and has come back, and this node has not been told yet.
  if (*displaced) (*displaced)->replace([] {});
  // `shut_down` may have listed the peers just before this one came in.
  if (shutting_down_.load(std::memory_order_acquire)) peer->close(CloseReason::going_away);
  return Added::yes;
}

bool RouterCore::reserve_id(std::string_view id, Epoch epoch, std::string_view secret, const Loop& loop) {
  // The claim ends with the node.
  if (shutting_down_.load(std::memory_order_acquire)) return true;
  const auto grace = limits().id_grace;
  if (is_closed() || grace.count() <= 0 || !reserved_ids_.has_room(limits().max_reserved_ids)) return false;
  const auto end = loop.deadlines()->set(grace, [weak = weak_from_this(), id = PeerId(id), epoch] {
    const auto self = weak.lock();
    if (self && !self->is_closed() && self->reserved_ids_.remove(id, epoch)) self->store().release(id, epoch);
  });
  reserved_ids_.add(id, {epoch, std::string(secret), loop.deadlines(), end});
  return true;
}

void RouterCore::end_reservation(std::string_view id, std::string_view secret) {
  if (const auto epoch = reserved_ids_.take(id, secret)) store().release(id, *epoch);
}

std::shared_ptr<PeerSession> RouterCore::find_peer(std::string_view name) const {
  return name.starts_with(alias_mark) ? directory_.find_alias(name) : directory_.find_peer(name);
}

SendResult RouterCore::send(Envelope envelope) {
  envelope.reach = Reach::anybody;
  const Event event = event::Message{envelope};
  EncodedEvent encoded(event);
  if (!envelope.to.empty() && envelope.room.empty()) return send_to_peer(envelope, encoded, nullptr);
  if (const auto room = find_room(envelope.room)) {
    if (envelope.to.empty()) return room->broadcast(envelope, encoded, nullptr, nullptr);
    if (const auto result = room->send_to(envelope, encoded, nullptr)) return *result;
    // A room with members here knows those of all nodes.
    if (room->followed_version() != 0) return {SendStatus::dropped, errc::peer_not_found};
  }
  return publish(envelope);
}

SendResult RouterCore::publish(const Envelope& envelope) {
  const std::error_code error = store().publish(options_.node, envelope, {});
  if (error == errc::peer_not_found) return {SendStatus::dropped, errc::peer_not_found};
  if (error) return {SendStatus::dropped, errc::store_unavailable};
  return {};
}

SendResult RouterCore::send_to_peer(const Envelope& envelope, EncodedEvent& encoded,
                                    const PeerSession* sender) {
  if (const auto peer = find_peer(envelope.to)) {
    if (!peer->is_within(envelope)) return {SendStatus::dropped, errc::peer_not_found};
    return peer->mailbox()->push(encoded, to_if_full(envelope.delivery));
  }
  const std::string rooms = sender == nullptr ? std::string() : sender->sender_rooms();
  Envelope routed = envelope;
  routed.room = {};
  routed.from_rooms = rooms;
  return publish(routed);
}

void RouterCore::submit_join(std::string_view room, room_change::Join join) {
  RoomChange change = std::move(join);
  std::shared_ptr<RoomView> retired;
  for (;;) {
    auto live = directory_.room(room, retired.get(), [this, room] {
      return std::make_shared<RoomView>(shared_from_this(), RoomId(room));
    });
    if (live->submit(change)) {
      // `close` may have cleared the directory just before this room came in.
      if (is_closed()) live->abandon();
      return;
    }
    retired = std::move(live);
  }
}

std::vector<std::shared_ptr<Room>> RouterCore::all_rooms() const {
  const auto rooms = directory_.rooms();
  return {rooms.begin(), rooms.end()};
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

// A timer would keep an execution context from running out of work.
void RouterCore::begin_shutdown() {
  if (shutting_down_.exchange(true, std::memory_order_acq_rel)) return;
  for (const auto& loop : loops_.all()) loop->deadlines()->close();
}

std::size_t RouterCore::drain(std::size_t count, std::chrono::milliseconds reconnect_within) {
  begin_shutdown();
  std::vector<std::shared_ptr<PeerSession>> chosen;
  std::size_t left = 0;
  for (const auto& peer : directory_.peers()) {
    if (peer->is_local() || peer->was_sent_away()) continue;
    if (chosen.size() < count) {
      chosen.push_back(peer);
    } else {
      ++left;
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
  begin_shutdown();
  for (const auto& peer : directory_.peers()) {
    if (!peer->send_away(reconnect_after)) peer->close(CloseReason::going_away);
  }
}

void RouterCore::add_traffic(Stats& stats) const {
  const std::vector<std::string> names = protocol_names_.all();
  for (std::size_t i = 0; i < names.size(); ++i) {
    ProtocolTraffic traffic;
    loops_.add_traffic(i, traffic);
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
  for (const auto& peer : directory_.peers()) {
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
  stats.peers = directory_.peer_count();
  stats.rooms = directory_.room_count();
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
    if (wait_in_room(envelope)) return;
    const SendResult result = deliver_to_peer(envelope);
    if (result.status == SendStatus::dropped) tell_sender(envelope, result.error);
    return;
  }
  if (const auto room = find_room(envelope.room)) {
    room->hear(envelope);
  } else if (!envelope.to.empty()) {
    tell_sender(envelope, errc::peer_not_found);
  }
}

// It waits for what its sender has sent before, and for its sender's join, if it may still be told.
bool RouterCore::wait_in_room(const Envelope& message) {
  Envelope waiting = message;
  auto place = sender_order_.room_of_last(message.from);
  if (const auto receiver = find_peer(message.to)) {
    Envelope candidate = message;
    for (const SenderRoom& one : sender_rooms(message.from_rooms)) {
      candidate.from_joined_at = one.joined_at;
      auto room = find_room(one.room);
      if (!room || !room->awaits_sender(candidate, *receiver->mailbox())) continue;
      waiting = candidate;
      place = std::move(room);
      break;
    }
  }
  if (place) place->hear(waiting);
  return place != nullptr;
}

// It reaches its receiver wherever that is. But where the two are in a room together, it comes neither before the sender's
// join was told there, nor after its leave.
SendResult RouterCore::deliver_to_peer(const Envelope& message) {
  const auto peer = find_peer(message.to);
  if (!peer || !peer->is_within(message)) return {SendStatus::dropped, errc::peer_not_found};
  const auto receiver = peer->mailbox();
  Envelope told = message;
  told.from_rooms = {};
  const Event event = event::Message{told};
  EncodedEvent encoded(event);
  encoded.add(receiver->encoder());
  bool is_in_room = false;
  for (const SenderRoom& one : sender_rooms(message.from_rooms)) {
    const auto room = find_room(one.room);
    told.from_joined_at = one.joined_at;
    const auto result = room ? room->deliver_to(*receiver, told, encoded) : std::nullopt;
    if (result && result->error != errc::not_joined) return *result;
    is_in_room = is_in_room || result.has_value();
  }
  if (is_in_room) return {SendStatus::dropped, errc::messages_lost};
  return receiver->push(encoded, to_if_full(told.delivery));
}

void RouterCore::invalidated(std::string_view id, Missed missed) {
  if (const auto room = find_room(id)) room->hear(room_news::Resync{missed});
}

void RouterCore::displaced(std::string_view id, Epoch epoch) {
  if (id.starts_with(alias_mark)) return lose_alias(id, epoch);
  if (reserved_ids_.remove(id, epoch)) return;
  replace_peer(id, epoch);
}

void RouterCore::replace_peer(std::string_view id, Epoch epoch) {
  const auto peer = directory_.find_peer(id);
  if (peer && peer->epoch() == epoch) peer->replace([] {});
}

// A peer that may share its name with nobody, and has lost it, begins anew.
void RouterCore::lose_alias(std::string_view name, Epoch epoch) {
  const auto former = directory_.lose_alias(name, epoch);
  if (former.peer && former.in_use != command::Join::AliasInUse::take_over) former.peer->replace([] {});
}

}  // namespace signaling
