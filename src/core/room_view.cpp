// Path 5/8: who gets it: local members here, other nodes through the store. Next: core/peer_send.cpp
#include "core/room_view.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/mailbox.hpp"
#include "core/router_core.hpp"

namespace signaling {
namespace {

SendResult combine(SendResult a, SendResult b) noexcept { return a.status < b.status ? b : a; }

}  // namespace

Version RoomView::version() const {
  const std::scoped_lock lock(mutex_);
  return members_.version();
}

Version RoomView::followed_version() const {
  const std::scoped_lock lock(mutex_);
  return members_.has_local() ? members_.version() : 0;
}

std::size_t RoomView::size() const {
  const std::scoped_lock lock(mutex_);
  return members_.size();
}

std::vector<Member> RoomView::members() const { return copy_members({}).others; }

RoomView::Snapshot RoomView::copy_members(std::string_view except) const {
  const std::scoped_lock lock(mutex_);
  return members_.snapshot(except, core_.options().node);
}

Version RoomView::joined_at(std::string_view peer) {
  const std::scoped_lock lock(mutex_);
  return members_.joined_at(peer);
}

bool RoomView::has(const Mailbox& local) {
  const Entry* const entry = members_.find(local.id());
  return entry != nullptr && entry->local.get() == &local;
}

SendResult RoomView::broadcast(const Envelope& envelope, EncodedEvent& encoded, const Mailbox* sender,
                               const Mailbox* skip) {
  bool is_there = true;
  std::vector<NodeId> elsewhere;
  Envelope routed = envelope;
  SendResult result = tell(encoded, skip, to_if_full(envelope.delivery), [&] {
    is_there = sender == nullptr || has(*sender);
    if (!is_there) return false;
    elsewhere = members_.remote_nodes();
    if (!elsewhere.empty()) routed.from_joined_at = members_.joined_at(envelope.from);
    return true;
  });
  if (!is_there) return {SendStatus::dropped, errc::not_joined};
  if (!elsewhere.empty() && core_.store().publish(core_.options().node, routed, elsewhere)) {
    result = combine(result, {SendStatus::dropped, errc::store_unavailable});
  }
  return result;
}

std::optional<SendResult> RoomView::send_to(const Envelope& envelope, EncodedEvent& encoded,
                                            const Mailbox* sender) {
  NodeId node;
  Envelope routed = envelope;
  for (;;) {
    std::shared_ptr<const Encoder> missing;
    {
      Wakes wakes;
      const std::scoped_lock lock(mutex_);
      const Entry* const entry = members_.find(envelope.to);
      if (entry == nullptr) return std::nullopt;
      if (sender != nullptr && !has(*sender)) return SendResult{SendStatus::dropped, errc::not_joined};
      if (!entry->local) {
        node = entry->remote->node;
        routed.from_joined_at = members_.joined_at(envelope.from);
        break;
      }
      if (const auto* frames = encoded.find(entry->local->encoder().get())) {
        // No frame: the receiver's language has no word for it.
        if (frames->empty()) return SendResult{SendStatus::dropped, errc::unknown_type};
        return entry->local->push(*frames, to_if_full(envelope.delivery), wakes);
      }
      missing = entry->local->encoder();
    }
    encoded.add(std::move(missing));
  }
  routed.room = id_;
  routed.names_room = !envelope.room.empty();
  const std::error_code error = core_.store().publish(core_.options().node, routed, {&node, 1});
  if (error == errc::peer_not_found) return SendResult{SendStatus::dropped, errc::peer_not_found};
  if (error) return SendResult{SendStatus::dropped, errc::store_unavailable};
  return SendResult{};
}

std::size_t RoomView::max_news_bytes() const noexcept { return core_.limits().max_outbound_bytes; }

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

void RoomView::hear(const Envelope& message) {
  std::unique_lock lock(mutex_);
  if (order_.is_free() && !core_.sender_order().is_waiting(message.from) && !is_ahead(message)) {
    order_.take_turn();
    lock.unlock();
    attempt_to_tell([&] { deliver_remote(message); });  // and need not be kept
    return run();
  }
  if (order_.state() == RoomOrder::State::retired) {
    lock.unlock();
    if (!message.to.empty()) attempt_to_tell([&] { deliver_remote(message); });
    return;
  }
  const bool is_lost = order_.is_full_for(bytes_of(message), max_news_bytes());
  if (is_lost) {
    order_.overflow();
  } else {
    HeldEnvelope held(message);
    SenderTicket ticket = core_.sender_order().arrived(message.from, weak_from_this());
    order_.hear(room_news::Message{std::move(held), std::move(ticket)}, 0);
  }
  take_turn(std::move(lock));
  // The members are told; the receiver need not be one.
  if (is_lost && message.room.empty()) core_.tell_sender(message, errc::messages_lost);
}

bool RoomView::awaits_sender(const Envelope& message, const Mailbox& receiver) {
  const std::scoped_lock lock(mutex_);
  if (!has(receiver) || members_.is_member(message)) return false;
  return !order_.is_free() || is_ahead(message);
}

// Under the lock, so that it needs no turn: the sender is a member until its leave is told.
std::optional<SendResult> RoomView::deliver_to(Mailbox& receiver, const Envelope& message,
                                               const EncodedEvent& encoded) {
  Wakes wakes;
  const std::scoped_lock lock(mutex_);
  if (!has(receiver)) return std::nullopt;
  if (!members_.is_member(message)) return SendResult{SendStatus::dropped, errc::not_joined};
  const std::span<const Frame> frames = *encoded.find(receiver.encoder().get());
  if (frames.empty()) return SendResult{SendStatus::dropped, errc::unknown_type};
  return receiver.push(frames, to_if_full(message.delivery), wakes);
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
    RoomAction action = order_.next(members_.has_local(), [this](const room_news::Message& message) {
      return core_.sender_order().is_turn(message.ticket, weak_from_this());
    });
    // Nobody tells this node any more of the others that are there.
    if (std::holds_alternative<room_action::Retire>(action)) (void)members_.take_all();
    return action;
  } catch (...) {
    order_.break_off();
    throw;
  }
}

