#pragma once

#include <atomic>
#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/counters.hpp"
#include "core/current_limits.hpp"
#include "core/directory.hpp"
#include "core/ended_sessions.hpp"
#include "core/loop.hpp"
#include "core/measured_store.hpp"
#include "core/protocol_names.hpp"
#include "core/reserved_ids.hpp"
#include "core/resume_secrets.hpp"
#include "core/sender_order.hpp"
#include "core/session_moves.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/core/router_options.hpp"

namespace signaling {

/// What the peers and rooms of a router share: its options, store, limits and counters, and where each of them is found.
/// It knows neither a peer nor a room; what rooms need of peers and of other nodes is asked of whoever derives from it.
///
/// Ownership: peers, rooms and this keep each other alive while the directory has them.
/// Threads: any.
class RouterServices : public std::enable_shared_from_this<RouterServices> {
 public:
  /// All pointers of `options` are set but `policy` and `log`.
  /// `has_own_store`: no other router shares the store.
  RouterServices(RouterOptions options, Deadlines::Driver driver, bool has_own_store);
  RouterServices(const RouterServices&) = delete;
  RouterServices& operator=(const RouterServices&) = delete;

  const RouterOptions& options() const noexcept { return options_; }
  const NodeId& node() const noexcept { return options_.node; }
  const Limits& limits() const noexcept { return limits_.get(); }
  CurrentLimits& current_limits() noexcept { return limits_; }
  MeasuredStore& store() noexcept { return store_; }
  const MeasuredStore& store() const noexcept { return store_; }
  Policy& policy() noexcept { return *options_.policy; }
  bool has_policy() const noexcept { return has_policy_; }
  EventCounters& counters() noexcept { return counters_; }
  const EventCounters& counters() const noexcept { return counters_; }
  ProtocolNames& protocol_names() noexcept { return protocol_names_; }
  const ProtocolNames& protocol_names() const noexcept { return protocol_names_; }
  Loops& loops() noexcept { return loops_; }
  const Loops& loops() const noexcept { return loops_; }
  Directory& directory() noexcept { return directory_; }
  const Directory& directory() const noexcept { return directory_; }
  SenderOrder& sender_order() noexcept { return sender_order_; }

  TimePoint now() const noexcept { return options_.clock->now(); }
  std::string new_id() { return make_id(*options_.random); }
  /// Not empty, and not too long.
  bool is_id(std::string_view id) const noexcept {
    const std::size_t limit = limits().max_id_bytes;
    return !id.empty() && (limit == 0 || id.size() <= limit);
  }
  bool is_peer_id(std::string_view id) const noexcept { return is_id(id) && !id.starts_with(alias_mark); }
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

  // Messages.

  /// To a peer of this node, by id or alias. Nothing: this node has no such peer.
  std::optional<SendResult> send_to_peer(const Message& message, Reach reach, EncodedEvent& encoded,
                                         IfFull if_full) const;
  /// To peers of other nodes. `nodes`: those that have them; empty: only the store knows.
  SendResult publish(const Message& message, const Route& route, std::span<const NodeId> nodes = {});
  /// A message of a peer on another node that goes through no room has its turn.
  virtual SendResult deliver_to_peer(const Message& message, const Route& route) = 0;
  /// A message from another node was not delivered to all its receivers: its sender is told there.
  virtual void report(const Message& message, const Route& route, errc error) = 0;
  /// The peer of this epoch has lost its id to another connection: it ends, if it is still here.
  virtual void end_displaced(std::string_view id, Epoch epoch) = 0;

  // What the host asks of a router and of its rooms, see Router.

  virtual SendResult send(const Message& message, std::string_view from) = 0;
  virtual std::error_code kick(std::string_view peer, std::string_view room, std::string_view why) = 0;
  virtual std::error_code close_room(std::string_view room, std::string_view why) = 0;

  // Ids.

  /// The secret of a new peer.
  std::string new_secret() { return run_ + new_id(); }
  /// Does the secret come from another run of this router?
  bool is_of_other_run(std::string_view secret) const noexcept { return !secret.starts_with(run_); }
  bool has_own_store() const noexcept { return has_own_store_; }
  EndedSessions& ended_sessions() noexcept { return ended_sessions_; }
  SessionMoves& session_moves() noexcept { return session_moves_; }

  /// Keeps the claim of a peer that has lost its connection, for a while. False: the id is to be released.
  bool reserve_id(std::string_view id, Epoch epoch, std::string_view secret, const Loop& loop);
  /// Frees the id for whoever has the secret.
  void end_reservation(std::string_view id, std::string_view secret);
  /// The store says that the claim of this epoch has ended. False: no id is reserved by it.
  bool lose_reservation(std::string_view id, Epoch epoch) { return reserved_ids_.remove(id, epoch); }

  /// No peer is admitted any more.
  bool is_shutting_down() const noexcept { return shutting_down_.load(std::memory_order_acquire); }
  /// Nevertheless, peers whose connections end stay for their graces, since their clients may resume them on other nodes.
  bool awaits_other_nodes() const noexcept { return awaits_other_nodes_.load(std::memory_order_acquire); }
  /// The router has ended.
  bool is_closed() const noexcept { return closed_.load(std::memory_order_acquire); }

 protected:
  ~RouterServices() = default;

  void begin_drain();
  void begin_shutdown();
  /// Peers and rooms do without the store from here on.
  void end();

 private:
  RouterOptions options_;
  MeasuredStore store_;
  CurrentLimits limits_;
  bool has_policy_;
  Directory directory_;
  ReservedIds reserved_ids_;
  EndedSessions ended_sessions_;
  SessionMoves session_moves_;
  const std::string run_;
  const bool has_own_store_;
  SenderOrder sender_order_;
  std::atomic<bool> shutting_down_{false};
  std::atomic<bool> awaits_other_nodes_{false};
  std::atomic<bool> closed_{false};
  EventCounters counters_;
  ProtocolNames protocol_names_;
  Loops loops_;
};

}  // namespace signaling
