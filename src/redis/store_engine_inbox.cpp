// Path 5/8: what other nodes have put into this node's inbox -> the router. Next: core/router_core.cpp
#include <algorithm>
#include <utility>

#include "redis/envelope_codec.hpp"
#include "redis/store_engine_impl.hpp"

namespace signaling::redis {

void StoreEngine::Impl::read_inbox() {
  if (!session || std::exchange(reading, true)) return;
  backend.read(node, next,
               [self = shared_from_this(), from = *session](std::error_code error,
                                                            const std::vector<InboxEntry>& entries) {
                 self->reading = false;
                 self->on_read(from, error, entries);
               });
}

// An error here says little: if the database is away, the lease cannot be renewed either.
void StoreEngine::Impl::on_read(Session from, std::error_code error, const std::vector<InboxEntry>& entries) {
  for (const InboxEntry& entry : entries) {
    const bool is_wanted = entry.place.inbox == next.inbox && entry.place.number >= next.number;
    if (is_wanted && is_current(from) && listener != nullptr) handle(entry);
  }
  if (!error && listener != nullptr) read_inbox();
}

void StoreEngine::Impl::handle(const InboxEntry& entry) {
  const bool is_next = entry.place.number == next.number;
  next.number = entry.place.number + 1;
  if (!is_next) {
    log(LogLevel::warning, "store-inbox-gap");
    restore();
    invalidate_all(Missed::messages);
  }
  switch (entry.kind) {
    case InboxEntry::Kind::change:
      registry.reach(entry.change.room, entry.change.version);
      if (listener != nullptr) listener->changed(entry.change);
      return;
    case InboxEntry::Kind::messages: return deliver(entry.bytes);
    case InboxEntry::Kind::displaced:
      if (!registry.release(entry.change.member.id, entry.change.member.epoch)) return;
      owe(Outgoing::Release{entry.change.member.id, entry.change.member.epoch}, {});
      if (listener != nullptr) listener->displaced(entry.change.member.id, entry.change.member.epoch);
      return;
    case InboxEntry::Kind::probe: heard_at = now; return;
    case InboxEntry::Kind::bad: ++bad_entries; return;
  }
}

void StoreEngine::Impl::deliver(std::string_view bytes) {
  while (!bytes.empty() && listener != nullptr) {
    Envelope envelope;
    if (!take_envelope(bytes, envelope)) {
      ++bad_entries;
      return;
    }
    listener->delivered(envelope);
  }
}

// Green while deaf is the classic failure: the connection that reads may be stuck while the other one works, or the inbox
// may be another one than this node believes. To open a session settles both.
void StoreEngine::Impl::watch_inbox() {
  const auto patience = 2 * options.renew_interval + options.retry_interval;
  if (now - std::max(heard_at.value_or(opened_at), opened_at) <= patience) return;
  log(LogLevel::warning, "store-inbox-silent");
  lose_session(*session);
}

}  // namespace signaling::redis
