#include "sqlite_store.hpp"

#include <algorithm>
#include <memory>
#include <optional>

using namespace signaling;

namespace {

// Members are of this process's life alone, but in the same file: a join is one transaction.
// A new process waits until the earlier one, which may still say goodbye to its clients, lets go of the file.
constexpr const char* schema = R"(
  PRAGMA busy_timeout = 10000;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS counter (epoch INTEGER NOT NULL);
  INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter);
  CREATE TABLE IF NOT EXISTS peer (
    id BLOB PRIMARY KEY, node BLOB NOT NULL, epoch INTEGER NOT NULL, secret BLOB NOT NULL,
    kept_until INTEGER) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS room (
    id BLOB PRIMARY KEY, version INTEGER NOT NULL, used_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS room_used ON room (used_at);
  CREATE TABLE IF NOT EXISTS member (
    room BLOB NOT NULL, peer BLOB NOT NULL, node BLOB NOT NULL, epoch INTEGER NOT NULL,
    metadata BLOB NOT NULL, joined_at INTEGER NOT NULL, PRIMARY KEY (room, peer)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS member_node ON member (node);
)";

std::uint64_t now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(since).count());
}

}  // namespace

SqliteStore::SqliteStore(const std::string& file, std::chrono::seconds keep) : keep_(keep), database_(file) {
  database_.run(schema);
  if (const auto error = change([this] { end_earlier_life(); }))
    throw DatabaseError(file + ": " + error.message());
}

// Each member's leave was a change of its room, though nobody is there to be told.
void SqliteStore::end_earlier_life() {
  database_.change(
      "UPDATE room SET version = version + (SELECT count(*) FROM member WHERE member.room = room.id), "
      "used_at = ?1 "
      "WHERE id IN (SELECT room FROM member)",
      now());
  database_.change("DELETE FROM member");
  database_.change("DELETE FROM peer WHERE kept_until < ?1 OR secret = x''", now());
  database_.change("UPDATE peer SET kept_until = ?1 WHERE kept_until IS NULL",
                   now() + static_cast<std::uint64_t>(keep_.count()));
  forget_old_rooms();
}

void SqliteStore::forget_old_rooms() {
  const std::uint64_t keep = static_cast<std::uint64_t>(keep_.count());
  database_.change(
      "DELETE FROM room WHERE used_at < ?1 AND NOT EXISTS (SELECT 1 FROM member WHERE room = room.id)",
      now() - std::min(now(), keep));
}

// For the time of one call the lock is free, and this thread the one that tells.
class SqliteStore::Turn {
 public:
  Turn(SqliteStore& store, std::unique_lock<std::mutex>& lock, const NodeId& node)
      : store_(store), lock_(lock) {
    store_.teller_ = std::this_thread::get_id();
    store_.told_ = node;
    lock_.unlock();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    lock_.lock();
    store_.teller_ = {};
    store_.told_.clear();
    store_.idle_.notify_all();
  }

 private:
  SqliteStore& store_;
  std::unique_lock<std::mutex>& lock_;
};

// All that a call changes, or nothing. Under the lock; what it has to tell then waits in the queue.
template <class Function>
std::error_code SqliteStore::transact(Function function) {
  std::error_code error;
  try {
    database_.run("SAVEPOINT call");
    function();
    database_.run("RELEASE call");
    std::ranges::move(fresh_, std::back_inserter(queue_));
  } catch (const DatabaseError&) {
    error = errc::store_unavailable;
    try {
      database_.run("ROLLBACK TO call; RELEASE call");
    } catch (const DatabaseError&) {  // SQLite has rolled back by itself
    }
  }
  fresh_.clear();
  return error;
}

template <class Function>
std::error_code SqliteStore::change(Function function) {
  std::unique_lock lock(mutex_);
  const auto error = transact(function);
  tell(lock);
  return error;
}

// The answer waits behind the news of what came before it.
template <class Value, class Function>
void SqliteStore::answer(Callback<void(std::error_code, Value)> done, Function function) {
  std::unique_lock lock(mutex_);
  Result<Value> result;
  if (const auto error = transact([&] { result = function(); })) result = {error, {}};
  queue_.push_back({{}, {}, [done = std::move(done), result = std::move(result)]() mutable {
                      done(result.error, std::move(result.value));
                    }});
  tell(lock);
}

// A transaction that nobody commits.
void SqliteStore::freeze() {
  const std::scoped_lock lock(mutex_);
  if (!std::exchange(frozen_, true)) database_.run("BEGIN");
}

std::vector<std::pair<RoomId, Version>> SqliteStore::rooms() {
  const std::scoped_lock lock(mutex_);
  std::vector<std::pair<RoomId, Version>> rooms;
  Query row = database_.query("SELECT id, version FROM room ORDER BY used_at DESC");
  while (row.next()) rooms.emplace_back(row.bytes(0), row.number(1));
  return rooms;
}

