// What the host's code throws costs what it came in, and nothing after it.
#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/deadlines.hpp"
#include "signaling/core/memory_store.hpp"
#include "signaling/testing/fake_clock.hpp"

using namespace signaling;
using namespace signaling::testing;

TEST_CASE("exceptions: of a function that is due it ends that one, and the next run calls those behind it") {
  boost::asio::io_context io;
  FakeClock clock;
  const auto deadlines = std::make_shared<Deadlines>(io.get_executor(), clock, Deadlines::Driver::host);
  int calls = 0;
  const auto set = [&](Deadlines& all) {
    calls = 0;
    all.set(std::chrono::milliseconds(0), [] { throw std::runtime_error("deadline"); });
    all.set(std::chrono::milliseconds(0), [&] { ++calls; });
  };
  set(*deadlines);
  CHECK_THROWS_AS(deadlines->run_due(), std::runtime_error);
  deadlines->run_due();
  CHECK(calls == 1);
  CHECK(deadlines->is_empty());
  const auto timed = std::make_shared<Deadlines>(io.get_executor(), system_clock(), Deadlines::Driver::timer);
  set(*timed);
  CHECK_THROWS_AS(io.run(), std::runtime_error);
  io.run();
  CHECK(calls == 1);
}

TEST_CASE("exceptions: of a node's listener or of a handler it costs nothing that the store has for others") {
  struct Listener final : StoreListener {
    void changed(const MembershipChange& change) override {
      versions.push_back(change.version);
      if (throws) throw std::runtime_error("changed");
    }
    void delivered(const Envelope& /*envelope*/) override {}
    void invalidated(std::string_view /*room*/, Missed /*missed*/) override {}
    void displaced(std::string_view /*peer*/, Epoch /*epoch*/) override {}
    void undelivered(const Envelope& /*envelope*/, errc /*error*/) override {}
    std::vector<Version> versions;
    bool throws = false;
  };
  MemoryStore store;
  Listener one;
  Listener two;
  store.open("n1", one, [](std::error_code) {});
  store.open("n2", two, [](std::error_code) {});
  const auto join = [&](const std::string& node, const std::string& peer, Epoch epoch) {
    int answers = 0;
    try {
      store.join({"r", {peer, node, epoch, {}, 0}, 0, 0},
                 [&](std::error_code, StateStore::Joined) { ++answers; });
    } catch (const std::runtime_error&) {
    }
    return answers;
  };
  CHECK(join("n1", "a", 1) == 1);
  CHECK(join("n2", "b", 2) == 1);
  one.throws = true;
  CHECK(join("n2", "c", 3) == 1);
  one.throws = false;
  CHECK(join("n2", "d", 4) == 1);
  CHECK(one.versions == std::vector<Version>{2, 3, 4});
  store.close("n1");
  store.close("n2");
}
