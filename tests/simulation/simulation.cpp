#include "simulation/simulation.hpp"

#include <functional>
#include <utility>

#include "simulation/cluster.hpp"
#include "simulation/crowd.hpp"

namespace signaling::simulation {
namespace {

using std::chrono::seconds;

constexpr milliseconds step{100};
// All faults are over, and everybody finds together.
constexpr seconds settling{40};
// What clients are granted at most, and ask for at most.
constexpr seconds longest_keep{12};

Cluster::Options cluster_options(Dice& dice, const RunOptions& run) {
  Cluster::Options options;
  options.processes = 2 + dice.below(3);
  options.mutant = run.mutant;
  options.can_move = run.can_move;
  options.limits.messages_per_second = 0;
  options.limits.joins_per_second = 0;
  options.limits.max_message_bytes = 4 * 1024;
  options.limits.max_outbound_bytes = 32 * 1024;
  options.limits.max_resume = longest_keep;
  options.limits.id_grace = dice.percent(30) ? seconds(2) : seconds(0);
  if (dice.percent(20)) options.limits.max_unacknowledged_bytes = 600;
  if (dice.percent(20)) options.limits.max_peers_per_room = 3;
  if (dice.percent(20)) options.engine.when_away = redis::WhenAway::refuse;
  options.engine.max_queued_bytes = dice.percent(30) ? 4 * 1024 : 1024 * 1024;
  return options;
}

Crowd::Options crowd_options(Dice& dice) {
  Crowd::Options options;
  options.people = 4 + dice.below(8);
  options.rooms = 1 + dice.below(4);
  options.has_twins = dice.percent(15);
  options.sends_much = dice.percent(20);
  options.keepers = dice.percent(25) ? 0 : 70;
  options.longest_keep = longest_keep;
  return options;
}

/// Plans what goes wrong: of a few kinds, so that each is often alone, and in some seeds nothing.
class FaultPlan {
 public:
  FaultPlan(Scheduler& scheduler, Cluster& cluster, Dice dice)
      : scheduler_(scheduler), cluster_(cluster), dice_(dice), kinds_(all_kinds()) {}

  void make(std::size_t steps) {
    if (dice_.percent(15)) return;
    std::vector<Fault> chosen;
    const std::size_t count = dice_.percent(20) ? kinds_.size() : 1 + dice_.below(3);
    for (std::size_t i = 0; i < count; ++i) chosen.push_back(dice_.pick(kinds_));
    const std::size_t times = 1 + dice_.below(8);
    for (std::size_t i = 0; i < times; ++i) {
      const auto when = dice_.below(steps) * step;
      scheduler_.after(when, dice_.pick(chosen));
    }
  }

 private:
  using Fault = std::function<void()>;

  /// Arguments are evaluated in any order, so one function rolls for all of them.
  Fault on_any(std::function<void(std::size_t slot)> fault) {
    return [this, fault = std::move(fault)] { fault(dice_.below(cluster_.size())); };
  }
  Fault for_up_to(seconds most, std::function<void(milliseconds duration)> fault) {
    return [this, most, fault = std::move(fault)] { fault(dice_.between(milliseconds(50), most)); };
  }
  Fault on_any_for_up_to(seconds most, std::function<void(std::size_t slot, milliseconds duration)> fault) {
    return [this, most, fault = std::move(fault)] {
      const std::size_t slot = dice_.below(cluster_.size());
      fault(slot, dice_.between(milliseconds(50), most));
    };
  }

