#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/counters.hpp"
#include "core/current_limits.hpp"
#include "core/directory.hpp"
#include "core/loop.hpp"
#include "core/measured_store.hpp"
#include "core/protocol_names.hpp"
#include "core/reserved_ids.hpp"
#include "core/room_view.hpp"
#include "core/sender_order.hpp"
#include "signaling/core/router.hpp"

namespace signaling {

class PeerSession;

/// What peers and rooms share: options, the directory that finds them, counters.
class RouterCore final : public StoreListener, public std::enable_shared_from_this<RouterCore> {
 public:
  /// All pointers of `options` are set but `policy` and `log`.
  RouterCore(RouterOptions options, Deadlines::Driver driver);

  const RouterOptions& options() const noexcept { return options_; }
  const Limits& limits() const noexcept { return limits_.get(); }
  CurrentLimits& current_limits() noexcept { return limits_; }
  StateStore& store() noexcept { return store_; }
  Policy& policy() noexcept { return *options_.policy; }
  bool has_policy() const noexcept { return has_policy_; }
  EventCounters& counters() noexcept { return counters_; }
  ProtocolNames& protocol_names() noexcept { return protocol_names_; }
  TimePoint now() const noexcept { return options_.clock->now(); }
  std::string new_id() { return make_id(*options_.random); }
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

  std::shared_ptr<Loop> loop_for(const boost::asio::any_io_executor& executor) { return loops_.of(executor); }

  Directory& directory() noexcept { return directory_; }
  /// By id or alias.
  std::shared_ptr<PeerSession> find_peer(std::string_view name) const;
  std::shared_ptr<RoomView> find_room(std::string_view id) const { return directory_.find_room(id); }

  /// No if the router is full or shutting down.
  enum class Added : std::uint8_t { yes, full, shutting_down };
  Added add_peer(const std::shared_ptr<PeerSession>& peer);
  /// Keeps the claim of a peer that has lost its connection, for a while. False: the id is to be released.
  bool reserve_id(std::string_view id, Epoch epoch, std::string_view secret, const Loop& loop);
  /// Frees the id for whoever has the secret.
  void end_reservation(std::string_view id, std::string_view secret);

  /// To a peer or a room without asking who may: for the host, and for languages that know no rooms.
  SendResult send(Envelope envelope);
  /// `sender`: null for the host.
  SendResult send_to_peer(const Envelope& envelope, EncodedEvent& encoded, const PeerSession* sender);
  /// What another node's peer has sent to a peer, and through no room, has its turn.
  SendResult deliver_to_peer(const Envelope& message);
  /// A peer's message from another node could not be given to its receivers: its sender is told there.
  void tell_sender(const Envelope& envelope, errc error);

  /// For the host; see Router.
  std::error_code kick(std::string_view peer, std::string_view room, std::string_view why);
  std::error_code close_room(std::string_view room, std::string_view why);

  /// Another connection has taken the place of the peer of this epoch: it ends, if it is still here.
  void replace_peer(std::string_view id, Epoch epoch);
  /// Gives the change to the room, which is made if need be.
  void submit_join(std::string_view room, room_change::Join join);
  std::vector<std::shared_ptr<Room>> all_rooms() const;
  void members(std::string_view room, Callback<void(std::error_code, std::vector<Member>)> done);
  void remove_room(const RoomView& room) { directory_.remove(room); }
  SenderOrder& sender_order() noexcept { return sender_order_; }

  void open_store();
  void close();
  bool is_closed() const noexcept { return closed_.load(std::memory_order_acquire); }
  void on_time();
  std::size_t drain(std::size_t count, std::chrono::milliseconds reconnect_within);
  void shut_down(std::chrono::milliseconds reconnect_after);
  Stats stats() const;
  QueueStats queues() const;

  void changed(const MembershipChange& change) override;
  void delivered(const Envelope& envelope) override;
  void invalidated(std::string_view room, Missed missed) override;
  void displaced(std::string_view peer, Epoch epoch) override;
  void undelivered(const Envelope& envelope, errc error) override;

 private:
  std::chrono::milliseconds random_delay(std::chrono::milliseconds longest);
  void begin_shutdown();
  void lose_alias(std::string_view name, Epoch epoch);
  /// The same has come. True: it waits in a room.
  bool wait_in_room(const Envelope& message);
  /// To nodes that only the store knows.
  SendResult publish(const Envelope& envelope);

  void add_traffic(Stats& stats) const;

  std::error_code put_out(PeerSession& peer, std::string_view room, std::string_view why);
  void put_all_out(std::string_view room, std::string_view why);
  void tell_of_loss(const std::shared_ptr<PeerSession>& peer);
  void tell_receivers_of_loss(const Envelope& lost);
  /// Its sender cannot be told.
  void tell_receivers_here(const Envelope& undelivered);
  /// False: it is no order but a message.
  bool obey(const Envelope& envelope);

  RouterOptions options_;
  MeasuredStore store_;
  CurrentLimits limits_;
  bool has_policy_;
  Directory directory_;
  ReservedIds reserved_ids_;
  std::atomic<bool> shutting_down_{false};
  std::atomic<bool> closed_{false};
  SenderOrder sender_order_;
  std::mutex told_of_loss_mutex_;
  std::set<PeerId> told_of_loss_;  // whose error is on its way
  EventCounters counters_;
  ProtocolNames protocol_names_;
  Loops loops_;
};

}  // namespace signaling
