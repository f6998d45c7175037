#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <system_error>
#include <vector>

#include "signaling/core/clock.hpp"
#include "signaling/core/event.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/limits.hpp"
#include "signaling/core/log.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/core/room.hpp"
#include "signaling/core/state_store.hpp"
#include "signaling/core/stats.hpp"
#include "signaling/core/transport.hpp"

namespace signaling {

class SIGNALING_API RouterCore;

/// Whether a client may choose its own peer id, when the policy does not choose one.
enum class ClientIds : std::uint8_t { ignore, accept };

/// Whether a client reaches peers by id with which it shares no room.
enum class Strangers : std::uint8_t {
  hidden,  ///< never, except that languages without rooms reach those who speak them: the default
  reachable,  ///< each peer, whatever it speaks, by a message that names no room; the policy is told Reach::anybody
};

/// All fields are read when the router is made and not later; limits can be replaced by Router::set_limits.
struct SIGNALING_API RouterOptions {
  Limits limits;  ///< what each peer may cost
  /// Null: a MemoryStore of its own.
  std::shared_ptr<StateStore> store;
  /// Null: everybody may do everything.
  std::shared_ptr<Policy> policy;
  /// Null: nothing is logged.
  std::shared_ptr<LogSink> log;
  /// Null: the machine's steady clock. Must outlive the router. With a clock of its own the host calls `on_time`; without,
  /// the router has timers.
  const Clock* clock = nullptr;
  /// Null: the system's generator. Must outlive the router.
  Random* random = nullptr;
  /// Default `ignore`: ids are 128 random bits, so nobody can guess another's.
  ClientIds client_ids = ClientIds::ignore;
  /// Default `hidden`: a client cannot even tell whether such a peer exists.
  Strangers strangers = Strangers::hidden;
  /// This process among those that share the store. Empty: a random one.
  NodeId node;
};

/// A peer of the host itself: no socket, callbacks instead.
struct SIGNALING_API LocalPeerOptions {
  /// Where the callbacks run; runs one thing at a time.
  boost::asio::any_io_executor executor;
  /// Empty: a random one. In use: the peer is closed with `errc::id_in_use`.
  PeerId id;
  Identity identity;  ///< who it is; the library only carries it
  /// Gets every event for this peer, one at a time, on `executor`. May call the peer and the router. An exception leaves the
  /// executor's run function, as one of any posted handler does; the events behind it come nevertheless.
  std::function<void(const Event&)> on_event;
  /// Called once, on `executor`, when the peer is gone; nothing comes after it. May be empty.
  std::function<void(CloseReason)> on_closed;
};

/// Owns the peers of this process and the rooms they are in; takes commands, applies limits and policy, and
/// delivers.
///
/// Ownership: must outlive every transport that was connected and not yet reported as disconnected, and must be
/// outlived by the execution contexts of all its peers. Its end closes all peers.
/// Threads: every call from any thread, except that `connect` is called on the transport's executor.
/// Re-entrancy: no call runs a transport's `write` or a local peer's `on_event` before it returns. `connect` and
/// `connect_local` may call the policy, and `members` its handler.
/// Complexity: a direct message costs one look-up for each room of its sender until the addressee is found, a broadcast one
/// push per member; neither depends on the number of peers or rooms.
class SIGNALING_API Router {
 public:
  /// Throws std::invalid_argument on options that contradict each other.
  explicit Router(RouterOptions options = {});
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  /// A client came. Its messages may be given to the peer at once; they wait until it is admitted. The first event it
  /// gets is `event::Welcome`, or `event::Error` and then the end.
  std::shared_ptr<Peer> connect(Transport& transport, std::unique_ptr<Protocol> protocol, ConnectInfo info);

  /// Makes a local peer. It may join and send at once. It is not asked for credentials, is in as many rooms as it
  /// likes, and has no message rate; it lives until `Peer::close`. Throws std::invalid_argument without an executor.
  std::shared_ptr<Peer> connect_local(LocalPeerOptions options);

  /// The host's own word: to the peer with the id or alias `envelope.to`, to the member `envelope.to` of
  /// `envelope.room` if both are set, or to all members of `envelope.room`, on all nodes. The sender need not be a member,
  /// and the policy is not asked; `from` stays as it is. There is no order between this and what peers send.
  SendResult send(const Envelope& envelope);

  /// Removes the peer with this id or alias, on whichever node it is, from `room`; with `room` empty it is closed,
  /// `CloseReason::kicked`. Success: done here, or passed on to the node where it is, which does nothing if it is not in the
  /// room. `peer_not_found`: on no node, as far as the store says so at once; `not_joined`: it is on this node, and not in
  /// the room; `store_unavailable`: not on this node, and the others cannot be asked. A peer that was kicked may come back.
  /// `why` is told to the client, as by Peer::kick and Peer::close.
  std::error_code kick(std::string_view peer, std::string_view room = {}, std::string_view why = {});
  /// Removes all members of a room from it, on all nodes, and tells them `why`. `store_unavailable`: those of this node
  /// alone.
  std::error_code close_room(std::string_view room, std::string_view why = {});

  /// By id or alias. Null if there is none on this node.
  std::shared_ptr<Peer> find_peer(std::string_view id) const;
  /// Null if no peer of this node is in it.
  std::shared_ptr<Room> find_room(std::string_view id) const;

  /// Rooms with members on this node, in no order. Complexity: linear in them.
  std::vector<std::shared_ptr<Room>> rooms() const;

  /// The members of a room on all nodes, in the order in which they joined, as the store knows them: also of a room that
  /// no peer of this node is in. Completes as the store does.
  void members(std::string_view room, Callback<void(std::error_code, std::vector<Member>)> done) const;

  /// From the first call on, new peers are turned away. Each call tells up to `count` clients that were not told yet to
  /// come back, each after a random time of up to `reconnect_within`, and closes them. Returns how many are left to be
  /// told. Local peers stay.
  /// Complexity: linear in the peers of this node.
  std::size_t drain(std::size_t count, std::chrono::milliseconds reconnect_within);

  /// Tells every client to come back after `reconnect_after` and closes it; later clients are turned away. Local
  /// peers are closed too.
  void shut_down(std::chrono::milliseconds reconnect_after);

  /// Does what is due by `RouterOptions::clock`: once on each executor on which something is.
  void on_time();

  /// The limits of the moment.
  const Limits& limits() const noexcept;
  /// For what comes from now on: a peer that is over a new limit stays as it is. The bundled server keeps
  /// `max_message_bytes` of the connections that are open. Throws std::invalid_argument like the constructor; then
  /// nothing has changed. Cost: the old ones are kept until the router's end.
  void set_limits(const Limits& limits);
  /// This process among those that share the store.
  const NodeId& node() const noexcept;
  /// The counters as they are now. Complexity: constant, but for the executors of peers.
  Stats stats() const;
  /// Complexity: linear in the peers of this node.
  QueueStats queues() const;

 private:
  std::shared_ptr<RouterCore> core_;
};

}  // namespace signaling