  std::vector<Fault> all_kinds() {
    using Reach = ModelBackend::Reach;
    const auto pause = [this](std::size_t slot, milliseconds time) { cluster_.pause(slot, time); };
    const auto part = [this](Reach reach) {
      return [this, reach](std::size_t slot, milliseconds time) { cluster_.part(slot, reach, time); };
    };
    return {on_any([this](std::size_t slot) { cluster_.crash(slot); }),
            on_any([this](std::size_t slot) { cluster_.crash(slot); }),
            on_any([this](std::size_t slot) { cluster_.restart(slot); }),
            on_any([this](std::size_t slot) { cluster_.drain(slot); }),
            on_any([this](std::size_t slot) { cluster_.break_connection(slot); }),
            on_any([this](std::size_t slot) { cluster_.deafen(slot); }),
            on_any([this](std::size_t slot) { cluster_.trim(slot); }),
            on_any_for_up_to(seconds(4), pause),
            on_any_for_up_to(seconds(25), pause),
            on_any_for_up_to(seconds(20), part(Reach::refused)),
            on_any_for_up_to(seconds(20), part(Reach::black_hole)),
            for_up_to(seconds(20), [this](milliseconds time) { cluster_.make_flaky(time); }),
            for_up_to(seconds(20), [this](milliseconds time) { cluster_.make_slow(time); }),
            for_up_to(seconds(25), [this](milliseconds time) { cluster_.stop_database(time); }),
            for_up_to(seconds(15), [this](milliseconds time) { cluster_.hang_database(time); }),
            for_up_to(seconds(8), [this](milliseconds time) { cluster_.empty_database(time); }),
            for_up_to(seconds(2), [this](milliseconds time) { cluster_.fail_over(time); })};
  }

  Scheduler& scheduler_;
  Cluster& cluster_;
  Dice dice_;
  std::vector<Fault> kinds_;
};

class Run {
 public:
  explicit Run(const RunOptions& options)
      : options_(options),
        dice_(options.seed),
        cluster_options_(cluster_options(dice_, options)),
        crowd_options_(crowd_options(dice_)),
        trace_(scheduler_, options.echo),
        oracle_(scheduler_, trace_),
        cluster_(scheduler_, trace_, oracle_, dice_.fork(), cluster_options_),
        crowd_(scheduler_, cluster_, oracle_, dice_.fork(), crowd_options_),
        faults_(scheduler_, cluster_, dice_.fork()) {}
  // While the clients are there to be told.
  ~Run() { cluster_.end(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  Outcome play() {
    const bool refuses = cluster_options_.engine.when_away == redis::WhenAway::refuse;
    if (refuses) oracle_.expect(Oracle::Joins::with_database);
    if (options_.can_move) oracle_.expect(Oracle::Resumes::anywhere);
    const bool may_drop =
        crowd_options_.sends_much || cluster_options_.limits.max_unacknowledged_bytes < 1024;
    if (may_drop) oracle_.expect(Oracle::Kept::some);
    faults_.make(options_.steps);
    for (std::size_t i = 0; i < options_.steps && is_well(); ++i) {
      crowd_.step();
      pass(step);
    }
    if (is_well()) settle();
    if (is_well()) empty();
    return {oracle_.failure(), trace_.hash(), {trace_.tail().begin(), trace_.tail().end()}};
  }

 private:
  bool is_well() const { return oracle_.failure().empty(); }

  void pass(milliseconds time) {
    const TimePoint end = scheduler_.now() + time;
    while (scheduler_.now() < end && is_well()) {
      scheduler_.run_until(std::min(end, scheduler_.now() + step));
      oracle_.check_messages();
    }
  }

  void settle() {
    trace_.line("run", "settles");
    const TimePoint last = std::max(oracle_.disturbed_until(), scheduler_.now());
    pass(std::chrono::duration_cast<milliseconds>(last - scheduler_.now()) + seconds(10));
    crowd_.give_up_waiting();
    crowd_.notice();
    pass(settling);
    if (is_well()) oracle_.check_converged(cluster_.database().data());
    crowd_.talk_once();
    pass(seconds(12));
  }

  void empty() {
    trace_.line("run", "ends");
    crowd_.go_home();
    pass(longest_keep + seconds(3));
    cluster_.check_empty();
    if (is_well()) oracle_.check_converged(cluster_.database().data());
    cluster_.shut_down();
    pass(seconds(3));
    const ModelData& left = cluster_.database().data();
    if (is_well() && (!left.nodes.empty() || !left.claims.empty() || !left.rooms.empty())) {
      oracle_.fail("the database is not empty when all have gone");
    }
  }

  // The dice are rolled in the order of the members.
  const RunOptions options_;
  Dice dice_;
  const Cluster::Options cluster_options_;
  const Crowd::Options crowd_options_;
  Scheduler scheduler_;
  Trace trace_;
  Oracle oracle_;
  Cluster cluster_;
  Crowd crowd_;
  FaultPlan faults_;
};

}  // namespace

Outcome simulate(const RunOptions& options) { return Run(options).play(); }

}  // namespace signaling::simulation
