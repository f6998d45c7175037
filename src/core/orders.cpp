// What one node tells another besides messages of peers: to put somebody out, and that something was lost.
#include <algorithm>

#include "core/peer_session.hpp"
#include "core/router_core.hpp"

namespace signaling {
namespace {

// What tells an order from a message: no protocol has this language, and messages of peers have a sender. What is to be
// done is its payload; an event without a name is nothing to nodes that do not know it.
constexpr std::string_view order_language = "signaling.order";
constexpr std::string_view kick_order = "kick";  // `to`, out of the room in `original`, or altogether
constexpr std::string_view close_order = "close-room";
constexpr std::string_view lost_order = "lost";  // something for `to`, or for `room`

// A receiver that is told so often need not be told of each message.
constexpr std::chrono::seconds lost_interval{1};

Envelope order(std::string_view what) {
  Envelope envelope;
  envelope.type = EnvelopeType::event;
  envelope.language = order_language;
  envelope.payload = what;
  return envelope;
}

bool is_order(const Envelope& envelope) {
  return envelope.from.empty() && envelope.language == order_language;
}

}  // namespace

std::error_code RouterCore::kick(std::string_view peer, std::string_view room) {
  if (const auto here = find_peer(peer)) return put_out(*here, room);
  Envelope envelope = order(kick_order);
  envelope.to = peer;
  envelope.original = room;
  const std::error_code error = store().publish(options_.node, envelope, {});
  return error && error != errc::peer_not_found ? errc::store_unavailable : error;
}

std::error_code RouterCore::close_room(std::string_view room) {
  put_all_out(room);
  Envelope envelope = order(close_order);
  envelope.room = room;
  return store().publish(options_.node, envelope, {}) ? errc::store_unavailable : std::error_code();
}

std::error_code RouterCore::put_out(PeerSession& peer, std::string_view room) {
  if (room.empty()) {
    peer.close(CloseReason::kicked);
    return {};
  }
  const auto view = find_room(room);
  const auto members = view ? view->members() : std::vector<Member>();
  if (std::ranges::find(members, peer.id(), &Member::id) == members.end()) return errc::not_joined;
  peer.kick(room);
  return {};
}

void RouterCore::put_all_out(std::string_view room) {
  const auto view = find_room(room);
  if (!view) return;
  for (const Member& member : view->members()) {
    if (member.node != options_.node) continue;
    if (const auto peer = find_peer(member.id)) peer->kick(room);
  }
}

void RouterCore::undelivered(const Envelope& envelope, errc error) {
  if (const auto sender = find_peer(envelope.from)) {
    return sender->tell_error(error == errc::peer_not_found ? error : errc::messages_lost, {}, {});
  }
  if (error != errc::peer_not_found && !is_order(envelope)) tell_receivers_of_loss(envelope);
}

// Its sender has gone, so that nobody else would hear of it.
void RouterCore::tell_receivers_of_loss(const Envelope& lost) {
  const std::string_view receiver = lost.to.empty() ? lost.room : lost.to;
  {
    const std::scoped_lock lock(told_of_loss_mutex_);
    if (now() - told_of_loss_since_ >= lost_interval) told_of_loss_.clear();
    if (told_of_loss_.empty()) told_of_loss_since_ = now();
    if (!told_of_loss_.emplace(receiver, lost.to.empty()).second) return;
  }
  Envelope envelope = order(lost_order);
  envelope.to = lost.to;
  if (lost.to.empty()) envelope.room = lost.room;
  (void)store().publish(options_.node, envelope, {});
}

bool RouterCore::obey(const Envelope& envelope) {
  if (!is_order(envelope)) return false;
  const auto peer = envelope.to.empty() ? nullptr : find_peer(envelope.to);
  if (envelope.payload == kick_order && peer) {
    (void)put_out(*peer, envelope.original);
  } else if (envelope.payload == close_order) {
    put_all_out(envelope.room);
  } else if (envelope.payload == lost_order && peer) {
    peer->tell_error(errc::messages_lost, {}, {});
  } else if (envelope.payload == lost_order && envelope.to.empty()) {
    if (const auto room = find_room(envelope.room)) room->warn(errc::messages_lost);
  }
  return true;
}

}  // namespace signaling
