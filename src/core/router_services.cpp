#include "core/router_services.hpp"

#include <utility>

namespace signaling {

RouterServices::RouterServices(RouterOptions options, Deadlines::Driver driver, bool has_own_store)
    : options_(std::move(options)),
      store_(options_.store, *options_.clock),
      limits_(options_.limits),
      has_policy_(options_.policy != nullptr),
      directory_(*options_.random),
      reserved_ids_(*options_.random),
      ended_sessions_(*options_.random),
      run_(make_id(*options_.random).substr(0, ResumeSecrets::run_size)),
      has_own_store_(has_own_store),
      loops_(*options_.clock, driver) {
  if (!has_policy_) options_.policy = std::make_shared<Policy>();
}

void RouterServices::log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!options_.log || level < options_.log->level()) return;
  options_.log->log({level, event, {fields.begin(), fields.size()}});
}

std::optional<SendResult> RouterServices::send_to_peer(const Message& message, Reach reach,
                                                       EncodedEvent& encoded, IfFull if_full) const {
  const PeerEntry peer = directory_.find(message.to);
  if (!peer) return std::nullopt;
  if (!peer.mailbox->is_within(message, reach)) return SendResult{SendStatus::dropped, errc::peer_not_found};
  return peer.mailbox->push(encoded, if_full);
}

SendResult RouterServices::publish(const Message& message, const Route& route,
                                   std::span<const NodeId> nodes) {
  const std::error_code error = store_.publish(node(), message, route, nodes);
  if (error == errc::peer_not_found) return {SendStatus::dropped, errc::peer_not_found};
  if (error) return {SendStatus::dropped, errc::store_unavailable};
  return {};
}

bool RouterServices::reserve_id(std::string_view id, Epoch epoch, std::string_view secret, const Loop& loop) {
  // The claim ends with the node.
  if (is_shutting_down()) return true;
  const auto grace = limits().id_grace;
  if (is_closed() || grace.count() <= 0 || !reserved_ids_.has_room(limits().max_reserved_ids)) return false;
  const auto end = loop.deadlines()->set(grace, [weak = weak_from_this(), id = PeerId(id), epoch] {
    const auto self = weak.lock();
    if (self && !self->is_closed() && self->reserved_ids_.remove(id, epoch)) self->store_.release(id, epoch);
  });
  reserved_ids_.add(id, {epoch, std::string(secret), loop.deadlines(), end});
  return true;
}

void RouterServices::end_reservation(std::string_view id, std::string_view secret) {
  if (const auto epoch = reserved_ids_.take(id, secret)) store_.release(id, *epoch);
}

// A router with a store of its own has no other nodes.
void RouterServices::begin_drain() {
  if (is_shutting_down()) return;
  if (has_own_store_ || !store_.can_move_members()) return begin_shutdown();
  awaits_other_nodes_.store(true, std::memory_order_release);
  shutting_down_.store(true, std::memory_order_release);
}

// A timer would keep an execution context from running out of work.
void RouterServices::begin_shutdown() {
  const bool was_draining = awaits_other_nodes_.exchange(false, std::memory_order_acq_rel);
  if (shutting_down_.exchange(true, std::memory_order_acq_rel) && !was_draining) return;
  for (const auto& loop : loops_.all()) loop->deadlines()->close();
}

void RouterServices::end() {
  closed_.store(true, std::memory_order_release);
  // The store forgets all claims of this node.
  reserved_ids_.clear();
}

}  // namespace signaling
