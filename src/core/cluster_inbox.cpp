// Path 5/8: what other nodes tell -> the room or peer that it is for. Next: core/room_view.cpp
#include "core/cluster_inbox.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <string>
#include <utility>

#include "core/peer_session.hpp"
#include "core/room_view.hpp"
#include "core/sender_rooms.hpp"

namespace signaling {

std::shared_ptr<PeerSession> ClusterInbox::find_peer(std::string_view name) const {
  return services_.directory().find(name).peer;
}

std::shared_ptr<RoomView> ClusterInbox::find_room(std::string_view id) const {
  return services_.directory().find_room(id);
}

void ClusterInbox::changed(const MembershipChange& change) {
  if (const auto room = find_room(change.room)) room->hear(room_news::Change{change});
}

void ClusterInbox::invalidated(std::string_view id, Missed missed) {
  if (const auto room = find_room(id)) room->hear(room_news::Resync{missed});
}

// Claims that are lost.

void ClusterInbox::displaced(std::string_view id, Epoch epoch) {
  if (id.starts_with(alias_mark)) return lose_alias(id, epoch);
  if (!services_.lose_reservation(id, epoch)) end_displaced(id, epoch);
}

void ClusterInbox::end_displaced(std::string_view id, Epoch epoch) {
  const PeerEntry entry = services_.directory().find(id);
  if (entry && entry.mailbox->epoch() == epoch) entry.peer->replace();
}

// A peer that may share its name with nobody, and has lost it, begins anew.
void ClusterInbox::lose_alias(std::string_view name, Epoch epoch) {
  const auto former = services_.directory().lose_alias(name, epoch);
  if (former.peer && former.in_use != command::Join::AliasInUse::take_over) {
    former.peer.peer->replace();
  }
}

// Messages.

void ClusterInbox::delivered(const Message& message, const Route& route) {
  if (route.room.empty()) {
    if (waits_for_peer(message, route)) return;
    if (wait_in_room(message, route)) return;
    const SendResult result = deliver_to_peer(message, route);
    if (result.status == SendStatus::dropped) report(message, route, result.error);
    return;
  }
  if (const auto room = find_room(route.room)) {
    room->hear(message, route);
  } else if (!message.to.empty()) {
    report(message, route, errc::peer_not_found);
  }
}

// The id is this node's, and the peer on its way from another one.
bool ClusterInbox::waits_for_peer(const Message& message, const Route& route) {
  SessionMoves& moves = services_.session_moves();
  if (!moves.expects_any() || services_.directory().find(message.to)) return false;
  Callback<void()> again = [this, weak = services_.weak_from_this(), owned = OwnedMessage(message, route)] {
    if (const auto services = weak.lock()) delivered(owned.message(), owned.route());
  };
  return moves.hold(message.to, again);
}

// It waits for what its sender has sent before, and for its sender's join, if it may still be told.
bool ClusterInbox::wait_in_room(const Message& message, const Route& route) {
  Route waiting = route;
  auto place = services_.sender_order().place_of_last(route.from);
  if (const PeerEntry receiver = services_.directory().find(message.to)) {
    Route candidate = route;
    for (const SenderRoom& one : sender_rooms(route.from_rooms)) {
      candidate.from_joined_at = one.joined_at;
      auto room = find_room(one.room);
      if (!room || !room->awaits_sender(candidate, *receiver.mailbox)) continue;
      waiting = candidate;
      place = std::move(room);
      break;
    }
  }
  if (place) place->hear(message, waiting);
  return place != nullptr;
}

// It reaches its receiver wherever that is. But where the two are in a room together, it comes neither before the sender's
// join was told there, nor after its leave.
SendResult ClusterInbox::deliver_to_peer(const Message& message, const Route& route) {
  const PeerEntry peer = services_.directory().find(message.to);
  if (!peer || !peer.mailbox->is_within(message, route.reach)) {
    return {SendStatus::dropped, errc::peer_not_found};
  }
  Mailbox* const receiver = peer.mailbox;
  const Event event = event::Message{message, route.from, route.from_metadata};
  EncodedEvent encoded(event);
  encoded.add(receiver->encoder());
  bool is_in_room = false;
  Route through = route;
  for (const SenderRoom& one : sender_rooms(route.from_rooms)) {
    const auto room = find_room(one.room);
    through.from_joined_at = one.joined_at;
    const auto result =
        room ? room->deliver_to(*receiver, through, encoded, to_if_full(message.delivery)) : std::nullopt;
    if (result && result->error != errc::not_joined) return *result;
    is_in_room = is_in_room || result.has_value();
  }
  if (is_in_room) return {SendStatus::dropped, errc::messages_lost};
  return receiver->push(encoded, to_if_full(message.delivery));
}

// Commands.

std::error_code ClusterInbox::kick(std::string_view peer, std::string_view room, std::string_view why) {
  if (const auto here = find_peer(peer)) return kick(*here, room, why);
  NodeCommand command;
  command.kind = NodeCommand::Kind::kick;
  command.peer = peer;
  command.room = room;
  command.why = cut_why(why);
  return send(command);
}

std::error_code ClusterInbox::close_room(std::string_view room, std::string_view why) {
  kick_all(room, why);
  NodeCommand command;
  command.kind = NodeCommand::Kind::close_room;
  command.room = room;
  command.why = cut_why(why);
  const errc error = send(command);
  return error == errc::peer_not_found ? errc::ok : error;
}

std::error_code ClusterInbox::kick(PeerSession& peer, std::string_view room, std::string_view why) {
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

void ClusterInbox::kick_all(std::string_view room, std::string_view why) {
  const auto view = find_room(room);
  if (!view) return;
  for (const Member& member : view->members()) {
    if (member.node != services_.node()) continue;
    if (const auto peer = find_peer(member.id)) peer->kick(room, why);
  }
}

errc ClusterInbox::send(const NodeCommand& command) {
  const std::error_code error = services_.store().command(services_.node(), command);
  if (error == errc::peer_not_found) return errc::peer_not_found;
  return error ? errc::store_unavailable : errc::ok;
}

void ClusterInbox::commanded(const NodeCommand& command) {
  const auto peer = command.peer.empty() ? nullptr : find_peer(command.peer);
  switch (command.kind) {
    case NodeCommand::Kind::kick:
      if (peer) return static_cast<void>(kick(*peer, command.room, command.why));
      return kick_later(command);
    case NodeCommand::Kind::close_room: return kick_all(command.room, command.why);
    case NodeCommand::Kind::away:
    case NodeCommand::Kind::back:
      if (const auto room = find_room(command.room)) {
        const bool is_away = command.kind == NodeCommand::Kind::away;
        room->hear(room_news::Away{command.receiver, command.epoch, is_away});
      }
      return;
    case NodeCommand::Kind::undelivered:
      if (!peer) return;
      if (command.error == errc::messages_lost) return tell_of_loss(peer);
      return peer->tell_error(command.error, {}, {});
    case NodeCommand::Kind::lost:
      if (peer) return peer->tell_error(errc::messages_lost, {}, {});
      if (!command.peer.empty()) return;
      if (const auto room = find_room(command.room)) room->warn(errc::messages_lost);
      return;
    case NodeCommand::Kind::move: return asked_to_move(peer, command);
    case NodeCommand::Kind::move_answer:
      if (const auto answer = handover::unpack_answer(command.data))
        services_.session_moves().answer(*answer);
      return;
    case NodeCommand::Kind::history:
      if (auto history = handover::unpack_history(command.data)) take_history(peer, std::move(*history));
      return;
  }
}

// The peer is on its way here, or gone.
void ClusterInbox::kick_later(const NodeCommand& command) {
  Callback<void()> again = [this, weak = services_.weak_from_this(), command] {
    const auto services = weak.lock();
    if (!services) return;
    if (const auto peer = find_peer(command.peer)) (void)kick(*peer, command.room, command.why);
  };
  (void)services_.session_moves().hold(command.peer, again);
}

void ClusterInbox::asked_to_move(const std::shared_ptr<PeerSession>& peer, const NodeCommand& command) {
  auto request = handover::unpack_request(command.data);
  if (!request) return;
  if (peer) return peer->ask_to_move(std::move(*request));
  NodeCommand answer;
  answer.kind = NodeCommand::Kind::move_answer;
  answer.node = request->node;
  answer.data = handover::pack(handover::Answer{request->number});
  (void)send(answer);
}

// What its former node sends behind this, it has not told the peer itself.
void ClusterInbox::take_history(const std::shared_ptr<PeerSession>& peer, handover::History history) {
  if (!peer) return;
  for (const auto& one : history.rooms) {
    if (const auto room = find_room(one.id)) room->hear(room_news::Settled{peer->id()});
  }
  peer->take_history(std::move(history));
}

// What was lost.

void ClusterInbox::undelivered(const Message& message, const Route& route, errc error) {
  const auto sender = find_peer(route.from);
  if (!sender) {
    // Nobody else would hear of it.
    if (error != errc::peer_not_found) tell_receivers(message.to, route.room);
  } else if (error == errc::peer_not_found) {
    sender->tell_error(error, {}, {});
  } else {
    tell_of_loss(sender);
  }
}

void ClusterInbox::undelivered(const NodeCommand& command, errc error) {
  switch (command.kind) {
    case NodeCommand::Kind::kick: return log_undelivered("kick", command, error);
    case NodeCommand::Kind::close_room: return log_undelivered("close_room", command, error);
    case NodeCommand::Kind::away:
    case NodeCommand::Kind::back: return;
    case NodeCommand::Kind::undelivered:
      // Else the receiver has gone, or knows.
      if (command.error == errc::messages_lost) tell_receivers_here(command);
      return;
    case NodeCommand::Kind::lost:
      if (error != errc::peer_not_found) tell_receivers(command.peer, command.room);
      return;
    case NodeCommand::Kind::move:
      if (const auto request = handover::unpack_request(command.data)) {
        services_.session_moves().answer(handover::Answer{request->number});
      }
      return;
    // The other node does not wait long.
    case NodeCommand::Kind::move_answer:
    case NodeCommand::Kind::history: return;
  }
}

void ClusterInbox::log_undelivered(std::string_view kind, const NodeCommand& command, errc error) {
  services_.log(
      LogLevel::warning, "command-undelivered",
      {{"command", kind}, {"peer", command.peer}, {"room", command.room}, {"error", to_string(error)}});
}

void ClusterInbox::report(const Message& message, const Route& route, errc error) {
  // What the host has sent has nobody to tell, and what may be lost is not worth a command.
  if (route.from_epoch == 0 || message.delivery == Delivery::volatile_) return;
  NodeCommand command;
  command.kind = NodeCommand::Kind::undelivered;
  command.peer = route.from;
  command.receiver = message.to;
  if (message.to.empty()) command.room = route.room;
  // A receiver that is closing will have left in a moment.
  command.error = error == errc::closed ? errc::peer_not_found : error;
  const errc failure = send(command);
  if (failure != errc::ok) undelivered(command, failure);
}

void ClusterInbox::tell_receivers_here(const NodeCommand& undelivered) {
  if (const auto receiver = find_peer(undelivered.receiver)) tell_of_loss(receiver);
  const auto room = find_room(undelivered.room);
  if (!room) return;
  for (const Member& member : room->members()) {
    const auto receiver = member.node == services_.node() ? find_peer(member.id) : nullptr;
    if (receiver) tell_of_loss(receiver);
  }
}

// A receiver may have come to this node meanwhile.
void ClusterInbox::tell_receivers(std::string_view peer, std::string_view room) {
  if (const auto receiver = find_peer(peer)) return tell_of_loss(receiver);
  NodeCommand command;
  command.kind = NodeCommand::Kind::lost;
  command.peer = peer;
  if (peer.empty()) command.room = room;
  (void)send(command);
}

// One error for all that is lost in one go: it names none of the messages.
void ClusterInbox::tell_of_loss(const std::shared_ptr<PeerSession>& peer) {
  {
    const std::scoped_lock lock(told_of_loss_mutex_);
    if (!told_of_loss_.insert(peer->id()).second) return;
  }
  const auto forget = [this, services = services_.shared_from_this(), peer] {
    const std::scoped_lock lock(told_of_loss_mutex_);
    told_of_loss_.erase(peer->id());
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

}  // namespace signaling
