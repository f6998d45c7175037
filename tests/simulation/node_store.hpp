#pragma once

#include <memory>
#include <optional>

#include "redis/call_queue.hpp"
#include "redis/store_engine.hpp"
#include "signaling/core/state_store.hpp"
#include "simulation/model_backend.hpp"

namespace signaling::simulation {

/// A StoreEngine over the model database, as one node's store. What RedisStore is over Redis: messages wait in the same
/// queue for their turn, and are refused by what was last known of the engine.
class NodeStore final : public StateStore {
 public:
  NodeStore(const Clock& clock, std::shared_ptr<ModelBackend> backend, redis::EngineOptions options,
            bool can_move)
      : clock_(clock), backend_(std::move(backend)), options_(std::move(options)), can_move_(can_move) {}

  bool can_move_members() const noexcept override { return can_move_; }
  void open(const NodeId& node, StoreListener& listener, Callback<void(std::error_code)> done) override;
  void close(const NodeId& node) override;
  void claim(const Claim& request, Callback<void(std::error_code, Epoch)> done) override;
  void release(std::string_view peer, Epoch epoch) override;
  void join(Join request, Callback<void(std::error_code, Joined)> done) override;
  void leave(const Leave& request, Callback<void(std::error_code, Version)> done) override;
  void update(const Update& request, Callback<void(std::error_code, Version)> done) override;
  void snapshot(std::string_view room, Version known_version,
                Callback<void(std::error_code, RoomState)> done) override;
  std::error_code publish(const NodeId& node, const Message& message, const Route& route,
                          std::span<const NodeId> targets) override;
  std::error_code command(const NodeId& node, const NodeCommand& command) override;

  void on_time();
  /// False: no message has waited.
  bool flush();
  /// The process has died: nothing is asked or told any more.
  void die();
  redis::StoreHealth health() const { return engine_ ? engine_->health() : redis::StoreHealth{}; }

 private:
  /// What was published before goes before.
  bool hand_over();

  const Clock& clock_;
  std::shared_ptr<ModelBackend> backend_;
  const redis::EngineOptions options_;
  const bool can_move_;
  std::optional<redis::StoreEngine> engine_;
  StoreListener* listener_ = nullptr;
  redis::CallQueue queue_;
  redis::StoreHealth shown_;
  bool closed_ = false;
};

}  // namespace signaling::simulation
