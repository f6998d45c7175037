#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/async.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/socketio/argument.hpp"
#include "signaling/socketio/broadcast.hpp"
#include "signaling/socketio/socket.hpp"
#include "signaling/text/export.hpp"

namespace signaling::socketio {

class Vocabulary;

/// Passes on the decision of a middleware. Copies share it; the first decision counts. If the last copy is destroyed
/// without a decision, the client is refused.
///
/// Threads: any.
class SIGNALING_API Next {
 public:
  class Decision;
  /// Only the namespace constructs it.
  explicit Next(std::shared_ptr<Decision> decision) noexcept : decision_(std::move(decision)) {}
  /// Continues with the next middleware, or with the connection.
  void operator()() const;
  /// The client gets `connect_error` with this message, and `data`, raw JSON, if not empty. Throws
  /// std::invalid_argument if `data` is not JSON.
  void refuse(std::string_view message, std::string_view data = {}) const;

 private:
  std::shared_ptr<Decision> decision_;
};

/// Decides on a client with `next`, at once or later.
using Middleware = std::function<void(const std::shared_ptr<Socket>& socket, const Next& next)>;
/// A client has connected.
using ConnectionHandler = std::function<void(const std::shared_ptr<Socket>& socket)>;
/// A client has sent an event.
using NamespaceEventHandler = std::function<void(const std::shared_ptr<Socket>& socket,
                                                 const Arguments& arguments, const Acknowledge& acknowledge)>;

/// A namespace that serves a vocabulary, or whose events the host handles.
///
/// Every client of a namespace is a peer of the router. In the namespace `/`, a room has the same name in the router,
/// so peers of other protocols can be in it. In another namespace, the router's name of a room is the namespace, a
/// comma, and the name: `/game,lobby`. The name with nothing after the comma, also `/,`, is the room of all sockets of
/// a namespace. In `/`, sockets cannot join rooms with such names. A Policy decides on all of these rooms.
///
/// Ownership: the server owns it.
/// Threads: `serve`, `use`, `on` and `on_connection` before the first client connects; the rest on any thread, at any
/// time. Handlers run on the executor of their socket; concurrently for different sockets, if the server has several
/// threads.
class SIGNALING_API Namespace {
 public:
  virtual ~Namespace() = default;
  /// The namespace's name: "/" or "/game".
  virtual const std::string& name() const noexcept = 0;

  /// Clients use this vocabulary, and no handler is called.
  virtual Namespace& serve(std::shared_ptr<const Vocabulary> vocabulary) = 0;
  /// Called for each client, in this order, after the policy has admitted it. The socket may already join rooms.
  virtual Namespace& use(Middleware middleware) = 0;
  /// Called after the answer to the CONNECT, and before the client's first event.
  virtual Namespace& on_connection(ConnectionHandler handler) = 0;
  /// Handles the events of all sockets, without the memory that Socket::on would need in each of them. Called before
  /// the socket's own handlers.
  virtual Namespace& on(std::string_view event, NamespaceEventHandler handler) = 0;

  /// Sends to all sockets of the namespace.
  virtual EmitResult emit(std::string_view event, const Arguments& arguments = {}) = 0;
  /// Sends to the members of a room.
  virtual Broadcast to(std::string_view room) = 0;
  /// Sends to all sockets except the members of a room.
  virtual Broadcast except(std::string_view room) = 0;

  /// Ids of the sockets in a room, on all nodes, and of its other members, as far as this node knows: it knows nothing
  /// of rooms without a socket of this node. The id of a socket of this node is in the room with that name.
  virtual std::vector<PeerId> sockets_of(std::string_view room) const = 0;
  /// The same for all sockets of the namespace.
  virtual std::vector<PeerId> sockets() const = 0;
  /// The same from the store, which knows all rooms. An empty name: all sockets of the namespace. Takes a completion
  /// token and completes, as Router::async_members does.
  template <boost::asio::completion_token_for<void(boost::system::error_code, std::vector<PeerId>)> Token>
  auto fetch_sockets(std::string_view room, Token&& token) const {
    return start_async<Token, void(boost::system::error_code, std::vector<PeerId>)>(
        [this](auto done, const std::string& name) { start_fetch_sockets(name, std::move(done)); }, token,
        std::string(room));
  }
  /// A connected socket of this node. Null: no socket has this id.
  virtual std::shared_ptr<Socket> find(std::string_view id) const = 0;

 private:
  virtual void start_fetch_sockets(
      std::string_view room, Callback<void(std::error_code error, std::vector<PeerId> ids)> done) const = 0;
};

}  // namespace signaling::socketio
