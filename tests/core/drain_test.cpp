#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;
using namespace std::chrono_literals;

namespace {

struct Crowd {
  Crowd(ScriptWorld& world, int count) {
    for (int i = 0; i < count; ++i) clients.push_back(world.client("c" + std::to_string(i)));
    world.run();
    for (const auto& client : clients) client->heard();
  }

  std::size_t closed() const {
    std::size_t count = 0;
    for (const auto& client : clients) count += client->closed() == CloseReason::going_away;
    return count;
  }

  std::vector<std::unique_ptr<ScriptClient>> clients;
};

}  // namespace

TEST_CASE("router: drain sends away as many clients as it is told to, each once") {
  ScriptWorld world;
  const Crowd crowd(world, 10);
  CHECK(world.router.drain(0, 1s) == 10);
  world.run();
  CHECK(crowd.closed() == 0);
  CHECK(world.router.drain(3, 1s) == 7);
  CHECK(world.router.drain(3, 1s) == 4);
  world.run();
  CHECK(crowd.closed() == 6);
  CHECK(world.router.drain(100, 1s) == 0);
  world.run();
  CHECK(crowd.closed() == 10);
  for (const auto& client : crowd.clients) CHECK(client->heard().size() == 1);
}

TEST_CASE("router: drain tells each client a time of its own, none of them 0 or longer than the bound") {
  ScriptWorld world;
  const Crowd crowd(world, 50);
  CHECK(world.router.drain(50, 2000ms) == 0);
  world.run();
  std::set<int> delays;
  for (const auto& client : crowd.clients) {
    const Lines lines = client->heard();
    REQUIRE(lines.size() == 1);
    REQUIRE(lines[0].starts_with("going-away "));
    const int delay = std::stoi(lines[0].substr(11));
    CHECK(delay > 0);
    CHECK(delay <= 2000);
    delays.insert(delay);
  }
  CHECK(delays.size() > 40);
}

TEST_CASE("router: while it drains new clients are turned away, and those who are left talk on") {
  ScriptWorld world;
  const Crowd crowd(world, 2);
  for (const auto& client : crowd.clients) client->say("join r");
  world.run();
  for (const auto& client : crowd.clients) client->heard();
  CHECK(world.router.drain(0, 1s) == 2);
  const auto late = world.client("late");
  crowd.clients[0]->say("send c1 hello");
  world.run();
  CHECK(late->closed() == CloseReason::going_away);
  CHECK(crowd.clients[1]->heard() == Lines{"msg c0 hello"});
}

TEST_CASE("router: drain leaves local peers alone, and without a bound for the time says 0") {
  ScriptWorld world;
  LocalPeerOptions options;
  options.executor = world.io.get_executor();
  bool closed = false;
  options.on_closed = [&](CloseReason) { closed = true; };
  const auto local = world.router.connect_local(std::move(options));
  const Crowd crowd(world, 1);
  CHECK(world.router.drain(10, 0s) == 0);
  world.run();
  CHECK(crowd.clients[0]->heard() == Lines{"going-away 0"});
  CHECK_FALSE(closed);
  world.router.shut_down(1s);
  world.run();
  CHECK(closed);
}
