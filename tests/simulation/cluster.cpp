#include "simulation/cluster.hpp"

#include <algorithm>
#include <utility>

#include "core/mailbox.hpp"

namespace signaling::simulation {
namespace {

constexpr milliseconds tick_interval{100};
constexpr milliseconds lease = redis::Backend::lease;

}  // namespace

Cluster::Cluster(Scheduler& scheduler, Trace& trace, Oracle& oracle, Dice dice, Options options)
    : scheduler_(scheduler),
      trace_(trace),
      oracle_(oracle),
      dice_(dice),
      options_(std::move(options)),
      database_(scheduler, options_.mutant),
      slots_(options_.processes) {
  database_.set_hooks({[this](const NodeId& node) {
                         if (Process* const process = find(node)) process->backend().appended();
                       },
                       [this](const NodeId& node) { note_reaped(node); }});
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) start(slot);
}

Cluster::~Cluster() { end(); }

void Cluster::end() {
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) end(slot);
}

void Cluster::start(std::size_t slot) {
  Slot& it = slots_[slot];
  const std::size_t starts = ++it.starts;
  const NodeId node = "n" + std::to_string(slot) + "." + std::to_string(starts);
  trace_.line(node, "starts");
  // With no node alive nobody could remove a dead one.
  const bool was_alone =
      std::ranges::none_of(slots_, [](const Slot& other) { return other.process != nullptr; });
  if (was_alone) clouded_until_ = scheduler_.now();
  it.process = std::make_unique<Process>(
      world(), dice_.fork(), Process::Options{node, options_.limits, options_.engine, options_.can_move});
  it.reachable_since = it.awake_since = scheduler_.now();
  scheduler_.after(dice_.between(milliseconds(0), tick_interval),
                   [this, slot, starts] { tick(slot, starts); });
}

void Cluster::end(std::size_t slot) {
  auto process = std::move(slots_[slot].process);
  if (!process) return;
  process->store().die();
  oracle_.node_gone(process->node());
  for (const auto& connection : connections_) {
    if (connection->is_on(*process)) connection->process_gone();
  }
}

void Cluster::tick(std::size_t slot, std::size_t starts) {
  Slot& it = slots_[slot];
  if (!it.process || it.starts != starts) return;
  watch_reach();
  if (it.process->is_paused()) it.awake_since = scheduler_.now();
  it.process->on_time();
  check_bounds(*it.process);
  oracle_.check_answers(it.process->node(), it.awake_since);
  oracle_.check_graces(it.process->node(), it.awake_since);
  scheduler_.after(tick_interval, [this, slot, starts] { tick(slot, starts); });
}

// One message may go over the bound, since only a full queue refuses; so may what a peer takes to another node.
void Cluster::check_bounds(Process& process) {
  const Limits& limits = options_.limits;
  const std::size_t history = 4 * limits.max_outbound_bytes + limits.max_unacknowledged_bytes;
  const std::size_t most = options_.engine.max_queued_bytes + 2 * limits.max_message_bytes + history;
  if (process.store().health().queued_bytes > most) oracle_.fail(process.node() + " queues too much");
  if (process.router().queues().longest_bytes > Mailbox::event_factor * options_.limits.max_outbound_bytes) {
    oracle_.fail("a peer on " + process.node() + " has too much queued");
  }
}

void Cluster::watch_reach() {
  for (Slot& slot : slots_) {
    const bool is_well =
        slot.process && !slot.process->is_paused() && !wire_.hangs && slot.process->backend().is_reachable();
    if (!is_well) slot.reachable_since = scheduler_.now();
  }
}

Process* Cluster::find(const NodeId& node) {
  for (Slot& slot : slots_) {
    if (slot.process && slot.process->node() == node) return slot.process.get();
  }
  return nullptr;
}

void Cluster::note_reaped(const NodeId& node) {
  trace_.line(node, "is reaped");
  for (const Slot& slot : slots_) {
    const bool is_it = slot.process && slot.process->node() == node;
    if (is_it && slot.reachable_since + lease < scheduler_.now()) oracle_.fail(node + " is reaped, alive");
  }
}

std::shared_ptr<Connection> Cluster::connect(Process& process, Connection::Hooks hooks) {
  return connections_.emplace_back(std::make_shared<Connection>(process, std::move(hooks)));
}

void Cluster::open(Connection& connection, ConnectInfo info, std::uint32_t life) {
  trace_.line(
      "L" + std::to_string(life) + "(" + info.wished_id + ")",
      "connects" + (info.resume.empty() ? "" : " again with " + info.received + " of " + info.resume));
  connection.connect(std::move(info), options_.mutant);
}

void Cluster::disturb(milliseconds duration, milliseconds aftermath) {
  ++disturbances_;
  clouded_until_ = std::max(clouded_until_, scheduler_.now() + duration);
  oracle_.disturb(scheduler_.now() + duration + aftermath);
}

void Cluster::shut_down() {
  for (Slot& slot : slots_) {
    if (!slot.process) continue;
    oracle_.node_gone(slot.process->node());
    slot.process->shut_down();
    slot.process->close();
  }
}

void Cluster::check_empty() {
  for (const Slot& slot : slots_) {
    if (slot.process && slot.process->router().stats().peers != 0) {
      oracle_.fail(slot.process->node() + " has a peer whose client has gone for good");
    }
  }
}

}  // namespace signaling::simulation
