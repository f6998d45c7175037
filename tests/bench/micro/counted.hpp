#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>

#include "allocations.hpp"

namespace bench {

/// Reports how many allocations one item cost; with several items in an iteration, also the items per second.
class Counted {
 public:
  explicit Counted(benchmark::State& state, std::size_t items = 1)
      : state_(state), items_(items), before_(allocations()) {}
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() {
    const double done = static_cast<double>(state_.iterations()) * static_cast<double>(items_);
    state_.counters["allocs"] = static_cast<double>(allocations() - before_) / done;
    state_.counters["ns_each"] =
        benchmark::Counter(done * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  }

 private:
  benchmark::State& state_;
  std::size_t items_;
  std::size_t before_;
};

}  // namespace bench
