#include "signaling/core/forwarding_store.hpp"

#include <stdexcept>
#include <utility>

namespace signaling {

ForwardingStore::ForwardingStore(std::shared_ptr<StateStore> store) : store_(std::move(store)) {
  if (!store_) throw std::invalid_argument("ForwardingStore: there is no store to forward to");
}

bool ForwardingStore::can_move_members() const noexcept { return store_->can_move_members(); }

void ForwardingStore::open(const NodeId& node, StoreListener& listener,
                           Callback<void(std::error_code)> done) {
  store_->open(node, listener, std::move(done));
}

void ForwardingStore::close(const NodeId& node) { store_->close(node); }

void ForwardingStore::claim(const Claim& request, Callback<void(std::error_code, Epoch)> done) {
  store_->claim(request, std::move(done));
}

void ForwardingStore::release(std::string_view peer, Epoch epoch) { store_->release(peer, epoch); }

void ForwardingStore::join(Join request, Callback<void(std::error_code, Joined)> done) {
  store_->join(std::move(request), std::move(done));
}

void ForwardingStore::leave(const Leave& request, Callback<void(std::error_code, Version)> done) {
  store_->leave(request, std::move(done));
}

void ForwardingStore::update(const Update& request, Callback<void(std::error_code, Version)> done) {
  store_->update(request, std::move(done));
}

void ForwardingStore::snapshot(std::string_view room, Version known_version,
                               Callback<void(std::error_code, RoomState)> done) {
  store_->snapshot(room, known_version, std::move(done));
}

std::error_code ForwardingStore::publish(const NodeId& node, const Message& message, const Route& route,
                                         std::span<const NodeId> targets) {
  return store_->publish(node, message, route, targets);
}

std::error_code ForwardingStore::command(const NodeId& node, const NodeCommand& command) {
  return store_->command(node, command);
}

}  // namespace signaling