void SqliteStore::open(const NodeId& node, StoreListener& listener, Callback<void(std::error_code)> done) {
  const auto error = change([&] { listeners_[node] = &listener; });
  done(error);
}

void SqliteStore::close(const NodeId& node) {
  {
    std::unique_lock lock(mutex_);
    listeners_.erase(node);
    const auto self = std::this_thread::get_id();
    idle_.wait(lock, [&] { return told_ != node || teller_ == self; });
  }
  // Should this fail, the next start of the process makes up for it.
  (void)change([&] {
    std::vector<std::pair<RoomId, PeerId>> members;
    {
      Query row = database_.query("SELECT room, peer FROM member WHERE node = ?1", node);
      while (row.next()) members.emplace_back(row.bytes(0), row.bytes(1));
    }
    for (const auto& [room, peer] : members) remove(room, peer, LeaveReason::node_lost, node);
    database_.change("DELETE FROM peer WHERE node = ?1", node);
  });
}

void SqliteStore::claim(const Claim& request, Callback<void(std::error_code, Epoch)> done) {
  answer(std::move(done), [&]() -> Result<Epoch> {
    {
      Query owner = database_.query(
          "SELECT node, epoch, secret FROM peer WHERE id = ?1 AND (kept_until IS NULL OR kept_until >= ?2)",
          request.peer, now());
      if (owner.next()) {
        const NodeId node = owner.bytes(0);
        const bool proved = !request.resume.empty() && equal_secrets(owner.bytes(2), request.resume);
        if (node == request.node || !proved) return {errc::id_in_use, 0};
        add_news(node, [peer = PeerId(request.peer), old = owner.number(1)](StoreListener& to) {
          to.displaced(peer, old);
        });
      } else if (request.is_take_over) {
        return {errc::peer_not_found, 0};
      }
    }
    database_.change("UPDATE counter SET epoch = epoch + 1");
    Query counter = database_.query("SELECT epoch FROM counter");
    counter.next();
    const Epoch epoch = counter.number(0);
    database_.change("REPLACE INTO peer VALUES (?1, ?2, ?3, ?4, NULL)", request.peer, request.node, epoch,
                     request.secret);
    return {{}, epoch};
  });
}

void SqliteStore::release(std::string_view peer, Epoch epoch) {
  (void)change([&] { database_.change("DELETE FROM peer WHERE id = ?1 AND epoch = ?2", peer, epoch); });
}

void SqliteStore::join(Join request, Callback<void(std::error_code, Joined)> done) {
  answer(std::move(done), [&]() -> Result<Joined> {
    StoreMember& member = request.member;
    const RoomState before = state_of(request.room);
    const Epoch present = epoch_in(request.room, member.id);
    const bool is_full = request.capacity != 0 && before.members.size() >= request.capacity;
    if (present > member.epoch) return {errc::id_in_use, {}};
    if (present == 0 && is_full) return {errc::room_full, {}};
    if (present < member.epoch) {
      if (before.version < request.known_version) set_version(request.room, request.known_version);
      if (present != 0) remove(request.room, member.id, LeaveReason::disconnect, member.node);
      member.joined_at = version_of(request.room) + 1;
      database_.change("INSERT INTO member VALUES (?1, ?2, ?3, ?4, ?5, ?6)", request.room, member.id,
                       member.node, member.epoch, member.metadata.view(), member.joined_at);
      announce({RoomId(request.room), 0, MembershipChange::Kind::joined, member, {}}, member.node);
    }
    const RoomState state = state_of(request.room);
    const Version joined_at = std::ranges::find(state.members, member.id, &StoreMember::id)->joined_at;
    return {{}, {state.version, state, joined_at}};
  });
}

void SqliteStore::leave(const Leave& request, Callback<void(std::error_code, Version)> done) {
  answer(std::move(done), [&]() -> Result<Version> {
    if (request.epoch == 0 || epoch_in(request.room, request.peer) != request.epoch) {
      return {errc::not_joined, 0};
    }
    remove(request.room, request.peer, request.reason, node_of(request.room, request.peer));
    const Version version = version_of(request.room);
    forget_old_rooms();
    return {{}, version};
  });
}

void SqliteStore::update(const Update& request, Callback<void(std::error_code, Version)> done) {
  answer(std::move(done), [&]() -> Result<Version> {
    if (request.epoch == 0 || epoch_in(request.room, request.peer) != request.epoch) {
      return {errc::not_joined, 0};
    }
    database_.change("UPDATE member SET metadata = ?3 WHERE room = ?1 AND peer = ?2", request.room,
                     request.peer, request.metadata.view());
    const NodeId node = node_of(request.room, request.peer);
    announce({RoomId(request.room),
              0,
              MembershipChange::Kind::updated,
              {PeerId(request.peer), node, request.epoch, request.metadata, 0},
              {}},
             node);
    return {{}, version_of(request.room)};
  });
}

