#include <doctest/doctest.h>

#include <stdexcept>

#include "contract/store_run.hpp"
#include "signaling/core/forwarding_store.hpp"
#include "signaling/core/memory_store.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

class ForwardedStore final : public ForwardingStore {
 public:
  ForwardedStore() : ForwardingStore(std::make_shared<MemoryStore>()) {}
};

}  // namespace

TEST_CASE("forwarding store: it keeps the contract that the other store keeps") {
  const auto outcomes = run_state_store_contract<SharedStoreFixture<ForwardedStore>>();
  CHECK(outcomes.at(Outcome::skipped) == 10);  // as of MemoryStore
}

TEST_CASE("forwarding store: without another store it is an error") {
  CHECK_THROWS_AS(ForwardingStore(nullptr), std::invalid_argument);
}