void RoomView::failed(std::string_view what) noexcept {
  core_.counters().error(errc::internal);
  try {
    core_.log(LogLevel::error, "room-failed", {{"room", id_}, {"error", what}});
  } catch (...) {  // NOLINT(bugprone-empty-catch): it is counted
  }
}

// The promise of order: nothing before its sender's join was told, or after its leave. What the host says, and what comes
// from somebody who was in no room with the receiver, belongs to no membership.
bool RoomView::is_checked(const Envelope& message) const noexcept {
  return message.reach == Reach::members || (message.from_epoch != 0 && message.from_joined_at != 0);
}

// Its sender has joined later than all that is known here. Once per version, should the store not know of it either.
bool RoomView::is_ahead(const Envelope& message) {
  return members_.has_local() && is_checked(message) &&
         message.from_joined_at > std::max(members_.version(), doubted_) && !members_.is_member(message);
}

void RoomView::deliver_remote(const Envelope& envelope) {
  const SendResult result = envelope.room.empty() ? core_.deliver_to_peer(envelope) : deliver_here(envelope);
  if (result.status == SendStatus::dropped) core_.tell_sender(envelope, result.error);
}

SendResult RoomView::deliver_here(const Envelope& envelope) {
  std::shared_ptr<Mailbox> receiver;
  {
    const std::scoped_lock lock(mutex_);
    if (!members_.has_local() && envelope.to.empty()) return {};
    const Entry* const entry = envelope.to.empty() ? nullptr : members_.find(envelope.to);
    if (entry != nullptr) receiver = entry->local;
    if (!envelope.to.empty() && !receiver) return {SendStatus::dropped, errc::peer_not_found};
    if (is_checked(envelope) && !members_.is_member(envelope)) {
      return {SendStatus::dropped, errc::messages_lost};
    }
  }
  Envelope told = envelope;
  if (!told.names_room) told.room = {};
  const Event event = event::Message{told};
  EncodedEvent encoded(event);
  if (receiver) return receiver->push(encoded, to_if_full(envelope.delivery));
  return tell(encoded, nullptr, to_if_full(envelope.delivery), [] { return true; });
}

void RoomView::abandon() {
  core_.remove_room(*this);
  std::vector<Entry> dropped;
  const std::scoped_lock lock(mutex_);
  order_.retire();
  dropped = members_.take_all();
}

template <class Change>
SendResult RoomView::tell(EncodedEvent& encoded, const Mailbox* skip, IfFull if_full, Change change) {
  for (;;) {
    std::shared_ptr<const Encoder> missing;
    {
      Wakes wakes;
      const std::scoped_lock lock(mutex_);
      missing = members_.missing_encoder(encoded);
      if (!missing) return change() ? push_to_all(encoded, skip, if_full, wakes) : SendResult();
    }
    encoded.add(std::move(missing));
  }
}

SendResult RoomView::push_to_all(const EncodedEvent& encoded, const Mailbox* skip, IfFull if_full,
                                 Wakes& wakes) noexcept {
  SendResult result;
  if (encoded.is_silent()) return result;
  for (const Entry& entry : members_.entries()) {
    if (!entry.local || entry.local.get() == skip) continue;
    const std::span<const Frame> frames = *encoded.find(entry.local->encoder().get());
    if (frames.empty()) continue;
    const SendResult pushed = entry.local->push(frames, if_full, wakes);
    // A member that is closing will have left in a moment.
    if (pushed.error != errc::closed) result = combine(result, pushed);
  }
  return result;
}

void RoomView::refuse(Mailbox& peer, errc error, std::string_view request) {
  core_.counters().error(error);
  peer.tell(event::Error{error, describe(error), request});
}

