// Path 5/8: who of a room gets a message, and its place among the changes. Next: core/mailbox.cpp
#include "core/room_presence.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace signaling {
namespace {

SendResult combine(SendResult a, SendResult b) noexcept { return a.status < b.status ? b : a; }

IfFull if_full_of(const Message& message, const Mailbox* sender) noexcept {
  return sender != nullptr ? sender->if_full(message.delivery) : to_if_full(message.delivery);
}

// Whoever changes something about itself waits as long as those who are behind with the news of it need.
void hold_back(Mailbox* cause, const Mailbox& told, SendResult result) {
  if (cause != nullptr && result.status == SendStatus::crowded) cause->hold_back(told.hold_for_event());
}

// The promise of order: nothing before its sender's join was told, or after its leave. What the host says, and what comes
// from somebody who was in no room with the receiver, belongs to no membership.
bool is_checked(const Route& route) noexcept {
  return route.reach == Reach::members || (route.from_epoch != 0 && route.from_joined_at != 0);
}

}  // namespace

Version RoomPresence::version() const {
  const std::scoped_lock lock(mutex_);
  return members_.version();
}

Version RoomPresence::followed_version() const {
  const std::scoped_lock lock(mutex_);
  return members_.has_local() ? members_.version() : 0;
}

std::size_t RoomPresence::size() const {
  const std::scoped_lock lock(mutex_);
  return members_.size();
}

RoomPicture RoomPresence::picture() const {
  const std::scoped_lock lock(mutex_);
  return members_.picture();
}

bool RoomPresence::has_local() const {
  const std::scoped_lock lock(mutex_);
  return members_.has_local();
}

RoomPresence::Snapshot RoomPresence::snapshot(std::string_view except) const {
  const std::scoped_lock lock(mutex_);
  return members_.snapshot(except, here_);
}

Version RoomPresence::joined_at(std::string_view peer) const {
  const std::scoped_lock lock(mutex_);
  return members_.joined_at(peer);
}

std::optional<RoomPresence::Known> RoomPresence::find(std::string_view peer) const {
  const std::scoped_lock lock(mutex_);
  const Entry* const entry = members_.find(peer);
  if (entry == nullptr) return std::nullopt;
  return Known{entry->epoch, entry->joined_at, entry->metadata, entry->local};
}

template <class Change>
SendResult RoomPresence::tell(EncodedEvent& encoded, const Mailbox* skip, IfFull if_full, Mailbox* cause,
                              Change change, std::string_view sender_node) {
  for (;;) {
    std::optional<std::shared_ptr<const Encoder>> missing;
    {
      Wakes wakes;
      const std::scoped_lock lock(mutex_);
      missing = members_.missing_encoder(encoded, skip);
      for (const Mover& mover : movers_) {
        if (encoded.find(mover.peer->encoder().get()) == nullptr) missing = mover.peer->encoder();
      }
      if (!missing) {
        return change() ? push_to_all(encoded, skip, if_full, cause, sender_node, wakes) : SendResult();
      }
    }
    encoded.add(*std::move(missing));
  }
}

SendResult RoomPresence::push_to_all(const EncodedEvent& encoded, const Mailbox* skip, IfFull if_full,
                                     Mailbox* cause, std::string_view sender_node, Wakes& wakes) noexcept {
  SendResult result;
  std::size_t bytes = 0;
  if (encoded.is_silent()) return result;
  for (const Entry& entry : members_.entries()) {
    if (!entry.local || entry.local.get() == skip) continue;
    if (!movers_.empty() && hears_elsewhere(*entry.local, sender_node)) continue;
    // An event, and it is about to get a list.
    if (entry.is_held && if_full == IfFull::close) continue;
    const auto& form = *encoded.find(entry.local->encoder().get());
    if (form.is_empty()) continue;
    const SendResult pushed = entry.local->push(form, if_full, wakes);
    bytes += form.bytes;
    if (if_full == IfFull::close) hold_back(cause, *entry.local, pushed);
    // A member that is closing will have left in a moment.
    if (pushed.error != errc::closed) result = combine(result, pushed);
  }
  if (cause != nullptr) cause->add_caused(bytes);
  return result;
}

