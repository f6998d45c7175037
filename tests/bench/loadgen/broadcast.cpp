#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

class Broadcast final : public Workload {
 public:
  explicit Broadcast(const Bench& bench)
      : bench_(bench),
        swarm_(bench.loop, bench.target, bench.dialect, bench.options.rooms, bench.options.members),
        awaited_(swarm_.size()) {
    swarm_.set_workload(*this);
  }

  Faults run() {
    swarm_.join_all();
    for (std::size_t i = 0; i < swarm_.size(); ++i)
      swarm_.prepare(swarm_.member(i), bench_.options.payload, true);
    for (std::size_t room = 0; room < bench_.options.rooms; ++room) {
      for (std::size_t k = 0; k < bench_.options.in_flight; ++k) {
        send(swarm_.member(room * bench_.options.members + k % bench_.options.members));
      }
    }
    const std::uint64_t begin = now_ns() + nanoseconds(bench_.options.warmup);
    bench_.loop.run_until(begin);
    bench_.meter.start();
    bench_.loop.run_until(begin + nanoseconds(bench_.options.seconds));
    bench_.meter.stop();
    draining_ = true;
    if (!bench_.loop.run_while([this] { return outstanding_ > 0; },
                               now_ns() + nanoseconds(bench_.options.drain))) {
      swarm_.add_lost(outstanding_);
    }
    return swarm_.faults();
  }

  void on_letter(Member& /*receiver*/, Member& sender, const Stamp& stamp) override {
    bench_.meter.count();
    bench_.meter.count_latency(now_ns() - stamp.time);
    --outstanding_;
    // Messages of one sender arrive in order at each receiver; so the last copy of a message is also the last of
    // those awaited when it was sent.
    if (--awaited_[sender.index] > 0 || draining_) return;
    send(next_sender(sender));
  }

 private:
  // Senders of one room that are under way at the same time stay different ones.
  Member& next_sender(const Member& sender) {
    const std::size_t members = bench_.options.members;
    const std::size_t place = (sender.index % members + bench_.options.in_flight) % members;
    return swarm_.member(sender.index - sender.index % members + place);
  }

  void send(Member& member) {
    const std::size_t receivers = bench_.options.members - (bench_.dialect.echoes() ? 0 : 1);
    awaited_[member.index] += receivers;
    outstanding_ += receivers;
    swarm_.send(member, now_ns());
  }

  const Bench& bench_;
  Swarm swarm_;
  std::vector<std::size_t> awaited_;  ///< copies of what each member sent that are under way
  std::uint64_t outstanding_ = 0;
  bool draining_ = false;
};

}  // namespace

Faults run_broadcast(const Bench& bench) { return Broadcast(bench).run(); }

}  // namespace bench
