#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "signaling/core/async.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/core/event.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/link.hpp"
#include "signaling/core/local_peer.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/core/room.hpp"
#include "signaling/core/router_options.hpp"
#include "signaling/core/stats.hpp"
#include "signaling/core/transport.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

class SIGNALING_API RouterCore;

/// Owns the peers of this process and the rooms they are in; executes commands, applies limits and policy, and delivers
/// messages.
///
/// Ownership: it must outlive every transport that was connected and not yet reported as disconnected, and the
/// execution contexts of all its peers must outlive it. Its destructor closes all peers.
/// Threads: call everything from any thread, except `connect`, which must be called on the transport's executor.
/// Re-entrancy: no call runs a transport's `write` or a local peer's `on_event` before it returns. `connect` and
/// `connect_local` may call the policy.
/// Completion: the `async_` functions take any completion token of Boost.Asio. A completion handler runs once, on its
/// associated executor, and not before the function returns. A handler without an associated executor, such as a lambda,
/// runs where the operation completes: `async_join` and `async_leave` on the peer's executor or, if this node has no such
/// peer, before they return; `async_members` as the store completes. The error compares with `errc`, and converts to
/// `std::error_code`. Cancellation slots are ignored.
/// Complexity: a direct message costs one look-up for each room of its sender until the receiver is found, a broadcast
/// one push per member; neither depends on the number of peers or rooms.
class SIGNALING_API Router {
 public:
  /// Throws std::invalid_argument for contradictory options.
  explicit Router(RouterOptions options = {});
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  /// Connects a client. Its messages may be passed to the link at once; they wait until the client is admitted. The
  /// first event that it gets is `event::Welcome`, or `event::Error`, after which the connection closes.
  Link connect(Transport& transport, std::unique_ptr<Protocol> protocol, const ConnectInfo& info);

  /// The executor on which a client must connect to resume the session of `peer`; empty: any, since this node has no
  /// such peer. A peer stays on its executor. A host with several executors asks this before it creates the transport
  /// of a client that has shown a secret (ConnectInfo::resume); on another executor, the client gets a new peer with
  /// the same id, and the other members see a leave and a join.
  boost::asio::any_io_executor resume_executor(std::string_view peer) const;

  /// Makes a local peer. It may join and send at once. It needs no credentials and has no limit of rooms and no message
  /// rate; it lives until Peer::close or the end of the LocalPeer. Throws std::invalid_argument if `executor` is empty.
  LocalPeer connect_local(LocalPeerOptions options);

  /// Makes the peer with this id or alias join a room, like Peer::join on its executor, but as a decision of the host:
  /// the policy is not asked, and neither the rate of joins nor Limits::max_rooms_per_peer applies. The client gets
  /// `event::Joined` or `event::Error`. Errors: `peer_not_found`: this node has no such peer; `closed`: the peer has
  /// disconnected; others as for Peer::join.
  template <
      boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::detached_t>
  auto async_join(std::string_view peer, std::string_view room, std::optional<std::string_view> metadata = {},
                  Token&& token = Token()) {
    return start_async<Token, void(boost::system::error_code)>(
        [this](auto done, const PeerId& id, const RoomId& name, const std::optional<std::string>& own) {
          start_join(id, name, own, std::move(done));
        },
        token, PeerId(peer), RoomId(room), std::optional<std::string>(metadata));
  }
  /// Makes the peer leave a room, like Peer::leave on its executor. Errors as of `async_join`; `not_joined`: the peer
  /// was not in the room.
  template <
      boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::detached_t>
  auto async_leave(std::string_view peer, std::string_view room, Token&& token = Token()) {
    return start_async<Token, void(boost::system::error_code)>(
        [this](auto done, const PeerId& id, const RoomId& name) { start_leave(id, name, std::move(done)); },
        token, PeerId(peer), RoomId(room));
  }

