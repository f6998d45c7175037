// The host puts peers out: those of this node itself, those of others by a word to their nodes.
#include <algorithm>

#include "core/peer_session.hpp"
#include "core/router_core.hpp"

namespace signaling {
namespace {

// What tells an order to a node from a message: no protocol has this language, and messages of peers have a sender.
constexpr std::string_view order_language = "signaling.order";

Envelope order() {
  Envelope envelope;
  envelope.type = EnvelopeType::event;
  envelope.language = order_language;
  return envelope;
}

bool is_order(const Envelope& envelope) {
  return envelope.from.empty() && envelope.language == order_language;
}

}  // namespace

std::error_code RouterCore::kick(std::string_view peer, std::string_view room) {
  if (const auto here = find_peer(peer)) return put_out(*here, room);
  Envelope envelope = order();
  envelope.to = peer;
  envelope.original = room;
  const std::error_code error = store().publish(options_.node, envelope, {});
  return error && error != errc::peer_not_found ? errc::store_unavailable : error;
}

std::error_code RouterCore::close_room(std::string_view room) {
  put_all_out(room);
  Envelope envelope = order();
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

bool RouterCore::obey(const Envelope& envelope) {
  if (!is_order(envelope)) return false;
  if (envelope.to.empty()) {
    put_all_out(envelope.room);
  } else if (const auto peer = find_peer(envelope.to)) {
    (void)put_out(*peer, envelope.original);
  }
  return true;
}

}  // namespace signaling
