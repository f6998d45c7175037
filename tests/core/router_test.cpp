#include <doctest/doctest.h>

#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;

TEST_CASE("router: the first event of a client is its welcome") {
  ScriptWorld world;
  auto a = world.client("a");
  a->say("join r");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "joined r v1 []"});
}

TEST_CASE("router: a joiner gets the members, the members get the joiner, with one version") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  auto c = world.client("c");
  a->say("join r {\"n\":1}");
  b->say("#7 join r");
  c->say("join r {}");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "joined r v1 []", "+peer r v2 b", "+peer r v3 c{{}}"});
  CHECK(b->heard() == Lines{"welcome b", "joined r v2 [a{{\"n\":1}}] #7", "+peer r v3 c{{}}"});
  CHECK(c->heard() == Lines{"welcome c", "joined r v3 [a{{\"n\":1}} b]"});
  CHECK(world.router.find_room("r")->version() == 3);
  CHECK(world.router.find_room("r")->size() == 3);
}

TEST_CASE("router: a leave is told once to those who stay, with its reason") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  auto c = world.client("c");
  for (auto* client : {a.get(), b.get(), c.get()}) client->say("join r");
  world.run();
  a->heard();
  b->say("#1 leave r");
  b->say("#2 leave r");
  world.run();
  CHECK(a->heard() == Lines{"-peer r v4 b leave"});
  CHECK(b->heard().back() == "error not_joined #2");
  c->cut(CloseReason::timeout);
  c->say("join r");
  world.run();
  CHECK(a->heard() == Lines{"-peer r v5 c timeout"});
  CHECK(world.router.find_room("r")->size() == 1);
}

TEST_CASE("router: a room that everybody has left is gone, and begins anew") {
  ScriptWorld world;
  auto a = world.client("a");
  a->say("join r");
  a->say("leave r");
  world.run();
  CHECK(world.router.find_room("r") == nullptr);
  CHECK(world.router.stats().rooms == 0);
  a->heard();
  a->say("join r");
  world.run();
  CHECK(a->heard() == Lines{"joined r v1 []"});
}

TEST_CASE("router: joining again answers with the members anew and tells nobody but of new metadata") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  b->say("join r 1");
  world.run();
  a->heard();
  b->heard();
  b->say("#1 join r");
  b->say("#2 join r 2");
  world.run();
  CHECK(b->heard() == Lines{"joined r v2 [a] #1", "joined r v3 [a] #2"});
  CHECK(a->heard() == Lines{"~peer r v3 b{2}"});
}

TEST_CASE("router: metadata is updated for the members and for later joiners") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  b->say("join r 1");
  b->say("#1 update r 2");
  b->say("#2 update elsewhere 2");
  a->say("#3 members r");
  world.run();
  CHECK(a->heard() ==
        Lines{"welcome a", "joined r v1 []", "+peer r v2 b{1}", "~peer r v3 b{2}", "members r v3 [b{2}] #3"});
  const Lines lines = b->heard();
  CHECK(Lines(lines.begin() + 2, lines.end()) == Lines{"updated r v3 #1", "error not_joined #2"});
}

TEST_CASE("router: a kick puts the peer out of one room and tells everybody") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  b->say("join r");
  b->say("join s");
  world.run();
  a->heard();
  b->heard();
  world.router.find_peer("b")->kick("r");
  world.run();
  CHECK(a->heard() == Lines{"-peer r v3 b kicked"});
  CHECK(b->heard() == Lines{"left r kicked"});
  CHECK(b->peer().rooms() == std::vector<RoomId>{"s"});
}

TEST_CASE("router: closing a peer writes what waits, leaves its rooms, then closes its transport") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  b->say("join r");
  world.run();
  a->heard();
  b->heard();
  a->say("send b last words");
  b->peer().close(CloseReason::kicked);
  a->say("#1 send b too late");
  world.run();
  CHECK(b->heard() == Lines{"msg a last words", "error kicked"});
  CHECK(b->closed() == CloseReason::kicked);
  CHECK(a->heard() == Lines{"error closed #1", "-peer r v3 b kicked"});
  CHECK(world.router.find_peer("b") == nullptr);
}

TEST_CASE("router: goodbye leaves and closes") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  b->say("join r");
  world.run();
  a->heard();
  b->say("bye");
  world.run();
  CHECK(b->closed() == CloseReason::normal);
  CHECK(a->heard() == Lines{"-peer r v3 b disconnect"});
}

