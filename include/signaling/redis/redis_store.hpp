#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "signaling/core/clock.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/log.hpp"
#include "signaling/core/metrics.hpp"
#include "signaling/core/state_store.hpp"

namespace signaling::redis {

/// What a node does while it cannot reach Redis.
enum class WhenAway : std::uint8_t {
  serve_locally,  ///< clients may come and join; rooms are brought together when Redis is back
  refuse,         ///< claims and joins fail with `store_unavailable`; who is in a room stays there
};

/// Read when the store is made and not later.
struct SIGNALING_API RedisOptions {
  /// `redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS. Query: `prefix=` (default
  /// "signaling"), what all keys begin with.
  std::string url = "redis://127.0.0.1:6379";
  /// Runs one thing at a time: everything of the store happens there, completion handlers too. It must not be one that
  /// waits for them.
  boost::asio::any_io_executor executor;
  WhenAway when_away = WhenAway::serve_locally;  ///< whether rooms go on without Redis
  /// What waits to be published. Default 16 MiB; more is `store_unavailable`. 0: no bound.
  std::size_t max_queued_bytes = 16 * 1024 * 1024;
  /// Age at which a message that could not be published is given up, and its sender told. Default 5 s.
  std::chrono::milliseconds message_lifetime{5'000};
  /// Entries that a node's inbox holds at most. Default 100,000; beyond that the oldest go, and the node notices. 0: no
  /// bound.
  std::size_t max_inbox_entries = 100'000;
  /// PEM file of the authorities that a `rediss://` server's certificate is checked against; empty: the system's.
  std::string ca_file;
  /// Null: nothing is logged.
  std::shared_ptr<LogSink> log;
  /// Null: the machine's steady clock. Must outlive the store.
  const Clock* clock = nullptr;
};

/// How a node stands with its store.
struct SIGNALING_API StoreHealth {
  /// Commands are answered, and the lease holds.
  bool connected = false;
  /// The node's inbox has brought the last probes: what others send arrives.
  bool inbox_answers = false;
  /// Since the lease was renewed.
  std::chrono::milliseconds lease_age{0};
  /// Bytes that wait to be published.
  std::size_t queued_bytes = 0;
  /// Entries of the inbox that could not be read, by number since the start.
  std::size_t bad_entries = 0;

  /// True if the node hears and is heard: what a load balancer wants to know.
  bool ready() const noexcept { return connected && inbox_answers; }
};

/// For a registry, or prometheus_text.
SIGNALING_API std::vector<MetricFamily> metrics_of(const StoreHealth& health);

/// The store of a cluster, in Redis 7.0 or later, or Valkey. One object is one node, for one router.
///
/// docs/clustering.md tells how it works and what becomes of clients when something fails.
/// Ownership: the executor's context must outlive it.
/// Threads: any.
/// Errors: `open` fails if the first answer of the server says that it cannot be used: too old, wrong password, missing
/// permissions; the error's message names it. A server that is not there yet is not an error: see WhenAway.
class SIGNALING_API RedisStore final : public StateStore {
 public:
  /// Throws std::invalid_argument if the URL is none.
  explicit RedisStore(RedisOptions options);
  ~RedisStore() override;
  RedisStore(const RedisStore&) = delete;
  RedisStore& operator=(const RedisStore&) = delete;

  void open(const NodeId& node, StoreListener& listener, Callback<void(std::error_code)> done) override;
  void close(const NodeId& node) override;
  void claim(const Claim& request, Callback<void(std::error_code, Epoch)> done) override;
  void release(std::string_view peer, Epoch epoch) override;
  void join(Join request, Callback<void(std::error_code, Joined)> done) override;
  void leave(const Leave& request, Callback<void(std::error_code, Version)> done) override;
  void update(const Update& request, Callback<void(std::error_code, Version)> done) override;
  void snapshot(std::string_view room, Version known_version,
                Callback<void(std::error_code, RoomState)> done) override;
  std::error_code publish(const NodeId& node, const Envelope& envelope,
                          std::span<const NodeId> targets) override;

  /// How it stands at the moment. From any thread.
  StoreHealth health() const;
  /// Takes leave of the cluster and ends the connections; afterwards the executor has nothing to do for the store.
  /// Call it when the peers are gone. `done` comes on the executor, after at most two seconds.
  void stop(Callback<void()> done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace signaling::redis
