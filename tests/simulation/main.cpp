// simulation [--seeds N] [--first S] [--steps N]: runs seeds, and tells of the first that fails.
// simulation --seed S: one of them, with its trace.
// simulation --twice ...: each seed two times, which must not differ.
// simulation --no-moves ...: the store cannot move members, so sessions stay on their nodes.
// simulation --without CHECK ...: a check is taken out; succeeds if a seed fails.
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "simulation/simulation.hpp"

namespace {

using namespace signaling::simulation;

struct Arguments {
  RunOptions run;
  std::uint64_t first = 1;
  std::uint64_t seeds = 100;
  bool twice = false;
};

[[noreturn]] void wrong_arguments(std::string_view what) {
  std::cerr << "simulation: " << what
            << "\nusage: simulation [--seeds N] [--first S] [--seed S] [--steps N] [--twice] [--no-moves]"
               " [--without epochs|sessions|gaps|probes|counts|receipts|rotation]\n";
  std::exit(2);
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) wrong_arguments("a number is expected");
  return value;
}

Mutant mutant(std::string_view name) {
  static const std::map<std::string_view, Mutant> names{
      {"epochs", Mutant::ignore_epochs}, {"sessions", Mutant::ignore_sessions},
      {"gaps", Mutant::hide_gaps},       {"probes", Mutant::ignore_deafness},
      {"counts", Mutant::count_nothing}, {"receipts", Mutant::send_all_again},
      {"rotation", Mutant::keep_secrets}};
  const auto found = names.find(name);
  if (found == names.end()) wrong_arguments("no such check");
  return found->second;
}

Arguments parse(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = values[i];
    if (name == "--twice") {
      arguments.twice = true;
      continue;
    }
    if (name == "--no-moves") {
      arguments.run.can_move = false;
      continue;
    }
    if (++i == count) wrong_arguments("a value is missing");
    const std::string_view value = values[i];
    if (name == "--seeds") {
      arguments.seeds = number(value);
    } else if (name == "--first") {
      arguments.first = number(value);
    } else if (name == "--steps") {
      arguments.run.steps = number(value);
    } else if (name == "--without") {
      arguments.run.mutant = mutant(value);
    } else if (name == "--seed") {
      arguments.first = number(value);
      arguments.seeds = 1;
      arguments.run.echo = Trace::Echo::on;
    } else {
      wrong_arguments("unknown option");
    }
  }
  return arguments;
}

/// The first seed that fails.
std::optional<std::uint64_t> find_failure(Arguments& arguments, Outcome& outcome) {
  for (std::uint64_t seed = arguments.first; seed < arguments.first + arguments.seeds; ++seed) {
    arguments.run.seed = seed;
    outcome = simulate(arguments.run);
    if (arguments.twice && simulate(arguments.run).trace_hash != outcome.trace_hash) {
      outcome.failure = "the trace is another one the second time";
    }
    if (!outcome.failure.empty()) return seed;
  }
  return std::nullopt;
}

}  // namespace

int main(int count, char** values) {
  Arguments arguments = parse(count, values);
  Outcome outcome;
  const auto failed = find_failure(arguments, outcome);
  if (arguments.run.mutant != Mutant::none) {
    std::cout << (failed ? "found with seed " + std::to_string(*failed) + ": " + outcome.failure
                         : "not found: the check can be taken out and nobody notices")
              << '\n';
    return failed ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  if (!failed) {
    std::cout << arguments.seeds << " seeds, nothing wrong\n";
    return EXIT_SUCCESS;
  }
  if (arguments.run.echo == Trace::Echo::off) {
    for (const std::string& line : outcome.last_lines) std::cout << line << '\n';
  }
  std::cout << "seed " << *failed << ": " << outcome.failure << "\nreplay: simulation --seed " << *failed
            << '\n';
  return EXIT_FAILURE;
}
