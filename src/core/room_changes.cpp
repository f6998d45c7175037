// How a room does what RoomOrder says: one change at a time, the store decides, then the members are told.
#include <algorithm>
#include <exception>
#include <utility>

#include "core/mailbox.hpp"
#include "core/room_view.hpp"

namespace signaling {
namespace {

std::vector<MemberView> views_of(const std::vector<Member>& members) {
  std::vector<MemberView> views;
  views.reserve(members.size());
  for (const Member& member : members) {
    views.push_back({member.id, member.metadata.view(), member.joined_at, member.is_away});
  }
  return views;
}

errc to_errc(std::error_code error) noexcept {
  if (error.category() == signaling_category()) return static_cast<errc>(error.value());
  return errc::store_unavailable;
}

}  // namespace

void RoomView::perform(room_action::Retire& /*action*/) { services_->directory().remove_room(id_, this); }

void RoomView::perform(room_action::Ask& action) {
  const std::uint64_t number = action.number;
  if (attempt([&] { std::visit([&](auto& change) { start(change, number); }, *action.change); })) return;
  hear(room_news::Answer{number, errc::internal, {}});
}

void RoomView::perform(room_action::Finish& action) {
  std::visit([&](auto& change) { finish(change, action.answer); }, action.change);
}

void RoomView::perform(room_action::Handle& action) {
  std::visit([this](auto& news) { handle(news); }, action.news);
}

void RoomView::perform(room_action::See& action) {
  Looked then = std::move(looked_);
  if (!action.error) attempt_to_tell([&] { catch_up(action.state, action.news_before); });
  {
    const std::scoped_lock lock(mutex_);
    order_.saw();
  }
  then(action.error, action.state);
}

void RoomView::start(room_change::Join& change, std::uint64_t number) {
  presence_.forget_if_left();
  StateStore::Join request;
  request.room = id_;
  request.member = {change.peer->id(), services_->node(), change.peer->epoch(), change.metadata, 0};
  request.capacity = change.capacity;
  request.known_version = followed_version();
  request.moves_from = change.moves_from;
  if (change.moves_from != 0) presence_.begin_move(change.peer, change.former_node);
  services_->store().join(std::move(request), [self = shared_from_this(), number](std::error_code error,
                                                                                  StateStore::Joined joined) {
    self->hear(room_news::Answer{number, error, std::move(joined)});
  });
}

void RoomView::finish(room_change::Join& change, room_news::Answer& answer) {
  const auto peer = change.peer;
  if (answer.error) {
    if (change.moves_from != 0) presence_.end_move(peer->id());
    // An exception does not say whether the store has done it.
    if (answer.error == errc::internal) undo_join(*peer);
    return change.done(to_errc(answer.error), nullptr, {});
  }
  const StateStore::Joined& joined = answer.joined;
  const Version joined_at = joined.joined_at != 0 ? joined.joined_at : joined.version;
  // A snapshot may have come meanwhile, and shows what was after the join.
  const bool is_newest = joined.version >= version();
  if (joined.state && is_newest) attempt_to_tell([&] { reconcile(*joined.state, joined.version); });
  // An earlier stay of the peer ended with it: two versions, and nothing is between.
  const auto earlier = change.moves_from == 0 ? presence_.find(peer->id()) : std::nullopt;
  const bool has_replaced = earlier && earlier->epoch < peer->epoch() && joined.version == version() + 2;
  // Of a room without local members no news came, and none are to come of what was before.
  if (joined.state || followed_version() == 0 || has_replaced) {
    return complete(change, std::max(joined.version, version()), joined_at);
  }
  const bool is_completed = attempt([&] {
    complete_at(joined.version, [this, change = std::move(change), joined_at](Version at) mutable {
      complete(change, at, joined_at);
    });
  });
  if (!is_completed) undo_join(*peer);
}

void RoomView::complete(room_change::Join& change, Version version, Version joined_at) {
  const auto peer = change.peer;
  if (!attempt([&] { admit(change, version, joined_at); })) {
    undo_join(*peer);
    return change.done(errc::internal, nullptr, {});
  }
  services_->counters().joins.fetch_add(1, std::memory_order_relaxed);
  (void)attempt([&] {
    services_->log(LogLevel::debug, "peer-joined", {{"peer", peer->id()}, {"room", id_}});
  });
  if (attempt([&] { change.done(errc::ok, shared_from_this(), change.picture); })) return;
  // The peer does not know that it is a member, and would never leave.
  peer->close(CloseReason::internal);
  RoomChange leave = room_change::Leave{peer, LeaveReason::disconnect, {}, {}};
  submit(leave);
}

void RoomView::admit(room_change::Join& change, Version version, Version joined_at) {
  const auto& peer = change.peer;
  RoomPresence::Entry entry;
  entry.local = peer;
  entry.metadata = change.metadata;
  entry.epoch = peer->epoch();
  entry.joined_at = joined_at;
  if (change.moves_from != 0 && relocate(entry, change.moves_from, version)) {
    change.picture = presence_.picture();
    return;
  }
  if (change.moves_from == 0) presence_.end_move(peer->id());
  // The store has counted the end of its earlier stay.
  evict(peer->id(), std::max(version - 1, presence_.version()));
  // The answer is queued before the peer becomes visible: what others send it comes behind it.
  if (change.answer == command::Join::Answer::joined) {
    const auto snapshot = presence_.snapshot({});
    const auto views = views_of(snapshot.others);
    peer->tell_list(
        event::Joined{id_, version, {peer->id(), change.metadata.view(), joined_at}, views, change.request});
  }
  insert(std::move(entry), version);
  if (change.moves_from != 0) change.picture = presence_.picture();
}

void RoomView::undo_join(const Mailbox& peer) noexcept {
  (void)attempt([&] {
    services_->store().leave({id_, peer.id(), peer.epoch(), LeaveReason::disconnect},
                             [](std::error_code, Version) {});
  });
}

void RoomView::start(room_change::Leave& change, std::uint64_t number) {
  const StateStore::Leave request{id_, change.peer->id(), change.peer->epoch(), change.reason};
  services_->store().leave(request,
                           [self = shared_from_this(), number](std::error_code error, Version version) {
                             self->hear(room_news::Answer{number, error, {version, {}, 0}});
                           });
}

void RoomView::finish(room_change::Leave& change, room_news::Answer& answer) {
  const auto peer = change.peer;
  const bool is_completed = attempt([&] {
    // Perhaps another connection of this peer is there, and its join was not told.
    if (answer.error == errc::not_joined) hear(room_news::Resync{});
    // A store that cannot be reached does not keep anybody in a room: locally the member is gone.
    complete_at(answer.error ? version() : answer.joined.version,
                [this, change = std::move(change)](Version at) mutable { complete(change, at); });
  });
  if (is_completed) return;
  presence_.drop(*peer);
}

// A version that comes too soon means that something was lost, one that is old that the store was away.
void RoomView::complete_at(Version version, Callback<void(Version)> complete) {
  const Version known = this->version();
  if (version <= known + 1) return complete(std::max(version, known));
  look(
      [this, version, complete = std::move(complete)](std::error_code error, const RoomState& state) mutable {
        if (!error) attempt_to_tell([&] { reconcile(state, std::max(version, state.version)); });
        // Else what is between is still to come.
        complete(error ? this->version() : std::max(version, this->version()));
      });
}

void RoomView::complete(room_change::Leave& change, Version version) {
  const auto& peer = change.peer;
  bool was_member = false;
  attempt_to_tell([&] { was_member = presence_.erase(peer->id(), peer->epoch(), version, change.reason); });
  presence_.drop(*peer);  // if it could not be told
  if (was_member) {
    services_->counters().leaves.fetch_add(1, std::memory_order_relaxed);
    (void)attempt([&] {
      services_->log(LogLevel::debug, "peer-left",
                     {{"peer", peer->id()}, {"room", id_}, {"reason", to_string(change.reason)}});
    });
  }
  (void)attempt([&] { peer->tell(event::Left{id_, change.reason, change.request, change.why}); });
}

void RoomView::start(room_change::Update& change, std::uint64_t number) {
  const StateStore::Update request{id_, change.peer->id(), change.peer->epoch(), change.metadata};
  services_->store().update(request,
                            [self = shared_from_this(), number](std::error_code error, Version version) {
                              self->hear(room_news::Answer{number, error, {version, {}, 0}});
                            });
}

void RoomView::finish(room_change::Update& change, room_news::Answer& answer) {
  if (answer.error) return refuse(*change.peer, to_errc(answer.error), change.request);
  const auto peer = change.peer;
  const std::string request = change.request;
  const bool is_completed = attempt([&] {
    complete_at(answer.joined.version,
                [this, change = std::move(change)](Version at) mutable { complete(change, at); });
  });
  if (!is_completed) refuse(*peer, errc::internal, request);
}

void RoomView::complete(room_change::Update& change, Version version) {
  const auto& peer = change.peer;
  attempt_to_tell([&] {
    const SendResult told = presence_.replace_metadata(peer->id(), peer->epoch(), change.metadata, version);
    if (told.status == SendStatus::crowded) peer->hold_back();
  });
  if (change.answer == room_change::Update::Answer::updated) {
    peer->tell(event::Updated{id_, version, change.request});
  }
}

void RoomView::list_members(const Mailbox& member, std::vector<Frame>& frames) {
  const auto snapshot = presence_.list_for(member);
  if (!snapshot) return;
  const auto views = views_of(snapshot->others);
  const MemberView self{member.id(), snapshot->self.metadata.view(), snapshot->self.joined_at};
  member.encoder()->encode(event::Members{id_, snapshot->version, self, views, {}}, frames);
}

// The store has no part in it.
void RoomView::start(room_change::List& change, std::uint64_t number) {
  const auto known = presence_.find(change.peer->id());
  // Another connection has the id, and this one ends soon.
  if (!known || known->local != change.peer) return hear(room_news::Answer{number, errc::not_joined, {}});
  const auto snapshot = presence_.snapshot(change.peer->id());
  const auto views = views_of(snapshot.others);
  const MemberView self{change.peer->id(), snapshot.self.metadata.view(), snapshot.self.joined_at};
  if (change.answer == room_change::List::Answer::joined) {
    change.peer->tell_list(event::Joined{id_, snapshot.version, self, views, change.request});
  } else {
    change.peer->tell_list(event::Members{id_, snapshot.version, self, views, change.request});
  }
  hear(room_news::Answer{number, {}, {}});
}

void RoomView::finish(room_change::List& change, room_news::Answer& answer) {
  if (answer.error) refuse(*change.peer, to_errc(answer.error), change.request);
}

// What the store tells.

void RoomView::handle(room_news::Change& news) {
  MembershipChange& change = news.change;
  const Version known = version();
  const bool is_move = change.kind == MembershipChange::Kind::moved;
  if (is_move && change.version == known) return apply_remote(change);  // which does not count
  if (change.version <= known) return;
  if (change.version == known + 1 && !is_move) return apply_remote(change);
  // What is between is lost. If it cannot be had now, this one counts nevertheless, and the gap stays.
  look([this, change = std::move(change), known](std::error_code error, const RoomState& state) mutable {
    if (!error) return reconcile(state, state.version);
    const auto member = presence_.find(change.member.id);
    if (member && member->local) member->local->miss();
    change.version = known;
    apply_remote(change);
  });
}

void RoomView::handle(room_news::Message& message) {
  if (!presence_.is_ahead(message.owned.route())) return deliver_remote(message.owned);
  // Its sender's join is among what this node has missed, or nowhere.
  look([this, message = std::move(message)](std::error_code error, const RoomState& state) {
    if (!error) attempt_to_tell([&] { reconcile(state, state.version); });
    presence_.doubt(message.owned.route().from_joined_at);
    deliver_remote(message.owned);
  });
}

void RoomView::handle(room_news::Resync& resync) {
  look([this, missed = resync.missed](std::error_code error, const RoomState& state) {
    if (!error) attempt_to_tell([&] { reconcile(state, state.version); });
    if (missed == Missed::messages) warn(errc::messages_lost);
  });
}

void RoomView::look(Looked then) {
  std::uint64_t number = 0;
  {
    const std::scoped_lock lock(mutex_);
    number = order_.look();
  }
  looked_ = std::move(then);
  const bool is_asked = attempt([&] {
    services_->store().snapshot(id_, version(),
                                [self = shared_from_this(), number](std::error_code error, RoomState state) {
                                  self->snapshot_came(number, error, std::move(state));
                                });
  });
  if (!is_asked) snapshot_came(number, errc::internal, {});
}

void RoomView::snapshot_came(std::uint64_t number, std::error_code error, RoomState state) {
  std::unique_lock lock(mutex_);
  order_.snapshot_came(number, error, std::move(state));
  take_turn(std::move(lock));
}

// Who was there, has said something and has left is not in the snapshot: all that is dealt with first. The rest waits for
// the snapshot, and so does what is behind a local peer's join, since that peer must hear it.
void RoomView::catch_up(const RoomState& state, std::size_t count) {
  std::unique_lock lock(mutex_);
  for (auto place = order_.first_news(); count > 0;) {
    auto news = order_.take_due(place, count, [&](const RoomNews& one) { return is_due(one, state); });
    if (!news) return;
    lock.unlock();
    if (auto* const message = std::get_if<room_news::Message>(&*news)) {
      attempt_to_tell([&] { deliver_remote(message->owned); });
    } else {
      attempt_to_tell([&] { apply_remote(std::get<room_news::Change>(*news).change); });
    }
    news.reset();  // not under the lock: the end of a message lets its sender's next have its turn
    lock.lock();
  }
}

// Under the lock.
bool RoomView::is_due(const RoomNews& news, const RoomState& state) {
  if (const auto* const message = std::get_if<room_news::Message>(&news)) {
    return presence_.has_sender(message->owned.route()) && services_->sender_order().is_next(message->ticket);
  }
  const auto* const change = std::get_if<room_news::Change>(&news);
  if (change == nullptr || change->change.kind == MembershipChange::Kind::updated) return false;
  // It is behind the snapshot.
  if (change->change.version > state.version) return false;
  const StoreMember& member = change->change.member;
  const auto known = presence_.find(member.id);
  if (change->change.kind == MembershipChange::Kind::moved) {
    return change->change.version >= presence_.version() && known &&
           known->epoch == change->change.former_epoch;
  }
  if (change->change.version <= presence_.version()) return false;
  const bool is_known = known && known->epoch == member.epoch;
  if (is_known != (change->change.kind == MembershipChange::Kind::left)) return false;
  return std::ranges::none_of(state.members, [&](const StoreMember& other) {
    return other.id == member.id && other.epoch == member.epoch && other.joined_at == member.joined_at;
  });
}

void RoomView::apply_remote(const MembershipChange& change) {
  const StoreMember& member = change.member;
  switch (change.kind) {
    case MembershipChange::Kind::joined: insert_remote(member, change.version); return;
    case MembershipChange::Kind::left:
      push_out(member.id, member.epoch, change.version, change.reason);
      return;
    case MembershipChange::Kind::updated: {
      const auto known = presence_.find(member.id);
      const bool is_other = known && known->epoch == member.epoch && member.joined_at != 0 &&
                            known->joined_at != member.joined_at;
      // Of a membership whose beginning was missed: the version stays, so that this is seen.
      if (is_other) return;
      (void)presence_.replace_metadata(member.id, member.epoch, member.metadata, change.version);
      return;
    }
    case MembershipChange::Kind::moved: return relocate(change);
  }
}

// What its metadata are now may have been missed.
bool RoomView::relocate(RoomPresence::Entry& entry, Epoch from, Version version) {
  const PeerId id = entry.id();
  const Epoch epoch = entry.epoch;
  const Payload metadata = entry.metadata;
  if (!presence_.relocate(entry, from)) return false;
  (void)presence_.replace_metadata(id, epoch, metadata, version);
  return true;
}

// If it is not known, its beginning was missed.
void RoomView::relocate(const MembershipChange& change) {
  const StoreMember& member = change.member;
  const auto known = presence_.find(member.id);
  if (!known || known->epoch != change.former_epoch) return insert_remote(member, change.version);
  RoomPresence::Entry entry;
  entry.remote = std::make_unique<RoomMembers::RemotePeer>(RoomMembers::RemotePeer{member.id, member.node});
  entry.metadata = member.metadata;
  entry.epoch = member.epoch;
  entry.joined_at = member.joined_at;
  if (!relocate(entry, known->epoch, change.version)) return;
  tell_who_is_away();
  if (!known->local) return;
  services_->counters().leaves.fetch_add(1, std::memory_order_relaxed);
  known->local->moved_from(id_, presence_.picture());
}

// A node that had lost sight of the store joins its members again: for those who know them nothing is new.
void RoomView::insert_remote(const StoreMember& member, Version version) {
  const auto known = presence_.find(member.id);
  if (known && known->epoch == member.epoch && known->joined_at == member.joined_at) {
    if (known->metadata == member.metadata) return presence_.advance(version);
    (void)presence_.replace_metadata(member.id, member.epoch, member.metadata, version);
    return;
  }
  if (known && known->epoch > member.epoch) return presence_.advance(version);
  RoomPresence::Entry entry;
  entry.remote = std::make_unique<RoomMembers::RemotePeer>(RoomMembers::RemotePeer{member.id, member.node});
  entry.metadata = member.metadata;
  entry.epoch = member.epoch;
  entry.joined_at = member.joined_at;
  insert(std::move(entry), version);
  tell_who_is_away();
}

// The new member's node may not know it.
void RoomView::tell_who_is_away() {
  for (const auto& away : presence_.away_here()) publish_away(*away, true);
}

// Tells the local members the difference between this picture and the store's, as joins, updates and leaves of others.
void RoomView::reconcile(const RoomState& state, Version version) {
  const std::vector<MembershipChange> changes = presence_.difference(state, version);
  presence_.advance(version);
  for (const MembershipChange& change : changes) {
    attempt_to_tell([&] { apply_remote(change); });
  }
}

}  // namespace signaling
