#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <system_error>

#include "core/router_services.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/core/state_store.hpp"

namespace signaling {

class PeerSession;

/// What other nodes tell this one, and what this one commands of them.
///
/// Changes, and messages that go through a room, are given to the room. A message that goes through none is delivered here;
/// it waits in a room while it must not overtake what waits there.
/// A message that fails here is reported to its sender's node by a command. If the sender cannot be told, the receivers are.
///
/// Ownership: part of RouterCore.
/// Threads: as StoreListener says; all else from any.
class ClusterInbox final : public StoreListener {
 public:
  explicit ClusterInbox(RouterServices& services) noexcept : services_(services) {}

  // See RouterServices.
  SendResult deliver_to_peer(const Message& message, const Route& route);
  void report(const Message& message, const Route& route, errc error);
  void end_displaced(std::string_view id, Epoch epoch);

  /// See Router.
  std::error_code kick(std::string_view peer, std::string_view room, std::string_view why);
  std::error_code close_room(std::string_view room, std::string_view why);

  void changed(const MembershipChange& change) override;
  void delivered(const Message& message, const Route& route) override;
  void commanded(const NodeCommand& command) override;
  void invalidated(std::string_view room, Missed missed) override;
  void displaced(std::string_view peer, Epoch epoch) override;
  void undelivered(const Message& message, const Route& route, errc error) override;
  void undelivered(const NodeCommand& command, errc error) override;

 private:
  /// False: no room makes it wait.
  bool wait_in_room(const Message& message, const Route& route);

  std::shared_ptr<PeerSession> find_peer(std::string_view name) const;
  std::shared_ptr<RoomView> find_room(std::string_view id) const;
  void lose_alias(std::string_view name, Epoch epoch);
  bool waits_for_peer(const Message& message, const Route& route);
  void kick_later(const NodeCommand& command);
  void take_history(const std::shared_ptr<PeerSession>& peer, handover::History history);
  void asked_to_move(const std::shared_ptr<PeerSession>& peer, const NodeCommand& command);

  std::error_code kick(PeerSession& peer, std::string_view room, std::string_view why);
  void kick_all(std::string_view room, std::string_view why);
  errc send(const NodeCommand& command);

  void log_undelivered(std::string_view kind, const NodeCommand& command, errc error);
  void tell_receivers_here(const NodeCommand& undelivered);
  void tell_receivers(std::string_view peer, std::string_view room);
  void tell_of_loss(const std::shared_ptr<PeerSession>& peer);

  RouterServices& services_;
  std::mutex told_of_loss_mutex_;
  std::set<PeerId> told_of_loss_;  // whose error is on its way
};

}  // namespace signaling
