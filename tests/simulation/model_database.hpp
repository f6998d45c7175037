#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "redis/backend.hpp"
#include "simulation/scheduler.hpp"

namespace signaling::simulation {

/// A check that is taken out, to show that the simulation finds what it prevents.
enum class Mutant : std::uint8_t {
  none,
  ignore_epochs,    ///< the database does not fence: a late leave or release hits whoever has the id now
  ignore_sessions,  ///< commands of a lost connection are done late
  hide_gaps,        ///< a node is not told that its inbox has lost entries
  ignore_deafness,  ///< a node that its probes do not reach does nothing about it
  count_nothing,    ///< what was sent to a client is not kept for it, and it does not count
  send_all_again,   ///< a client that resumes does not ask what has arrived
  keep_secrets,     ///< a client's new secret does not end the older ones
};

/// What the database keeps. A value: a copy is what a replica, or a dump, has of it.
struct ModelData {
  struct Inbox {
    std::uint64_t id = 0;
    /// Entries written since it was made; the number of the next one.
    std::uint64_t written = 0;
    std::deque<redis::InboxEntry> entries;
  };
  struct Node {
    redis::Session session = 0;
    std::uint64_t calls = 0;  // in this session
    std::uint64_t lease_until = 0;
    std::uint64_t last_batch = 0;
    /// Of batches whose answer the node may not have: the parts that nobody was there for.
    std::map<std::uint64_t, std::vector<std::uint32_t>> missing;
    /// The lease has run out, and a part of what the node had is removed: it is not known any more.
    bool is_dying = false;
    Inbox inbox;
  };
  struct Claim {
    NodeId node;
    Epoch epoch = 0;
    std::string secret;
  };
  struct Room {
    Version version = 0;
    std::map<PeerId, StoreMember, std::less<>> members;
  };

  std::map<NodeId, Node, std::less<>> nodes;
  std::map<PeerId, Claim, std::less<>> claims;
  std::map<RoomId, Room, std::less<>> rooms;
  Epoch last_epoch = 0;
  std::uint64_t last_renewal = 0;
  /// The greatest that a room had which is empty now: what is said of it may still be on its way.
  Version last_version = 0;
};

/// Who asks. A call that comes after one that did not happen must not happen either, so they are counted.
struct SessionCall {
  NodeId node;
  redis::Session session = 0;
  std::uint64_t number = 0;
  /// The run of the database that the session was opened with.
  std::uint64_t run = 0;
};

template <class Value>
struct Result {
  std::error_code error;
  Value value{};
};

/// The database that `redis::Backend` speaks of, in memory: every operation happens at once and whole. Faults are not
/// here but on the way to it, except for the loss of data.
class ModelDatabase {
 public:
  struct Hooks {
    /// The inbox of this node has a new entry.
    std::function<void(const NodeId&)> appended;
    /// This node's lease has run out, and another one has begun to remove it.
    std::function<void(const NodeId&)> reaped;
  };

  ModelDatabase(const Scheduler& scheduler, Mutant mutant) : scheduler_(scheduler), mutant_(mutant) {}
  void set_hooks(Hooks hooks) { hooks_ = std::move(hooks); }

  /// `run`: that of the node's last session.
  Result<redis::Backend::Opened> open(const NodeId& node, redis::InboxPlace next, std::uint64_t run);
  Result<std::uint64_t> renew(const SessionCall& call, std::uint64_t probe);
  Result<bool> reap(const SessionCall& call);
  Result<Epoch> claim(const SessionCall& call, const redis::Backend::Claim& claim);
  std::error_code release(const SessionCall& call, const PeerId& peer, Epoch epoch);
  Result<redis::Backend::Joined> join(const SessionCall& call, const redis::Backend::Join& request);
  Result<redis::Backend::Changed> leave(const SessionCall& call, const RoomId& room, const PeerId& peer,
                                        Epoch epoch, LeaveReason reason);
  Result<redis::Backend::Changed> update(const SessionCall& call, const RoomId& room, const PeerId& peer,
                                         Epoch epoch, const Payload& metadata);
  Result<redis::Backend::Seen> snapshot(const SessionCall& call, const RoomId& room, Version known_version);
  Result<std::vector<std::uint32_t>> publish(const SessionCall& call, const redis::Batch& batch);
  std::vector<redis::InboxEntry> read(const NodeId& node, redis::InboxPlace next);
  Result<redis::Backend::Owned> own(const SessionCall& call);
  std::error_code goodbye(const SessionCall& call);

  const ModelData& data() const noexcept { return data_; }
  /// Goes on with other data: none, or those of a replica that was behind.
  void replace_data(ModelData data) {
    data_ = std::move(data);
    ++run_;
  }
  /// Tells one run of the database from another: what one run has acknowledged the next may not have.
  std::uint64_t run() const noexcept { return run_; }
  /// The oldest entries of a node's inbox go, and `kept` stay.
  void trim(const NodeId& node, std::size_t kept);

 private:
  using Node = ModelData::Node;
  using Room = ModelData::Room;

  std::uint64_t now() const noexcept { return scheduler_.milliseconds(); }
  /// Numbers that grow whatever data are lost.
  std::uint64_t later_than(std::uint64_t last) const noexcept { return std::max(last + 1, 1'000 * now()); }
  bool admit(const SessionCall& call);
  bool same_epoch(Epoch a, Epoch b) const noexcept { return a == b || mutant_ == Mutant::ignore_epochs; }

  void beat(Node& node);
  bool append(const NodeId& node, redis::InboxEntry entry);
  void announce(const RoomId& name, const Room& room, MembershipChange::Kind kind, const StoreMember& member,
                LeaveReason reason, std::string_view except, Epoch former_epoch = 0);
  void remove_member(const RoomId& name, const PeerId& peer, Version version, LeaveReason reason,
                     std::string_view except);
  Result<redis::Backend::Joined> move(const redis::Backend::Join& request, Room& room);
  Result<redis::Backend::Joined> join_again(const redis::Backend::Join& request, Room& room);
  redis::Backend::Joined answer(const redis::Backend::Join& request, const Room& room) const;
  std::uint64_t place(const NodeId& node) const { return data_.nodes.at(node).inbox.written; }
  StoreMember* find_member(const RoomId& room, const PeerId& peer, Epoch epoch);
  bool deliver(const NodeId& from, const redis::Batch::Part& part);
  /// Removes up to `bound` of what the node had. True: that was not all.
  bool remove_some(const NodeId& node, std::size_t bound);

  const Scheduler& scheduler_;
  const Mutant mutant_;
  Hooks hooks_;
  ModelData data_;
  std::uint64_t run_ = 1;
};

}  // namespace signaling::simulation