  /// Sends a message of the host: to the peer with the id or alias `message.to`, to the member `message.to` of
  /// `message.room` if both are set, or to all members of `message.room`, on all nodes. Receivers get `from` as the
  /// sender, which need not be a peer; the policy is not asked. The order of this message and of the messages of peers
  /// is unspecified.
  SendResult send(const Message& message, std::string_view from = {});

  /// Removes the peer with this id or alias, on any node, from `room`; if `room` is empty, closes it with
  /// `CloseReason::kicked`. Success: done on this node, or passed on to the peer's node, which does nothing if the peer
  /// is not in the room. `peer_not_found`: the peer is on no node, as far as the store can say at once; `not_joined`:
  /// it is on this node, and not in the room; `store_unavailable`: it is not on this node, and the other nodes cannot
  /// be reached. A kicked peer may reconnect. The client gets `why`, as with Peer::kick and Peer::close.
  std::error_code kick(std::string_view peer, std::string_view room = {}, std::string_view why = {});
  /// Removes all members of a room from it, on all nodes, and sends them `why`. `store_unavailable`: only those of this
  /// node were removed.
  std::error_code close_room(std::string_view room, std::string_view why = {});

  /// Finds a peer by id or alias. Null if this node has none.
  std::shared_ptr<Peer> find_peer(std::string_view id) const;
  /// Null if no peer of this node is in the room.
  std::shared_ptr<Room> find_room(std::string_view id) const;

  /// Rooms with members on this node, in unspecified order. Complexity: linear in them.
  std::vector<std::shared_ptr<Room>> rooms() const;

  /// The members of a room on all nodes, in join order, as the store knows them, even if no peer of this node is in the
  /// room. Errors: those of StateStore::snapshot.
  template <boost::asio::completion_token_for<void(boost::system::error_code, std::vector<Member>)> Token>
  auto async_members(std::string_view room, Token&& token) const {
    return start_async<Token, void(boost::system::error_code, std::vector<Member>)>(
        [this](auto done, const RoomId& name) { start_members(name, std::move(done)); }, token, RoomId(room));
  }

  /// From the first call on, new peers are refused. Each call asks up to `count` clients that were not asked before to
  /// reconnect, each after a random time of up to `reconnect_within`, and closes them. Local peers stay.
  /// If the store can move members (StateStore::can_move_members), and is not the router's own, peers with a grace stay in
  /// their rooms while their clients resume them on other nodes. Returns how many clients are left to be asked, plus how
  /// many peers may still be resumed: a host calls it again until that is 0, or it has waited long enough and calls
  /// end_away().
  /// Complexity: linear in the peers of this node.
  std::size_t drain(std::size_t count, std::chrono::milliseconds reconnect_within);

  /// Ends the peers that are away: nobody waits for their clients any more. New peers are refused.
  void end_away();

  /// Asks every client to reconnect after `reconnect_after` and closes it; later clients are refused. Local peers are
  /// closed too.
  void shut_down(std::chrono::milliseconds reconnect_after);

  /// Runs what is due by `RouterOptions::clock`: posts it once to each executor on which something is due.
  void on_time();

  /// The present limits.
  const Limits& limits() const noexcept;
  /// Applies to what happens from now on: a peer that exceeds a new limit stays as it is. The bundled server keeps
  /// `max_message_bytes` for open connections. Throws std::invalid_argument like the constructor; then nothing has
  /// changed. Cost: the old limits are kept until the router's end.
  void set_limits(const Limits& limits);
  /// The id of this process among those that share the store.
  const NodeId& node() const noexcept;
  /// The present counters. Complexity: constant, except for the number of executors.
  Stats stats() const;
  /// Complexity: linear in the peers of this node.
  QueueStats queues() const;

 private:
  void start_join(std::string_view peer, std::string_view room, std::optional<std::string_view> metadata,
                  Callback<void(std::error_code)> done);
  void start_leave(std::string_view peer, std::string_view room, Callback<void(std::error_code)> done);
  void start_members(std::string_view room, Callback<void(std::error_code, std::vector<Member>)> done) const;

  std::shared_ptr<RouterCore> core_;
};

}  // namespace signaling
