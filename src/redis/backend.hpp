#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "signaling/core/callback.hpp"
#include "signaling/core/state_store.hpp"

namespace signaling::redis {

/// Counts the times that a node has opened its session with the database. Commands of an earlier one are refused, so
/// nothing that was sent over a lost connection happens late.
using Session = std::uint64_t;

/// Place of an entry in a node's inbox: entries of one inbox are numbered 0, 1, 2 …; a new inbox has a greater id.
struct InboxPlace {
  std::uint64_t inbox = 0;
  std::uint64_t number = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy sees a 0 in what the compiler makes of this
  friend auto operator<=>(const InboxPlace&, const InboxPlace&) = default;
};

/// One entry of an inbox.
struct InboxEntry {
  enum class Kind : std::uint8_t {
    change,     ///< `change` is set
    messages,   ///< `bytes`: what a node has published, see Batch
    displaced,  ///< `change.member.id` and its epoch: another node has taken the id over
    probe,      ///< `number`: the one that was given to `renew`
    mark,       ///< the place of an answer
    bad,        ///< cannot be read; counts as seen
  };
  InboxPlace place;
  Kind kind = Kind::bad;
  MembershipChange change;
  std::string bytes;
  std::uint64_t number = 0;
};

/// What one node publishes in one step: for each target, bytes that the target's engine understands.
struct Batch {
  /// Counts the batches of a node; one that the database has seen already is not done again, and answered the same.
  std::uint64_t number = 0;
  /// By the database's clock, milliseconds. A batch that comes later is refused.
  std::uint64_t expires_at = 0;
  /// The least number of a batch whose answer the node does not have: what earlier ones were answered may be forgotten.
  std::uint64_t first_unanswered = 0;
  struct Part {
    /// To the inbox of this node; empty: `peer` and `room` say whose.
    NodeId node;
    /// To the node of this member of this room; without `room`, to the node that has claimed this id; without `peer`, to
    /// all nodes but the sender that have members in this room.
    std::string peer;
    std::string room;
    std::string bytes;
  };
  std::vector<Part> parts;
};

/// What the store needs of a database that all nodes share: operations that each happen at once or not at all, and an
/// inbox for each node. `RedisBackend` does it with scripts, the simulation with a model that can fail.
///
/// Errors: `errc::store_unavailable`: no answer came, the operation may or may not have happened, or may happen later
/// unless a new session is opened. `errc::closed`: the database does not know this session (any more): nothing
/// happened, `open` is due. Others are named at the operations, and are answers.
/// Completion: exactly once, on the engine's executor, never inside the call. Operations happen in the order in which
/// they were called, except `read`. Strings are taken or copied before the call returns.
/// Place: answers and inbox come on different ways. So what concerns a room is answered with the number that the next
/// entry of the caller's inbox had at that moment: entries from there on happened later.
class Backend {
 public:
  virtual ~Backend() = default;

  struct Opened {
    Session session = 0;
    /// Place of the entry that is read next. Another inbox than before: the old one is gone, with what was in it.
    InboxPlace next;
    /// The database's clock, milliseconds.
    std::uint64_t now = 0;
    /// The number of the last batch that it has seen of this node.
    std::uint64_t batch = 0;
    /// What other nodes have in the database may be lost too, unlike when this node's lease had run out.
    bool has_lost_data = false;
  };
  /// Begins a session, and makes the node known if it is not: never seen, reaped, or the data were lost. After the
  /// database was restarted or exchanged for a replica, every call fails with `closed` until then. `next` is the
  /// place the node wants to read next; if its inbox cannot have come that far, or the database is another one than at
  /// the last time, it gets a new inbox. Renews the lease
  /// too.
  virtual void open(const NodeId& node, InboxPlace next, Callback<void(std::error_code, Opened)> done) = 0;

  /// Renews the node's lease, and puts a probe with this number into its inbox. When no node at all has renewed for
  /// longer than `outage`, the database was away: then every lease begins anew. Gives the database's clock.
  virtual void renew(const NodeId& node, Session session, std::uint64_t probe,
                     Callback<void(std::error_code, std::uint64_t)> done) = 0;

