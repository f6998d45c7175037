#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "redis/backend.hpp"
#include "redis/outgoing.hpp"
#include "redis/registry.hpp"
#include "redis/store_engine.hpp"

namespace signaling::redis {

/// States: away -> opening -> open -> away …; closed at the end.
///
/// Away: claims and joins are answered from the registry, or refused; messages are refused; of what ends, only what the
/// database may know is remembered, so that this is bounded by what it had when it was heard of last.
/// Open: everything goes to the database, and into the registry. To open means, in this order: the session; the messages
/// that wait; what has ended; a look at what else the database has and the registry has not; each claim and each member of
/// the registry is brought back (which changes nothing if it is there).
/// All of that is sent at once, since the database does things in the order in which they come.
/// What the inbox brings and what is answered comes on two ways, and the router gets it in the one order in which it
/// happened: an answer waits until everything before its place was handed out; an entry that concerns a room, and all
/// behind it, until no answer about that room is missing.
/// Whatever fails for want of the database ends the session, and a new one brings everything into line: there is no
/// other way of repair.
struct StoreEngine::Impl : std::enable_shared_from_this<Impl> {
  using ClaimDone = Callback<void(std::error_code, Epoch)>;
  using JoinDone = Callback<void(std::error_code, StateStore::Joined)>;
  using VersionDone = Callback<void(std::error_code, Version)>;
  using SnapshotDone = Callback<void(std::error_code, RoomState)>;

  Impl(Backend& its_backend, NodeId its_node, StoreListener& its_listener, EngineOptions its_options,
       TimePoint its_now);

  // store_engine.cpp: what the router asks for.
  void claim(const StateStore::Claim& request, ClaimDone done);
  void claim_here(const StateStore::Claim& request, ClaimDone done);
  void release(std::string_view peer, Epoch epoch);
  void join(const StateStore::Join& request, JoinDone done);
  void join_here(const StateStore::Join& request, JoinDone done);
  void on_joined(const StateStore::Join& request, std::error_code error, Backend::Joined answer,
                 JoinDone done);
  void leave(const StateStore::Leave& request, VersionDone done);
  void update(const StateStore::Update& request, VersionDone done);
  void snapshot(std::string_view room, Version known_version, SnapshotDone done);
  struct Look;
  void on_seen(Session from, const RoomId& room, const std::shared_ptr<Look>& look, std::error_code error,
               Backend::Seen seen);
  std::error_code publish(const Message& message, const Route& route, std::span<const NodeId> targets);
  std::error_code command(const NodeCommand& command);
  bool accepts_publications() const noexcept;

  // store_engine_outgoing.cpp: what must reach the database, sooner or later.
  void owe(std::variant<Outgoing::Leave, Outgoing::Update, Outgoing::Release, Outgoing::Messages> what,
           VersionDone done);
  void send_outgoing();
  void send(const Outgoing::ItemPointer& item, const Outgoing::Leave& leave);
  void send(const Outgoing::ItemPointer& item, const Outgoing::Update& update);
  void send(const Outgoing::ItemPointer& item, const Outgoing::Release& release);
  void send(const Outgoing::ItemPointer& item, const Outgoing::Messages& messages);
  void on_changed(Session from, const Outgoing::ItemPointer& item, std::error_code error,
                  Backend::Changed changed);
  void on_published(const Outgoing::ItemPointer& item, std::error_code error,
                    const std::vector<std::uint32_t>& missing);
  void send_owed();
  void give_up(Outgoing::Item& messages);
  void give_up_all();
  void tell_undelivered(std::string_view bytes, errc error);

  // store_engine_session.cpp: the session with the database.
  void open_session();
  void on_opened(std::error_code error, const Backend::Opened& opened);
  void restore();
  void disown();
  void note_end(const Outgoing::Leave& leave);
  void note_end(const Outgoing::Release& release);
  void note_end(const auto& /*what*/) {}
  void send_ends();
  void restore(const PeerId& peer, const Registry::Claimed& claimed);
  void restore(const RoomId& room, Version known, const StoreMember& member);
  void restored(Session from) noexcept {
    if (is_current(from)) --restoring;
  }
  void lose_session(Session lost);
  void renew();
  void reap();
  void on_time(TimePoint time);
  void on_time_away();
  void look_at_what_was_missed();
  void invalidate(const RoomId& room, Missed missed);
  void invalidate_all(Missed missed);
  bool is_settling() const noexcept { return settle_until > now; }
  std::uint64_t database_now() const noexcept;
  void log(LogLevel level, std::string_view event, std::string_view detail = {}) const;

