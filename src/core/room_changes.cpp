// How a room's membership changes, one change at a time: the store decides, then the members are told.
#include <algorithm>
#include <utility>

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

void RoomView::start(room_change::Join& change) {
  StateStore::Join request;
  request.room = id_;
  request.member = {change.peer->id(), core_.options().node, change.peer->epoch(), change.metadata, 0};
  request.capacity = change.capacity;
  request.known_version = followed_version();
  core_.store().join(std::move(request),
                     [self = shared_from_this()](std::error_code error, StateStore::Joined joined) {
                       self->hear(room_news::Answer{error, std::move(joined)});
                     });
}

void RoomView::finish(room_change::Join& change, room_news::Answer& answer) {
  if (answer.error) return change.done(to_errc(answer.error), nullptr);
  const StateStore::Joined& joined = answer.joined;
  const Version joined_at = joined.joined_at != 0 ? joined.joined_at : joined.version;
  if (joined.state) reconcile(*joined.state, joined.version);
  // Of a room without local members no news came, and none are to come of what was before.
  if (joined.state || followed_version() == 0) return complete(change, joined.version, joined_at);
  complete_at(joined.version, [this, change = std::move(change), joined_at](Version at) mutable {
    complete(change, at, joined_at);
  });
}

void RoomView::complete(room_change::Join& change, Version version, Version joined_at) {
  const auto& peer = change.peer;
  evict(peer->id(), version);  // its earlier life is none of the others
  // The answer is queued before the peer becomes visible: what others send it comes behind it.
  if (change.answer == command::Join::Answer::joined) {
    const Snapshot snapshot = copy_members({});
    const auto views = views_of(snapshot.others);
    peer->tell(
        event::Joined{id_, version, {peer->id(), change.metadata.view(), joined_at}, views, change.request});
  }
  Entry entry;
  entry.local = peer;
  entry.metadata = std::move(change.metadata);
  entry.epoch = peer->epoch();
  entry.joined_at = joined_at;
  insert(std::move(entry), version);
  core_.counters().joins.fetch_add(1, std::memory_order_relaxed);
  core_.log(LogLevel::debug, "peer-joined", {{"peer", peer->id()}, {"room", id_}});
  change.done(errc::ok, shared_from_this());
}

void RoomView::start(room_change::Leave& change) {
  const StateStore::Leave request{id_, change.peer->id(), change.peer->epoch(), change.reason};
  core_.store().leave(request, [self = shared_from_this()](std::error_code error, Version version) {
    self->hear(room_news::Answer{error, {version, {}, 0}});
  });
}

void RoomView::finish(room_change::Leave& change, room_news::Answer& answer) {
  // Perhaps another life of this peer is there, which was not seen behind this one.
  if (answer.error == errc::not_joined) hear(room_news::Resync{});
  // A store that cannot be reached does not keep anybody in a room: locally the member is gone.
  complete_at(answer.error ? version() : answer.joined.version,
              [this, change = std::move(change)](Version at) mutable { complete(change, at); });
}

// A version that comes too soon means that something was lost, one that is old that the store was away.
void RoomView::complete_at(Version version, Callback<void(Version)> complete) {
  const Version known = this->version();
  if (version <= known + 1) return complete(std::max(version, known));
  look(
      [this, version, complete = std::move(complete)](std::error_code error, const RoomState& state) mutable {
        if (!error) reconcile(state, std::max(version, state.version));
        // Else what is between is still to come.
        complete(error ? this->version() : std::max(version, this->version()));
      });
}

void RoomView::complete(room_change::Leave& change, Version version) {
  const auto& peer = change.peer;
  if (erase(peer->id(), peer->epoch(), version, change.reason)) {
    core_.counters().leaves.fetch_add(1, std::memory_order_relaxed);
    core_.log(LogLevel::debug, "peer-left",
              {{"peer", peer->id()}, {"room", id_}, {"reason", to_string(change.reason)}});
  }
  peer->tell(event::Left{id_, change.reason, change.request});
}

void RoomView::start(room_change::Update& change) {
  const StateStore::Update request{id_, change.peer->id(), change.peer->epoch(), change.metadata};
  core_.store().update(request, [self = shared_from_this()](std::error_code error, Version version) {
    self->hear(room_news::Answer{error, {version, {}, 0}});
  });
}

void RoomView::finish(room_change::Update& change, room_news::Answer& answer) {
  if (answer.error) return change.peer->tell_error(to_errc(answer.error), {}, change.request);
  complete_at(answer.joined.version,
              [this, change = std::move(change)](Version at) mutable { complete(change, at); });
}

void RoomView::complete(room_change::Update& change, Version version) {
  replace_metadata(change.peer->id(), change.peer->epoch(), change.metadata, version);
  if (change.answer == room_change::Update::Answer::updated) {
    change.peer->tell(event::Updated{id_, version, change.request});
  }
}

// The store has no part in it.
void RoomView::start(room_change::List& change) {
  const Snapshot snapshot = copy_members(change.peer->id());
  const auto views = views_of(snapshot.others);
  const MemberView self{change.peer->id(), snapshot.self.metadata.view(), snapshot.self.joined_at};
  if (change.answer == room_change::List::Answer::joined) {
    change.peer->tell(event::Joined{id_, snapshot.version, self, views, change.request});
  } else {
    change.peer->tell(event::Members{id_, snapshot.version, self, views, change.request});
  }
  hear(room_news::Answer{});
}

void RoomView::apply_remote(const MembershipChange& change) {
  const StoreMember& member = change.member;
  switch (change.kind) {
    case MembershipChange::Kind::joined: insert_remote(member, change.version); return;
    case MembershipChange::Kind::left:
      push_out(member.id, member.epoch, change.version, change.reason);
      return;
    case MembershipChange::Kind::updated:
      // Of a membership whose beginning was missed: the version stays, so that this is seen.
      if (is_other_membership(member)) return;
      replace_metadata(member.id, member.epoch, member.metadata, change.version);
      return;
  }
}

bool RoomView::is_other_membership(const StoreMember& member) {
  const std::scoped_lock lock(mutex_);
  const Entry* const entry = find(member.id);
  return entry != nullptr && entry->epoch == member.epoch && member.joined_at != 0 &&
         entry->joined_at != member.joined_at;
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
