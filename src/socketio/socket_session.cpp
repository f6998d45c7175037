// Path 3/8: what a client sends -> the host's handlers. Next: the host, and what it emits:
// socketio/broadcast.cpp
#include "socketio/socket_session.hpp"

#include <algorithm>
#include <utility>

#include "socketio/emission.hpp"
#include "socketio/outgoing_event.hpp"
#include "socketio/server_context.hpp"

namespace signaling::socketio {

struct Acknowledge::State {
  State(std::weak_ptr<SocketSession> its_socket, std::uint64_t its_id)
      : socket(std::move(its_socket)), id(its_id) {}

  std::weak_ptr<SocketSession> socket;
  std::uint64_t id;
  std::atomic<bool> given{false};
};

Acknowledge::Acknowledge(std::weak_ptr<SocketSession> socket, std::uint64_t id)
    : state_(std::make_shared<State>(std::move(socket), id)) {}

EmitResult Acknowledge::operator()(const Arguments& arguments) const {
  if (!state_ || state_->given.exchange(true)) return {SendStatus::dropped, errc::bad_request};
  const auto socket = state_->socket.lock();
  if (!socket) return {SendStatus::dropped, errc::closed};
  return socket->acknowledge(state_->id, arguments);
}

SocketSession::SocketSession(ServedNamespace& nsp, Handshake handshake, boost::asio::any_io_executor executor)
    : nsp_(nsp), handshake_(std::move(handshake)), executor_(std::move(executor)) {}

Namespace& SocketSession::nsp() noexcept { return nsp_; }

template <class Call>
bool SocketSession::guarded(Call call) {
  try {
    call();
    return true;
  } catch (...) {
    nsp_.log_exception(id(), std::current_exception());
  }
  if (!disconnecting_.exchange(true)) peer_->close(CloseReason::internal);
  return false;
}

void SocketSession::open() {
  connected_ = true;
  command::Join everybody;
  everybody.room = nsp_.everybody();
  everybody.capacity = command::Join::Capacity::unlimited;
  everybody.answer = command::Join::Answer::none;
  peer_->join(everybody);
  const auto self = shared_from_this();
  nsp_.add(self);
  for (const ConnectionHandler& handler : nsp_.connection_handlers()) {
    if (!guarded([&] { handler(self); })) return;
  }
}

void SocketSession::receive(Link& link, const PacketValues& values, std::optional<std::uint64_t> ack,
                            std::span<const Frame> attachments) {
  receive(link, {false, ack, values, attachments});
}

void SocketSession::receive_ack(Link& link, std::uint64_t id, const PacketValues& values,
                                std::span<const Frame> attachments) {
  receive(link, {true, id, values, attachments});
}

// Through the router: it counts, bounds the rate, and lets the message wait if need be. If not, `handle` is
// called at once, and finds the values as they were decoded.
void SocketSession::receive(Link& link, const Incoming& incoming) {
  incoming_ = &incoming;
  if (!incoming.id && incoming.attachments.empty()) {
    link.receive({MessageKind::text, incoming.values.array});
  } else {
    Emission emission;
    if (incoming.is_ack) emission.kind = Emission::Kind::ack;
    emission.id = incoming.id;
    emission.arguments = incoming.values.array;
    emission.attachments = views_of(incoming.attachments);
    const std::string packed = pack(emission);
    link.receive({MessageKind::binary, packed});
  }
  incoming_ = nullptr;
}

void SocketSession::handle(const MessageView& message) {
  if (const Incoming* const incoming = std::exchange(incoming_, nullptr)) return dispatch(*incoming);
  handle_deferred(message);
}

void SocketSession::handle_deferred(const MessageView& message) {
  Emission emission;
  emission.arguments = message.bytes;
  if (message.kind == MessageKind::binary && !unpack(message.bytes, emission)) return;
  std::vector<Frame> attachments;
  for (const std::string_view bytes : emission.attachments) {
    attachments.push_back(Frame::binary(std::as_bytes(std::span(bytes))));
  }
  // What was decoded once as part of a larger packet.
  PacketDecoder decoder(nsp_.context().options().connection.packets);
  Packet packet;
  const bool is_ack = emission.kind == Emission::Kind::ack;
  const std::string text = (is_ack ? "30" : "2") + std::string(emission.arguments);
  if (decoder.decode(text, packet) != PacketError::none) return;
  dispatch({is_ack, emission.id, packet.values, attachments});
}

void SocketSession::dispatch(const Incoming& incoming) {
  if (disconnecting_) return;
  const Arguments arguments(incoming.values, incoming.attachments);
  if (incoming.is_ack) return complete_ack(*incoming.id, arguments);
  const Acknowledge acknowledge = incoming.id ? Acknowledge(weak_from_this(), *incoming.id) : Acknowledge();
  // Views of the message may not outlive what handlers do.
  const std::string event(incoming.values.name);
  (void)guarded([&] { dispatch_event(event, arguments, acknowledge); });
}

void SocketSession::dispatch_event(std::string_view event, const Arguments& arguments,
                                   const Acknowledge& acknowledge) {
  const auto any_handlers = any_handlers_;
  for (const auto& handler : any_handlers) (*handler)(event, arguments);
  for (const auto& [name, handler] : nsp_.event_handlers()) {
    if (name == event) handler(shared_from_this(), arguments, acknowledge);
  }
  std::vector<std::shared_ptr<const EventHandler>> handlers;
  for (const auto& [name, handler] : event_handlers_) {
    if (name == event) handlers.push_back(handler);
  }
  for (const auto& handler : handlers) (*handler)(arguments, acknowledge);
}

// An answer to nothing that was asked, or one that comes too late, means nothing.
void SocketSession::complete_ack(std::uint64_t id, const Arguments& arguments) {
  auto found = acks_.extract(id);
  if (!found) return;
  (void)guarded([&] { found.mapped().done({}, arguments); });
}

void SocketSession::handle(const Note& note) {
  switch (note.kind) {
    case Note::Kind::joined: return complete_join(note.number, {});
    case Note::Kind::refused: return complete_join(note.number, static_cast<errc>(note.error));
    case Note::Kind::put_out:
      if (!note.rooms.empty()) on_put_out(nsp_.room_name(note.rooms[0]));
      return;
    case Note::Kind::disconnect:
      return disconnect(note.number == 0 ? Disconnect::nsp : Disconnect::connection);
    case Note::Kind::except: return;
  }
}

void SocketSession::complete_join(std::uint64_t tag, std::error_code error) {
  auto found = joins_.extract(tag);
  if (!found) return;
  const auto entry = std::ranges::find(rooms_, tag, &JoinedRoom::tag);  // none: it was left meanwhile
  if (entry != rooms_.end()) {
    entry->joined = true;
    if (error) rooms_.erase(entry);
  }
  for (JoinHandler& done : found.mapped()) (void)guarded([&] { done(error); });
}

// A room that it is joining again was left before: the note is about that.
void SocketSession::on_put_out(std::string_view room) {
  std::erase_if(rooms_, [room](const JoinedRoom& entry) { return entry.joined && entry.name == room; });
}

void SocketSession::on_time(TimePoint now) {
  if (now < next_deadline_) return;
  std::vector<AckHandler> expired;
  next_deadline_ = TimePoint::max();
  for (auto entry = acks_.begin(); entry != acks_.end();) {
    if (entry->second.deadline <= now) {
      expired.push_back(std::move(entry->second.done));
      entry = acks_.erase(entry);
    } else {
      next_deadline_ = std::min(next_deadline_, entry->second.deadline);
      ++entry;
    }
  }
  for (AckHandler& done : expired) {
    (void)guarded([&] { done(std::make_error_code(std::errc::timed_out), {}); });
  }
}

void SocketSession::leaving(CloseReason reason) {
  disconnecting_ = true;
  tell(disconnecting_handlers_, reason);
}

void SocketSession::left(CloseReason reason, bool was_connected) {
  disconnecting_ = true;
  if (was_connected) nsp_.remove(*this);
  rooms_.clear();
  next_deadline_ = TimePoint::max();
  fail_acks();
  fail_joins();
  if (was_connected) tell(disconnect_handlers_, reason);
  // Handlers often own what they belong to.
  event_handlers_.clear();
  any_handlers_.clear();
  disconnecting_handlers_.clear();
  disconnect_handlers_.clear();
}

void SocketSession::tell(const std::vector<DisconnectHandler>& handlers, CloseReason reason) {
  const auto called = handlers;  // NOLINT(performance-unnecessary-copy-initialization): they may set others
  for (const DisconnectHandler& handler : called) (void)guarded([&] { handler(reason); });
}

void SocketSession::lost() {
  next_deadline_ = TimePoint::max();
  fail_acks();
}

void SocketSession::fail_acks() {
  auto acks = std::exchange(acks_, {});
  for (auto& [id, ack] : acks) (void)guarded([&done = ack.done] { done(errc::closed, {}); });
}

void SocketSession::fail_joins() {
  auto joins = std::exchange(joins_, {});
  for (auto& [tag, handlers] : joins) {
    for (JoinHandler& done : handlers) (void)guarded([&done] { done(errc::closed); });
  }
}

}  // namespace signaling::socketio
