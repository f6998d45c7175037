#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/peer.hpp"
#include "signaling/socketio/argument.hpp"
#include "signaling/text/export.hpp"

namespace signaling::socketio {

class SIGNALING_API ServedNamespace;
class SIGNALING_API SocketSession;

/// What to disconnect: this namespace, or all of the client's namespaces and the connection.
enum class Disconnect : std::uint8_t { nsp, connection };

/// The result of an emit. Unlike a SendResult it may be ignored, as ported code does: an emit without a mistake of the
/// host fails only because a client has disconnected, or is closed for being slow.
struct SIGNALING_API EmitResult {
  /// The status and the error.
  EmitResult(SendStatus what, errc why) noexcept : status(what), error(why) {}
  /// Converts the result of a send.
  EmitResult(SendResult result) noexcept  // NOLINT(google-explicit-constructor): it is one
      : status(result.status), error(result.error) {}

  SendStatus status;  ///< sent, queued or dropped
  /// Set when `status` is `dropped`.
  errc error;
};

/// Selects the receivers of an event, and sends it: `nsp.to("a").to("b").except("c").emit("hello")`.
///
/// Without a room, all sockets of the namespace on all nodes receive the event, otherwise the sockets in one of the
/// rooms, each once; never the socket that made this object. The id of a socket of this namespace is a room with this
/// socket; peers that have joined a room of that name receive the event too. Ids of other peers have no meaning here.
/// Peers of other protocols that are members of a room receive the event too, with its argument, or the array of its
/// arguments, as data; exceptions do not apply to them, and they receive it once for each of their rooms.
///
/// Ownership: the server must outlive it.
/// Threads: an object that a socket made belongs to the socket's executor; any thread may use others.
/// Complexity: encoded once per room, and shared by all receivers.
class SIGNALING_API Broadcast {
 public:
  /// Only namespaces and sockets construct it.
  Broadcast(ServedNamespace& nsp, std::shared_ptr<SocketSession> sender) noexcept;

  /// Adds a room: its members receive the event.
  Broadcast& to(std::string_view room) &;
  /// The same for a temporary.
  Broadcast&& to(std::string_view room) &&;
  /// Excludes a room: its members do not receive the event, whatever other rooms they are in.
  Broadcast& except(std::string_view room) &;
  /// The same for a temporary.
  Broadcast&& except(std::string_view room) &&;
  /// Clients that are behind do not receive the event.
  Broadcast& volatile_delivery() &;
  /// The same for a temporary.
  Broadcast&& volatile_delivery() &&;

  /// `dropped`: not all receivers got it. `bad_json`, `bad_request`: the arguments or the name are invalid.
  EmitResult emit(std::string_view event, const Arguments& arguments = {}) const;
  /// Disconnects the sockets that would receive an event, on all nodes. Peers of other protocols stay.
  EmitResult disconnect(Disconnect what = Disconnect::nsp) const;

 private:
  EmitResult send(const class OutgoingEvent& outgoing) const;
  /// The excluded receivers, besides the sender.
  struct Exceptions {
    std::vector<std::string_view> rooms;
    std::vector<std::string_view> ids;
  };
  EmitResult emit_to(std::string_view name, Exceptions except, const OutgoingEvent& outgoing) const;
  EmitResult emit_to_socket(std::string_view id, const Exceptions& except,
                            const OutgoingEvent& outgoing) const;
  EmitResult emit_to_room(std::string_view id, Exceptions except, const OutgoingEvent& outgoing) const;
  EmitResult send_by_host(const Message& message) const;
  Message make_message(const OutgoingEvent& outgoing, const Exceptions& except, std::string& storage) const;

  ServedNamespace* nsp_;
  std::shared_ptr<SocketSession> sender_;
  std::vector<std::string> rooms_;
  std::vector<std::string> except_;
  Delivery delivery_ = Delivery::reliable;
};

}  // namespace signaling::socketio