bool RoomPresence::hears_elsewhere(const Mailbox& member, std::string_view sender_node) const noexcept {
  return !sender_node.empty() && std::ranges::any_of(movers_, [&](const Mover& mover) {
    return mover.is_here && mover.peer.get() == &member && mover.from == sender_node;
  });
}

// By the time that the message is with their former nodes, these do not have them any more.
void RoomPresence::push_to_coming(const EncodedEvent& encoded, IfFull if_full, Wakes& wakes) noexcept {
  for (const Mover& mover : movers_) {
    if (!mover.is_here) (void)mover.peer->push(*encoded.find(mover.peer->encoder().get()), if_full, wakes);
  }
}

std::optional<SendResult> RoomPresence::broadcast(const Message& message, Route& route, EncodedEvent& encoded,
                                                  Mailbox* sender, const Mailbox* skip,
                                                  std::vector<NodeId>& elsewhere) {
  bool is_there = true;
  Wakes wakes;
  const SendResult result = tell(encoded, skip, if_full_of(message, sender), sender, [&] {
    is_there = sender == nullptr || members_.has(*sender);
    if (!is_there) return false;
    if (!movers_.empty()) push_to_coming(encoded, to_if_full(message.delivery), wakes);
    elsewhere = members_.remote_nodes();
    if (!elsewhere.empty()) route.from_joined_at = members_.joined_at(route.from);
    return true;
  });
  return is_there ? std::optional(result) : std::nullopt;
}

RoomPresence::Addressee RoomPresence::send_to(const Message& message, Route& route, EncodedEvent& encoded,
                                              const Mailbox* sender) {
  using Place = Addressee::Place;
  for (;;) {
    std::shared_ptr<const Encoder> missing;
    {
      Wakes wakes;
      const std::scoped_lock lock(mutex_);
      const Entry* const entry = members_.find(message.to);
      if (entry == nullptr) return {};
      if (sender != nullptr && !members_.has(*sender)) {
        return {Place::here, {SendStatus::dropped, errc::not_joined}, {}};
      }
      Mailbox* const receiver = entry->local ? entry->local.get() : coming(message.to);
      if (receiver == nullptr) {
        route.from_joined_at = members_.joined_at(route.from);
        return {Place::elsewhere, {}, entry->remote->node};
      }
      if (const auto* form = encoded.find(receiver->encoder().get())) {
        return {Place::here, receiver->push(*form, if_full_of(message, sender), wakes), {}};
      }
      missing = receiver->encoder();
    }
    encoded.add(std::move(missing));
  }
}

// What is said to it now would find it gone from its former node.
Mailbox* RoomPresence::coming(std::string_view peer) const noexcept {
  const auto found = std::ranges::find_if(
      movers_, [&](const Mover& mover) { return !mover.is_here && mover.peer->id() == peer; });
  return found == movers_.end() ? nullptr : found->peer.get();
}

std::optional<SendResult> RoomPresence::deliver_to(Mailbox& receiver, const Route& route,
                                                   const EncodedEvent& encoded, IfFull if_full) {
  Wakes wakes;
  const std::scoped_lock lock(mutex_);
  if (!members_.has(receiver)) return std::nullopt;
  if (!members_.is_member(route)) return SendResult{SendStatus::dropped, errc::not_joined};
  return receiver.push(*encoded.find(receiver.encoder().get()), if_full, wakes);
}

SendResult RoomPresence::deliver(const Message& message, const Route& route) {
  std::shared_ptr<Mailbox> receiver;
  NodeId sender_node;
  {
    const std::scoped_lock lock(mutex_);
    if (!members_.has_local() && message.to.empty()) return {};
    if (!movers_.empty()) {
      const Entry* const sender = members_.find(route.from);
      if (sender != nullptr && sender->remote) sender_node = sender->remote->node;
    }
    const Entry* const entry = message.to.empty() ? nullptr : members_.find(message.to);
    if (entry != nullptr) receiver = entry->local;
    if (!message.to.empty() && !receiver) return {SendStatus::dropped, errc::peer_not_found};
    if (is_checked(route) && !members_.is_member(route)) return {SendStatus::dropped, errc::messages_lost};
  }
  const Event event = event::Message{message, route.from, route.from_metadata};
  EncodedEvent encoded(event);
  if (receiver) return receiver->push(encoded, to_if_full(message.delivery));
  return tell(
      encoded, nullptr, to_if_full(message.delivery), nullptr, [] { return true; }, sender_node);
}

