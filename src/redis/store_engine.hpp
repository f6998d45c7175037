#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redis/backend.hpp"
#include "signaling/core/clock.hpp"
#include "signaling/core/log.hpp"
#include "signaling/core/state_store.hpp"
#include "signaling/redis/redis_store.hpp"

namespace signaling::redis {

struct EngineOptions {
  WhenAway when_away = WhenAway::serve_locally;
  std::size_t max_queued_bytes = 16 * 1024 * 1024;
  std::chrono::milliseconds message_lifetime{5'000};
  std::chrono::milliseconds renew_interval{3'000};
  std::chrono::milliseconds reap_interval{2'000};
  /// Between two attempts to open a session.
  std::chrono::milliseconds retry_interval{250};
  /// From the loss of the data to the first look at other nodes' members: until then these come back too.
  std::chrono::milliseconds settle_time{6'000};
  std::shared_ptr<LogSink> log;
};

/// One node's part in the cluster, without I/O: what it knows of itself, when it asks the database what, and what follows
/// from the answers. `RedisStore` runs it over Redis, the simulation over a model.
///
/// Threads: one at a time, completion handlers of the backend included. Calls that take a `done` complete it then or
/// later.
/// Time: whoever owns it calls `on_time` about every 100 ms, and `flush` soon after `publish` and `command`.
class StoreEngine {
 public:
  /// `listener` and `backend` outlive it. `backend` completes nothing after the engine is gone.
  StoreEngine(Backend& backend, NodeId node, StoreListener& listener, EngineOptions options, TimePoint now);
  ~StoreEngine();
  StoreEngine(const StoreEngine&) = delete;
  StoreEngine& operator=(const StoreEngine&) = delete;

  /// Starts. `done`: when the database has answered for the first time, or refused.
  void open(Callback<void(std::error_code)> done);
  void claim(const StateStore::Claim& request, Callback<void(std::error_code, Epoch)> done);
  void release(std::string_view peer, Epoch epoch);
  void join(const StateStore::Join& request, Callback<void(std::error_code, StateStore::Joined)> done);
  void leave(const StateStore::Leave& request, Callback<void(std::error_code, Version)> done);
  void update(const StateStore::Update& request, Callback<void(std::error_code, Version)> done);
  void snapshot(std::string_view room, Version known_version,
                Callback<void(std::error_code, RoomState)> done);
  std::error_code publish(const Message& message, const Route& route, std::span<const NodeId> targets);
  std::error_code command(const NodeCommand& command);
  void flush();
  void on_time(TimePoint now);
  /// Takes leave of the database. Nothing may be called afterwards but the destructor; the listener hears nothing more.
  void close(Callback<void()> done);

  StoreHealth health() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace signaling::redis
