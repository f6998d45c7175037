// Path 6/8: an event of the host -> the rooms that get it. Next: core/router_core.cpp
#include "signaling/socketio/broadcast.hpp"

#include <algorithm>
#include <utility>

#include "socketio/outgoing_event.hpp"
#include "socketio/served_namespace.hpp"
#include "socketio/socket_session.hpp"

namespace signaling::socketio {
namespace {

EmitResult worse(EmitResult a, EmitResult b) noexcept { return b.status > a.status ? b : a; }

}  // namespace

Broadcast::Broadcast(ServedNamespace& nsp, std::shared_ptr<SocketSession> sender) noexcept
    : nsp_(&nsp), sender_(std::move(sender)) {}

Broadcast& Broadcast::to(std::string_view room) & {
  if (std::ranges::find(rooms_, room) == rooms_.end()) rooms_.emplace_back(room);
  return *this;
}
Broadcast&& Broadcast::to(std::string_view room) && { return std::move(to(room)); }

Broadcast& Broadcast::except(std::string_view room) & {
  except_.emplace_back(room);
  return *this;
}
Broadcast&& Broadcast::except(std::string_view room) && { return std::move(except(room)); }

Broadcast& Broadcast::volatile_delivery() & {
  delivery_ = Delivery::volatile_;
  return *this;
}
Broadcast&& Broadcast::volatile_delivery() && { return std::move(volatile_delivery()); }

EmitResult Broadcast::emit(std::string_view event, const Arguments& arguments) const {
  const OutgoingEvent outgoing(event, arguments);
  if (outgoing.error() != errc::ok) return {SendStatus::dropped, outgoing.error()};
  return send(outgoing);
}

EmitResult Broadcast::disconnect(Disconnect what) const { return send(OutgoingEvent(what)); }

EmitResult Broadcast::send(const OutgoingEvent& outgoing) const {
  Exceptions except{{except_.begin(), except_.end()}, {}};
  if (rooms_.empty()) return emit_to_room(nsp_->everybody(), std::move(except), outgoing);
  EmitResult result{SendStatus::sent, errc::ok};
  for (const std::string& room : rooms_) {
    result = worse(result, emit_to(room, except, outgoing));
    except.rooms.emplace_back(room);  // who was in this one has got it
  }
  return result;
}

// The id of a socket is a room that holds this socket, beside the room that has the same name.
EmitResult Broadcast::emit_to(std::string_view name, Exceptions except, const OutgoingEvent& outgoing) const {
  EmitResult result = emit_to_socket(name, except, outgoing);
  const RoomId room = nsp_->room_id(name);
  if (result.error == errc::peer_not_found) {
    result = {SendStatus::sent, errc::ok};  // a room need not have anybody in it
  } else {
    except.ids.push_back(name);
  }
  return room.empty() ? result : worse(result, emit_to_room(room, std::move(except), outgoing));
}

// A socket of this namespace is a member of the room that holds all of them; no other peer is one.
EmitResult Broadcast::emit_to_socket(std::string_view id, const Exceptions& except,
                                     const OutgoingEvent& outgoing) const {
  if (sender_ && id == sender_->id()) return {SendStatus::sent, errc::ok};
  std::string storage;
  Message message = make_message(outgoing, except, storage);
  message.room = nsp_->everybody();
  message.to = id;
  return send_by_host(message);
}

EmitResult Broadcast::emit_to_room(std::string_view id, Exceptions except,
                                   const OutgoingEvent& outgoing) const {
  std::string storage;
  if (sender_ && sender_->connected() && except.rooms.empty() && except.ids.empty()) {
    // In the sender's own name, and behind what it has asked for before.
    Message message = make_message(outgoing, except, storage);
    message.room = id;
    return sender_->peer().send(message);
  }
  if (sender_) except.ids.emplace_back(sender_->id());
  Message message = make_message(outgoing, except, storage);
  message.room = id;
  return send_by_host(message);
}

// In the name of the sender, if there is one.
EmitResult Broadcast::send_by_host(const Message& message) const {
  return nsp_->router().send(message, sender_ ? std::string_view(sender_->id()) : std::string_view());
}

Message Broadcast::make_message(const OutgoingEvent& outgoing, const Exceptions& except,
                                std::string& storage) const {
  Emission exceptions;
  exceptions.except_rooms = except.rooms;
  exceptions.except_ids = except.ids;
  const bool is_for_all = except.rooms.empty() && except.ids.empty();
  Message message = is_for_all ? outgoing.message() : outgoing.message(std::move(exceptions), storage);
  message.delivery = delivery_;
  return message;
}

}  // namespace signaling::socketio
