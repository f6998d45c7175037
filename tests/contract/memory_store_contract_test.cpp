#include "contract/store_run.hpp"
#include "signaling/core/memory_store.hpp"
#include "signaling/testing/small_store.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

// One process does not crash in parts, and has nothing between its nodes that could fail.
constexpr int needs_failures = 10;
// Members of this store do not move.
constexpr int needs_moves = 5;

}  // namespace

TEST_CASE("memory store: keeps the contract") {
  const auto outcomes = run_state_store_contract<SharedStoreFixture<MemoryStore>>();
  CHECK(outcomes.at(Outcome::skipped) == needs_failures);
}

TEST_CASE("a store written from the documentation alone keeps the contract") {
  const auto outcomes = run_state_store_contract<SharedStoreFixture<SmallStore>>();
  CHECK(outcomes.at(Outcome::skipped) == needs_failures + needs_moves);
}
