#include <doctest/doctest.h>

#include "redis/support/backend_world.hpp"

using namespace signaling;
using namespace signaling::redis;
using namespace signaling::redis::testing;

TEST_CASE("redis backend: to open gives a session, an inbox that begins at 0, and the database's clock") {
  World world;
  const auto opened = world.a.try_open();
  REQUIRE_FALSE(opened.error);
  CHECK(opened.value.session > 0);
  CHECK(opened.value.next.number == 0);
  CHECK(opened.value.batch == 0);
  const std::uint64_t seconds = std::stoull(world.server.first({"TIME"}));
  CHECK(opened.value.now / 1000 <= seconds);
  CHECK(opened.value.now / 1000 + 2 >= seconds);
}

TEST_CASE("redis backend: a second session has a greater id, goes on in the same inbox, and ends the first") {
  World world;
  world.a.open();
  const Session first = world.a.session;
  CHECK_FALSE(world.a.renew());
  CHECK(world.a.read().value.size() == 1);
  const InboxPlace place = world.a.next;
  world.a.open();
  CHECK(world.a.session > first);
  CHECK(world.a.next == place);
  world.a.session = first;
  CHECK(world.a.renew() == errc::closed);
}

TEST_CASE("redis backend: an operation of an unknown session changes nothing") {
  World world;
  world.a.open();
  world.server.command({"FLUSHALL"});
  CHECK(world.a.join("room", "peer", 1).error == errc::closed);
  CHECK(world.a.claim("peer").error == errc::closed);
  CHECK(world.keys().empty());
}

TEST_CASE("redis backend: a node that has read further than its inbox has come gets a new, greater one") {
  World world;
  world.a.open();
  const InboxPlace before = world.a.next;
  world.a.next.number = 7;
  CHECK(world.a.open().next.inbox > before.inbox);
  CHECK(world.a.next.number == 0);
  SUBCASE("also when the stream was deleted") {
    CHECK(world.a.news().empty());
    world.server.command({"DEL", "signaling:inbox:node-a"});
    const InboxPlace lost = world.a.next;
    CHECK(world.a.open().next.inbox > lost.inbox);
  }
}

TEST_CASE("redis backend: a probe comes back through the inbox") {
  World world;
  world.a.open();
  world.a.probe = 41;
  CHECK_FALSE(world.a.renew());
  const auto read = world.a.read();
  REQUIRE(read.value.size() == 1);
  CHECK(read.value.front().kind == InboxEntry::Kind::probe);
  CHECK(read.value.front().number == 42);
  CHECK(read.value.front().place == InboxPlace{world.a.next.inbox, 0});
}

TEST_CASE("redis backend: with all data lost the session is over, and the next has a new inbox") {
  World world;
  world.a.open();
  const InboxPlace before = world.a.next;
  const Session session = world.a.session;
  world.server.command({"FLUSHALL"});
  CHECK(world.a.renew() == errc::closed);
  SUBCASE("also for who is not the first to come back") { world.b.open(); }
  CHECK(world.a.try_open().value.has_lost_data);
  CHECK(world.a.next.inbox > before.inbox);
  CHECK(world.a.session > session);
  CHECK_FALSE(world.a.renew());
  CHECK_FALSE(world.a.try_open().value.has_lost_data);
}

TEST_CASE("redis backend: with the script forgotten the session is over, and the next goes on as it was") {
  World world;
  const Epoch epoch = world.a.open().claim("peer").value;
  const InboxPlace before = world.a.next;
  world.server.command({"SCRIPT", "FLUSH"});
  CHECK(world.a.renew() == errc::closed);
  CHECK(world.a.open().next == before);
  CHECK(world.a.claim("peer").value == epoch);
}

TEST_CASE("redis backend: what follows an operation that did not happen does not happen either") {
  World world;
  world.a.open();
  world.b.open();
  world.server.command({"SCRIPT", "FLUSH"});
  CHECK(world.a.claim("lost").error == errc::closed);
  // Another node brings the script back, so that the database could do the second.
  world.b.open();
  CHECK(world.a.claim("late").error == errc::closed);
  CHECK(world.server.first({"HLEN", "signaling:peers"}) == "0");
}

TEST_CASE("redis backend: goodbye takes members and claims along, and the last node leaves no key") {
  World world;
  world.a.open();
  world.b.open();
  const Epoch a = world.a.claim("peer a").value;
  const Epoch b = world.b.claim("peer b").value;
  world.a.join("room", "peer a", a);
  world.b.join("room", "peer b", b);
  CHECK(texts_of(world.a.news()) == Texts{"joined room 2 peer b"});
  CHECK_FALSE(world.b.goodbye());
  CHECK(texts_of(world.a.news()) == Texts{"left room 3 peer b node-lost"});
  CHECK(world.b.renew() == errc::closed);
  CHECK_FALSE(world.a.claim("peer b").error);
  CHECK_FALSE(world.a.goodbye());
  CHECK(world.keys() == Texts{});
}

TEST_CASE("redis backend: goodbye takes along more than is removed at once, and others reap what it leaves") {
  constexpr int members = 600;
  World world;
  world.a.open();
  world.b.open();
  for (int i = 0; i < members; ++i) world.b.join("room", std::to_string(i), 1);
  SUBCASE("the whole") {
    CHECK_FALSE(world.b.goodbye());
    CHECK_FALSE(world.a.reap().value);
  }
  SUBCASE("a part, and the node is gone") {
    world.b.backend->goodbye(world.b.id, world.b.session, [](std::error_code /*error*/) {});
    while (world.server.first({"ZSCORE", "signaling:nodes", "node-b"}) != "0") world.io.run_one();
    world.b.backend->stop([] {});
    CHECK_FALSE(world.a.renew());
    while (world.a.reap().value) {
    }
  }
  CHECK(world.a.snapshot("room").value.members.empty());
  CHECK_FALSE(world.a.goodbye());
  CHECK(world.keys() == Texts{});
}

TEST_CASE("redis backend: another server in the place of the first ends the session, and gives a new inbox") {
  World world;
  world.a.open();
  CHECK_FALSE(world.a.renew());
  const auto node = world.server.command({"HGETALL", "signaling:node:node-a"});
  world.server.kill();
  world.server.start();
  // As after a fail-over: it knows the session, as far as that had come.
  for (std::size_t i = 0; i + 1 < node.size(); i += 2) {
    world.server.command({"HSET", "signaling:node:node-a", node[i], node[i + 1]});
  }
  const InboxPlace before = world.a.next;
  std::error_code error;
  while ((error = world.a.renew()) == errc::store_unavailable) world.io.poll();
  CHECK(error == errc::closed);
  CHECK(world.a.open().next.inbox > before.inbox);
}

TEST_CASE("redis backend: a server that was restarted empty is a server that lost its data") {
  World world;
  world.a.open();
  const InboxPlace before = world.a.next;
  world.server.kill();
  world.server.start();
  std::error_code error;
  while ((error = world.a.try_open().error)) CHECK(error == errc::store_unavailable);
  CHECK(world.a.next.inbox > before.inbox);
}
