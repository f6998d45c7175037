// Path 4/8: a message is checked and given to the room that both are in. Next: core/room_view.cpp
#include <utility>

#include "core/held_envelope.hpp"
#include "core/peer_session.hpp"
#include "core/router_core.hpp"
#include "core/sender_rooms.hpp"

namespace signaling {
SendResult PeerSession::send(const Envelope& envelope) {
  if (state_ == State::gone) return {SendStatus::dropped, errc::closed};
  if (!must_wait()) {
    const SendResult result = route(envelope);
    if (result.status == SendStatus::dropped) core_->counters().error(result.error);
    return result;
  }
  const std::size_t bytes = envelope.payload.size() + envelope.to.size() + envelope.room.size();
  defer(bytes, [this, held = HeldEnvelope(envelope)] { send_now(held.view(), {}); });
  return {SendStatus::queued, errc::ok};
}

void PeerSession::send_now(const Envelope& envelope, std::string_view request) {
  if (!accepts_commands(request)) return;
  if (must_wait()) {
    const std::size_t bytes = envelope.payload.size() + envelope.to.size() + envelope.room.size();
    defer(bytes, [this, held = HeldEnvelope(envelope), request = std::string(request)] {
      send_now(held.view(), request);
    });
    return;
  }
  if (core_->has_policy() && !is_local()) {
    Envelope asked = envelope;
    if (may_reach_strangers(envelope)) asked.reach = Reach::anybody;
    const Decision decision = core_->policy().authorize_send(*this, asked);
    if (!decision.allowed()) return tell_error(decision.code(), decision.reason(), request);
  }
  const SendResult result = route(envelope);
  if (result.status == SendStatus::crowded || result.error == errc::slow_consumer) mailbox_.hold_back();
  if (result.status == SendStatus::dropped) {
    tell_error(result.error, {}, request);
  } else if (!request.empty()) {
    tell(event::Sent{result.status, request});
  }
}

errc PeerSession::check_envelope(const Envelope& envelope) const noexcept {
  const std::size_t max_bytes = protocol_->max_message_bytes(core_->limits());
  if (max_bytes != 0 && envelope.payload.size() > max_bytes) return errc::message_too_large;
  if (envelope.type == EnvelopeType::event && !valid_id(envelope.event)) return errc::bad_request;
  if (!envelope.to.empty()) return valid_id(envelope.to) ? errc::ok : errc::bad_id;
  return valid_id(envelope.room) ? errc::ok : errc::bad_id;
}

SendResult PeerSession::route(const Envelope& envelope) {
  const errc error = check_envelope(envelope);
  if (error != errc::ok) return {SendStatus::dropped, error};
  Envelope signed_envelope = envelope;
  signed_envelope.from = mailbox_.id();
  signed_envelope.from_epoch = epoch();
  if (!envelope.to.empty()) return route_to_peer(signed_envelope);
  const Membership* joined = membership_of(envelope.room);
  if (joined == nullptr) {
    if (envelope.reach == Reach::anybody) return core_->send(signed_envelope);
    return {SendStatus::dropped, errc::not_joined};
  }
  signed_envelope.from_metadata = joined->metadata.view();
  const Event event = event::Message{signed_envelope};
  EncodedEvent encoded(event);
  encoded.add(mailbox_.encoder());
  return joined->room->broadcast(signed_envelope, encoded, &mailbox_,
                                 envelope.audience == Audience::others ? &mailbox_ : nullptr);
}

// The addressee is looked for among the members of the sender's rooms: so it has seen the sender join, and
// nobody learns whether a peer of other rooms exists. Languages without rooms reach those who speak them, too.
SendResult PeerSession::route_to_peer(Envelope envelope) {
  const bool skips_self = envelope.reach == Reach::speakers && envelope.audience == Audience::others;
  if (skips_self && (envelope.to == mailbox_.id() || has_alias(envelope.to))) return {};
  std::span<const Membership> rooms = rooms_;
  if (!envelope.room.empty()) {
    const Membership* named = membership_of(envelope.room);
    if (named == nullptr) return {SendStatus::dropped, errc::not_joined};
    rooms = {named, 1};
  }
  if (!rooms.empty()) envelope.from_metadata = rooms.front().metadata.view();
  const Event event = event::Message{envelope};
  EncodedEvent encoded(event);
  encoded.add(mailbox_.encoder());
  for (const Membership& membership : rooms) {
    if (const auto result = membership.room->send_to(envelope, encoded, &mailbox_)) return *result;
  }
  if (may_reach_strangers(envelope)) envelope.reach = Reach::anybody;
  if (envelope.reach != Reach::members) return core_->send_to_peer(envelope, encoded, this);
  return {SendStatus::dropped, errc::peer_not_found};
}

// Whoever names a room means a member of it.
bool PeerSession::may_reach_strangers(const Envelope& envelope) const noexcept {
  return core_->options().strangers == Strangers::reachable && !envelope.to.empty() && envelope.room.empty();
}

std::string PeerSession::sender_rooms() const {
  std::string bytes;
  for (const Membership& membership : rooms_) {
    const Version joined_at = membership.room->joined_at(id());
    if (joined_at != 0) append_sender_room(bytes, {membership.room->id(), joined_at});
  }
  return bytes;
}

bool PeerSession::is_within(const Envelope& envelope) const noexcept {
  return envelope.reach != Reach::speakers || protocol_->name() == envelope.language;
}

void PeerSession::tell_error(errc code, std::string_view message, std::string_view request) {
  core_->counters().error(code);
  tell(event::Error{code, message.empty() ? describe(code) : message, request});
}

}  // namespace signaling
