#include <algorithm>
#include <array>
#include <string_view>

#include "contract/broken_transport.hpp"
#include "contract/memory_client.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

using BrokenFixture = MemoryClientFixture<BrokenTransport>;

bool finds(const TransportCase& rule, TransportFault fault) {
  BrokenFixture fixture(fault);
  return rule.run(fixture).outcome == Outcome::failed;
}

struct Catch {
  TransportFault fault;
  std::string_view by;
};

constexpr std::array catches{
    Catch{TransportFault::swaps_messages, "writes_in_order"},
    Catch{TransportFault::swaps_messages, "large_batch"},
    Catch{TransportFault::all_is_text, "to_client_untouched"},
    Catch{TransportFault::ends_at_nul, "to_client_untouched"},
    Catch{TransportFault::cuts_large, "to_client_untouched"},
    Catch{TransportFault::only_first_of_batch, "large_batch"},
    Catch{TransportFault::only_first_of_batch, "from_several_threads"},
    Catch{TransportFault::never_written, "written_is_reported"},
    Catch{TransportFault::written_at_once, "written_is_not_reported_early"},
    Catch{TransportFault::close_drops_queue, "close_waits_for_reader"},
    Catch{TransportFault::close_is_ignored, "close_when_idle"},
    Catch{TransportFault::close_is_ignored, "router_shuts_down"},
    Catch{TransportFault::end_is_not_told, "client_goes"},
    Catch{TransportFault::end_is_not_told, "close_twice"},
    Catch{TransportFault::receives_elsewhere, "calls_on_executor"},
    Catch{TransportFault::names_new_executors, "one_executor"},
    Catch{TransportFault::swaps_received, "from_client_untouched"},
};

}  // namespace

TEST_CASE("memory transport: keeps the contract") {
  const auto outcomes = run_transport_contract<MemoryClientFixture<MemoryTransport>>();
  CHECK(!outcomes.contains(Outcome::skipped));
}

TEST_CASE("transport contract: each mistake of a transport is found by the case that is about it") {
  const auto rules = transport_contract();
  for (const TransportCase& rule : rules) {
    CAPTURE(rule.name());
    CHECK_FALSE(finds(rule, TransportFault::none));
  }
  for (const Catch& one : catches) {
    CAPTURE(static_cast<int>(one.fault));
    const auto rule = std::ranges::find(rules, one.by, &TransportCase::name);
    REQUIRE(rule != rules.end());
    CHECK_MESSAGE(finds(*rule, one.fault), rule->name());
  }
}