  // store_engine_inbox.cpp: what other nodes have to say.
  void read_inbox();
  void on_read(Session from, std::error_code error, std::vector<InboxEntry> read);
  /// About this room an answer is missing, until `heard`. What was read before happened before.
  void ask(const RoomId& room) { asked[room].push_back(++asks); }
  void heard(const RoomId& room);
  /// Calls `answer` when everything before `place` was handed out.
  void answer_at(std::uint64_t place, Callback<void()> answer);
  void hand_out();
  bool hand_out_one();
  struct Read;
  bool must_wait(Read& read) const;
  bool is_asked(std::string_view room, std::uint64_t before) const;
  void handle(const InboxEntry& entry);
  void deliver(std::string_view bytes);
  void watch_inbox();

  /// The answer is for this session, or did not come because this session is over.
  bool is_current(Session from) const noexcept { return session == from; }

  Backend& backend;
  const NodeId node;
  StoreListener* listener;  // null: closed
  const EngineOptions options;
  TimePoint now;
  Callback<void(std::error_code)> opened_first;

  std::optional<Session> session;
  bool opening = false;
  bool reading = false;
  bool renewing = false;
  bool reaping = false;
  /// Claims and members that are being brought back in this session: whose messages come sooner are nobody's.
  std::size_t restoring = 0;
  bool was_open = false;
  TimePoint open_at;
  TimePoint lost_at;  // the session, or the start
  TimePoint complain_at;
  std::error_code last_error;
  TimePoint renew_at = TimePoint::max();
  TimePoint renewed_at;
  TimePoint reap_at = TimePoint::max();
  /// Until then the database may lack members of other nodes that are still bringing them back.
  TimePoint settle_until = TimePoint::min();
  bool must_invalidate = false;

  std::uint64_t database_time = 0;
  TimePoint database_time_at;

  /// Of the first entry that was not handed out.
  InboxPlace next;
  /// An entry that was not handed out.
  struct Read {
    InboxEntry entry;
    std::uint64_t asks = 0;   // so many were sent before
    std::size_t checked = 0;  // of its bytes: the messages in them need not wait
  };
  std::deque<Read> entries;
  struct Answer {
    std::uint64_t place = 0;
    Callback<void()> give;
  };
  std::deque<Answer> answers;
  std::uint64_t asks = 0;
  std::map<RoomId, std::deque<std::uint64_t>, std::less<>> asked;
  /// A snapshot that is on its way, and everybody who waits for it.
  struct Look {
    Version known_version = 0;
    std::vector<SnapshotDone> waiting;
  };
  std::map<RoomId, std::shared_ptr<Look>, std::less<>> looks;
  bool handing_out = false;
  std::uint64_t last_probe = 0;
  TimePoint::duration silence{};  // since the last probe came, or the session was opened
  bool has_heard = false;         // a probe, in this session
  std::size_t bad_entries = 0;

  Registry registry;
  Outgoing outgoing;
  /// A peer, or the members of a room: the node owes them a command of kind `lost`, for as long as it takes.
  std::set<std::pair<PeerId, RoomId>> owed;
  /// A membership, or, without a room, a claim.
  using Place = std::tuple<RoomId, PeerId, Epoch>;
  /// Those that the database has never heard of.
  std::set<Place> untold;
  /// Those that have ended, which it has not heard of.
  std::map<Place, LeaveReason> ended;
  Epoch last_epoch = 0;
  Version last_joined_at = 0;  // the greatest that a member of this node has had in any room
};

/// How often the log is told that the database is still away.
inline constexpr std::chrono::seconds complain_interval{10};

/// The database was not reached, or does not know the session: the session is over.
inline bool is_away(std::error_code error) noexcept {
  return error == errc::store_unavailable || error == errc::closed;
}

}  // namespace signaling::redis
