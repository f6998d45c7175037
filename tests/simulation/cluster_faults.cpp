// What can happen to the cluster.
#include <utility>

#include "simulation/cluster.hpp"

namespace signaling::simulation {
namespace {

using std::chrono::seconds;

// From a crash to the last leave of those who were there.
constexpr seconds ghost_bound{15};
// From the beginning of a drain to the end of those whom nobody has resumed.
constexpr seconds drain_timeout{10};
// From the return of a node that stood still to a picture that is right, if nothing else was wrong.
constexpr seconds picture_bound{4};
// Nodes that were apart take some time to find together: they wait for each other before they look.
constexpr seconds reunion{10};

}  // namespace

void Cluster::crash(std::size_t slot) {
  if (!slots_[slot].process) return;
  const NodeId node = slots_[slot].process->node();
  trace_.line(node, "crashes");
  end(slot);
  oracle_.disturb(scheduler_.now() + ghost_bound);
  const TimePoint when = scheduler_.now();
  scheduler_.after(ghost_bound, [this, node, when] {
    // A database that was away grants everybody a new lease.
    if (clouded_until_ + seconds(10) < when) oracle_.check_no_ghosts(node);
  });
  const bool is_back_soon = dice_.percent(50);
  scheduler_.after(is_back_soon ? milliseconds(500) : dice_.between(seconds(2), seconds(30)), [this, slot] {
    if (!slots_[slot].process) start(slot);
  });
}

void Cluster::restart(std::size_t slot) {
  if (!slots_[slot].process || slots_[slot].process->is_paused()) return;
  trace_.line(slots_[slot].process->node(), "shuts down");
  oracle_.disturb(scheduler_.now() + ghost_bound);
  oracle_.node_gone(slots_[slot].process->node());
  slots_[slot].process->shut_down();
  slots_[slot].process->close();
  const std::size_t starts = slots_[slot].starts;
  scheduler_.after(milliseconds(300), [this, slot, starts] {
    if (slots_[slot].starts != starts || !slots_[slot].process) return;
    end(slot);
    start(slot);
  });
}

void Cluster::drain(std::size_t slot) {
  if (!slots_[slot].process || slots_[slot].process->is_paused()) return;
  trace_.line(slots_[slot].process->node(), "drains");
  if (!can_move()) oracle_.node_gone(slots_[slot].process->node());
  slots_[slot].process->drain(seconds(2));
  end_drain(slot, drain_timeout, slots_[slot].starts);
}

void Cluster::end_drain(std::size_t slot, milliseconds delay, std::size_t starts) {
  scheduler_.after(delay, [this, slot, starts] {
    const Slot& it = slots_[slot];
    if (it.starts != starts || !it.process) return;
    it.process->is_paused() ? end_drain(slot, seconds(1), starts) : restart(slot);
  });
}

void Cluster::pause(std::size_t slot, milliseconds duration) {
  Process* const process = slots_[slot].process.get();
  if (process == nullptr || process->is_paused()) return;
  trace_.line(process->node(), "pauses for " + std::to_string(duration.count()) + " ms");
  const bool is_well = clouded_until_ + reunion <= scheduler_.now();
  disturb(duration, reunion);
  process->pause();
  const std::size_t disturbances = is_well ? disturbances_ : 0;
  scheduler_.after(duration,
                   [this, slot, disturbances, starts = slots_[slot].starts, was_late = dice_.percent(50)] {
                     Process* const paused = slots_[slot].process.get();
                     if (paused == nullptr || slots_[slot].starts != starts) return;
                     trace_.line(paused->node(), "goes on");
                     watch_reach();
                     // Which comes first, the timer or what waits in the sockets, is chance.
                     if (was_late) {
                       paused->go_on();
                     } else {
                       paused->wake_by_timer();
                     }
                     look_after_return(slot, disturbances);
                   });
}

void Cluster::look_after_return(std::size_t slot, std::size_t disturbances) {
  scheduler_.after(picture_bound, [this, slot, disturbances, node = slots_[slot].process->node()] {
    const Process* const process = slots_[slot].process.get();
    const bool is_same = process != nullptr && process->node() == node;
    if (is_same && disturbances_ == disturbances) oracle_.check_sees_all(node);
  });
}

void Cluster::part(std::size_t slot, ModelBackend::Reach reach, milliseconds duration) {
  if (!slots_[slot].process) return;
  trace_.line(slots_[slot].process->node(), "is parted for " + std::to_string(duration.count()) + " ms");
  disturb(duration, reunion);
  slots_[slot].process->backend().set_reach(reach);
  watch_reach();
  scheduler_.after(duration, [this, slot, starts = slots_[slot].starts] {
    watch_reach();
    if (slots_[slot].starts != starts || !slots_[slot].process) return;
    trace_.line(slots_[slot].process->node(), "is not parted any more");
    slots_[slot].process->backend().set_reach(ModelBackend::Reach::full);
  });
}

void Cluster::break_connection(std::size_t slot) {
  if (!slots_[slot].process) return;
  trace_.line(slots_[slot].process->node(), "loses its connection");
  disturb(seconds(1), reunion);
  slots_[slot].process->backend().break_connection();
}

void Cluster::deafen(std::size_t slot) {
  if (!slots_[slot].process) return;
  trace_.line(slots_[slot].process->node(), "is deaf");
  disturb(seconds(10), reunion);
  slots_[slot].process->backend().deafen();
}

// A node that reads in time loses nothing, so it is made to be late.
void Cluster::trim(std::size_t slot) {
  if (!slots_[slot].process) return;
  deafen(slot);
  scheduler_.after(dice_.between(milliseconds(500), seconds(5)), [this, node = slots_[slot].process->node()] {
    trace_.line(node, "loses entries of its inbox");
    database_.trim(node, dice_.below(4));
  });
}

void Cluster::cut_all_off() {
  for (Slot& slot : slots_) {
    if (slot.process) slot.process->backend().cut_off();
  }
  watch_reach();
}

void Cluster::stop_database(milliseconds duration) {
  if (!wire_.is_up) return;
  trace_.line("database", "stops for " + std::to_string(duration.count()) + " ms");
  disturb(duration, reunion);
  wire_.is_up = false;
  cut_all_off();
  scheduler_.after(duration, [this] {
    trace_.line("database", "is back");
    watch_reach();
    wire_.is_up = true;
  });
}

void Cluster::empty_database(milliseconds duration) {
  if (!wire_.is_up) return;
  trace_.line("database", "loses everything");
  database_.replace_data({});
  stop_database(duration);
}

void Cluster::hang_database(milliseconds duration) {
  if (wire_.hangs) return;
  trace_.line("database", "hangs for " + std::to_string(duration.count()) + " ms");
  disturb(duration, reunion);
  wire_.hangs = true;
  watch_reach();
  scheduler_.after(duration, [this] {
    trace_.line("database", "goes on");
    watch_reach();
    wire_.hangs = false;
    for (auto& what : std::exchange(wire_.backlog, {})) what();
  });
}

void Cluster::fail_over(milliseconds lag) {
  disturb(lag, reunion);
  trace_.line("database", "has a replica that is behind");
  scheduler_.after(lag, [this, replica = database_.data()]() mutable {
    if (!wire_.is_up || wire_.hangs) return;
    trace_.line("database", "is taken over by its replica");
    database_.replace_data(std::move(replica));
    cut_all_off();
  });
}

void Cluster::make_flaky(milliseconds duration) {
  trace_.line("network", "is flaky");
  disturb(duration, reunion);
  wire_.fails_before = 40 + dice_.below(60);
  wire_.fails_after = 40 + dice_.below(60);
  scheduler_.after(duration, [this] { wire_.fails_before = wire_.fails_after = 0; });
}

void Cluster::make_slow(milliseconds duration) {
  trace_.line("network", "is slow");
  disturb(duration, reunion);
  wire_.max_delay = dice_.between(milliseconds(50), milliseconds(600));
  scheduler_.after(duration, [this] { wire_.max_delay = milliseconds(3); });
}

}  // namespace signaling::simulation
