#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/export.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/socketio/argument.hpp"

namespace signaling::socketio {

class SIGNALING_API ServedNamespace;
class SIGNALING_API SocketSession;

/// What a disconnect ends: this namespace, or all of the client's namespaces and the connection.
enum class Disconnect : std::uint8_t { nsp, connection };

/// What became of an emit. Other than a SendResult it may be passed over, as in the code that is ported: what
/// goes wrong without a mistake of the host goes wrong because a client is gone, or is closed for being slow.
struct SIGNALING_API EmitResult {
  /// What became of it, and why.
  EmitResult(SendStatus what, errc why) noexcept : status(what), error(why) {}
  /// What became of a send is what became of the emit.
  EmitResult(SendResult result) noexcept  // NOLINT(google-explicit-constructor): it is one
      : status(result.status), error(result.error) {}

  SendStatus status;  ///< sent, queued or dropped
  /// Set when `status` is `dropped`.
  errc error;
};

/// Says who gets an event, and sends it: `nsp.to("a").to("b").except("c").emit("hello")`.
///
/// Without a room it goes to all sockets of the namespace, else to those that are in one of the rooms, each
/// of them once; never to the socket it was made from, on all nodes. The id of a socket of this namespace is a
/// room that holds this socket; whoever has joined a room of that name gets the event too. Ids of other peers
/// mean nothing here. Peers of other languages that are members of a room get the event too, with its argument, or
/// the array of its arguments, as data; they do not know exceptions, and get it once for each room they are
/// in.
///
/// Ownership: the server must outlive it.
/// Threads: one that a socket made belongs to the socket's executor; others are any thread's.
/// Complexity: encoded once for each room, and shared by all who get it.
class SIGNALING_API Broadcast {
 public:
  /// Made by namespaces and sockets.
  Broadcast(ServedNamespace& nsp, std::shared_ptr<SocketSession> sender) noexcept;

  /// Adds a room: its members get the event.
  Broadcast& to(std::string_view room) &;
  /// The same, of a temporary.
  Broadcast&& to(std::string_view room) &&;
  /// Takes a room away: its members do not get the event, whatever other rooms they are in.
  Broadcast& except(std::string_view room) &;
  /// The same, of a temporary.
  Broadcast&& except(std::string_view room) &&;
  /// Those whose connection is behind miss it.
  Broadcast& volatile_delivery() &;
  /// The same, of a temporary.
  Broadcast&& volatile_delivery() &&;

  /// `dropped`: not all got it. `bad_json`, `bad_request`: the arguments or the name are not fit to be sent.
  EmitResult emit(std::string_view event, const Arguments& arguments = {}) const;
  /// Disconnects the sockets that an event would go to, on all nodes. Peers of other languages stay.
  EmitResult disconnect(Disconnect what = Disconnect::nsp) const;

 private:
  EmitResult send(const class OutgoingEvent& outgoing) const;
  /// Who does not get it, beside the sender.
  struct Exceptions {
    std::vector<std::string_view> rooms;
    std::vector<std::string_view> ids;
  };
  EmitResult emit_to(std::string_view name, Exceptions except, const OutgoingEvent& outgoing) const;
  EmitResult emit_to_socket(std::string_view id, const Exceptions& except,
                            const OutgoingEvent& outgoing) const;
  EmitResult emit_to_room(std::string_view id, Exceptions except, const OutgoingEvent& outgoing) const;
  Envelope make_envelope(const OutgoingEvent& outgoing, const Exceptions& except, std::string& storage) const;

  ServedNamespace* nsp_;
  std::shared_ptr<SocketSession> sender_;
  std::vector<std::string> rooms_;
  std::vector<std::string> except_;
  Delivery delivery_ = Delivery::reliable;
};

}  // namespace signaling::socketio
