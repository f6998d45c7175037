#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "world.hpp"

namespace {

using bench::Pipe;
using bench::World;

constexpr int messages = 1000;

/// Sends that many messages, one at a time, as the loop does when it reads them; `then(n)` follows the n-th.
template <class Then>
void send(World& world, Pipe& sender, const std::string& text, int count, Then then) {
  int sent = 0;
  world.repeat([&] {
    sender.say(text);
    then(++sent);
    return sent < count;
  });
}

/// How many allocations `messages` messages cost, when all buffers have grown to their size.
std::size_t cost(World& world, Pipe& sender, const std::string& text) {
  std::size_t before = 0;
  send(world, sender, text, 2 * messages, [&](int sent) {
    if (sent == messages) before = bench::allocations();
  });
  const std::size_t spent = bench::allocations() - before;
  if (spent == 0) return 0;
  const bench::AllocationTrace trace;
  send(world, sender, text, messages, [](int) {});
  MESSAGE(trace.text());
  return spent;
}

}  // namespace

TEST_CASE("relay path: a message from peer to peer allocates nothing in steady state") {
  World world;
  const auto ada = world.join("room");
  const auto bob = world.join("room");
  const std::size_t before = bob->heard();
  CHECK(cost(world, *ada, bench::message("to", bob->id(), 200)) == 0);
  CHECK(cost(world, *ada, bench::message("to", bob->id(), 1500)) == 0);
  CHECK(bob->heard() - before >= 4 * messages);
}

TEST_CASE("relay path: a broadcast allocates nothing in steady state, however many get it") {
  World world;
  std::vector<std::unique_ptr<Pipe>> members;
  for (int i = 0; i < 100; ++i) members.push_back(world.join("room"));
  CHECK(cost(world, *members.front(), bench::message("room", "room", 200)) == 0);
  CHECK(members.back()->heard() >= 2 * messages);
}

TEST_CASE("allocation counter: it counts") {
  const std::size_t before = bench::allocations();
  const auto kept = std::make_unique<std::string>(1000, 'x');
  CHECK(bench::allocations() - before == 2);
}
