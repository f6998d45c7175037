#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/callback.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/socketio/argument.hpp"
#include "signaling/socketio/broadcast.hpp"
#include "signaling/socketio/socket.hpp"

namespace signaling::socketio {

class Vocabulary;

/// A middleware's right to decide. Copies share it; the first decision counts. When the last copy goes
/// without one, the client is refused.
///
/// Threads: any.
class SIGNALING_API Next {
 public:
  class Decision;
  /// Made by the namespace.
  explicit Next(std::shared_ptr<Decision> decision) noexcept : decision_(std::move(decision)) {}
  /// Goes on: with the next middleware, or with the connection.
  void operator()() const;
  /// The client gets `connect_error` with this message, and `data`, which is raw JSON, if there is some.
  void refuse(std::string_view message, std::string_view data = {}) const;

 private:
  std::shared_ptr<Decision> decision_;
};

/// Decides on a client by `next`, at once or later.
using Middleware = std::function<void(const std::shared_ptr<Socket>& socket, const Next& next)>;
/// A client is connected.
using ConnectionHandler = std::function<void(const std::shared_ptr<Socket>& socket)>;
/// A client has sent an event.
using NamespaceEventHandler = std::function<void(const std::shared_ptr<Socket>& socket,
                                                 const Arguments& arguments, const Acknowledge& acknowledge)>;

/// One namespace: it serves a vocabulary, or the host handles its events.
///
/// Every client is a peer of the router here. In the namespace `/` a room has the same name in the router; so
/// peers of other languages can be in it. In another namespace, the router's name of a room is the namespace,
/// a comma, and the name: `/game,lobby`. The name with nothing behind the comma, `/,` too, is the room that
/// holds all sockets of a namespace. In `/`, sockets cannot join rooms whose names look like this. A Policy
/// is asked about all of them.
///
/// Ownership: by the server.
/// Threads: `serve`, `use`, `on` and `on_connection` before the first client comes; the rest on any thread,
/// at any time.
/// Handlers run on the executor of the socket they are about; for different sockets at once, if the server
/// has several threads.
class SIGNALING_API Namespace {
 public:
  virtual ~Namespace() = default;
  /// The namespace's name: "/" or "/game".
  virtual const std::string& name() const noexcept = 0;

  /// Clients speak this, and none of the handlers is called.
  virtual Namespace& serve(std::shared_ptr<const Vocabulary> vocabulary) = 0;
  /// Called for each client, in this order, after the policy has admitted it. The socket may join rooms
  /// already.
  virtual Namespace& use(Middleware middleware) = 0;
  /// Called behind the answer to the CONNECT, and before the client's first event.
  virtual Namespace& on_connection(ConnectionHandler handler) = 0;
  /// For the events of all sockets: what Socket::on would need memory for in each of them. Called before the
  /// socket's own.
  virtual Namespace& on(std::string_view event, NamespaceEventHandler handler) = 0;

  /// To all sockets of the namespace.
  virtual EmitResult emit(std::string_view event, const Arguments& arguments = {}) = 0;
  /// To those in a room.
  virtual Broadcast to(std::string_view room) = 0;
  /// To all but those in a room.
  virtual Broadcast except(std::string_view room) = 0;

  /// Ids of the sockets in a room, on all nodes, and of other peers that are in it, as far as this node knows:
  /// of rooms that no socket of this node is in, it knows nothing. The id of a socket of this node is in the
  /// room of that name.
  virtual std::vector<PeerId> sockets_of(std::string_view room) const = 0;
  /// The same for all sockets of the namespace.
  virtual std::vector<PeerId> sockets() const = 0;
  /// The same, asked of the store, which knows all rooms. An empty name: all sockets of the namespace. Completes as
  /// the store does: at once, or later, on any thread.
  virtual void fetch_sockets(std::string_view room,
                             Callback<void(std::error_code error, std::vector<PeerId> ids)> done) const = 0;
  /// A socket that is connected to this node. Null: there is none of this id.
  virtual std::shared_ptr<Socket> find(std::string_view id) const = 0;
};

}  // namespace signaling::socketio
