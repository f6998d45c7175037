// Path 5/8: who gets it: local members here, other nodes through the store. Next: core/room_presence.cpp
#include "core/room_view.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/mailbox.hpp"

namespace signaling {
RoomView::RoomView(std::shared_ptr<RouterServices> services, RoomId id)
    : services_(std::move(services)), id_(std::move(id)), presence_(id_, services_->node()) {}

void RoomView::submit_join(const std::shared_ptr<RouterServices>& services, std::string_view room,
                           room_change::Join join) {
  RoomChange change = std::move(join);
  std::shared_ptr<RoomView> retired;
  for (;;) {
    auto live = services->directory().room(room, retired.get(), [&] {
      auto made = std::make_shared<RoomView>(services, RoomId(room));
      const RoomId& name = made->id();
      return RoomEntry{std::move(made), &name};
    });
    if (live->submit(change)) {
      // The router's end may have emptied the directory just before this room came in.
      if (services->is_closed()) live->abandon();
      return;
    }
    retired = std::move(live);
  }
}

SendResult RoomView::send_from_outside(RouterServices& services, const Message& message, Route& route) {
  const Event event = event::Message{message, route.from, route.from_metadata};
  EncodedEvent encoded(event);
  if (const auto room = services.directory().find_room(message.room)) {
    if (message.to.empty()) return room->broadcast(message, route, encoded, nullptr, nullptr);
    if (const auto result = room->send_to(message, route, encoded, nullptr)) return *result;
    // A room with members here knows those of all nodes.
    if (room->followed_version() != 0) return {SendStatus::dropped, errc::peer_not_found};
  }
  route.room = message.room;
  return services.publish(message, route);
}

SendResult RoomView::send(const Message& message, std::string_view from) {
  if (services_->is_closed()) return {SendStatus::dropped, errc::closed};
  Message addressed = message;
  addressed.room = id_;
  return services_->send(addressed, from);
}

std::error_code RoomView::kick(std::string_view peer, std::string_view why) {
  return services_->is_closed() ? errc::closed : services_->kick(peer, id_, why);
}

std::error_code RoomView::close(std::string_view why) {
  return services_->is_closed() ? errc::closed : services_->close_room(id_, why);
}

SendResult RoomView::broadcast(const Message& message, Route& route, EncodedEvent& encoded, Mailbox* sender,
                               const Mailbox* skip) {
  std::vector<NodeId> elsewhere;
  const auto here = presence_.broadcast(message, route, encoded, sender, skip, elsewhere);
  if (!here) return {SendStatus::dropped, errc::not_joined};
  if (elsewhere.empty()) return *here;
  route.room = id_;
  // If members move, only the store knows on which nodes they are by the time that the message is there.
  if (services_->store().can_move_members()) elsewhere.clear();
  const SendResult result = services_->publish(message, route, elsewhere);
  const bool is_refused = result.status == SendStatus::dropped && result.error != errc::peer_not_found;
  return is_refused ? result : *here;
}

std::optional<SendResult> RoomView::send_to(const Message& message, Route& route, EncodedEvent& encoded,
                                            const Mailbox* sender) {
  using Where = RoomPresence::Addressee::Place;
  const auto addressee = presence_.send_to(message, route, encoded, sender);
  if (addressee.place == Where::nowhere) return std::nullopt;
  if (addressee.place == Where::here) return addressee.result;
  route.room = id_;
  const bool may_move = services_->store().can_move_members();
  return services_->publish(message, route, {&addressee.node, may_move ? 0U : 1U});
}

std::size_t RoomView::max_news_bytes() const noexcept { return services_->limits().max_outbound_bytes; }

bool RoomView::submit(RoomChange& change) {
  std::unique_lock lock(mutex_);
  if (!order_.submit(change)) return false;
  take_turn(std::move(lock));
  return true;
}

void RoomView::hear(RoomNews news) {
  std::unique_lock lock(mutex_);
  order_.hear(std::move(news), max_news_bytes());
  take_turn(std::move(lock));
}

void RoomView::hear(const Message& message, const Route& route) {
  std::unique_lock lock(mutex_);
  if (order_.is_free() && !services_->sender_order().is_waiting(route.from) && !presence_.is_ahead(route)) {
    order_.take_turn();
    lock.unlock();
    attempt_to_tell([&] { deliver_remote(message, route); });  // and need not be kept
    return run();
  }
  if (order_.state() == RoomOrder::State::retired) {
    lock.unlock();
    if (!message.to.empty()) attempt_to_tell([&] { deliver_remote(message, route); });
    return;
  }
  const bool is_lost = order_.is_full_for(OwnedMessage::bytes_of(message, route), max_news_bytes());
  if (is_lost) {
    order_.overflow();
  } else {
    OwnedMessage owned(message, route);
    SenderTicket ticket = services_->sender_order().arrived(route.from, weak_from_this());
    order_.hear(room_news::Message{std::move(owned), std::move(ticket)}, 0);
  }
  take_turn(std::move(lock));
  // The members are told; the receiver need not be one.
  if (is_lost && route.room.empty()) services_->report(message, route, errc::messages_lost);
}

bool RoomView::awaits_sender(const Route& route, const Mailbox& receiver) {
  if (!presence_.lacks_sender(route, receiver)) return false;
  const std::scoped_lock lock(mutex_);
  return !order_.is_free() || presence_.is_ahead(route);
}

void RoomView::set_away(const Mailbox& member, bool is_away) {
  attempt_to_tell([&] { presence_.set_away(member.id(), member.epoch(), is_away); });
  (void)attempt([&] { publish_away(member, is_away); });
}

// A node that is not reached shows the member as it was. It is told again when it has a new member, which needs to know.
void RoomView::publish_away(const Mailbox& member, bool is_away) {
  NodeCommand command;
  command.kind = is_away ? NodeCommand::Kind::away : NodeCommand::Kind::back;
  command.room = id_;
  command.receiver = member.id();
  command.epoch = member.epoch();
  (void)services_->store().command(services_->node(), command);
}

void RoomView::resume() {
  std::unique_lock lock(mutex_);
  order_.resume();
  take_turn(std::move(lock));
}

void RoomView::take_turn(std::unique_lock<std::mutex> lock) {
  if (!order_.take_turn()) return;
  lock.unlock();
  run();
}

// The one place where a room does something.
void RoomView::run() {
  for (;;) {
    RoomAction action = next();
    const bool is_end = std::holds_alternative<room_action::Rest>(action) ||
                        std::holds_alternative<room_action::Retire>(action);
    attempt_to_tell([&] { std::visit([this](auto& one) { perform(one); }, action); });
    if (is_end) return;
  }
}

RoomAction RoomView::next() {
  const std::scoped_lock lock(mutex_);
  try {
    RoomAction action = order_.next(presence_.has_local(), [this](const room_news::Message& message) {
      return services_->sender_order().is_turn(message.ticket, weak_from_this());
    });
    // Nobody tells this node any more of the others that are there.
    if (std::holds_alternative<room_action::Retire>(action)) presence_.clear();
    return action;
  } catch (...) {
    order_.break_off();
    throw;
  }
}

void RoomView::failed(std::string_view what) noexcept {
  services_->counters().error(errc::internal);
  try {
    services_->log(LogLevel::error, "room-failed", {{"room", id_}, {"error", what}});
  } catch (...) {  // NOLINT(bugprone-empty-catch): it is counted
  }
}

void RoomView::deliver_remote(const Message& message, const Route& route) {
  const SendResult result =
      route.room.empty() ? services_->deliver_to_peer(message, route) : presence_.deliver(message, route);
  if (result.status == SendStatus::dropped) services_->report(message, route, result.error);
}

void RoomView::abandon() {
  services_->directory().remove_room(id_, this);
  const std::scoped_lock lock(mutex_);
  order_.retire();
  presence_.clear();
}

void RoomView::refuse(Mailbox& peer, errc error, std::string_view request) {
  services_->counters().error(error);
  peer.tell(event::Error{error, describe(error), request});
}

// One failure, however many members are told.
void RoomView::warn(errc code) {
  services_->counters().error(code);
  presence_.tell_all(event::Error{code, describe(code), {}});
}

void RoomView::insert(RoomPresence::Entry entry, Version version) {
  evict(entry.id(), version);
  presence_.insert(std::move(entry), version);
}

void RoomView::evict(const PeerId& id, Version version) {
  if (const auto known = presence_.find(id)) push_out(id, known->epoch, version, LeaveReason::disconnect);
}

void RoomView::push_out(std::string_view peer, Epoch epoch, Version version, LeaveReason reason) {
  const PeerId id(peer);
  const auto known = presence_.find(id);
  presence_.erase(id, epoch, version, reason);
  if (known && known->epoch == epoch && known->local) services_->end_displaced(id, epoch);
}

}  // namespace signaling