void RoomPresence::tell_all(const Event& event) {
  EncodedEvent encoded(event);
  (void)tell(encoded, nullptr, IfFull::close, nullptr, [] { return true; });
}

bool RoomPresence::lacks_sender(const Route& route, const Mailbox& receiver) const {
  const std::scoped_lock lock(mutex_);
  return members_.has(receiver) && !members_.is_member(route);
}

bool RoomPresence::has_sender(const Route& route) const {
  const std::scoped_lock lock(mutex_);
  return members_.is_member(route);
}

bool RoomPresence::is_ahead(const Route& route) const {
  const std::scoped_lock lock(mutex_);
  return members_.has_local() && is_checked(route) &&
         route.from_joined_at > std::max(members_.version(), doubted_) && !members_.is_member(route);
}

void RoomPresence::doubt(Version joined_at) {
  const std::scoped_lock lock(mutex_);
  doubted_ = joined_at;
}

void RoomPresence::insert(Entry entry, Version version) {
  // The entry moves into the table while the event is encoded from what it refers to.
  const Payload metadata = entry.metadata;
  const PeerId id = entry.id();
  const MemberView peer{id, metadata.view(), entry.joined_at};
  const Event to_older = event::PeerJoined{id_, version, peer, true};
  const Event to_younger = event::PeerJoined{id_, version, peer, false};
  EncodedEvent older(to_older);
  EncodedEvent younger(to_younger);
  for (;;) {
    std::optional<std::shared_ptr<const Encoder>> missing;
    {
      Wakes wakes;
      const std::scoped_lock lock(mutex_);
      missing = members_.missing_encoder(older, nullptr);
      if (!missing && !members_.is_last(peer)) missing = members_.missing_encoder(younger, nullptr);
      if (!missing) {
        if (is_cleared_) return;
        note_arrival(entry);
        members_.add(std::move(entry));
        members_.advance(version);
        return push_joined(peer, older, younger, wakes);
      }
    }
    if (older.find(missing->get()) == nullptr) {
      older.add(*std::move(missing));
    } else {
      younger.add(*std::move(missing));
    }
  }
}

// To all but the newcomer, which is the last entry.
void RoomPresence::push_joined(const MemberView& peer, const EncodedEvent& older, const EncodedEvent& younger,
                               Wakes& wakes) noexcept {
  const Entry& newcomer = members_.entries().back();
  std::size_t bytes = 0;
  for (const Entry& entry : members_.entries()) {
    if (!entry.local || entry.is_held || &entry == &newcomer) continue;
    const bool is_older = precedes(entry.view(), peer);
    const auto& form = *(is_older ? older : younger).find(entry.local->encoder().get());
    const SendResult pushed = entry.local->push(form, IfFull::close, wakes);
    hold_back(newcomer.local.get(), *entry.local, pushed);
    bytes += form.bytes;
  }
  if (newcomer.local) newcomer.local->add_caused(bytes);
}

bool RoomPresence::erase(std::string_view peer, Epoch epoch, Version version, LeaveReason reason) {
  const PeerId id(peer);
  const auto known = find(id);
  if (!known || known->epoch != epoch) {
    advance(version);
    return false;
  }
  const Event event = event::PeerLeft{id_, version, {id, known->metadata.view(), known->joined_at}, reason};
  EncodedEvent encoded(event);
  end_move(id);
  Entry removed;
  bool is_removed = false;
  (void)tell(encoded, nullptr, IfFull::close, known->local.get(), [&] {
    members_.advance(version);
    is_removed = members_.find(id) != nullptr;  // the router may have ended meanwhile
    if (is_removed) removed = members_.take(id);
    return is_removed;
  });
  return is_removed;
}

SendResult RoomPresence::replace_metadata(std::string_view peer, Epoch epoch, const Payload& metadata,
                                          Version version) {
  const PeerId id(peer);
  const auto known = find(id);
  // The store need not count what changes nothing.
  if (!known || known->epoch != epoch || (version <= this->version() && known->metadata == metadata)) {
    advance(version);
    return {};
  }
  Mailbox* const self = known->local.get();
  const Event event = event::PeerUpdated{id_, version, {id, metadata.view(), known->joined_at}};
  EncodedEvent encoded(event);
  return tell(encoded, self, IfFull::close, self, [&] {
    members_.advance(version);
    Entry* const entry = members_.find(id);
    if (entry != nullptr) entry->metadata = metadata;
    return entry != nullptr;
  });
}

