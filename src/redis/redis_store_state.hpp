#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

#include "redis/call_queue.hpp"
#include "redis/listener_gate.hpp"
#include "redis/redis_backend.hpp"
#include "redis/store_engine.hpp"
#include "signaling/redis/redis_store.hpp"

namespace signaling::redis {

/// What RedisStore is made of; lives until nothing is under way any more, which may be longer than the store.
///
/// What waits in here never owns this object: else it would stay for good if the executor's context ends first.
struct RedisStore::State : std::enable_shared_from_this<RedisStore::State> {
  /// A node that is open.
  struct Seat {
    Seat(Backend& backend, NodeId node, std::shared_ptr<ListenerGate> its_gate, EngineOptions options,
         TimePoint now)
        : gate(std::move(its_gate)), engine(backend, std::move(node), *gate, std::move(options), now) {}
    std::shared_ptr<ListenerGate> gate;
    StoreEngine engine;
  };

  explicit State(RedisOptions its_options);

  // Any thread.
  StoreHealth health_now();
  void schedule_drain();
  void post(CallQueue::Call call);
  std::error_code publish(const Message& message, const Route& route, std::span<const NodeId> targets);
  std::error_code command(const NodeCommand& command);
  template <class Function>
  std::error_code push(Function function);
  void open(const NodeId& node, StoreListener& listener, Callback<void(std::error_code)> done);
  void close();
  void stop(Callback<void()> done);

  // On the executor.
  void drain();
  void put_back(CallQueue rest);
  void begin(const NodeId& node, std::shared_ptr<ListenerGate> its_gate,
             Callback<void(std::error_code)> done);
  void end();
  void watch_time();
  void take_leave(Callback<void()> done);
  void disconnect(Callback<void()> done);
  /// So that other threads see how the engine stands.
  void show();

  const RedisOptions options;
  const Clock& clock;
  const std::shared_ptr<RedisBackend> backend;
  boost::asio::steady_timer timer;
  std::shared_ptr<Seat> seat;
  bool is_started = false;
  bool is_stopped = false;

  std::mutex mutex;  // guards what follows
  CallQueue queue;
  bool is_drain_due = false;
  std::shared_ptr<ListenerGate> gate;
  StoreHealth health;  // as of `shown_at`
  TimePoint shown_at = clock.now();
};

}  // namespace signaling::redis
