#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "simulation/model_database.hpp"
#include "simulation/trace.hpp"

namespace signaling::simulation {

struct RunOptions {
  std::uint64_t seed = 1;
  /// Of 100 ms of virtual time in which clients act and things break.
  std::size_t steps = 600;
  Mutant mutant = Mutant::none;
  /// The store can move members: clients that come to another node resume there.
  bool can_move = true;
  Trace::Echo echo = Trace::Echo::off;
};

struct Outcome {
  /// What was found to be wrong; empty: nothing.
  std::string failure;
  std::uint64_t trace_hash = 0;
  std::vector<std::string> last_lines;
};

/// One run of a whole cluster. The same options always give the same outcome.
Outcome simulate(const RunOptions& options);

}  // namespace signaling::simulation