// One failure, however many members are told.
void RoomView::warn(errc code) {
  core_.counters().error(code);
  const Event event = event::Error{code, describe(code), {}};
  EncodedEvent encoded(event);
  (void)tell(encoded, nullptr, IfFull::close, [] { return true; });
}

void RoomView::insert(Entry entry, Version version) {
  evict(entry.id(), version);
  // The entry moves into the table while the event is encoded from what it refers to.
  const Payload metadata = entry.metadata;
  const PeerId id = entry.id();
  const MemberView peer{id, metadata.view(), entry.joined_at};
  const Event to_older = event::PeerJoined{id_, version, peer, true};
  const Event to_younger = event::PeerJoined{id_, version, peer, false};
  EncodedEvent older(to_older);
  EncodedEvent younger(to_younger);
  for (;;) {
    std::shared_ptr<const Encoder> missing;
    {
      Wakes wakes;
      const std::scoped_lock lock(mutex_);
      missing = members_.missing_encoder(older);
      if (!missing && !members_.is_last(peer)) missing = members_.missing_encoder(younger);
      if (!missing) {
        if (order_.state() == RoomOrder::State::retired) return;  // the router has ended
        members_.add(std::move(entry));
        members_.advance(version);
        return push_joined(peer, older, younger, wakes);
      }
    }
    if (older.find(missing.get()) == nullptr) {
      older.add(std::move(missing));
    } else {
      younger.add(std::move(missing));
    }
  }
}

// To all but the newcomer, which is the last entry.
void RoomView::push_joined(const MemberView& peer, const EncodedEvent& older, const EncodedEvent& younger,
                           Wakes& wakes) noexcept {
  const Entry& newcomer = members_.entries().back();
  for (const Entry& entry : members_.entries()) {
    if (!entry.local || &entry == &newcomer) continue;
    const bool is_older = precedes(entry.view(), peer);
    const auto* frames = (is_older ? older : younger).find(entry.local->encoder().get());
    if (!frames->empty()) (void)entry.local->push(*frames, IfFull::close, wakes);
  }
}

// An id that comes again without having left is a new connection of the same peer: the old one leaves first.
void RoomView::evict(const PeerId& id, Version version) {
  Epoch stale = 0;
  {
    const std::scoped_lock lock(mutex_);
    const Entry* const entry = members_.find(id);
    if (entry == nullptr) return;
    stale = entry->epoch;
  }
  push_out(id, stale, version, LeaveReason::disconnect);
}

// A local peer whose place another connection has taken must not go on talking until the store says so.
void RoomView::push_out(std::string_view peer, Epoch epoch, Version version, LeaveReason reason) {
  bool is_local = false;
  {
    const std::scoped_lock lock(mutex_);
    const Entry* const entry = members_.find(peer);
    is_local = entry != nullptr && entry->epoch == epoch && entry->local;
  }
  const PeerId id(peer);
  erase(peer, epoch, version, reason);
  if (is_local) core_.replace_peer(id, epoch);
}

bool RoomView::erase(std::string_view peer, Epoch epoch, Version version, LeaveReason reason) {
  PeerId id;
  Payload metadata;
  Version joined_at = 0;
  {
    const std::scoped_lock lock(mutex_);
    const Entry* const entry = members_.find(peer);
    if (entry == nullptr || entry->epoch != epoch) {
      members_.advance(version);
      return false;
    }
    id = entry->id();
    metadata = entry->metadata;
    joined_at = entry->joined_at;
  }
  const Event event = event::PeerLeft{id_, version, {id, metadata.view(), joined_at}, reason};
  EncodedEvent encoded(event);
  Entry removed;
  bool is_removed = false;
  (void)tell(encoded, nullptr, IfFull::close, [&] {
    members_.advance(version);
    is_removed = members_.find(id) != nullptr;  // the router may have ended meanwhile
    if (is_removed) removed = members_.take(id);
    return is_removed;
  });
  return is_removed;
}

void RoomView::drop(const Mailbox& peer) noexcept {
  Entry removed;
  const std::scoped_lock lock(mutex_);
  if (has(peer)) removed = members_.take(peer.id());
}

SendResult RoomView::replace_metadata(std::string_view peer, Epoch epoch, const Payload& metadata,
                                      Version version) {
  PeerId id;
  Version joined_at = 0;
  const Mailbox* self = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    const Entry* const entry = members_.find(peer);
    const bool is_known = entry != nullptr && entry->epoch == epoch;
    // The store need not count what changes nothing.
    if (!is_known || (version <= members_.version() && entry->metadata == metadata)) {
      members_.advance(version);
      return {};
    }
    id = entry->id();
    joined_at = entry->joined_at;
    self = entry->local.get();
  }
  const Event event = event::PeerUpdated{id_, version, {id, metadata.view(), joined_at}};
  EncodedEvent encoded(event);
  return tell(encoded, self, IfFull::close, [&] {
    members_.advance(version);
    Entry* const entry = members_.find(id);
    if (entry != nullptr) entry->metadata = metadata;
    return entry != nullptr;
  });
}

}  // namespace signaling
