#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "signaling/core/async.hpp"
#include "signaling/core/clock.hpp"
#include "signaling/core/log.hpp"
#include "signaling/core/metrics.hpp"
#include "signaling/core/state_store.hpp"
#include "signaling/text/export.hpp"

namespace signaling::redis {

/// The behaviour of a node that cannot reach Redis.
enum class WhenAway : std::uint8_t {
  serve_locally,  ///< clients may connect and join; rooms are merged when Redis is back
  refuse,         ///< claims and joins fail with `store_unavailable`; members of a room stay there
};

/// The store reads these options when it is constructed and not later.
struct SIGNALING_API RedisOptions {
  /// `redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS. Query: `prefix=`, the prefix of all
  /// keys (default "signaling").
  std::string url = "redis://127.0.0.1:6379";
  /// Must run one function at a time: the whole store runs on it, including completion handlers. It must not be an
  /// executor that waits for these handlers.
  boost::asio::any_io_executor executor;
  WhenAway when_away = WhenAway::serve_locally;  ///< whether rooms continue without Redis
  /// Bytes that wait to be published. Default 16 MiB; beyond it: `store_unavailable`. 0: no limit.
  std::size_t max_queued_bytes = 16 * 1024 * 1024;
  /// Age at which an unpublished message is given up and its sender notified. Default 5 s.
  std::chrono::milliseconds message_lifetime{5'000};
  /// Maximum number of entries in a node's inbox. Default 100,000; beyond it, the oldest are removed, and the node
  /// detects that. 0: no limit.
  std::size_t max_inbox_entries = 100'000;
  /// PEM file of the certificate authorities for a `rediss://` server; empty: the system's.
  std::string ca_file;
  /// Null: nothing is logged.
  std::shared_ptr<LogSink> log;
  /// Null: the machine's steady clock. Must outlive the store.
  const Clock* clock = nullptr;
};

/// The state of the connection between a node and its store.
struct SIGNALING_API StoreHealth {
  /// Redis answers commands, and the lease is valid.
  bool connected = false;
  /// The node's inbox has delivered the last probes: messages of other nodes arrive.
  bool inbox_answers = false;
  /// Time since the lease was renewed.
  std::chrono::milliseconds lease_age{0};
  /// Bytes that wait to be published.
  std::size_t queued_bytes = 0;
  /// Inbox entries that could not be read, since the start.
  std::size_t bad_entries = 0;

  /// True if the node can send and receive: the answer for a load balancer.
  bool ready() const noexcept { return connected && inbox_answers; }
};

/// For a registry, or prometheus_text.
SIGNALING_API std::vector<MetricFamily> metrics_of(const StoreHealth& health);

/// The store of a cluster, in Redis 7.0 or later, or Valkey. One object is one node, for one router.
///
/// docs/clustering.md describes how it works and the effects of failures on clients.
/// Ownership: the executor's context must outlive it.
/// Threads: any.
/// Errors: `open` fails if the first answer of the server shows that it cannot be used: too old, wrong password,
/// missing permissions; the error's message says which. An unreachable server is not an error: see WhenAway.
class SIGNALING_API RedisStore final : public StateStore {
 public:
  /// Throws std::invalid_argument for an invalid URL.
  explicit RedisStore(RedisOptions options);
  ~RedisStore() override;
  RedisStore(const RedisStore&) = delete;
  RedisStore& operator=(const RedisStore&) = delete;

  bool can_move_members() const noexcept override { return true; }
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

  /// The present state. Threads: any.
  StoreHealth health() const;
  /// Leaves the cluster and closes the connections; afterwards the store has no work on the executor. Call it after all
  /// peers have been closed. Completes after at most two seconds, as the `async_` functions of Router do; a handler
  /// without an associated executor runs on the store's.
  template <boost::asio::completion_token_for<void()> Token = boost::asio::detached_t>
  auto async_stop(Token&& token = Token()) {
    return start_async<Token, void()>([this](auto done) { start_stop(std::move(done)); }, token);
  }

 private:
  void start_stop(Callback<void()> done);

  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace signaling::redis
