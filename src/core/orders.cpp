// What one node tells another besides messages of peers: to put somebody out, and that something was not delivered.
#include "core/orders.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "core/peer_session.hpp"
#include "core/router_core.hpp"

namespace signaling {
namespace {

Envelope order(std::string_view what) {
  Envelope envelope;
  envelope.type = EnvelopeType::event;
  envelope.language = order_language;
  envelope.payload = what;
  return envelope;
}

// Of a newer node it may be one that has no name here.
errc reason_of(std::string_view name) noexcept {
  for (std::uint8_t code = 1; code <= static_cast<std::uint8_t>(errc::internal); ++code) {
    if (to_string(static_cast<errc>(code)) == name) return static_cast<errc>(code);
  }
  return errc::messages_lost;
}

}  // namespace

std::error_code RouterCore::kick(std::string_view peer, std::string_view room, std::string_view why) {
  if (const auto here = find_peer(peer)) return put_out(*here, room, why);
  Envelope envelope = order(kick_order);
  envelope.to = peer;
  envelope.original = room;
  envelope.from_metadata = cut_why(why);
  const std::error_code error = store().publish(options_.node, envelope, {});
  return error && error != errc::peer_not_found ? errc::store_unavailable : error;
}

std::error_code RouterCore::close_room(std::string_view room, std::string_view why) {
  put_all_out(room, why);
  Envelope envelope = order(close_order);
  envelope.room = room;
  envelope.from_metadata = cut_why(why);
  const std::error_code error = store().publish(options_.node, envelope, {});
  return error && error != errc::peer_not_found ? errc::store_unavailable : std::error_code();
}

std::error_code RouterCore::put_out(PeerSession& peer, std::string_view room, std::string_view why) {
  if (room.empty()) {
    peer.close(CloseReason::kicked, why);
    return {};
  }
  const auto view = find_room(room);
  const auto members = view ? view->members() : std::vector<Member>();
  if (std::ranges::find(members, peer.id(), &Member::id) == members.end()) return errc::not_joined;
  peer.kick(room, why);
  return {};
}

void RouterCore::put_all_out(std::string_view room, std::string_view why) {
  const auto view = find_room(room);
  if (!view) return;
  for (const Member& member : view->members()) {
    if (member.node != options_.node) continue;
    if (const auto peer = find_peer(member.id)) peer->kick(room, why);
  }
}

void RouterCore::undelivered(const Envelope& envelope, errc error) {
  const auto sender = find_peer(envelope.from);
  if (is_order(envelope) && envelope.payload == undelivered_order) {
    // Else the receiver has gone, or knows.
    if (reason_of(envelope.original) == errc::messages_lost) tell_receivers_here(envelope);
  } else if (error == errc::peer_not_found) {
    if (sender) sender->tell_error(error, {}, {});
  } else if (sender) {
    tell_of_loss(sender);
  } else if (!is_order(envelope) || is_notice_of_loss(envelope)) {
    tell_receivers_of_loss(envelope);
  }
}

void RouterCore::tell_sender(const Envelope& envelope, errc error) {
  // What the host has sent has nobody to tell, and what may be lost is not worth a message.
  if (envelope.from_epoch == 0 || envelope.delivery == Delivery::volatile_) return;
  Envelope notice = order(undelivered_order);
  notice.to = envelope.from;
  // A receiver that is closing will have left in a moment.
  notice.original = to_string(error == errc::closed ? errc::peer_not_found : error);
  if (envelope.to.empty()) {
    notice.event = envelope.room;
  } else {
    notice.from_metadata = envelope.to;
  }
  const std::error_code failure = store().publish(options_.node, notice, {});
  if (!failure) return;
  undelivered(notice, failure == errc::peer_not_found ? errc::peer_not_found : errc::store_unavailable);
}

void RouterCore::tell_receivers_here(const Envelope& undelivered) {
  if (const auto receiver = find_peer(undelivered.from_metadata)) tell_of_loss(receiver);
  const auto room = undelivered.event.empty() ? nullptr : find_room(undelivered.event);
  if (!room) return;
  for (const Member& member : room->members()) {
    const auto receiver = member.node == options_.node ? find_peer(member.id) : nullptr;
    if (receiver) tell_of_loss(receiver);
  }
}

// One error for all that is lost in one go: it names none of the messages.
void RouterCore::tell_of_loss(const std::shared_ptr<PeerSession>& peer) {
  {
    const std::scoped_lock lock(told_of_loss_mutex_);
    if (!told_of_loss_.insert(peer->id()).second) return;
  }
  const auto forget = [self = shared_from_this(), peer] {
    const std::scoped_lock lock(self->told_of_loss_mutex_);
    self->told_of_loss_.erase(peer->id());
  };
  try {
    boost::asio::post(peer->executor(), [forget, peer] {
      forget();
      peer->tell_error(errc::messages_lost, {}, {});
    });
  } catch (...) {
    forget();
    throw;
  }
}

// Its sender has gone, so that nobody else would hear of it. A receiver may have come to this node meanwhile.
void RouterCore::tell_receivers_of_loss(const Envelope& lost) {
  const auto receiver = lost.to.empty() ? nullptr : find_peer(lost.to);
  if (receiver) return tell_of_loss(receiver);
  Envelope envelope = order(lost_order);
  envelope.to = lost.to;
  if (lost.to.empty()) envelope.room = lost.room;
  (void)store().publish(options_.node, envelope, {});
}

bool RouterCore::obey(const Envelope& envelope) {
  if (!is_order(envelope)) return false;
  const auto peer = envelope.to.empty() ? nullptr : find_peer(envelope.to);
  if (envelope.payload == kick_order && peer) {
    (void)put_out(*peer, envelope.original, envelope.from_metadata);
  } else if (envelope.payload == close_order) {
    put_all_out(envelope.room, envelope.from_metadata);
  } else if (envelope.payload == undelivered_order && peer) {
    const errc error = reason_of(envelope.original);
    if (error == errc::messages_lost) {
      tell_of_loss(peer);
    } else {
      peer->tell_error(error, {}, {});
    }
  } else if (envelope.payload == lost_order && peer) {
    peer->tell_error(errc::messages_lost, {}, {});
  } else if (envelope.payload == lost_order && envelope.to.empty()) {
    if (const auto room = find_room(envelope.room)) room->warn(errc::messages_lost);
  }
  return true;
}

}  // namespace signaling
