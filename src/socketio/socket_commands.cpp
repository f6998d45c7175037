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

SendResult SocketSession::send(Message message) {
  message.to = id();
  return nsp_.router().send(message);
}

EmitResult SocketSession::emit(std::string_view event, const Arguments& arguments) {
  const OutgoingEvent outgoing(event, arguments);
  if (outgoing.error() != errc::ok) return {SendStatus::dropped, outgoing.error()};
  return send(outgoing.message());
}

void SocketSession::start_emit(std::string_view event, const Arguments& arguments,
                               std::chrono::milliseconds timeout, AckHandler done) {
  if (peer_->is_away()) return done(errc::closed, {});
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
  const SendResult result = send(outgoing.message(std::move(emission), storage));
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
  return send(outgoing.message(std::move(emission), storage));
}

void SocketSession::start_join(std::string_view room, JoinHandler done) {
  const RoomId room_id = nsp_.room_id(room);
  if (room_id.empty() || disconnecting_) return done(room_id.empty() ? errc::bad_id : errc::closed);
  JoinedRoom* entry = find_room(room);
  if (entry != nullptr && !entry->joined) {
    joins_[entry->tag].push_back(std::move(done));
    return;
  }
  // It may have been put out of the room, and the note of that be still on its way.
  if (room == id() || (entry != nullptr && is_member(room_id))) return done({});
  if (entry == nullptr) entry = &rooms_.emplace_back(JoinedRoom{std::string(room), 0, false});
  entry->tag = next_tag_++;
  entry->joined = false;
  joins_[entry->tag].push_back(std::move(done));
  peer_->join(room_id, {}, std::to_string(entry->tag));
}

void SocketSession::leave(std::string_view room) {
  if (std::erase_if(rooms_, [room](const JoinedRoom& entry) { return entry.name == room; }) == 0) return;
  peer_->leave(nsp_.room_id(room));
}

SocketSession::JoinedRoom* SocketSession::find_room(std::string_view room) noexcept {
  const auto found = std::ranges::find(rooms_, room, &JoinedRoom::name);
  return found == rooms_.end() ? nullptr : &*found;
}

bool SocketSession::is_member(std::string_view room_id) const {
  const std::vector<RoomId> rooms = peer_->rooms();
  return std::ranges::find(rooms, room_id) != rooms.end();
}

std::vector<std::string> SocketSession::rooms() const {
  std::vector<std::string> names{id()};
  for (const JoinedRoom& room : rooms_) names.push_back(room.name);
  return names;
}

// The id is a room too.
bool SocketSession::is_excepted(const Note& note) const noexcept {
  const auto is_room = [this](std::string_view name) {
    return name == id() || std::ranges::find(rooms_, name, &JoinedRoom::name) != rooms_.end();
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
