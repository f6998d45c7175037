#include <stdexcept>
#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

constexpr std::uint64_t settle_time = 200'000'000;

class Silent : public Workload {
 public:
  void on_letter(Member& /*receiver*/, Member& /*sender*/, const Stamp& /*stamp*/) override {}
};

/// Pairs that live for four messages each way.
class Churn final : public Workload {
 public:
  explicit Churn(const Bench& bench)
      : bench_(bench),
        swarm_(bench.loop, bench.target, bench.dialect, bench.options.concurrency, 2),
        received_(swarm_.size()) {
    swarm_.set_workload(*this);
  }

  Faults run() {
    for (std::size_t i = 0; i < swarm_.size(); ++i) start(swarm_.member(i));
    const std::uint64_t begin = now_ns() + nanoseconds(bench_.options.warmup);
    bench_.loop.run_until(begin);
    bench_.meter.start();
    bench_.loop.run_until(begin + nanoseconds(bench_.options.seconds));
    bench_.meter.stop();
    ending_ = true;
    bench_.loop.run_while([this] { return alive_ > 0; }, now_ns() + nanoseconds(bench_.options.drain));
    if (alive_ > 0) swarm_.add_lost(alive_);
    return swarm_.faults();
  }

  void on_joined(Member& member) override {
    Member& partner = swarm_.partner(member);
    if (!partner.joined) return;
    for (Member* const each : {&member, &partner}) {
      swarm_.prepare(*each, bench_.options.payload, false);
      for (int i = 0; i < letters; ++i) swarm_.send(*each, now_ns());
    }
  }

  void on_letter(Member& receiver, Member& sender, const Stamp& stamp) override {
    bench_.meter.count_latency(now_ns() - stamp.time);
    ++received_[receiver.index];
    // Who leaves first would miss what the other still sends.
    if (received_[receiver.index] != letters || received_[sender.index] != letters) return;
    leave(receiver);
    leave(sender);
  }

  void on_gone(Member& member) override {
    --alive_;
    bench_.meter.count();
    if (swarm_.partner(member).client.is_connected() || !member.leaving) return;
    bench_.loop.defer([this, &member] {
      if (ending_) return;
      start(member);
      start(swarm_.partner(member));
    });
  }

 private:
  static constexpr int letters = 4;

  void start(Member& member) {
    ++alive_;
    received_[member.index] = 0;
    swarm_.start(member);
  }
  void leave(Member& member) {
    member.leaving = true;
    member.client.send(bench_.dialect.leave(member.party));
    member.client.close();
  }

  const Bench& bench_;
  Swarm swarm_;
  std::vector<int> received_;
  std::size_t alive_ = 0;
  bool ending_ = false;
};

}  // namespace

Faults run_connect(const Bench& bench) {
  const Options& options = bench.options;
  Silent silent;
  Faults faults;
  const std::uint64_t end = now_ns() + nanoseconds(options.warmup + options.seconds);
  for (bool warm = false; bench.meter.units() == 0 || now_ns() < end; warm = true) {
    Swarm swarm(bench.loop, bench.target, bench.dialect, options.connections, 1);
    swarm.set_workload(silent);
    if (warm) bench.meter.start();
    swarm.join(0, swarm.size(), options.concurrency);
    if (warm) bench.meter.count(swarm.size());
    bench.meter.stop();
    faults.strange += swarm.faults().strange;
    // The server's part of the ends is not what is measured.
    for (std::size_t i = 0; i < swarm.size(); ++i) swarm.member(i).client.abort();
    bench.loop.run_until(now_ns() + settle_time);
  }
  return faults;
}

Faults run_churn(const Bench& bench) { return Churn(bench).run(); }

Faults run_idle(const Bench& bench) {
  const Options& options = bench.options;
  Silent silent;
  const std::size_t rooms = options.connections / options.members;
  Swarm swarm(bench.loop, bench.target, bench.dialect, rooms, options.members);
  swarm.set_workload(silent);
  const std::uint64_t before = bench.meter.resident_kb();
  swarm.join(0, swarm.size(), options.concurrency);
  bench.loop.run_until(now_ns() + nanoseconds(options.warmup));
  bench.meter.start();
  bench.loop.run_until(now_ns() + nanoseconds(options.seconds));
  bench.meter.count(swarm.size());
  bench.meter.stop();
  bench.meter.set_memory(before, bench.meter.resident_kb());
  return swarm.faults();
}

}  // namespace bench
