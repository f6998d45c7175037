// Path 5/8: what waits is sent in order; what fails waits for the next session. Next: redis/redis_backend.cpp
#include <utility>

#include "redis/publication_codec.hpp"
#include "redis/store_engine_impl.hpp"

namespace signaling::redis {

void StoreEngine::Impl::owe(
    std::variant<Outgoing::Leave, Outgoing::Update, Outgoing::Release, Outgoing::Messages> what,
    VersionDone done) {
  outgoing.push(std::move(what), std::move(done));
  send_outgoing();
}

void StoreEngine::Impl::send_outgoing() {
  while (session) {
    const Outgoing::ItemPointer item = outgoing.take_unsent();
    if (!item) return;
    std::visit([&](const auto& what) { send(item, what); }, item->what);
  }
}

void StoreEngine::Impl::send(const Outgoing::ItemPointer& item, const Outgoing::Leave& leave) {
  ask(leave.room);
  backend.leave(
      node, *session, leave.room, leave.peer, leave.epoch, leave.reason,
      [self = shared_from_this(), from = *session, item](std::error_code error, Backend::Changed changed) {
        self->on_changed(from, item, error, changed);
      });
}

void StoreEngine::Impl::send(const Outgoing::ItemPointer& item, const Outgoing::Update& update) {
  ask(update.room);
  backend.update(
      node, *session, update.room, update.peer, update.epoch, update.metadata,
      [self = shared_from_this(), from = *session, item](std::error_code error, Backend::Changed changed) {
        self->on_changed(from, item, error, changed);
      });
}

void StoreEngine::Impl::send(const Outgoing::ItemPointer& item, const Outgoing::Release& release) {
  backend.release(node, *session, release.peer, release.epoch,
                  [self = shared_from_this(), from = *session, item](std::error_code error) {
                    if (is_away(error)) return self->lose_session(from);
                    self->outgoing.finish(*item);
                  });
}

// Whoever waits is not made to wait for the next session.
void StoreEngine::Impl::on_changed(Session from, const Outgoing::ItemPointer& item, std::error_code error,
                                   Backend::Changed changed) {
  VersionDone done = std::move(item->done);
  const auto* const update = std::get_if<Outgoing::Update>(&item->what);
  const RoomId& room = update != nullptr ? update->room : std::get<Outgoing::Leave>(item->what).room;
  Version version = changed.version;
  if (is_away(error)) {
    lose_session(from);
    version = registry.version_here(room);
    if (version != 0) error = {};
  } else {
    outgoing.finish(*item);
    if (!error) registry.reach(room, version);
  }
  if (done) {
    answer_at(changed.place, [done = std::move(done), error, version]() mutable { done(error, version); });
  }
  heard(room);
}

void StoreEngine::Impl::send(const Outgoing::ItemPointer& item, const Outgoing::Messages& messages) {
  const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - messages.since);
  if (age >= options.message_lifetime) return give_up(*item);
  Batch batch = messages.batch;
  batch.expires_at = database_now() + static_cast<std::uint64_t>((options.message_lifetime - age).count());
  batch.first_unanswered = outgoing.first_unanswered();
  backend.publish(node, *session, std::move(batch),
                  [self = shared_from_this(), from = *session, item](
                      std::error_code error, const std::vector<std::uint32_t>& missing) {
                    if (is_away(error)) return self->lose_session(from);
                    self->on_published(item, error, missing);
                  });
}

void StoreEngine::Impl::on_published(const Outgoing::ItemPointer& item, std::error_code error,
                                     const std::vector<std::uint32_t>& missing) {
  const auto& parts = std::get<Outgoing::Messages>(item->what).batch.parts;
  if (error) give_up(*item);
  for (const std::uint32_t index : missing) {
    // A room without members elsewhere is no trouble.
    const bool is_for_room = index < parts.size() && parts[index].node.empty() && parts[index].peer.empty();
    if (index < parts.size() && !is_for_room) {
      tell_undelivered(parts[index].bytes, errc::peer_not_found);
    }
  }
  outgoing.finish(*item);
  outgoing.seal_if_few_in_flight();
  send_outgoing();
}

// Whom they are for must be known to the database.
void StoreEngine::Impl::send_owed() {
  if (owed.empty() || restoring != 0 || is_settling()) return;
  for (const auto& [peer, room] : std::exchange(owed, {})) {
    NodeCommand command;
    command.kind = NodeCommand::Kind::lost;
    command.peer = peer;
    command.room = room;
    outgoing.gather(command, now);
  }
  outgoing.seal();
  send_outgoing();
}

void StoreEngine::Impl::give_up_all() {
  outgoing.seal();
  for (const auto& item : outgoing.unfinished_messages()) give_up(*item);
}

void StoreEngine::Impl::give_up(Outgoing::Item& messages) {
  for (const Batch::Part& part : std::get<Outgoing::Messages>(messages.what).batch.parts) {
    tell_undelivered(part.bytes, errc::store_unavailable);
  }
  outgoing.finish(messages);
}

// What was for a whole room reaches those of its nodes that are there.
void StoreEngine::Impl::tell_undelivered(std::string_view bytes, errc error) {
  while (!bytes.empty() && listener != nullptr) {
    const auto publication = take_publication(bytes);
    if (!publication) return;
    if (const auto* const command = std::get_if<NodeCommand>(&*publication)) {
      const bool is_for_room = command->peer.empty() && command->node.empty();
      if (!is_for_room || error != errc::peer_not_found) listener->undelivered(*command, error);
    } else {
      const auto& [message, route] = std::get<PublishedMessage>(*publication);
      const bool is_for_room = message.to.empty();
      if (!is_for_room || error != errc::peer_not_found) listener->undelivered(message, route, error);
    }
  }
}

}  // namespace signaling::redis
