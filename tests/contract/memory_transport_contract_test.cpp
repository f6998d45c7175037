#include <array>
#include <string>

#include "contract/broken_transport.hpp"
#include "contract/memory_client.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

using BrokenFixture = MemoryClientFixture<BrokenTransport>;

std::string failures_of(TransportFault fault) {
  std::string names = " ";
  for (const TransportCase& rule : transport_contract()) {
    BrokenFixture fixture(fault);
    if (rule.run(fixture).outcome == Outcome::failed) names += std::string(rule.name()) + " ";
  }
  return names;
}

struct Catch {
  TransportFault fault;
  const char* by;
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
  CHECK(failures_of(TransportFault::none) == " ");
  for (const Catch& one : catches) {
    CAPTURE(static_cast<int>(one.fault));
    const std::string failed = failures_of(one.fault);
    CHECK_MESSAGE(failed.find(" " + std::string(one.by) + " ") != std::string::npos, std::string(one.by),
                  " not in", failed);
  }
}
