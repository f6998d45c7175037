#pragma once

#include <any>
#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "signaling/core/callback.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/socketio/argument.hpp"
#include "signaling/socketio/broadcast.hpp"

namespace signaling::socketio {

class Namespace;

/// What a client said when it connected.
struct SIGNALING_API Handshake {
  /// The HTTP request that opened the connection; all sockets of a connection share it.
  std::shared_ptr<const ConnectInfo> request;
  /// The client's `auth` for this namespace, a JSON object; `{}` if it gave none.
  Argument auth;

  /// `name` in lower case. Empty: there is none.
  std::string_view header(std::string_view name) const noexcept;
  /// A parameter of the query, percent-decoded.
  std::optional<std::string> query(std::string_view name) const;
};

/// The client's wish to hear what became of its event. Copies share it; the first answer counts.
///
/// Threads: any. Empty if the client has no such wish: then answering does nothing.
class SIGNALING_API Acknowledge {
 public:
  Acknowledge() = default;
  /// Made by the namespace.
  Acknowledge(std::weak_ptr<SocketSession> socket, std::uint64_t id);
  /// False: the client does not want to hear.
  explicit operator bool() const noexcept { return state_ != nullptr; }
  /// `dropped` with `bad_request`: it was answered before, or nobody has asked.
  EmitResult operator()(const Arguments& arguments = {}) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Takes one event of a client.
using EventHandler = std::function<void(const Arguments& arguments, const Acknowledge& acknowledge)>;
/// Takes every event of a client, with its name.
using AnyEventHandler = std::function<void(std::string_view event, const Arguments& arguments)>;
/// Takes why the socket was disconnected.
using DisconnectHandler = std::function<void(CloseReason reason)>;
/// Takes the client's answer, or why there is none.
using AckHandler = Callback<void(std::error_code error, const Arguments& arguments)>;
/// Takes what became of a join.
using JoinHandler = Callback<void(std::error_code error)>;

/// A client in a namespace whose events the host handles. It is a peer of the router, and its rooms are rooms
/// of the router.
///
/// Ownership: by its connection while that lasts; who keeps it longer finds it disconnected. The server must
/// outlive it.
/// Threads: everything on `executor()`, where all handlers run, except `id`, `handshake`, `nsp`, `executor`,
/// `connected`, `emit`, `disconnect`, which any thread may call.
/// Re-entrancy: handlers may call everything. Nothing that is sent, and no handler of an event, happens
/// before a call returns; completion handlers of what fails at once may.
/// Errors: an exception from a handler puts the socket out of the namespace with `CloseReason::internal`, and
/// goes no further. What a client sends too fast, or too much of, is bounded by the router's Limits; messages
/// over the rate are lost.
/// Cancellation: when the socket is disconnected, completion handlers that wait get `errc::closed`.
class SIGNALING_API Socket {
 public:
  virtual ~Socket() = default;

  /// The same as that of its peer.
  virtual const PeerId& id() const noexcept = 0;
  /// What the client said when it connected.
  virtual const Handshake& handshake() const noexcept = 0;
  /// The namespace it is in.
  virtual Namespace& nsp() noexcept = 0;
  /// Its peer: who the policy says it is, how much waits for it.
  virtual Peer& peer() noexcept = 0;
  /// Where its handlers run.
  virtual boost::asio::any_io_executor executor() const = 0;
  /// From the CONNECT to the disconnect. While middleware decides, it is not.
  virtual bool connected() const noexcept = 0;
  /// Anything that the host wants to find again.
  virtual std::any& data() noexcept = 0;

  /// Several handlers of one event are called in the order in which they were set.
  virtual void on(std::string_view event, EventHandler handler) = 0;
  /// Called before those of one event.
  virtual void on_any(AnyEventHandler handler) = 0;
  /// Takes away all handlers of an event that were set here.
  virtual void off(std::string_view event) = 0;
  /// The socket is about to leave its rooms: they can still be asked for, and emitted to.
  virtual void on_disconnecting(DisconnectHandler handler) = 0;
  /// It has left them. `normal`: the client has left the namespace; `kicked`: this side; else the connection
  /// is over.
  virtual void on_disconnect(DisconnectHandler handler) = 0;

  /// To this client.
  virtual EmitResult emit(std::string_view event, const Arguments& arguments = {}) = 0;
  /// The same, and `done` gets what the client answers. `timeout` 0: it may take as long as the connection
  /// lasts. Errors: `std::errc::timed_out`, `errc::overloaded` (too many wait), and those of `emit`.
  virtual void emit_with_ack(std::string_view event, const Arguments& arguments,
                             std::chrono::milliseconds timeout, AckHandler done) = 0;

  /// Errors: those of the router's joins; `errc::bad_id` too for a name that stands for a room of another
  /// namespace.
  virtual void join(std::string_view room, JoinHandler done = {}) = 0;
  /// Leaves a room; one that it is not in: nothing happens.
  virtual void leave(std::string_view room) = 0;
  /// Its id first, which is a room of its own.
  virtual std::vector<std::string> rooms() const = 0;

  /// To all others in a room.
  virtual Broadcast to(std::string_view room) = 0;
  /// To all others of the namespace that are not in a room.
  virtual Broadcast except(std::string_view room) = 0;
  /// To all others of the namespace.
  virtual Broadcast broadcast() = 0;

  /// What was emitted before is still sent.
  virtual void disconnect(Disconnect what = Disconnect::nsp) = 0;
};

}  // namespace signaling::socketio
