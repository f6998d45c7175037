// How a room's membership changes, one change at a time: the store decides, then the members are told.
#include <algorithm>
#include <utility>

#include "core/initiation.hpp"
#include "core/peer_session.hpp"
#include "core/room_view.hpp"
#include "core/router_core.hpp"

namespace signaling {
namespace {

std::vector<MemberView> views_of(const std::vector<Member>& members) {
  std::vector<MemberView> views;
  views.reserve(members.size());
  for (const Member& member : members) views.push_back({member.id, member.metadata.view(), member.joined_at});
  return views;
}

errc to_errc(std::error_code error) noexcept {
  if (error.category() == signaling_category()) return static_cast<errc>(error.value());
  return errc::store_unavailable;
}

}  // namespace

RoomView::Step RoomView::start(room_change::Join& change) {
  StateStore::Join request;
  request.room = id_;
  request.member = {change.peer->id(), core_.options().node, change.peer->epoch(), change.metadata, 0};
  request.capacity = change.capacity;
  request.known_version = followed_version();
  Initiation initiation(this);
  core_.store().join(std::move(request), [self = shared_from_this(), change = std::move(change)](
                                             std::error_code error, StateStore::Joined joined) mutable {
    self->finish(change, error, std::move(joined));
    self->resume_after_store();
  });
  return initiation.completed() ? Step::done : Step::waiting;
}

void RoomView::finish(room_change::Join& change, std::error_code error, StateStore::Joined joined) {
  if (error) {
    change.done(to_errc(error), nullptr);
    return;
  }
  if (joined.state) reconcile(*joined.state, joined.version);
  const auto& peer = change.peer;
  evict(peer->id(), joined.version);  // its earlier life is none of the others
  // The answer is queued before the peer becomes visible: what others send it comes behind it.
  if (change.answer == command::Join::Answer::joined) {
    const Snapshot snapshot = copy_members({});
    const auto views = views_of(snapshot.others);
    peer->tell(event::Joined{
        id_, joined.version, {peer->id(), change.metadata.view(), joined.version}, views, change.request});
  }
  Entry entry;
  entry.local = peer;
  entry.metadata = std::move(change.metadata);
  entry.epoch = peer->epoch();
  entry.joined_at = joined.version;
  insert(std::move(entry), joined.version);
  core_.counters().joins.fetch_add(1, std::memory_order_relaxed);
  core_.policy().joined(*peer, id_);
  core_.log(LogLevel::debug, "peer-joined", {{"peer", peer->id()}, {"room", id_}});
  change.done(errc::ok, shared_from_this());
}

RoomView::Step RoomView::start(room_change::Leave& change) {
  const StateStore::Leave request{id_, change.peer->id(), change.peer->epoch(), change.reason};
  Initiation initiation(this);
  core_.store().leave(request, [self = shared_from_this(), change = std::move(change)](
                                   std::error_code error, Version version) mutable {
    if (error == errc::not_joined) {
      // Perhaps another life of this peer is there, which was not seen behind this one.
      RoomChange resync = room_change::Resync{};
      self->submit(resync);
    }
    // A store that cannot be reached does not keep anybody in a room: locally the member is gone.
    self->finish_at(error ? self->version() : version,
                    [self, change = std::move(change)](Version at) mutable { self->finish(change, at); });
  });
  return initiation.completed() ? Step::done : Step::waiting;
}

// The answer to a change of our own may overtake the news of another node's change before it.
void RoomView::finish_at(Version version, Callback<void(Version)> finish) {
  const Version known = this->version();
  if (version <= known + 1) {
    finish(version);
    return resume_after_store();
  }
  core_.store().snapshot(id_, known,
                         [self = shared_from_this(), version, finish = std::move(finish)](
                             std::error_code error, const RoomState& state) mutable {
                           if (!error) self->reconcile(state, std::max(version, state.version));
                           // Else what is between is still to come.
                           finish(error ? self->version() : std::max(version, self->version()));
                           self->resume_after_store();
                         });
}

void RoomView::finish(room_change::Leave& change, Version version) {
  const auto& peer = change.peer;
  if (erase(peer->id(), peer->epoch(), version, change.reason)) {
    core_.counters().leaves.fetch_add(1, std::memory_order_relaxed);
    core_.policy().left(*peer, id_, change.reason);
    core_.log(LogLevel::debug, "peer-left",
              {{"peer", peer->id()}, {"room", id_}, {"reason", to_string(change.reason)}});
  }
  peer->tell(event::Left{id_, change.reason, change.request});
  peer->left_room();
}

RoomView::Step RoomView::start(room_change::Update& change) {
  const StateStore::Update request{id_, change.peer->id(), change.peer->epoch(), change.metadata};
  Initiation initiation(this);
  core_.store().update(request, [self = shared_from_this(), change = std::move(change)](
                                    std::error_code error, Version version) mutable {
    if (error) {
      change.peer->tell_error(to_errc(error), {}, change.request);
      return self->resume_after_store();
    }
    self->finish_at(version,
                    [self, change = std::move(change)](Version at) mutable { self->finish(change, at); });
  });
  return initiation.completed() ? Step::done : Step::waiting;
}

void RoomView::finish(room_change::Update& change, Version version) {
  replace_metadata(change.peer->id(), change.peer->epoch(), change.metadata, version);
  if (change.answer == room_change::Update::Answer::updated) {
    change.peer->tell(event::Updated{id_, version, change.request});
  }
}

RoomView::Step RoomView::start(room_change::List& change) {
  const Snapshot snapshot = copy_members(change.peer->id());
  const auto views = views_of(snapshot.others);
  const MemberView self{change.peer->id(), snapshot.self.metadata.view(), snapshot.self.joined_at};
  if (change.answer == room_change::List::Answer::joined) {
    change.peer->tell(event::Joined{id_, snapshot.version, self, views, change.request});
  } else {
    change.peer->tell(event::Members{id_, snapshot.version, self, views, change.request});
  }
  return Step::done;
}

RoomView::Step RoomView::start(room_change::Remote& change) {
  const Version known = version();
  if (change.change.version <= known) return Step::done;
  if (change.change.version == known + 1) {
    apply_remote(change.change);
    return Step::done;
  }
  // What is between is lost. If it cannot be had now, this one counts nevertheless, and the gap stays.
  Initiation initiation(this);
  core_.store().snapshot(id_, known,
                         [self = shared_from_this(), change = change.change, known](
                             std::error_code error, const RoomState& state) mutable {
                           if (error) {
                             change.version = known;
                             self->apply_remote(change);
                           } else {
                             self->reconcile(state, state.version);
                           }
                           self->resume_after_store();
                         });
  return initiation.completed() ? Step::done : Step::waiting;
}

RoomView::Step RoomView::start(room_change::RemoteMessage& change) {
  const Envelope envelope = change.held.view();
  deliver_remote(envelope);
  core_.remote_messages().processed(envelope.from);
  return Step::done;
}

RoomView::Step RoomView::start(room_change::Resync& change) {
  Initiation initiation(this);
  core_.store().snapshot(
      id_, version(),
      [self = shared_from_this(), missed = change.missed](std::error_code error, const RoomState& state) {
        if (!error) self->reconcile(state, state.version);
        if (missed == Missed::messages) self->warn(errc::messages_lost);
        self->resume_after_store();
      });
  return initiation.completed() ? Step::done : Step::waiting;
}

void RoomView::apply_remote(const MembershipChange& change) {
  const StoreMember& member = change.member;
  switch (change.kind) {
    case MembershipChange::Kind::joined: insert_remote(member, change.version); return;
    case MembershipChange::Kind::left:
      push_out(member.id, member.epoch, change.version, change.reason);
      return;
    case MembershipChange::Kind::updated:
      replace_metadata(member.id, member.epoch, member.metadata, change.version);
      return;
  }
}

// A node that had lost sight of the store joins its members again: for those who know them nothing is new.
void RoomView::insert_remote(const StoreMember& member, Version version) {
  bool is_known = false;
  bool has_changed = false;
  {
    const std::scoped_lock lock(mutex_);
    const Entry* entry = find(member.id);
    const bool is_same =
        entry != nullptr && entry->epoch == member.epoch && entry->joined_at == member.joined_at;
    is_known = is_same || (entry != nullptr && entry->epoch > member.epoch);
    has_changed = is_same && entry->metadata != member.metadata;
    if (is_known) version_ = std::max(version_, version);
  }
  if (has_changed) replace_metadata(member.id, member.epoch, member.metadata, version);
  if (is_known) return;
  Entry entry;
  entry.remote = std::make_unique<RemotePeer>(RemotePeer{member.id, member.node});
  entry.metadata = member.metadata;
  entry.epoch = member.epoch;
  entry.joined_at = member.joined_at;
  insert(std::move(entry), version);
}

// Tells the local members the difference between this picture and the store's, as joins, updates and leaves of others.
void RoomView::reconcile(const RoomState& state, Version version) {
  const NodeId& here = core_.options().node;
  std::vector<MembershipChange> changes;
  const auto add = [&](MembershipChange::Kind kind, const StoreMember& member, LeaveReason reason) {
    changes.push_back({id_, version, kind, member, reason});
  };
  {
    const std::scoped_lock lock(mutex_);
    boost::unordered_flat_map<std::string_view, const StoreMember*> wanted;
    for (const StoreMember& member : state.members) {
      if (member.node != here) wanted.emplace(member.id, &member);
    }
    for (const Entry& entry : entries_) {
      if (entry.local) continue;
      const auto found = wanted.find(entry.id());
      const bool is_same = found != wanted.end() && found->second->epoch == entry.epoch &&
                           found->second->joined_at == entry.joined_at;
      if (is_same) continue;
      add(MembershipChange::Kind::left, {entry.id(), entry.remote->node, entry.epoch, entry.metadata, 0},
          LeaveReason::disconnect);
    }
    for (const auto& [id, member] : wanted) {
      const Entry* entry = find(id);
      if (entry == nullptr || entry->epoch != member->epoch || entry->joined_at != member->joined_at) {
        add(MembershipChange::Kind::joined, *member, {});
      } else if (entry->metadata != member->metadata) {
        add(MembershipChange::Kind::updated, *member, {});
      }
    }
    version_ = std::max(version_, version);
  }
  for (const MembershipChange& change : changes) apply_remote(change);
}

}  // namespace signaling
