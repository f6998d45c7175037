#include "signaling/testing/transport_contract.hpp"

#include "testing/transport_cases.hpp"
#include "testing/transport_world.hpp"

namespace signaling::testing {

bool TransportFixture::carries(const ClientMessage& /*message*/) const { return true; }
Transport* TransportFixture::transport() { return nullptr; }
bool TransportFixture::stop_reading() { return false; }
void TransportFixture::start_reading() {}

ContractResult TransportCase::run(TransportFixture& fixture) const {
  return run_case([&] {
    TransportWorld world(fixture);
    world.connect();
    body_(world);
  });
}

std::vector<TransportCase> transport_contract() {
  TransportCases cases;
  add_message_cases(cases);
  add_connection_cases(cases);
  return cases;
}

}  // namespace signaling::testing