TEST_CASE("router: an id in use is refused") {
  ScriptWorld world;
  auto first = world.client("a");
  auto second = world.client("a", "wrong secret");
  world.run();
  CHECK(second->heard() == Lines{"error id_in_use"});
  CHECK(second->closed() == CloseReason::unauthorized);
  CHECK(!first->closed());
}

TEST_CASE("router: a client's wish for an id is ignored unless configured") {
  boost::asio::io_context io;
  SeededRandom random(7);
  RouterOptions options;
  options.random = &random;
  Router router(std::move(options));
  ConnectInfo info;
  info.wished_id = "admin";
  ScriptClient client(router, io.get_executor(), info);
  io.poll();
  CHECK(client.id() != "admin");
  CHECK(client.id().size() == 22);
}

TEST_CASE("router: shutting down tells every client when to come back, and turns later ones away") {
  ScriptWorld world;
  auto a = world.client("a");
  world.run();
  a->heard();
  world.router.shut_down(std::chrono::milliseconds(500));
  auto late = world.client("late");
  world.run();
  CHECK(a->heard() == Lines{"going-away 500"});
  CHECK(a->closed() == CloseReason::going_away);
  CHECK(late->closed() == CloseReason::going_away);
}

TEST_CASE("router: the end of a router closes its peers, which may outlive it") {
  boost::asio::io_context io;
  auto router = std::make_unique<Router>();
  ScriptClient client(*router, io.get_executor());
  io.poll();
  router.reset();
  io.restart();
  io.poll();
  CHECK(client.closed() == CloseReason::going_away);
}

TEST_CASE("router: options that contradict each other are refused") {
  RouterOptions options;
  options.limits.max_outbound_bytes = 100;
  CHECK_THROWS_AS(Router{std::move(options)}, std::invalid_argument);
}

TEST_CASE("router: rooms are those with members here") {
  ScriptWorld world;
  CHECK(world.router.rooms().empty());
  auto a = world.client("a");
  a->say("join r");
  a->say("join s");
  world.run();
  CHECK(world.router.rooms().size() == 2);
  a->say("leave s");
  world.run();
  const auto rooms = world.router.rooms();
  REQUIRE(rooms.size() == 1);
  CHECK(rooms[0]->id() == "r");
}

TEST_CASE("router: names are just bytes") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  const std::vector<std::string> names{
      "{x}", "*", "a\r\nb", std::string("\0", 1), "\xff\xfe", "__proto__", std::string(128, 'r')};
  for (const std::string& name : names) a->say("join " + name);
  b->say("join *");
  world.run();
  CHECK(a->peer().rooms().size() == names.size());
  CHECK(world.router.find_room("*")->size() == 2);
  CHECK(world.router.find_room("{x}")->size() == 1);
}

TEST_CASE("router: an unlimited room takes more than max_peers_per_room") {
  RouterOptions options;
  options.limits.max_peers_per_room = 1;
  ScriptWorld world(std::move(options));
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("hall r x");
  b->say("hall r y");
  b->say("join full");
  world.run();
  CHECK(b->heard() == Lines{"welcome b", "joined r v2 [a]", "joined full v1 []"});
}

TEST_CASE("router: a room finds its members when it grows large and when it shrinks again") {
  RouterOptions options;
  options.limits.messages_per_second = 0;
  ScriptWorld world(options);
  auto a = world.client("a");
  a->say("join r");
  std::vector<std::unique_ptr<ScriptClient>> others;
  const auto expect_all_reached = [&] {
    for (const auto& other : others) a->say("send " + other->id() + " hello");
    world.run();
    for (const auto& other : others) CHECK(other->heard().back() == "msg a hello");
    a->say("send gone hello");
    world.run();
    CHECK(a->heard().back() == "error peer_not_found");
  };
  for (int i = 0; i < 40; ++i) {
    others.push_back(world.client("c" + std::to_string(i)));
    others.back()->say("join r");
    expect_all_reached();
  }
  for (std::size_t i = 0; !others.empty(); i += 7) {
    const auto leaving = others.begin() + static_cast<std::ptrdiff_t>(i % others.size());
    (*leaving)->say("leave r");
    world.run();
    others.erase(leaving);
    expect_all_reached();
  }
  CHECK(world.router.find_room("r")->size() == 1);
}
