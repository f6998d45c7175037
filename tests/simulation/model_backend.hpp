#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "redis/backend.hpp"
#include "simulation/dice.hpp"
#include "simulation/model_database.hpp"
#include "simulation/scheduler.hpp"
#include "simulation/trace.hpp"

namespace signaling::simulation {

/// What lies between the nodes and the database, for all of them.
struct Wire {
  /// How often a command breaks its connection before, or after, it was done: once in so many; 0: never.
  std::size_t fails_before = 0;
  std::size_t fails_after = 0;
  milliseconds max_delay{3};
  /// The database: takes connections; has stopped in the middle, and goes on where it was.
  bool is_up = true;
  bool hangs = false;
  std::deque<Callback<void()>> backlog;
};

/// One node's connections to the model database, and what can go wrong on them.
///
/// A command goes there, is done, and its answer comes back, each after a while. When the connection breaks, all
/// commands without an answer fail; those that had not arrived are lost, or are done late. As the calls of a session are
/// counted, none passes after one that was lost.
class ModelBackend final : public redis::Backend, public std::enable_shared_from_this<ModelBackend> {
 public:
  struct World {
    Scheduler& scheduler;
    Trace& trace;
    ModelDatabase& database;
    Wire& wire;
    Mutant mutant = Mutant::none;
  };
  /// `enter` runs something on the node, now or when it wakes up.
  using Enter = std::function<void(Callback<void()>)>;
  ModelBackend(World world, Dice dice, Enter enter);

  /// `black_hole`: packets vanish and nobody is told.
  enum class Reach : std::uint8_t { full, refused, black_hole };
  void set_reach(Reach reach);
  /// Both connections break: the database is gone, or another one has taken its place.
  void cut_off();
  bool is_reachable() const noexcept { return reach_ == Reach::full && world_.wire.is_up; }
  void break_connection();
  /// The connection that reads stays silent until it is given up.
  void deafen() { deaf_ = true; }
  bool is_deaf() const noexcept { return deaf_; }
  /// The node's inbox has a new entry.
  void appended();
  /// The node is no more. What it has sent is still on its way.
  void die();

  void open(const NodeId& node, redis::InboxPlace next,
            Callback<void(std::error_code, Opened)> done) override;
  void renew(const NodeId& node, redis::Session session, std::uint64_t probe,
             Callback<void(std::error_code, std::uint64_t)> done) override;
  void reap(const NodeId& node, redis::Session session, Callback<void(std::error_code, bool)> done) override;
  void claim(const NodeId& node, redis::Session session, Claim claim,
             Callback<void(std::error_code, Epoch)> done) override;
  void release(const NodeId& node, redis::Session session, std::string peer, Epoch epoch,
               Callback<void(std::error_code)> done) override;
  void join(redis::Session session, Join request, Callback<void(std::error_code, Joined)> done) override;
  void leave(const NodeId& node, redis::Session session, RoomId room, PeerId peer, Epoch epoch,
             LeaveReason reason, Callback<void(std::error_code, Changed)> done) override;
  void update(const NodeId& node, redis::Session session, RoomId room, PeerId peer, Epoch epoch,
              Payload metadata, Callback<void(std::error_code, Changed)> done) override;
  void snapshot(const NodeId& node, redis::Session session, RoomId room, Version known_version,
                Callback<void(std::error_code, Seen)> done) override;
  void publish(const NodeId& node, redis::Session session, redis::Batch batch,
               Callback<void(std::error_code, std::vector<std::uint32_t>)> done) override;
  void read(const NodeId& node, redis::InboxPlace next,
            Callback<void(std::error_code, std::vector<redis::InboxEntry>)> done) override;
  void cancel_read() override;
  void own(const NodeId& node, redis::Session session, Callback<void(std::error_code, Owned)> done) override;
  void goodbye(const NodeId& node, redis::Session session, Callback<void(std::error_code)> done) override;

 private:
  struct Command {
    Callback<void()> apply;
    /// With an error: no answer came. Without one: the answer.
    Callback<void(std::error_code)> finish;
    bool has_arrived = false;
    bool is_lost = false;
  };
  struct Read {
    NodeId node;
    redis::InboxPlace next;
    Callback<void(std::error_code, std::vector<redis::InboxEntry>)> done;
    std::uint64_t number = 0;
    bool waits = false;
  };

  /// `what`: for the trace.
  template <class Value, class Operation>
  void call_about_room(std::string what, Operation operation, Callback<void(std::error_code, Value)> done);
  template <class Value, class Operation>
  void call(std::string what, Operation operation, Callback<void(std::error_code, Value)> done);
  void send(const std::shared_ptr<Command>& command);
  void arrive(const std::shared_ptr<Command>& command, std::uint64_t connection);
  void answer(const std::shared_ptr<Command>& command, std::uint64_t connection);
  void give_up_after_timeout(const std::shared_ptr<Command>& command, std::uint64_t connection);
  void fail(const std::shared_ptr<Command>& command);
  void apply_late(const std::shared_ptr<Command>& command);
  /// For a call that is made now.
  SessionCall next_call(const NodeId& node, redis::Session session) {
    return {node, session, calls_++, run_};
  }
  void at_database(Callback<void()> what);
  std::chrono::nanoseconds delay();

  void look(std::uint64_t number);
  void finish_read(std::uint64_t number, std::error_code error, std::vector<redis::InboxEntry> entries);
  redis::InboxPlace real_place(redis::InboxPlace place) const noexcept;
  void close_gap(std::vector<redis::InboxEntry>& entries);

  const World world_;
  Dice dice_;
  Enter enter_;  // empty: the node is no more
  Reach reach_ = Reach::full;
  std::uint64_t connection_ = 1;
  std::uint64_t calls_ = 0;  // in this session
  std::uint64_t run_ = 0;    // of the database, as it was when the session began
  /// A connection has broken, and whoever uses it does not know yet.
  TimePoint broken_until_{};
  TimePoint last_arrival_{};
  TimePoint last_answer_{};
  TimePoint last_late_{};
  std::deque<std::shared_ptr<Command>> outstanding_;

  std::optional<Read> read_;
  std::uint64_t reads_ = 0;
  bool deaf_ = false;
  /// For Mutant::hide_gaps: so many entries of this inbox are missing without the node's knowledge.
  std::uint64_t hidden_ = 0;
  std::uint64_t hidden_inbox_ = 0;
};

}  // namespace signaling::simulation
