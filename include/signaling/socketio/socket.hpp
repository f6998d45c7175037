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

#include "signaling/core/async.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/socketio/argument.hpp"
#include "signaling/socketio/broadcast.hpp"
#include "signaling/text/export.hpp"

namespace signaling::socketio {

class Namespace;

/// The data with which a client connected.
struct SIGNALING_API Handshake {
  /// The HTTP request that opened the connection; all sockets of a connection share it.
  std::shared_ptr<const ConnectInfo> request;
  /// The client's `auth` for this namespace, a JSON object; `{}` if it gave none.
  Argument auth;

  /// The header field `name` (lower case). Empty: there is none.
  std::string_view header(std::string_view name) const noexcept;
  /// A parameter of the query, percent-decoded.
  std::optional<std::string> query(std::string_view name) const;
};

/// Answers a client's request for an acknowledgement of its event. Copies share it; the first answer counts.
///
/// Threads: any. Empty if the client requested none: then answering does nothing.
class SIGNALING_API Acknowledge {
 public:
  Acknowledge() = default;
  /// Only the namespace constructs it.
  Acknowledge(std::weak_ptr<SocketSession> socket, std::uint64_t id);
  /// False: the client requested no acknowledgement.
  explicit operator bool() const noexcept { return state_ != nullptr; }
  /// `dropped` with `bad_request`: it was already answered, or the client requested none.
  EmitResult operator()(const Arguments& arguments = {}) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Handles one event of a client.
using EventHandler = std::function<void(const Arguments& arguments, const Acknowledge& acknowledge)>;
/// Handles every event of a client, with its name.
using AnyEventHandler = std::function<void(std::string_view event, const Arguments& arguments)>;
/// Gets the reason of a disconnect.
using DisconnectHandler = std::function<void(CloseReason reason)>;

/// A client in a namespace whose events the host handles. It is a peer of the router, and its rooms are rooms of the
/// router.
///
/// Ownership: its connection owns it; a socket that is kept longer is disconnected. The server must outlive it.
/// Threads: everything on `executor()`, where all handlers run, except `id`, `handshake`, `nsp`, `executor`,
/// `connected`, `emit`, `disconnect`, which any thread may call.
/// Re-entrancy: handlers may call everything. No output is written, and no event handler runs, before a call returns;
/// completion handlers of calls that fail at once may run.
/// Errors: an exception of a handler removes the socket from the namespace with `CloseReason::internal`, and goes no
/// further. The router's Limits bound what a client sends; messages over the rate wait, and the client is not read
/// meanwhile.
/// Completion: `emit_with_ack` and `join` take a completion token of Boost.Asio. A handler without an associated executor,
/// such as a lambda, runs on `executor()`.
/// Cancellation: when the socket is disconnected, pending completion handlers get `errc::closed`.
class SIGNALING_API Socket {
 public:
  virtual ~Socket() = default;

  /// The same as that of its peer.
  virtual const PeerId& id() const noexcept = 0;
  /// The data with which the client connected.
  virtual const Handshake& handshake() const noexcept = 0;
  /// The namespace it is in.
  virtual Namespace& nsp() noexcept = 0;
  /// Its peer, for example for its identity and its queued bytes.
  virtual Peer& peer() noexcept = 0;
  /// The executor of its handlers.
  virtual boost::asio::any_io_executor executor() const = 0;
  /// True from the CONNECT to the disconnect, except while middleware decides.
  virtual bool connected() const noexcept = 0;
  /// Any data of the host.
  virtual std::any& data() noexcept = 0;

  /// Handlers of one event are called in the order in which they were added.
  virtual void on(std::string_view event, EventHandler handler) = 0;
  /// Called before the handlers of a single event.
  virtual void on_any(AnyEventHandler handler) = 0;
  /// Removes all handlers of an event that were added here.
  virtual void off(std::string_view event) = 0;
  /// The socket is about to leave its rooms: `rooms` and emits to them still work.
  virtual void on_disconnecting(DisconnectHandler handler) = 0;
  /// The socket has left its rooms. `normal`: the client has left the namespace; `kicked`: this side has disconnected
  /// it; otherwise the connection has ended.
  virtual void on_disconnect(DisconnectHandler handler) = 0;

  /// Sends to this client.
  virtual EmitResult emit(std::string_view event, const Arguments& arguments = {}) = 0;
  /// The same, and completes with the client's answer. `timeout` 0: no limit while the connection lasts. Errors:
  /// `std::errc::timed_out`, `errc::overloaded` (too many pending), and those of `emit`.
  template <boost::asio::completion_token_for<void(boost::system::error_code, Arguments)> Token>
  auto emit_with_ack(std::string_view event, const Arguments& arguments, std::chrono::milliseconds timeout,
                     Token&& token) {
    return start_async<Token, void(boost::system::error_code, Arguments)>(
        [this](auto done, const std::string& name, const Arguments& values, std::chrono::milliseconds time) {
          start_emit(name, values, time, std::move(done));
        },
        token, std::string(event), arguments, timeout);
  }

  /// Errors: those of the router's joins; also `errc::bad_id` for a name that stands for a room of another namespace.
  template <
      boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::detached_t>
  auto join(std::string_view room, Token&& token = Token()) {
    return start_async<Token, void(boost::system::error_code)>(
        [this](auto done, const std::string& name) { start_join(name, std::move(done)); }, token,
        std::string(room));
  }
  /// Leaves a room; does nothing if the socket is not in it.
  virtual void leave(std::string_view room) = 0;
  /// Its rooms; the first is its id, which is a room of its own.
  virtual std::vector<std::string> rooms() const = 0;

  /// Sends to all other members of a room.
  virtual Broadcast to(std::string_view room) = 0;
  /// Sends to all other sockets of the namespace that are not in a room.
  virtual Broadcast except(std::string_view room) = 0;
  /// Sends to all other sockets of the namespace.
  virtual Broadcast broadcast() = 0;

  /// Events that were emitted before are still sent.
  virtual void disconnect(Disconnect what = Disconnect::nsp) = 0;

 private:
  virtual void start_emit(std::string_view event, const Arguments& arguments,
                          std::chrono::milliseconds timeout,
                          Callback<void(std::error_code error, const Arguments& arguments)> done) = 0;
  virtual void start_join(std::string_view room, Callback<void(std::error_code error)> done) = 0;
};

}  // namespace signaling::socketio
