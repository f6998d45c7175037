#pragma once

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <map>
#include <string>

#include "signaling/testing/transport_contract.hpp"

namespace signaling::testing {

/// How many cases ended how, over a fixture of the type for each; failures are doctest's to report.
template <class Fixture>
std::map<Outcome, int> run_transport_contract() {
  std::map<Outcome, int> outcomes;
  for (const TransportCase& rule : transport_contract()) {
    Fixture fixture;
    const ContractResult result = rule.run(fixture);
    CHECK_MESSAGE(result.outcome != Outcome::failed, std::string(rule.name()), ": ", result.text);
    ++outcomes[result.outcome];
  }
  return outcomes;
}

/// Everything of the connection, the client's end too, happens in one io_context that runs while the case waits.
class AsioTransportFixture : public TransportFixture {
 public:
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds at_most) override {
    const auto end = std::chrono::steady_clock::now() + at_most;
    while (!done()) {
      io_.restart();
      if (std::chrono::steady_clock::now() > end) return false;
      io_.run_one_for(std::chrono::milliseconds(100));
    }
    return true;
  }
  // The machine may do much else.
  std::chrono::milliseconds patience() const override { return std::chrono::minutes(1); }

 protected:
  boost::asio::io_context io_{1};
};

}  // namespace signaling::testing
