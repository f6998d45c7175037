#include <stdexcept>

#include "workloads.hpp"

namespace bench {
namespace {

// Until what was sent has arrived, and the server knows who has gone.
constexpr double seconds_to_settle = 0.5;

class Resume final : public Workload {
 public:
  explicit Resume(const Bench& bench)
      : bench_(bench), swarm_(bench.loop, bench.target, bench.dialect, bench.options.connections / 2, 2) {
    swarm_.set_workload(*this);
  }

  Faults run() {
    if (bench_.dialect.path_to_resume({}).empty()) throw std::invalid_argument("the dialect has no sessions");
    const std::uint64_t before = bench_.meter.resident_kb();
    swarm_.join(0, swarm_.size(), 64);
    settle();
    lose_all();
    bench_.loop.run_until(now_ns() + nanoseconds(bench_.options.away));
    bench_.meter.set_memory(before, bench_.meter.resident_kb());
    resume_all();
    // The letters come behind the welcomes.
    settle();
    swarm_.add_lost(swarm_.size() / 2 - letters_);
    return swarm_.faults();
  }

  void on_resumed(Member& /*member*/) override {
    ++resumed_;
    bench_.meter.count();
  }
  void on_letter(Member& /*receiver*/, Member& /*sender*/, const Stamp& /*stamp*/) override { ++letters_; }

 private:
  void settle() { bench_.loop.run_until(now_ns() + nanoseconds(seconds_to_settle)); }

  void lose_all() {
    for (std::size_t i = 1; i < swarm_.size(); i += 2) swarm_.member(i).client.abort();
    settle();
    for (std::size_t i = 0; i < swarm_.size(); i += 2) {
      swarm_.prepare(swarm_.member(i), bench_.options.payload, false);
      swarm_.send(swarm_.member(i), now_ns());
    }
    settle();
    for (std::size_t i = 0; i < swarm_.size(); i += 2) swarm_.member(i).client.abort();
  }

  void resume_all() {
    std::size_t next = 0;
    const auto more = [&] {
      while (next < swarm_.size() && next < resumed_ + bench_.options.concurrency)
        swarm_.resume(swarm_.member(next++));
      return resumed_ < swarm_.size();
    };
    bench_.meter.start();
    bench_.loop.run_while(more, now_ns() + nanoseconds(bench_.options.drain));
    bench_.meter.stop();
    swarm_.add_lost(swarm_.size() - resumed_);
  }

  const Bench& bench_;
  Swarm swarm_;
  std::size_t resumed_ = 0;
  std::size_t letters_ = 0;
};

}  // namespace

Faults run_resume(const Bench& bench) { return Resume(bench).run(); }

}  // namespace bench
