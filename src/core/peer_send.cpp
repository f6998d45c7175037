// Path 4/8: a message is checked and given to the room that both are in. Next: core/room_view.cpp
#include <utility>

#include "core/json_checks.hpp"
#include "core/peer_session.hpp"
#include "core/sender_rooms.hpp"

namespace signaling {
SendResult PeerSession::send(const Message& message) {
  if (state_ == State::gone) return {SendStatus::dropped, errc::closed};
  if (!has_valid_payload(message)) {
    services_->counters().error(errc::bad_json);
    return {SendStatus::dropped, errc::bad_json};
  }
  if (!input_.must_wait()) {
    const SendResult result = route(message);
    if (result.status == SendStatus::dropped) services_->counters().error(result.error);
    return result;
  }
  defer_send(message, {});
  return {SendStatus::queued, errc::ok};
}

void PeerSession::defer_send(const Message& message, std::string_view request) {
  const std::size_t bytes = message.payload.size() + message.to.size() + message.room.size();
  defer(bytes, [this, owned = OwnedMessage(message), request = std::string(request)] {
    send_now(owned.message(), request);
  });
}

void PeerSession::send_now(const Message& message, std::string_view request) {
  if (!accepts_commands(request)) return;
  if (input_.must_wait()) return defer_send(message, request);
  if (services_->has_policy() && !is_local()) {
    const Decision decision = ask_policy(message);
    if (!decision.allowed()) return tell_error(decision.code(), decision.reason(), request);
  }
  const SendResult result = route(message);
  if (result.status == SendStatus::crowded || result.error == errc::slow_consumer) mailbox_.hold_back();
  if (result.status == SendStatus::dropped) {
    tell_error(result.error, {}, request);
  } else if (!request.empty()) {
    tell(event::Sent{result.status, request});
  }
}

Decision PeerSession::ask_policy(const Message& message) {
  if (!may_reach_strangers(message)) return services_->policy().authorize_send(*this, message);
  Message asked = message;
  asked.reach = Reach::anybody;
  return services_->policy().authorize_send(*this, asked);
}

errc PeerSession::check_message(const Message& message) const noexcept {
  const Limits& limits = services_->limits();
  const std::size_t max_bytes = protocol_ ? protocol_->max_message_bytes(limits) : limits.max_message_bytes;
  if (max_bytes != 0 && message.payload.size() > max_bytes) return errc::message_too_large;
  if (message.type == MessageType::event && !services_->is_id(message.event)) return errc::bad_request;
  if (!message.to.empty()) return services_->is_id(message.to) ? errc::ok : errc::bad_id;
  return is_room_name(message.room) ? errc::ok : errc::bad_id;
}

SendResult PeerSession::route(const Message& message) {
  const errc error = check_message(message);
  if (error != errc::ok) return {SendStatus::dropped, error};
  Route route;
  route.from = mailbox_.id();
  route.from_epoch = epoch();
  route.reach = message.reach;
  if (!message.to.empty()) return route_to_peer(message, route);
  const Membership* joined = membership_of(message.room);
  if (joined == nullptr) {
    if (message.reach == Reach::anybody) return RoomView::send_from_outside(*services_, message, route);
    return {SendStatus::dropped, errc::not_joined};
  }
  route.from_metadata = joined->metadata.view();
  const Event event = event::Message{message, route.from, route.from_metadata};
  EncodedEvent encoded(event);
  return joined->room->broadcast(message, route, encoded, &mailbox_,
                                 message.audience == Audience::others ? &mailbox_ : nullptr);
}

// The addressee is looked for among the members of the sender's rooms: so it has seen the sender join, and
// nobody learns whether a peer of other rooms exists. Languages without rooms reach those who speak them, too.
SendResult PeerSession::route_to_peer(const Message& message, Route route) {
  const bool skips_self = message.reach == Reach::speakers && message.audience == Audience::others;
  if (skips_self && (message.to == mailbox_.id() || has_alias(message.to))) return {};
  std::span<const Membership> rooms = rooms_;
  if (!message.room.empty()) {
    const Membership* named = membership_of(message.room);
    if (named == nullptr) return {SendStatus::dropped, errc::not_joined};
    rooms = {named, 1};
  }
  if (!rooms.empty()) route.from_metadata = rooms.front().metadata.view();
  const Event event = event::Message{message, route.from, route.from_metadata};
  EncodedEvent encoded(event);
  for (const Membership& membership : rooms) {
    if (const auto result = membership.room->send_to(message, route, encoded, &mailbox_)) return *result;
  }
  if (may_reach_strangers(message)) route.reach = Reach::anybody;
  if (route.reach == Reach::members) return {SendStatus::dropped, errc::peer_not_found};
  if (const auto result =
          services_->send_to_peer(message, route.reach, encoded, mailbox_.if_full(message.delivery)))
    return *result;
  const std::string joined = sender_rooms();
  route.from_rooms = joined;
  return services_->publish(message, route);
}

// Whoever names a room means a member of it.
bool PeerSession::may_reach_strangers(const Message& message) const noexcept {
  return services_->options().strangers == Strangers::reachable && !message.to.empty() &&
         message.room.empty();
}

std::string PeerSession::sender_rooms() const {
  std::string bytes;
  for (const Membership& membership : rooms_) {
    const Version joined_at = membership.room->joined_at(id());
    if (joined_at != 0) append_sender_room(bytes, {membership.room->id(), joined_at});
  }
  return bytes;
}

void PeerSession::tell_error(errc code, std::string_view message, std::string_view request) {
  services_->counters().error(code);
  tell(event::Error{code, message.empty() ? describe(code) : message, request});
}

}  // namespace signaling
