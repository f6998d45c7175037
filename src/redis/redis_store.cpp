#include "signaling/redis/redis_store.hpp"

#include <utility>

#include "redis/redis_store_state.hpp"

namespace signaling::redis {

RedisStore::RedisStore(RedisOptions options) : state_(std::make_shared<State>(std::move(options))) {}

RedisStore::~RedisStore() {
  state_->close();
  state_->stop([] {});
}

void RedisStore::open(const NodeId& node, StoreListener& listener, Callback<void(std::error_code)> done) {
  state_->open(node, listener, std::move(done));
}

void RedisStore::close(const NodeId& /*node*/) { state_->close(); }

void RedisStore::claim(const Claim& request, Callback<void(std::error_code, Epoch)> done) {
  state_->post([node = request.node, peer = PeerId(request.peer), secret = std::string(request.secret),
                resume = std::string(request.resume), is_take_over = request.is_take_over,
                done = std::move(done)](StoreEngine* engine) mutable {
    if (engine == nullptr) return done(errc::store_unavailable, 0);
    engine->claim({node, peer, secret, resume, is_take_over}, std::move(done));
  });
}

void RedisStore::release(std::string_view peer, Epoch epoch) {
  state_->post([peer = PeerId(peer), epoch](StoreEngine* engine) {
    if (engine != nullptr) engine->release(peer, epoch);
  });
}

void RedisStore::join(Join request, Callback<void(std::error_code, Joined)> done) {
  RoomId room(request.room);
  state_->post([room = std::move(room), request = std::move(request),
                done = std::move(done)](StoreEngine* engine) mutable {
    if (engine == nullptr) return done(errc::store_unavailable, {});
    request.room = room;  // what it was a view of is gone
    engine->join(request, std::move(done));
  });
}

void RedisStore::leave(const Leave& request, Callback<void(std::error_code, Version)> done) {
  state_->post([room = RoomId(request.room), peer = PeerId(request.peer), epoch = request.epoch,
                reason = request.reason, done = std::move(done)](StoreEngine* engine) mutable {
    if (engine == nullptr) return done(errc::store_unavailable, 0);
    engine->leave({room, peer, epoch, reason}, std::move(done));
  });
}

void RedisStore::update(const Update& request, Callback<void(std::error_code, Version)> done) {
  state_->post([room = RoomId(request.room), peer = PeerId(request.peer), epoch = request.epoch,
                metadata = request.metadata, done = std::move(done)](StoreEngine* engine) mutable {
    if (engine == nullptr) return done(errc::store_unavailable, 0);
    engine->update({room, peer, epoch, std::move(metadata)}, std::move(done));
  });
}

void RedisStore::snapshot(std::string_view room, Version known_version,
                          Callback<void(std::error_code, RoomState)> done) {
  state_->post([room = RoomId(room), known_version, done = std::move(done)](StoreEngine* engine) mutable {
    if (engine == nullptr) return done(errc::store_unavailable, {});
    engine->snapshot(room, known_version, std::move(done));
  });
}

std::error_code RedisStore::publish(const NodeId& /*node*/, const Message& message, const Route& route,
                                    std::span<const NodeId> targets) {
  return state_->publish(message, route, targets);
}

std::error_code RedisStore::command(const NodeId& /*node*/, const NodeCommand& command) {
  return state_->command(command);
}

StoreHealth RedisStore::health() const { return state_->health_now(); }

void RedisStore::start_stop(Callback<void()> done) { state_->stop(std::move(done)); }

}  // namespace signaling::redis
