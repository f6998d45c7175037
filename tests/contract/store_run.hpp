#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "signaling/testing/state_store_contract.hpp"

namespace signaling::testing {

/// How many cases ended how, over a fixture of the type for each; failures are doctest's to report.
template <class Fixture>
std::map<Outcome, int> run_state_store_contract() {
  std::map<Outcome, int> outcomes;
  for (const StateStoreCase& rule : state_store_contract()) {
    Fixture fixture;
    const ContractResult result = rule.run(fixture);
    CHECK_MESSAGE(result.outcome != Outcome::failed, std::string(rule.name()), ": ", result.text);
    ++outcomes[result.outcome];
  }
  return outcomes;
}

/// Nodes that share one object in this process.
template <class Store>
class SharedStoreFixture final : public StateStoreFixture {
 public:
  std::shared_ptr<StateStore> make_node(const NodeId& /*node*/) override { return store_; }

 private:
  std::shared_ptr<StateStore> store_ = std::make_shared<Store>();
};

}  // namespace signaling::testing
