#include "core/reserved_ids.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <string>

#include "core/loop.hpp"
#include "signaling/testing/fake_clock.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

struct Reservations {
  void reserve(const std::string& id, Epoch epoch, const std::string& secret) {
    const auto end = deadlines->set(std::chrono::seconds(10), [this] { ++ended; });
    reserved.add(id, {epoch, secret, deadlines, end});
  }
  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
    deadlines->run_due();
  }

  boost::asio::io_context io{1};
  FakeClock clock;
  Loops loops{clock, Deadlines::Driver::host};
  std::shared_ptr<Deadlines> deadlines = loops.of(io.get_executor())->deadlines();
  ReservedIds reserved{system_random()};
  int ended = 0;
};

}  // namespace

TEST_CASE("reserved ids: the secret, and no other, ends a reservation and its deadline") {
  Reservations world;
  world.reserve("ada", 7, "secret");
  CHECK_FALSE(world.reserved.take("ada", "other"));
  CHECK_FALSE(world.reserved.take("ada", ""));
  CHECK_FALSE(world.reserved.take("bob", "secret"));
  CHECK(world.reserved.take("ada", "secret") == 7);
  CHECK_FALSE(world.reserved.take("ada", "secret"));
  world.pass(std::chrono::minutes(1));
  CHECK(world.ended == 0);
}

TEST_CASE("reserved ids: only its own epoch removes a reservation") {
  Reservations world;
  world.reserve("ada", 7, "secret");
  CHECK_FALSE(world.reserved.remove("ada", 6));
  CHECK(world.reserved.remove("ada", 7));
  CHECK_FALSE(world.reserved.remove("ada", 7));
}

TEST_CASE("reserved ids: there is room up to the limit") {
  Reservations world;
  world.reserve("ada", 7, "secret");
  CHECK(world.reserved.has_room(2));
  CHECK_FALSE(world.reserved.has_room(1));
  CHECK(world.reserved.has_room(0));
  world.reserved.clear();
  CHECK(world.reserved.has_room(1));
}
