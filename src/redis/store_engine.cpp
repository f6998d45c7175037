// Path 5/8: what a room asks of the cluster -> the database, or, while that is away, the node itself. Next:
// redis/redis_backend.cpp
#include "redis/store_engine.hpp"

#include <algorithm>
#include <utility>

#include "redis/store_engine_impl.hpp"

namespace signaling::redis {

StoreEngine::Impl::Impl(Backend& its_backend, NodeId its_node, StoreListener& its_listener,
                        EngineOptions its_options, TimePoint its_now)
    : backend(its_backend),
      node(std::move(its_node)),
      listener(&its_listener),
      options(std::move(its_options)),
      now(its_now),
      open_at(its_now),
      lost_at(its_now),
      complain_at(its_now + complain_interval) {}

void StoreEngine::Impl::claim(const StateStore::Claim& request, ClaimDone done) {
  if (!session) return claim_here(request, std::move(done));
  Backend::Claim wanted{PeerId(request.peer), 0, std::string(request.secret), std::string(request.resume),
                        request.is_take_over};
  backend.claim(node, *session, wanted,
                [self = shared_from_this(), from = *session, wanted, done = std::move(done)](
                    std::error_code error, Epoch epoch) mutable {
                  if (is_away(error)) {
                    self->lose_session(from);
                    // In the next session, if that is open already.
                    return self->claim(
                        {self->node, wanted.peer, wanted.secret, wanted.resume, wanted.is_take_over},
                        std::move(done));
                  }
                  if (!error) {
                    self->registry.claim(wanted.peer, epoch, wanted.secret);
                    self->last_epoch = std::max(self->last_epoch, epoch);
                  }
                  done(error, epoch);
                });
}

// Should another node have given the id away too, the database knows who was first, and the second is displaced, unless it
// has shown the first one's secret.
void StoreEngine::Impl::claim_here(const StateStore::Claim& request, ClaimDone done) {
  // Only the database knows whether there is something to take over.
  if (options.when_away == WhenAway::refuse || request.is_take_over) return done(errc::store_unavailable, 0);
  if (registry.has_claim(request.peer)) return done(errc::id_in_use, 0);
  last_epoch = std::max(last_epoch + 1, 1'000 * database_now());
  registry.claim(request.peer, last_epoch, request.secret, request.resume);
  untold.insert({{}, PeerId(request.peer), last_epoch});
  done({}, last_epoch);
}

void StoreEngine::Impl::release(std::string_view peer, Epoch epoch) {
  if (!registry.release(peer, epoch)) return;
  Outgoing::Release release{PeerId(peer), epoch};
  if (!session) return note_end(release);
  owe(std::move(release), {});
}

void StoreEngine::Impl::join(const StateStore::Join& request, JoinDone done) {
  if (!session) return join_here(request, std::move(done));
  Backend::Join wanted{RoomId(request.room),  request.member, request.capacity,
                       request.known_version, true,           request.moves_from};
  outgoing.seal();
  send_outgoing();
  registry.add(request.room, request.member, request.known_version);
  ask(wanted.room);
  backend.join(*session, wanted,
               [self = shared_from_this(), from = *session, wanted, done = std::move(done)](
                   std::error_code error, Backend::Joined answer) mutable {
                 const StateStore::Join again{wanted.room, wanted.member, wanted.capacity,
                                              wanted.known_version, wanted.moves_from};
                 if (is_away(error)) {
                   self->lose_session(from);
                   self->join(again, std::move(done));  // in the next session, if that is open already
                 } else {
                   self->on_joined(again, error, std::move(answer), std::move(done));
                 }
                 self->heard(wanted.room);
               });
}

void StoreEngine::Impl::on_joined(const StateStore::Join& request, std::error_code error,
                                  Backend::Joined answer, JoinDone done) {
  const StoreMember& member = request.member;
  if (error) {
    registry.remove(request.room, member.id, member.epoch);
    return done(error, {});
  }
  StateStore::Joined& joined = answer.joined;
  registry.set_joined_at(request.room, member.id, member.epoch, joined.joined_at);
  last_joined_at = std::max(last_joined_at, joined.joined_at);
  registry.reach(request.room, joined.version);
  if (is_settling()) joined.state.reset();
  answer_at(answer.place,
            [done = std::move(done), joined = std::move(joined)]() mutable { done({}, std::move(joined)); });
}

void StoreEngine::Impl::join_here(const StateStore::Join& request, JoinDone done) {
  const StoreMember& member = request.member;
  // Whether there is a member to move, only the database knows.
  if (options.when_away == WhenAway::refuse || request.moves_from != 0) {
    registry.remove(request.room, member.id, member.epoch);
    return done(errc::store_unavailable, {});
  }
  const Registry::Room* const room = registry.find(request.room);
  const bool is_full = room != nullptr && request.capacity != 0 && room->members.size() >= request.capacity;
  if (is_full && !room->members.contains(member.id)) return done(errc::room_full, {});
  // Else the database was asked, and may have done it.
  const auto* const known = room == nullptr ? nullptr : room->find(member.id);
  if (known == nullptr || known->epoch != member.epoch) {
    untold.insert({RoomId(request.room), member.id, member.epoch});
  }
  registry.add(request.room, member, request.known_version);
  const Version version = std::max<Version>(1, request.known_version);
  // Versions stand still meanwhile, and each membership is another one.
  last_joined_at = std::max(last_joined_at, version) + 1;
  registry.set_joined_at(request.room, member.id, member.epoch, last_joined_at);
  registry.set_unsure(request.room, true);
  done({}, {version, std::nullopt, last_joined_at});
}

void StoreEngine::Impl::leave(const StateStore::Leave& request, VersionDone done) {
  const Version here = registry.version_here(request.room);
  if (!registry.remove(request.room, request.peer, request.epoch)) return done(errc::not_joined, 0);
  Outgoing::Leave leave{RoomId(request.room), PeerId(request.peer), request.epoch, request.reason};
  if (session) return owe(std::move(leave), std::move(done));
  note_end(leave);
  done({}, here);
}

void StoreEngine::Impl::update(const StateStore::Update& request, VersionDone done) {
  if (!registry.update(request.room, request.peer, request.epoch, request.metadata)) {
    return done(errc::not_joined, 0);
  }
  if (!session) return done({}, registry.version_here(request.room));
  owe(Outgoing::Update{RoomId(request.room), PeerId(request.peer), request.epoch, request.metadata},
      std::move(done));
}

// While others bring their members back, the database shows a room that never was. One look at a time serves all: whoever
// asks while it is on its way was told of nothing that it does not have.
void StoreEngine::Impl::snapshot(std::string_view name, Version known_version, SnapshotDone done) {
  if (!session || is_settling()) {
    registry.set_unsure(name, true);
    return done(errc::store_unavailable, {});
  }
  const RoomId room(name);
  const auto found = looks.find(room);
  if (found != looks.end() && known_version <= found->second->known_version) {
    return found->second->waiting.push_back(std::move(done));
  }
  const auto look = std::make_shared<Look>();
  look->known_version = known_version;
  look->waiting.push_back(std::move(done));
  looks.insert_or_assign(room, look);
  ask(room);
  backend.snapshot(
      node, *session, room, known_version,
      [self = shared_from_this(), from = *session, room, look](std::error_code error, Backend::Seen seen) {
        self->on_seen(from, room, look, error, std::move(seen));
      });
}

void StoreEngine::Impl::on_seen(Session from, const RoomId& room, const std::shared_ptr<Look>& look,
                                std::error_code error, Backend::Seen seen) {
  const auto found = looks.find(room);
  if (found != looks.end() && found->second == look) looks.erase(found);
  if (is_away(error)) lose_session(from);
  if (!error) registry.reach(room, seen.state.version);
  registry.set_unsure(room, bool(error));
  for (SnapshotDone& done : look->waiting) {
    const bool is_last = &done == &look->waiting.back();
    answer_at(seen.place, [done = std::move(done), error,
                           state = is_last ? std::move(seen.state) : seen.state]() mutable {
      done(error, std::move(state));
    });
  }
  heard(room);
}

std::error_code StoreEngine::Impl::publish(const Message& message, const Route& route,
                                           std::span<const NodeId> targets) {
  if (!accepts_publications()) return errc::store_unavailable;
  outgoing.gather(message, route, targets, now);
  return {};
}

std::error_code StoreEngine::Impl::command(const NodeCommand& command) {
  if (command.kind == NodeCommand::Kind::lost) {
    owed.emplace(command.peer, command.room);
    return {};
  }
  if (!accepts_publications()) return errc::store_unavailable;
  outgoing.gather(command, now);
  return {};
}

bool StoreEngine::Impl::accepts_publications() const noexcept {
  const bool is_full = options.max_queued_bytes != 0 && outgoing.queued_bytes() >= options.max_queued_bytes;
  return session && restoring == 0 && !is_full;
}

StoreEngine::StoreEngine(Backend& backend, NodeId node, StoreListener& listener, EngineOptions options,
                         TimePoint now)
    : impl_(std::make_shared<Impl>(backend, std::move(node), listener, std::move(options), now)) {}

StoreEngine::~StoreEngine() { impl_->listener = nullptr; }

void StoreEngine::open(Callback<void(std::error_code)> done) {
  impl_->opened_first = std::move(done);
  impl_->open_session();
}

void StoreEngine::claim(const StateStore::Claim& request, Callback<void(std::error_code, Epoch)> done) {
  impl_->claim(request, std::move(done));
}

void StoreEngine::release(std::string_view peer, Epoch epoch) { impl_->release(peer, epoch); }

void StoreEngine::join(const StateStore::Join& request,
                       Callback<void(std::error_code, StateStore::Joined)> done) {
  impl_->join(request, std::move(done));
}

void StoreEngine::leave(const StateStore::Leave& request, Callback<void(std::error_code, Version)> done) {
  impl_->leave(request, std::move(done));
}

void StoreEngine::update(const StateStore::Update& request, Callback<void(std::error_code, Version)> done) {
  impl_->update(request, std::move(done));
}

void StoreEngine::snapshot(std::string_view room, Version known_version,
                           Callback<void(std::error_code, RoomState)> done) {
  impl_->snapshot(room, known_version, std::move(done));
}

std::error_code StoreEngine::publish(const Message& message, const Route& route,
                                     std::span<const NodeId> targets) {
  return impl_->publish(message, route, targets);
}

std::error_code StoreEngine::command(const NodeCommand& command) { return impl_->command(command); }

void StoreEngine::flush() {
  if (!impl_->session) return;
  impl_->outgoing.seal_if_few_in_flight();
  impl_->send_outgoing();
}

void StoreEngine::on_time(TimePoint now) { impl_->on_time(now); }

void StoreEngine::close(Callback<void()> done) {
  flush();
  impl_->listener = nullptr;
  const auto session = std::exchange(impl_->session, std::nullopt);
  if (!session) return done();
  impl_->backend.goodbye(impl_->node, *session,
                         [done = std::move(done)](std::error_code /*error*/) mutable { done(); });
}

StoreHealth StoreEngine::health() const {
  StoreHealth health;
  // The process may have stood still for longer than the lease: then others have removed what it had.
  health.connected = impl_->session.has_value() && impl_->now - impl_->renewed_at < Backend::lease;
  const auto patience = 2 * impl_->options.renew_interval;
  health.inbox_answers = health.connected && impl_->has_heard && impl_->silence <= patience;
  health.lease_age = std::chrono::duration_cast<std::chrono::milliseconds>(impl_->now - impl_->renewed_at);
  health.queued_bytes = impl_->outgoing.queued_bytes();
  health.bad_entries = impl_->bad_entries;
  return health;
}

}  // namespace signaling::redis
