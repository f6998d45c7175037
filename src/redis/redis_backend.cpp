#include "redis/redis_backend.hpp"

#include <boost/asio/post.hpp>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>

#include "redis/inbox_codec.hpp"
#include "redis/refusal.hpp"
#include "redis/script.hpp"
#include "signaling/text/percent.hpp"

namespace signaling::redis {
namespace {

constexpr std::chrono::milliseconds read_wait{1'000};
// An entry may have over 256 KiB, and all that is read at once is in memory at once.
constexpr int read_entries = 64;
// Members, and claims, that one call of `reap` or one turn of `goodbye` removes.
constexpr int removed_at_once = 500;

RedisLink::Options link_options(const RedisBackend::Options& options, std::string name) {
  RedisLink::Options link;
  link.connection = options.connection;
  link.name = std::move(name);
  link.log = options.log;
  return link;
}

// An XREAD that waits is not one that hangs, and nothing is asked behind it.
RedisLink::Options inbox_options(const RedisBackend::Options& options) {
  RedisLink::Options link = link_options(options, "inbox");
  link.patience += read_wait;
  return link;
}

std::string text_of(LeaveReason reason) { return std::to_string(static_cast<int>(reason)); }

std::string text_of(std::chrono::milliseconds duration) { return std::to_string(duration.count()); }

// What XADD's MAXLEN takes: 0 would be an empty stream.
std::string text_of_bound(std::size_t max_entries) {
  constexpr std::size_t unbounded = std::numeric_limits<std::int64_t>::max();
  return std::to_string(max_entries == 0 ? unbounded : max_entries);
}

std::error_code answered_error(char letter) {
  switch (letter) {
    case 'O': return {};
    case 'S': return errc::closed;
    case 'U': return errc::id_in_use;
    case 'P': return errc::peer_not_found;
    case 'F': return errc::room_full;
    case 'N': return errc::not_joined;
    case 'X': return errc::overloaded;
    default: return errc::store_unavailable;
  }
}

// What the database says counts only if it can be read.
std::error_code checked(std::error_code error, const PackedReader& reader) {
  return error || reader.ok() ? error : errc::store_unavailable;
}

bool read_state(PackedReader& reader, RoomState& state) {
  std::uint32_t left = reader.number32();
  for (; left > 0 && reader.ok(); --left) {
    StoreMember& member = state.members.emplace_back();
    member.id = reader.text();
    if (!unpack_member(reader.text(), member)) return false;
  }
  return reader.ok();
}

// As the script packs it.
std::string membership(std::string_view room, std::string_view peer) {
  std::string packed;
  for (int shift = 24; shift >= 0; shift -= 8) packed += static_cast<char>(room.size() >> shift & 0xFF);
  return packed.append(room).append(peer);
}

auto number_answer(Callback<void(std::error_code, std::uint64_t)> done) {
  return [done = std::move(done)](std::error_code error, PackedReader reader) mutable {
    const std::uint64_t number = reader.number64();
    done(checked(error, reader), error ? 0 : number);
  };
}

auto changed_answer(Callback<void(std::error_code, Backend::Changed)> done) {
  return [done = std::move(done)](std::error_code error, PackedReader reader) mutable {
    Backend::Changed changed;
    changed.place = reader.number64();
    changed.version = reader.number64();
    done(checked(error, reader), error ? Backend::Changed() : changed);
  };
}

auto bare_answer(Callback<void(std::error_code)> done) {
  return [done = std::move(done)](std::error_code error, PackedReader /*reader*/) mutable { done(error); };
}

}  // namespace

RedisBackend::RedisBackend(const boost::asio::any_io_executor& executor, Options options)
    : executor_(executor),
      options_(std::move(options)),
      commands_(std::make_shared<RedisLink>(executor, link_options(options_, "commands"))),
      inbox_(std::make_shared<RedisLink>(executor, inbox_options(options_))) {}

// It may end on any thread, and while the executor's context ends.
// NOLINTNEXTLINE(bugprone-exception-escape): only want of memory
RedisBackend::~RedisBackend() {
  boost::asio::post(executor_, [commands = commands_, inbox = inbox_] {
    commands->stop([] {});
    inbox->stop([] {});
  });
}

void RedisBackend::start() {
  commands_->start();
  inbox_->start();
}

void RedisBackend::stop(Callback<void()> done) {
  commands_->stop(
      [self = shared_from_this(), done = std::move(done)]() mutable { self->inbox_->stop(std::move(done)); });
}

void RedisBackend::open(const NodeId& node, InboxPlace next, Callback<void(std::error_code, Opened)> done) {
  prepare([self = shared_from_this(), node, next, done = std::move(done)](std::error_code trouble) mutable {
    if (trouble) return done(trouble, {});
    // What the inbox held may be gone, also if it has come as far again.
    if (self->is_other_run_) next = {};
    self->calls_ = 0;
    self->session_connection_ = self->commands_->connection_number();
    self->evaluate("open", node, 0,
                   {std::to_string(next.inbox), std::to_string(next.number), text_of(lease), text_of(outage)},
                   [self, done = std::move(done)](std::error_code error, PackedReader reader) mutable {
                     Opened opened;
                     opened.session = reader.number64();
                     opened.next.inbox = reader.number64();
                     opened.next.number = reader.number64();
                     opened.now = reader.number64();
                     opened.batch = reader.number64();
                     const std::uint64_t data = reader.number64();
                     error = checked(error, reader);
                     if (!error) {
                       self->last_trouble_.clear();
                       const std::uint64_t before = std::exchange(self->data_, data);
                       opened.has_lost_data =
                           std::exchange(self->is_other_run_, false) || (before != 0 && before != data);
                     }
                     done(error, opened);
                   });
  });
}

void RedisBackend::call(std::string_view operation, const NodeId& node, Session session,
                        std::vector<std::string> arguments, Answer done) {
  // Another connection may be one to another server, which has the session but not all that it did.
  if (commands_->is_connected() && commands_->connection_number() != session_connection_) {
    return boost::asio::post(executor_,
                             [done = std::move(done)]() mutable { done(errc::closed, PackedReader({})); });
  }
  evaluate(operation, node, session, std::move(arguments), std::move(done));
  ++calls_;
}

void RedisBackend::evaluate(std::string_view operation, const NodeId& node, Session session,
                            std::vector<std::string> arguments, Answer done) {
  Command command{"EVALSHA",
                  hash_,
                  "0",
                  std::string(operation),
                  options_.connection.url.prefix,
                  text_of_bound(options_.max_inbox_entries),
                  node,
                  std::to_string(session),
                  std::to_string(calls_)};
  command.insert(command.end(), std::make_move_iterator(arguments.begin()),
                 std::make_move_iterator(arguments.end()));
  commands_->execute(command,
                     [self = shared_from_this(), done = std::move(done)](const Reply& reply) mutable {
                       std::error_code error = self->error_of(reply, "EVALSHA");
                       std::string_view bytes;
                       if (!error && !reply.values.empty()) bytes = reply.values.front().text;
                       if (!error) error = answered_error(bytes.empty() ? '\0' : bytes.front());
                       if (!bytes.empty()) bytes.remove_prefix(1);
                       done(error, PackedReader(bytes));
                     });
}

// A script that is not there was not run.
std::error_code RedisBackend::error_of(const Reply& reply, std::string_view command) {
  switch (reply.status) {
    case Reply::Status::answered: return {};
    case Reply::Status::lost: return errc::store_unavailable;
    case Reply::Status::refused: break;
  }
  if (reply.error.starts_with("NOSCRIPT")) return errc::closed;
  refused(reply.error, command);
  return errc::store_unavailable;
}

void RedisBackend::renew(const NodeId& node, Session session, std::uint64_t probe,
                         Callback<void(std::error_code, std::uint64_t)> done) {
  call("renew", node, session, {std::to_string(probe), text_of(lease), text_of(outage)},
       number_answer(std::move(done)));
}

void RedisBackend::reap(const NodeId& node, Session session, Callback<void(std::error_code, bool)> done) {
  call("reap", node, session, {std::to_string(removed_at_once), text_of(LeaveReason::node_lost)},
       [done = std::move(done)](std::error_code error, PackedReader reader) mutable {
         const bool more = reader.byte() != 0;
         done(checked(error, reader), more);
       });
}

// In parts, so that nobody else waits long.
void RedisBackend::goodbye(const NodeId& node, Session session, Callback<void(std::error_code)> done) {
  call("goodbye", node, session, {std::to_string(removed_at_once), text_of(LeaveReason::node_lost)},
       [self = shared_from_this(), node, session, done = std::move(done)](std::error_code error,
                                                                          PackedReader reader) mutable {
         const bool more = reader.byte() != 0;
         error = checked(error, reader);
         if (error || !more) return done(error);
         self->goodbye(node, session, std::move(done));
       });
}

void RedisBackend::claim(const NodeId& node, Session session, Claim claim,
                         Callback<void(std::error_code, Epoch)> done) {
  call("claim", node, session,
       {std::move(claim.peer), std::to_string(claim.epoch), std::move(claim.secret), std::move(claim.resume),
        claim.is_take_over ? "1" : ""},
       number_answer(std::move(done)));
}

void RedisBackend::release(const NodeId& node, Session session, std::string peer, Epoch epoch,
                           Callback<void(std::error_code)> done) {
  call("release", node, session, {std::move(peer), std::to_string(epoch)}, bare_answer(std::move(done)));
}

void RedisBackend::join(Session session, Join request, Callback<void(std::error_code, Joined)> done) {
  const StoreMember& member = request.member;
  call("join", member.node, session,
       {std::move(request.room), member.id, std::to_string(member.epoch), std::string(member.metadata.view()),
        std::to_string(member.joined_at), std::to_string(request.capacity),
        std::to_string(request.known_version), request.wants_state ? "1" : "0",
        text_of(LeaveReason::disconnect), std::to_string(request.moves_from)},
       [done = std::move(done)](std::error_code error, PackedReader reader) mutable {
         if (error) return done(error, {});
         Joined answer;
         StateStore::Joined& joined = answer.joined;
         answer.place = reader.number64();
         joined.version = reader.number64();
         joined.joined_at = reader.number64();
         bool is_readable = true;
         if (reader.byte() != 0) {
           joined.state.emplace().version = joined.version;
           is_readable = read_state(reader, *joined.state);
         }
         error = checked(error, reader);
         done(is_readable ? error : errc::store_unavailable, std::move(answer));
       });
}

void RedisBackend::leave(const NodeId& node, Session session, RoomId room, PeerId peer, Epoch epoch,
                         LeaveReason reason, Callback<void(std::error_code, Changed)> done) {
  call("leave", node, session, {std::move(room), std::move(peer), std::to_string(epoch), text_of(reason)},
       changed_answer(std::move(done)));
}

void RedisBackend::update(const NodeId& node, Session session, RoomId room, PeerId peer, Epoch epoch,
                          Payload metadata, Callback<void(std::error_code, Changed)> done) {
  call("update", node, session,
       {std::move(room), std::move(peer), std::to_string(epoch), std::string(metadata.view())},
       changed_answer(std::move(done)));
}

void RedisBackend::snapshot(const NodeId& node, Session session, RoomId room, Version known_version,
                            Callback<void(std::error_code, Seen)> done) {
  call("snapshot", node, session, {std::move(room), std::to_string(known_version)},
       [done = std::move(done)](std::error_code error, PackedReader reader) mutable {
         if (error) return done(error, {});
         Seen seen;
         seen.place = reader.number64();
         seen.state.version = reader.number64();
         const bool is_readable = read_state(reader, seen.state);
         done(is_readable ? error : errc::store_unavailable, std::move(seen));
       });
}

void RedisBackend::own(const NodeId& node, Session session, Callback<void(std::error_code, Owned)> done) {
  call("own", node, session, {},
       [done = std::move(done)](std::error_code error, PackedReader reader) mutable {
         Owned owned;
         for (std::uint32_t left = reader.number32(); !error && reader.ok() && left != 0; --left) {
           auto& member = owned.members.emplace_back();
           member.room = reader.text();
           member.peer = reader.text();
           member.epoch = reader.number64();
         }
         while (!error && reader.ok() && !reader.empty()) {
           auto& claim = owned.claims.emplace_back();
           claim.peer = reader.text();
           claim.epoch = reader.number64();
         }
         done(checked(error, reader), std::move(owned));
       });
}

void RedisBackend::publish(const NodeId& node, Session session, Batch batch,
                           Callback<void(std::error_code, std::vector<std::uint32_t>)> done) {
  std::vector<std::string> words{std::to_string(batch.number), std::to_string(batch.expires_at),
                                 std::to_string(batch.first_unanswered)};
  words.reserve(words.size() + 3 * batch.parts.size());
  for (Batch::Part& part : batch.parts) {
    const bool is_for_member = !part.peer.empty() && !part.room.empty();
    words.emplace_back(!part.node.empty() ? "n" : is_for_member ? "m" : !part.peer.empty() ? "p" : "r");
    words.push_back(!part.node.empty() ? std::move(part.node)
                    : is_for_member    ? membership(part.room, part.peer)
                                       : part.peer + part.room);
    words.push_back(std::move(part.bytes));
    words.back() += 'm';  // the entry's kind
  }
  call("publish", node, session, std::move(words),
       [done = std::move(done)](std::error_code error, PackedReader reader) mutable {
         std::vector<std::uint32_t> missing;
         while (!error && reader.ok() && !reader.empty()) missing.push_back(reader.number32());
         done(checked(error, reader), std::move(missing));
       });
}

void RedisBackend::read(const NodeId& node, InboxPlace next,
                        Callback<void(std::error_code, std::vector<InboxEntry>)> done) {
  const std::string stream = inbox_key(node);
  if (next > trimmed_ && next.number > 0) {
    trimmed_ = next;
    inbox_->execute({"XTRIM", stream, "MINID", "~", stream_id(next)}, [](const Reply& /*reply*/) {});
  }
  is_reading_ = true;
  inbox_->execute({"XREAD", "COUNT", std::to_string(read_entries), "BLOCK", text_of(read_wait), "STREAMS",
                   stream, stream_id_before(next)},
                  [self = shared_from_this(), next, done = std::move(done)](Reply reply) mutable {
                    self->is_reading_ = false;
                    self->on_read(next, std::move(reply), std::move(done));
                  });
}

// What follows in another inbox is not for this place: somebody has spoilt the stream, or it was made anew.
void RedisBackend::on_read(InboxPlace next, Reply reply,
                           Callback<void(std::error_code, std::vector<InboxEntry>)> done) {
  std::error_code error = error_of(reply, "XREAD");
  std::vector<InboxEntry> entries;
  if (!error) entries = inbox_entries(std::move(reply.values));
  const std::size_t count = entries.size();
  std::erase_if(entries, [&](const InboxEntry& entry) { return entry.place.inbox != next.inbox; });
  if (count > 0 && entries.empty()) error = errc::closed;
  done(error, std::move(entries));
}

void RedisBackend::cancel_read() {
  if (is_reading_) inbox_->drop();
}

// As `key` in the script.
std::string RedisBackend::inbox_key(std::string_view node) const {
  return options_.connection.url.prefix + ":inbox:" + text::percent_encode(node, "_.-");
}

}  // namespace signaling::redis
