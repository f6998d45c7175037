// Path 6/8: what the host does with a socket. Next: core/router_core.cpp
#include <algorithm>
#include <utility>

#include "socketio/emission.hpp"
#include "socketio/outgoing_event.hpp"
#include "socketio/server_context.hpp"
#include "socketio/socket_session.hpp"

namespace signaling::socketio {

void SocketSession::on(std::string_view event, EventHandler handler) {
  event_handlers_.emplace_back(event, std::make_shared<const EventHandler>(std::move(handler)));
}

void SocketSession::on_any(AnyEventHandler handler) {
  any_handlers_.push_back(std::make_shared<const AnyEventHandler>(std::move(handler)));
}

void SocketSession::off(std::string_view event) {
  std::erase_if(event_handlers_, [event](const auto& entry) { return entry.first == event; });
}

void SocketSession::on_disconnecting(DisconnectHandler handler) {
  disconnecting_handlers_.push_back(std::move(handler));
}

void SocketSession::on_disconnect(DisconnectHandler handler) {
  disconnect_handlers_.push_back(std::move(handler));
}

SendResult SocketSession::send(Envelope envelope) {
  envelope.to = id();
  return nsp_.router().send(envelope);
}

EmitResult SocketSession::emit(std::string_view event, const Arguments& arguments) {
  const OutgoingEvent outgoing(event, arguments);
  if (outgoing.error() != errc::ok) return {SendStatus::dropped, outgoing.error()};
  return send(outgoing.envelope());
}

void SocketSession::emit_with_ack(std::string_view event, const Arguments& arguments,
                                  std::chrono::milliseconds timeout, AckHandler done) {
  const ServerOptions& options = nsp_.context().options();
  if (options.max_pending_acks != 0 && acks_.size() >= options.max_pending_acks) {
    ServerCounters::add(nsp_.context().counters().refused_acks);
    return done(errc::overloaded, {});
  }
  const OutgoingEvent outgoing(event, arguments);
  if (outgoing.error() != errc::ok) return done(outgoing.error(), {});
  const std::uint64_t ack = next_ack_++;
  // Before it is sent: whoever owns the session asks for the deadline then.
  const TimePoint deadline = timeout.count() == 0 ? TimePoint::max() : nsp_.context().now() + timeout;
  acks_.emplace(ack, PendingAck{deadline, std::move(done)});
  next_deadline_ = std::min(next_deadline_, deadline);
  Emission emission;
  emission.id = ack;
  std::string storage;
  const SendResult result = send(outgoing.envelope(std::move(emission), storage));
  if (result.status != SendStatus::dropped) return;
  auto failed = acks_.extract(ack);
  failed.mapped().done(result.error, {});
}

EmitResult SocketSession::acknowledge(std::uint64_t id, const Arguments& arguments) {
  const OutgoingEvent outgoing({}, arguments);
  if (outgoing.error() != errc::ok) return {SendStatus::dropped, outgoing.error()};
  Emission emission;
  emission.kind = Emission::Kind::ack;
  emission.id = id;
  std::string storage;
  return send(outgoing.envelope(std::move(emission), storage));
}

void SocketSession::join(std::string_view room, JoinHandler done) {
  const RoomId room_id = nsp_.room_id(room);
  if (room_id.empty() || disconnecting_) {
    if (done) done(room_id.empty() ? errc::bad_id : errc::closed);
    return;
  }
  if (room == id() || std::ranges::find(rooms_, room) != rooms_.end()) {
    if (done) done({});
    return;
  }
  rooms_.emplace_back(room);
  const std::uint64_t tag = next_tag_++;
  joins_.emplace(tag, PendingJoin{std::string(room), std::move(done)});
  peer_->join(room_id, {}, std::to_string(tag));
}

void SocketSession::leave(std::string_view room) {
  const auto found = std::ranges::find(rooms_, room);
  if (found == rooms_.end()) return;
  rooms_.erase(found);
  peer_->leave(nsp_.room_id(room));
}

void SocketSession::forget_room(std::string_view room) { std::erase(rooms_, room); }

std::vector<std::string> SocketSession::rooms() const {
  std::vector<std::string> names{id()};
  names.insert(names.end(), rooms_.begin(), rooms_.end());
  return names;
}

// The id is a room too.
bool SocketSession::is_excepted(const Note& note) const noexcept {
  const auto is_room = [this](std::string_view name) {
    return name == id() || std::ranges::find(rooms_, name) != rooms_.end();
  };
  return std::ranges::any_of(note.rooms, is_room) || std::ranges::find(note.ids, id()) != note.ids.end();
}

Broadcast SocketSession::to(std::string_view room) { return broadcast().to(room); }

Broadcast SocketSession::except(std::string_view room) { return broadcast().except(room); }

Broadcast SocketSession::broadcast() { return {nsp_, shared_from_this()}; }

void SocketSession::disconnect(Disconnect what) {
  if (what == Disconnect::connection) closes_connection_ = true;
  if (!disconnecting_.exchange(true)) peer_->close(CloseReason::kicked);
}

}  // namespace signaling::socketio
