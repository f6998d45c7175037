#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "simulation/connection.hpp"
#include "simulation/dice.hpp"
#include "simulation/model_database.hpp"
#include "simulation/oracle.hpp"
#include "simulation/process.hpp"
#include "simulation/trace.hpp"

namespace signaling::simulation {

/// The database, the processes, and the connections that clients have to them.
class Cluster {
 public:
  struct Options {
    std::size_t processes = 3;
    Mutant mutant = Mutant::none;
    bool can_move = true;  // members
    Limits limits;
    redis::EngineOptions engine;
  };
  Cluster(Scheduler& scheduler, Trace& trace, Oracle& oracle, Dice dice, Options options);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  std::size_t size() const noexcept { return slots_.size(); }
  /// Null: this one is down.
  Process* process(std::size_t slot) { return slots_[slot].process.get(); }
  /// Null: it is not, or not any more.
  Process* find(const NodeId& node);
  std::shared_ptr<Connection> connect(Process& process, Connection::Hooks hooks);
  /// The client's first word. `life`: for the trace.
  void open(Connection& connection, ConnectInfo info, std::uint32_t life);
  bool lacks(Mutant what) const noexcept { return options_.mutant == what; }
  /// The store can move members.
  bool can_move() const noexcept { return options_.can_move; }

  // Faults. Those with a duration end by themselves.
  void crash(std::size_t slot);
  void restart(std::size_t slot);
  /// Sends its clients away, waits for others to resume them, and stops.
  void drain(std::size_t slot);
  void pause(std::size_t slot, milliseconds duration);
  void part(std::size_t slot, ModelBackend::Reach reach, milliseconds duration);
  void break_connection(std::size_t slot);
  void deafen(std::size_t slot);
  void trim(std::size_t slot);
  void stop_database(milliseconds duration);
  void hang_database(milliseconds duration);
  void empty_database(milliseconds duration);
  /// A replica that is behind by `lag` becomes the database.
  void fail_over(milliseconds lag);
  void make_flaky(milliseconds duration);
  void make_slow(milliseconds duration);

  /// The end: every process tells its clients to go, and takes leave of the database.
  void shut_down();
  /// Every process dies.
  void end();
  /// Nobody is connected, and no grace lasts.
  void check_empty();
  const ModelDatabase& database() const noexcept { return database_; }

 private:
  struct Slot {
    std::unique_ptr<Process> process;
    std::size_t starts = 0;
    /// Since when the database could be reached without a break.
    TimePoint reachable_since{};
    TimePoint awake_since{};
  };

  void start(std::size_t slot);
  void end_drain(std::size_t slot, milliseconds delay, std::size_t starts);
  void end(std::size_t slot);
  void tick(std::size_t slot, std::size_t starts);
  void check_bounds(Process& process);
  /// `disturbances`: so many there were when it began to stand still.
  void look_after_return(std::size_t slot, std::size_t disturbances);
  void note_reaped(const NodeId& node);
  void watch_reach();
  void cut_all_off();
  void disturb(milliseconds duration, milliseconds aftermath);
  ModelBackend::World world() { return {scheduler_, trace_, database_, wire_, options_.mutant}; }

  Scheduler& scheduler_;
  Trace& trace_;
  Oracle& oracle_;
  Dice dice_;
  const Options options_;
  ModelDatabase database_;
  Wire wire_;
  std::vector<Slot> slots_;
  std::vector<std::shared_ptr<Connection>> connections_;
  /// When something other than a crash was wrong last.
  TimePoint clouded_until_{};
  std::size_t disturbances_ = 0;
};

}  // namespace signaling::simulation
