// The session with the database: opened, kept, lost, opened again.
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "redis/store_engine_impl.hpp"

namespace signaling::redis {
namespace {

// Of times that come every 100 ms, a later one comes because the process stood still.
constexpr std::chrono::milliseconds longest_step{500};

}  // namespace

void StoreEngine::Impl::open_session() {
  opening = true;
  backend.open(node, next,
               [self = shared_from_this(), sent = now](std::error_code error, const Backend::Opened& opened) {
                 self->opening = false;
                 if (self->listener == nullptr) return;
                 if (!error) self->renewed_at = sent;
                 self->on_opened(error, opened);
               });
}

void StoreEngine::Impl::on_opened(std::error_code error, const Backend::Opened& opened) {
  auto first = std::move(opened_first);
  last_error = error;
  if (error) {
    open_at = now + options.retry_interval;
    if (first) first(error);
    return;
  }
  session = opened.session;
  restoring = 0;
  database_time = opened.now;
  database_time_at = now;
  silence = {};
  has_heard = false;
  renew_at = now;
  reap_at = now + options.reap_interval;
  // What was in the old inbox is lost, and so may be what others have in the database.
  const bool has_missed = std::exchange(was_open, true) && opened.next.inbox != next.inbox;
  const bool has_lost_data = has_missed && opened.has_lost_data;
  if (has_lost_data) settle_until = now + options.settle_time;
  if (has_missed) {
    must_invalidate = true;
    give_up_all();  // their receivers may have read them before they were lost: not again
  }
  if (opened.next.inbox != next.inbox) next = opened.next;
  log(LogLevel::info, has_lost_data ? "store-lost-data"
                      : has_missed  ? "store-lost-inbox"
                                    : "store-connected");
  send_ends();
  disown();
  restore();
  look_at_what_was_missed();
  read_inbox();
  if (first) first({});
}

// What the database takes for this node's and is not: its end was acknowledged and is forgotten, or its beginning was
// never answered.
void StoreEngine::Impl::disown() {
  backend.own(
      node, *session,
      [self = shared_from_this(), from = *session](std::error_code error, const Backend::Owned& owned) {
        if (is_away(error)) return self->lose_session(from);
        for (const auto& member : owned.members) {
          const Registry::Room* const room = self->registry.find(member.room);
          const auto* const found = room == nullptr ? nullptr : room->find(member.peer);
          if (found != nullptr && found->epoch == member.epoch) continue;
          self->owe(Outgoing::Leave{member.room, member.peer, member.epoch, LeaveReason::disconnect}, {});
        }
        for (const auto& claim : owned.claims) {
          const auto found = self->registry.claims().find(claim.peer);
          if (found != self->registry.claims().end() && found->second.epoch == claim.epoch) continue;
          self->owe(Outgoing::Release{claim.peer, claim.epoch}, {});
        }
      });
}

void StoreEngine::Impl::note_end(const Outgoing::Leave& leave) {
  Place place{leave.room, leave.peer, leave.epoch};
  if (untold.erase(place) == 0) ended.insert_or_assign(std::move(place), leave.reason);
}

void StoreEngine::Impl::note_end(const Outgoing::Release& release) {
  Place place{RoomId(), release.peer, release.epoch};
  if (untold.erase(place) == 0) ended.insert_or_assign(std::move(place), LeaveReason::disconnect);
}

// What somebody has said stands before the end; and who has left may have come again, so that stands before what is brought
// back.
void StoreEngine::Impl::send_ends() {
  send_outgoing();
  for (const auto& [place, reason] : std::exchange(ended, {})) {
    const auto& [room, peer, epoch] = place;
    if (room.empty()) {
      owe(Outgoing::Release{peer, epoch}, {});
    } else {
      owe(Outgoing::Leave{room, peer, epoch, reason}, {});
    }
  }
}

void StoreEngine::Impl::restore() {
  untold.clear();
  for (const auto& [peer, claimed] : registry.claims()) restore(peer, claimed);
  for (const auto& [name, room] : registry.rooms()) {
    for (const auto& [id, member] : room.members) restore(name, room.version, member);
  }
  // Behind the joins, and before anything that others send to who has joined: they know it sooner than it knows them.
  for (const RoomId& name : registry.room_names()) {
    const Registry::Room* const room = registry.find(name);
    if (room != nullptr && room->is_unsure && listener != nullptr)
      listener->invalidated(name, Missed::changes);
  }
}

void StoreEngine::Impl::restore(const PeerId& peer, const Registry::Claimed& claimed) {
  ++restoring;
  backend.claim(node, *session, {peer, claimed.epoch, claimed.secret, claimed.resume},
                [self = shared_from_this(), from = *session, peer, epoch = claimed.epoch](
                    std::error_code error, Epoch /*epoch*/) {
                  self->restored(from);
                  if (is_away(error)) return self->lose_session(from);
                  if (!error || !self->registry.release(peer, epoch)) return;
                  if (self->listener != nullptr) self->listener->displaced(peer, epoch);
                });
}

// Without a bound: they are there already.
void StoreEngine::Impl::restore(const RoomId& room, Version known, const StoreMember& member) {
  ++restoring;
  backend.join(*session, {room, member, 0, known, false},
               [self = shared_from_this(), from = *session, room, known, peer = member.id,
                epoch = member.epoch](std::error_code error, const Backend::Joined& answer) {
                 self->restored(from);
                 if (is_away(error)) return self->lose_session(from);
                 // A younger one of the same name is there: this one is displaced.
                 if (error) {
                   self->release(peer, epoch);
                   if (self->listener != nullptr) self->listener->displaced(peer, epoch);
                   return;
                 }
                 const Version version = answer.joined.version;
                 self->registry.reach(room, version);
                 if (version == known || self->is_settling()) return;
                 self->invalidate(room, Missed::changes);
               });
}

void StoreEngine::Impl::lose_session(Session lost) {
  if (!is_current(lost)) return;
  session.reset();
  open_at = lost_at = now;
  complain_at = now + complain_interval;
  renewing = reaping = false;
  entries.clear();
  looks.clear();
  for (const auto& item : outgoing.end_session()) {
    std::visit([this](const auto& what) { note_end(what); }, item->what);
  }
  backend.cancel_read();
  log(LogLevel::warning, "store-unreachable");
  hand_out();
}

void StoreEngine::Impl::renew() {
  renewing = true;
  renew_at = now + options.renew_interval;
  backend.renew(
      node, *session, ++last_probe,
      [self = shared_from_this(), from = *session, sent = now](std::error_code error, std::uint64_t time) {
        if (error) return self->lose_session(from);
        if (!self->is_current(from)) return;
        self->renewing = false;
        self->renewed_at = sent;
        self->database_time_at = self->now;
        self->database_time = time;
      });
}

void StoreEngine::Impl::reap() {
  reaping = true;
  reap_at = now + options.reap_interval;
  backend.reap(node, *session,
               [self = shared_from_this(), from = *session](std::error_code error, bool more) {
                 if (error) return self->lose_session(from);
                 if (!self->is_current(from)) return;
                 self->reaping = false;
                 if (more) self->reap();
               });
}

void StoreEngine::Impl::on_time(TimePoint time) {
  // While the process stood still, nothing was read of what may have come.
  silence += std::min<TimePoint::duration>(time - now, longest_step);
  now = time;
  if (listener == nullptr) return;
  if (!session) return on_time_away();
  if (!renewing && now >= renew_at) renew();
  if (!reaping && now >= reap_at) reap();
  look_at_what_was_missed();
  send_owed();
  read_inbox();
  watch_inbox();
}

// Whoever waits for the database is told how long already, and why.
void StoreEngine::Impl::on_time_away() {
  if (!opening && now >= open_at) open_session();
  if (now >= complain_at && last_error) {
    complain_at = now + complain_interval;
    const auto since = std::chrono::duration_cast<std::chrono::seconds>(now - lost_at);
    log(LogLevel::warning, "store-unreachable",
        "for " + std::to_string(since.count()) + " s: " + last_error.message());
  }
  // All at once, so that each sender is told once; no more of them come meanwhile.
  const auto youngest = outgoing.youngest();
  if (youngest && now - *youngest >= options.message_lifetime) give_up_all();
}

void StoreEngine::Impl::look_at_what_was_missed() {
  if (!must_invalidate || is_settling()) return;
  must_invalidate = false;
  invalidate_all(Missed::messages);
}

// Until a snapshot has come through, every session asks for one.
void StoreEngine::Impl::invalidate(const RoomId& room, Missed missed) {
  registry.set_unsure(room, true);
  if (listener != nullptr) listener->invalidated(room, missed);
}

// The listener may change the registry.
void StoreEngine::Impl::invalidate_all(Missed missed) {
  for (const RoomId& room : registry.room_names()) invalidate(room, missed);
}

std::uint64_t StoreEngine::Impl::database_now() const noexcept {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - database_time_at);
  return database_time + static_cast<std::uint64_t>(std::max<std::int64_t>(since.count(), 0));
}

void StoreEngine::Impl::log(LogLevel level, std::string_view event, std::string_view detail) const {
  if (!options.log || level < options.log->level()) return;
  const LogField fields[] = {{"node", node}, {"detail", detail}};
  options.log->log({level, event, {fields, detail.empty() ? 1U : 2U}});
}

}  // namespace signaling::redis
