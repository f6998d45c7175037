#include "workloads.hpp"

namespace bench {
namespace {

// Until each node has heard of those on the others.
constexpr double seconds_to_meet = 0.5;

class Relay final : public Workload {
 public:
  explicit Relay(const Bench& bench)
      : bench_(bench),
        active_(2 * bench.options.rooms),
        swarm_(bench.loop, bench.target, bench.dialect, bench.options.rooms + bench.options.bystanders / 2,
               2) {
    swarm_.set_workload(*this);
  }

  Faults run() {
    swarm_.join_all();
    if (bench_.target.ports.size() > 1) bench_.loop.run_until(now_ns() + nanoseconds(seconds_to_meet));
    for (std::size_t i = 0; i < active_; ++i) swarm_.prepare(swarm_.member(i), bench_.options.payload, false);
    bench_.options.rate > 0 ? run_at_rate() : run_closed_loop();
    draining_ = true;
    bench_.loop.wake_at(0);
    if (!bench_.loop.run_while([this] { return outstanding_ > 0; },
                               now_ns() + nanoseconds(bench_.options.drain))) {
      swarm_.add_lost(outstanding_);
    }
    return swarm_.faults();
  }

  void on_letter(Member& receiver, Member& /*sender*/, const Stamp& stamp) override {
    const std::uint64_t now = now_ns();
    bench_.meter.count();
    bench_.meter.count_latency(now - stamp.time);
    --outstanding_;
    if (!draining_ && bench_.options.rate <= 0) send(receiver, now);
  }

 private:
  void send(Member& member, std::uint64_t time) {
    ++outstanding_;
    swarm_.send(member, time);
  }

  void run_closed_loop() {
    for (std::size_t i = 0; i < active_; i += 2) {
      for (std::size_t k = 0; k < bench_.options.in_flight; ++k) send(swarm_.member(i), now_ns());
    }
    const std::uint64_t begin = now_ns() + nanoseconds(bench_.options.warmup);
    bench_.loop.run_until(begin);
    bench_.meter.start();
    bench_.loop.run_until(begin + nanoseconds(bench_.options.seconds));
    bench_.meter.stop();
  }

  // The pairs take turns. What falls behind is sent at once, with the time it was due.
  void run_at_rate() {
    const std::uint64_t begin = now_ns() + nanoseconds(bench_.options.warmup);
    const std::uint64_t end = begin + nanoseconds(bench_.options.seconds);
    const double interval = 1e9 / bench_.options.rate;
    const std::uint64_t first = now_ns();
    std::uint64_t sent = 0;
    const auto step = [&] {
      const std::uint64_t now = now_ns();
      if (now >= begin && now < end && !bench_.meter.is_running()) bench_.meter.start();
      for (;; ++sent) {
        const std::uint64_t due = first + static_cast<std::uint64_t>(static_cast<double>(sent) * interval);
        bench_.loop.wake_at(due);
        if (due > now) return now < end;
        send(swarm_.member(2 * (sent % bench_.options.rooms)), due);
      }
    };
    bench_.loop.run_while(step, end);
    bench_.meter.stop();
  }

  const Bench& bench_;
  std::size_t active_;  ///< members; the others only listen
  Swarm swarm_;
  std::uint64_t outstanding_ = 0;
  bool draining_ = false;
};

}  // namespace

Faults run_relay(const Bench& bench) { return Relay(bench).run(); }

}  // namespace bench
