#include "simulation/node_store.hpp"

#include <utility>

namespace signaling::simulation {

void NodeStore::open(const NodeId& node, StoreListener& listener, Callback<void(std::error_code)> done) {
  listener_ = &listener;
  engine_.emplace(*backend_, node, listener, options_, clock_.now());
  engine_->open(std::move(done));
}

void NodeStore::close(const NodeId& /*node*/) {
  if (closed_) return;
  hand_over();
  closed_ = true;
  engine_->close([] {});
}

void NodeStore::die() {
  closed_ = true;
  engine_.reset();
}

void NodeStore::on_time() {
  if (closed_) return;
  engine_->on_time(clock_.now());
  shown_ = engine_->health();
}

bool NodeStore::flush() {
  if (closed_) return false;
  const bool had_messages = hand_over();
  engine_->flush();
  shown_ = engine_->health();
  return had_messages;
}

bool NodeStore::hand_over() {
  if (queue_.empty()) return false;
  auto messages = std::exchange(queue_, {});
  messages.run([this] { return redis::CallQueue::Open{&*engine_, listener_}; });
  return true;
}

void NodeStore::claim(const Claim& request, Callback<void(std::error_code, Epoch)> done) {
  if (closed_) return;
  hand_over();
  engine_->claim(request, std::move(done));
}

void NodeStore::release(std::string_view peer, Epoch epoch) {
  if (closed_) return;
  hand_over();
  engine_->release(peer, epoch);
}

void NodeStore::join(Join request, Callback<void(std::error_code, Joined)> done) {
  if (closed_) return;
  hand_over();
  engine_->join(request, std::move(done));
}

void NodeStore::leave(const Leave& request, Callback<void(std::error_code, Version)> done) {
  if (closed_) return;
  hand_over();
  engine_->leave(request, std::move(done));
}

void NodeStore::update(const Update& request, Callback<void(std::error_code, Version)> done) {
  if (closed_) return;
  hand_over();
  engine_->update(request, std::move(done));
}

void NodeStore::snapshot(std::string_view room, Version known_version,
                         Callback<void(std::error_code, RoomState)> done) {
  if (!closed_) engine_->snapshot(room, known_version, std::move(done));
}

std::error_code NodeStore::publish(const NodeId& /*node*/, const Message& message, const Route& route,
                                   std::span<const NodeId> targets) {
  if (closed_) return errc::store_unavailable;
  return queue_.publish(message, route, targets, shown_, options_.max_queued_bytes);
}

std::error_code NodeStore::command(const NodeId& /*node*/, const NodeCommand& command) {
  if (closed_) return errc::store_unavailable;
  return queue_.command(command, shown_, options_.max_queued_bytes);
}

}  // namespace signaling::simulation