  /// Removes a part of what a node has left whose lease has run out: its members leave with `node_lost`, told to all nodes
  /// that have members in the room; its ids become free; its inbox goes. True: there is more to do. Does nothing unless
  /// the caller's own lease holds.
  virtual void reap(const NodeId& node, Session session, Callback<void(std::error_code, bool)> done) = 0;

  struct Claim {
    std::string peer;
    /// 0: the database chooses one that is greater than all before. Else the id is restored with it, and those that are
    /// chosen later are greater.
    Epoch epoch = 0;
    /// Identifies this claim when it is asked for again: then it succeeds again, with the same epoch.
    std::string secret;
    /// Not empty, and equal to the `secret` of a claim of another node: the id is taken over, and that node told.
    std::string resume;
    /// Nobody gets an id that is free.
    bool is_take_over = false;
  };
  /// `errc::peer_not_found`: it is free, and must be taken over. `errc::id_in_use`: another node's, or another claim's. Restoring succeeds too if this node is the holder.
  virtual void claim(const NodeId& node, Session session, Claim claim,
                     Callback<void(std::error_code, Epoch)> done) = 0;
  virtual void release(const NodeId& node, Session session, std::string peer, Epoch epoch,
                       Callback<void(std::error_code)> done) = 0;

  /// As StateStore::join for a member of this node, `member.node`. The version becomes one more than the greater of the
  /// room's and `known_version`; `joined_at` too, unless it is given. `errc::room_full`, `errc::id_in_use`.
  struct Join {
    RoomId room;
    StoreMember member;
    std::size_t capacity = 0;
    Version known_version = 0;
    /// Whether the answer shall have the room's members, unless `known_version` is given and the node has a member there.
    bool wants_state = true;
    /// As StateStore::Join::moves_from.
    Epoch moves_from = 0;
  };
  struct Joined {
    StateStore::Joined joined;
    std::uint64_t place = 0;
  };
  virtual void join(Session session, Join request, Callback<void(std::error_code, Joined)> done) = 0;

  struct Changed {
    Version version = 0;
    std::uint64_t place = 0;
  };
  /// `errc::not_joined`.
  virtual void leave(const NodeId& node, Session session, RoomId room, PeerId peer, Epoch epoch,
                     LeaveReason reason, Callback<void(std::error_code, Changed)> done) = 0;
  /// `errc::not_joined`. Metadata that are there already change nothing.
  virtual void update(const NodeId& node, Session session, RoomId room, PeerId peer, Epoch epoch,
                      Payload metadata, Callback<void(std::error_code, Changed)> done) = 0;

  struct Seen {
    RoomState state;
    std::uint64_t place = 0;
  };
  /// Raises the room's version to `known_version` if it has members and is behind.
  virtual void snapshot(const NodeId& node, Session session, RoomId room, Version known_version,
                        Callback<void(std::error_code, Seen)> done) = 0;

  struct Owned {
    struct Member {
      RoomId room;
      PeerId peer;
      Epoch epoch = 0;
    };
    struct Claimed {
      PeerId peer;
      Epoch epoch = 0;
    };
    std::vector<Member> members;
    std::vector<Claimed> claims;
  };
  /// What the database takes for this node's.
  virtual void own(const NodeId& node, Session session, Callback<void(std::error_code, Owned)> done) = 0;

  /// Puts each part into the inboxes it is for. Gives the indices of the parts that no node was there for.
  /// `errc::overloaded`: the batch has expired, nothing happened.
  virtual void publish(const NodeId& node, Session session, Batch batch,
                       Callback<void(std::error_code, std::vector<std::uint32_t>)> done) = 0;

  /// Waits for entries from `next` on, and forgets those before it. An empty answer is possible. One at a time.
  virtual void read(const NodeId& node, InboxPlace next,
                    Callback<void(std::error_code, std::vector<InboxEntry>)> done) = 0;
  /// Makes an outstanding `read` fail, over a connection of its own if there is one.
  virtual void cancel_read() = 0;

  /// The node goes: as if it was reaped, at once. What takes too long for that is left to those who reap.
  virtual void goodbye(const NodeId& node, Session session, Callback<void(std::error_code)> done) = 0;

  static constexpr std::chrono::milliseconds lease{10'000};
  static constexpr std::chrono::milliseconds outage{6'500};
};

}  // namespace signaling::redis