void SqliteStore::snapshot(std::string_view room, Version /*known_version*/,
                           Callback<void(std::error_code, RoomState)> done) {
  answer(std::move(done), [&]() -> Result<RoomState> { return {{}, state_of(room)}; });
}

// With targets, the file is not asked.
std::error_code SqliteStore::publish(const NodeId& node, const Message& message, const Route& route,
                                     std::span<const NodeId> targets) {
  std::vector<NodeId> nodes(targets.begin(), targets.end());
  const auto error = change([&] {
    if (nodes.empty()) nodes = nodes_of(message.to, route.room);
    std::erase(nodes, node);
    const News news = [owned = OwnedMessage(message, route)](StoreListener& to) {
      to.delivered(owned.message(), owned.route());
    };
    for (const NodeId& to : nodes) add_news(to, news);
  });
  if (error) return error;
  return route.room.empty() && nodes.empty() ? errc::peer_not_found : errc::ok;
}

std::error_code SqliteStore::command(const NodeId& node, const NodeCommand& command) {
  std::vector<NodeId> nodes;
  const auto error = change([&] {
    nodes =
        nodes_of(command.peer, command.peer.empty() ? std::string_view(command.room) : std::string_view());
    std::erase(nodes, node);
    for (const NodeId& to : nodes)
      add_news(to, [command](StoreListener& there) { there.commanded(command); });
  });
  if (error) return error;
  return nodes.empty() ? errc::peer_not_found : errc::ok;
}

// Of the member `peer` of `room`; without `peer`, of all its members; without `room`, of the claim.
std::vector<NodeId> SqliteStore::nodes_of(std::string_view peer, std::string_view room) {
  Query row =
      room.empty()   ? database_.query("SELECT node FROM peer WHERE id = ?1 AND kept_until IS NULL", peer)
      : peer.empty() ? database_.query("SELECT DISTINCT node FROM member WHERE room = ?1", room)
                     : database_.query("SELECT node FROM member WHERE room = ?1 AND peer = ?2", room, peer);
  std::vector<NodeId> nodes;
  while (row.next()) nodes.push_back(row.bytes(0));
  return nodes;
}

Version SqliteStore::version_of(std::string_view room) {
  Query row = database_.query("SELECT version FROM room WHERE id = ?1", room);
  return row.next() ? row.number(0) : 0;
}

RoomState SqliteStore::state_of(std::string_view room) {
  RoomState state{version_of(room), {}};
  Query row =
      database_.query("SELECT peer, node, epoch, metadata, joined_at FROM member WHERE room = ?1", room);
  while (row.next()) {
    state.members.push_back(
        {row.bytes(0), row.bytes(1), row.number(2), Payload(row.bytes(3)), row.number(4)});
  }
  return state;
}

Epoch SqliteStore::epoch_in(std::string_view room, std::string_view peer) {
  Query row = database_.query("SELECT epoch FROM member WHERE room = ?1 AND peer = ?2", room, peer);
  return row.next() ? row.number(0) : 0;
}

NodeId SqliteStore::node_of(std::string_view room, std::string_view peer) {
  Query row = database_.query("SELECT node FROM member WHERE room = ?1 AND peer = ?2", room, peer);
  return row.next() ? row.bytes(0) : NodeId();
}

void SqliteStore::set_version(std::string_view room, Version version) {
  database_.change("REPLACE INTO room VALUES (?1, ?2, ?3)", room, version, now());
}

void SqliteStore::remove(std::string_view room, std::string_view peer, LeaveReason reason, const NodeId& by) {
  const StoreMember member{PeerId(peer), node_of(room, peer), epoch_in(room, peer), {}, 0};
  database_.change("DELETE FROM member WHERE room = ?1 AND peer = ?2", room, peer);
  announce({RoomId(room), 0, MembershipChange::Kind::left, member, reason}, by);
}

// Counts the change, and tells all nodes with members but the one that made it.
void SqliteStore::announce(MembershipChange change, const NodeId& by) {
  change.version = version_of(change.room) + 1;
  set_version(change.room, change.version);
  Query row =
      database_.query("SELECT DISTINCT node FROM member WHERE room = ?1 AND node != ?2", change.room, by);
  while (row.next()) add_news(row.bytes(0), [change](StoreListener& to) { to.changed(change); });
}

// One thread at a time tells everything that there is, one thing after the other, without the lock.
void SqliteStore::tell(std::unique_lock<std::mutex>& lock) {
  if (teller_ != std::thread::id()) return;
  while (!queue_.empty()) {
    Item item = std::move(queue_.front());
    queue_.pop_front();
    const auto listener = listeners_.find(item.node);
    if (item.news && listener == listeners_.end()) continue;
    StoreListener* const to = item.news ? listener->second : nullptr;
    const Turn turn(*this, lock, item.node);
    if (to != nullptr) {
      item.news(*to);
    } else {
      item.answer();
    }
  }
}
