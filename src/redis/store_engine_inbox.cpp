// Path 5/8: what other nodes have put into this node's inbox -> the router. Next: core/cluster_inbox.cpp
#include <algorithm>
#include <utility>

#include "redis/publication_codec.hpp"
#include "redis/store_engine_impl.hpp"

namespace signaling::redis {
namespace {

// The room that it goes through. Empty: none.
std::string_view room_of(const Publication& publication) {
  if (const auto* const published = std::get_if<PublishedMessage>(&publication)) return published->route.room;
  const auto& command = std::get<NodeCommand>(publication);
  return command.peer.empty() && command.node.empty() ? std::string_view(command.room) : std::string_view();
}

}  // namespace

// What was read is handed out first: so the database keeps what this node could still lose.
void StoreEngine::Impl::read_inbox() {
  if (!session || listener == nullptr || !entries.empty() || std::exchange(reading, true)) return;
  backend.read(
      node, next,
      [self = shared_from_this(), from = *session](std::error_code error, std::vector<InboxEntry> read) {
        self->reading = false;
        self->on_read(from, error, std::move(read));
      });
}

// An error here says little: if the database is away, the lease cannot be renewed either.
void StoreEngine::Impl::on_read(Session from, std::error_code error, std::vector<InboxEntry> read) {
  if (is_current(from)) {
    for (InboxEntry& entry : read) entries.push_back({std::move(entry), asks, 0});
  }
  hand_out();
  if (!error) read_inbox();
}

void StoreEngine::Impl::heard(const RoomId& room) {
  const auto found = asked.find(room);
  found->second.pop_front();
  if (found->second.empty()) asked.erase(found);
  hand_out();
}

void StoreEngine::Impl::answer_at(std::uint64_t place, Callback<void()> answer) {
  answers.push_back({place, std::move(answer)});
  hand_out();
}

// Whoever is told something may ask for something, and be answered at once.
void StoreEngine::Impl::hand_out() {
  if (std::exchange(handing_out, true)) return;
  struct Done {
    bool& handing_out;
    ~Done() { handing_out = false; }
  };
  const bool had_entries = !entries.empty();
  {
    const Done done{handing_out};
    while (hand_out_one()) {
    }
  }
  if (had_entries) read_inbox();
}

// False: there is nothing that need not wait.
bool StoreEngine::Impl::hand_out_one() {
  if (!answers.empty() && (!session || answers.front().place <= next.number)) {
    auto answer = std::move(answers.front());
    answers.pop_front();
    answer.give();
    return true;
  }
  if (entries.empty() || must_wait(entries.front())) return false;
  const InboxEntry entry = std::move(entries.front().entry);
  entries.pop_front();
  if (entry.place.inbox == next.inbox && entry.place.number >= next.number) handle(entry);
  return true;
}

bool StoreEngine::Impl::is_asked(std::string_view room, std::uint64_t before) const {
  const auto found = asked.find(room);
  return found != asked.end() && found->second.front() <= before;
}

// What was asked since the entry was read was done later than it. So what need not wait now need not wait later either.
bool StoreEngine::Impl::must_wait(Read& read) const {
  const InboxEntry& entry = read.entry;
  if (asked.empty()) return false;
  if (entry.kind == InboxEntry::Kind::change) return is_asked(entry.change.room, read.asks);
  if (entry.kind != InboxEntry::Kind::messages) return false;
  std::string_view rest = std::string_view(entry.bytes).substr(read.checked);
  while (!rest.empty()) {
    const auto publication = take_publication(rest);
    if (!publication) return false;
    if (is_asked(room_of(*publication), read.asks)) return true;
    read.checked = entry.bytes.size() - rest.size();
  }
  return false;
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
      if (entry.change.kind == MembershipChange::Kind::moved) {
        registry.give_away(entry.change.room, entry.change.member);
      }
      if (listener != nullptr) listener->changed(entry.change);
      return;
    case InboxEntry::Kind::messages: return deliver(entry.bytes);
    case InboxEntry::Kind::displaced:
      if (!registry.release(entry.change.member.id, entry.change.member.epoch)) return;
      owe(Outgoing::Release{entry.change.member.id, entry.change.member.epoch}, {});
      if (listener != nullptr) listener->displaced(entry.change.member.id, entry.change.member.epoch);
      return;
    case InboxEntry::Kind::probe:
      silence = {};
      has_heard = true;
      return;
    case InboxEntry::Kind::mark: return;
    case InboxEntry::Kind::bad: ++bad_entries; return;
  }
}

void StoreEngine::Impl::deliver(std::string_view bytes) {
  while (!bytes.empty() && listener != nullptr) {
    const auto publication = take_publication(bytes);
    if (!publication) {
      ++bad_entries;
      return;
    }
    if (const auto* const command = std::get_if<NodeCommand>(&*publication)) {
      listener->commanded(*command);
    } else {
      const auto& [message, route] = std::get<PublishedMessage>(*publication);
      listener->delivered(message, route);
    }
  }
}

// Green while deaf is the classic failure: the connection that reads may be stuck while the other one works, or the inbox
// may be another one than this node believes. To open a session settles both.
void StoreEngine::Impl::watch_inbox() {
  const auto patience = 2 * options.renew_interval + options.retry_interval;
  if (silence <= patience) return;
  log(LogLevel::warning, "store-inbox-silent");
  lose_session(*session);
}

}  // namespace signaling::redis
