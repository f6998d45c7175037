#include "signaling/testing/state_store_contract.hpp"

#include "testing/store_cases.hpp"
#include "testing/store_world.hpp"

namespace signaling::testing {

bool StateStoreFixture::run_until(const std::function<bool()>& done, std::chrono::milliseconds /*at_most*/) {
  return done();
}

bool StateStoreFixture::crash(const NodeId& /*node*/) { return false; }
bool StateStoreFixture::lose_data() { return false; }
bool StateStoreFixture::cut_off(const NodeId& /*node*/) { return false; }
bool StateStoreFixture::reconnect(const NodeId& /*node*/) { return false; }
bool StateStoreFixture::lose_news(const NodeId& /*node*/, const std::function<void()>& /*meanwhile*/) {
  return false;
}

ContractResult StateStoreCase::run(StateStoreFixture& fixture) const {
  StoreWorld world(fixture);
  ContractResult result = run_case([&] {
    body_(world);
    world.finish();
  });
  // What a node has noted is the cause of what the case then missed.
  const std::string fault = world.fault();
  if (result.outcome == Outcome::failed && !fault.empty() && result.text != fault) {
    result.text = fault + "; then: " + result.text;
  }
  return result;
}

std::vector<StateStoreCase> state_store_contract() {
  StoreCases cases;
  add_claim_cases(cases);
  add_member_cases(cases);
  add_retry_cases(cases);
  add_order_cases(cases);
  add_thread_cases(cases);
  add_publish_cases(cases);
  add_command_cases(cases);
  add_move_cases(cases);
  add_end_cases(cases);
  add_failure_cases(cases);
  return cases;
}

}  // namespace signaling::testing