void RoomPresence::set_away(std::string_view peer, Epoch epoch, bool is_away) {
  const PeerId id(peer);
  const auto known = find(id);
  if (!known || known->epoch != epoch) return;
  const MemberView view{id, known->metadata.view(), known->joined_at, is_away};
  const Event event =
      is_away ? Event(event::PeerAway{id_, version(), view}) : Event(event::PeerBack{id_, version(), view});
  EncodedEvent encoded(event);
  (void)tell(encoded, known->local.get(), IfFull::close, known->local.get(), [&] {
    Entry* const entry = members_.find(id);
    return entry != nullptr && entry->epoch == epoch && std::exchange(entry->is_away, is_away) != is_away;
  });
}

bool RoomPresence::relocate(Entry& entry, Epoch from) {
  const PeerId id = entry.id();
  set_away(id, from, false);
  Entry former;  // freed after the lock
  const std::scoped_lock lock(mutex_);
  const Entry* const known = members_.find(id);
  if (known == nullptr || known->epoch != from || known->joined_at != entry.joined_at) return false;
  former = members_.take(id);
  entry.metadata = former.metadata;
  note_arrival(entry);
  members_.add(std::move(entry));
  return true;
}

void RoomPresence::note_arrival(const Entry& entry) noexcept {
  for (Mover& mover : movers_) mover.is_here = mover.is_here || mover.peer == entry.local;
}

void RoomPresence::begin_move(std::shared_ptr<Mailbox> peer, const NodeId& from) {
  const std::scoped_lock lock(mutex_);
  movers_.push_back({std::move(peer), from});
}

void RoomPresence::end_move(std::string_view peer) noexcept {
  std::vector<Mover> ended;  // freed after the lock
  const std::scoped_lock lock(mutex_);
  const auto gone = std::partition(movers_.begin(), movers_.end(),
                                   [&](const Mover& mover) { return mover.peer->id() != peer; });
  std::move(gone, movers_.end(), std::back_inserter(ended));
  movers_.erase(gone, movers_.end());
}

void RoomPresence::hold_changes(const Mailbox& member) {
  const std::scoped_lock lock(mutex_);
  if (members_.has(member)) members_.find(member.id())->is_held = true;
}

std::optional<RoomPresence::Snapshot> RoomPresence::list_for(const Mailbox& member) {
  const std::scoped_lock lock(mutex_);
  if (!members_.has(member)) return std::nullopt;
  Snapshot snapshot = members_.snapshot(member.id(), here_);
  members_.find(member.id())->is_held = false;
  return snapshot;
}

std::vector<std::shared_ptr<Mailbox>> RoomPresence::away_here() const {
  std::vector<std::shared_ptr<Mailbox>> away;
  const std::scoped_lock lock(mutex_);
  for (const Entry& entry : members_.entries()) {
    if (entry.local && entry.is_away) away.push_back(entry.local);
  }
  return away;
}

void RoomPresence::advance(Version version) {
  const std::scoped_lock lock(mutex_);
  members_.advance(version);
}

void RoomPresence::drop(const Mailbox& peer) noexcept {
  end_move(peer.id());
  Entry removed;
  const std::scoped_lock lock(mutex_);
  if (members_.has(peer)) removed = members_.take(peer.id());
}

std::vector<MembershipChange> RoomPresence::difference(const RoomState& state, Version version) const {
  const std::scoped_lock lock(mutex_);
  return members_.difference(id_, state, here_, version);
}

void RoomPresence::forget_if_left() {
  const std::scoped_lock lock(mutex_);
  if (members_.has_local()) return;
  members_.forget();
  doubted_ = 0;
}

void RoomPresence::clear() noexcept {
  std::vector<Entry> dropped;
  std::vector<Mover> ended;
  const std::scoped_lock lock(mutex_);
  is_cleared_ = true;
  ended.swap(movers_);
  dropped = members_.take_all();
}

}  // namespace signaling
