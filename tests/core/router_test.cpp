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

TEST_CASE("router: a message reaches its addressee alone, in order, and only members of a shared room") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  auto c = world.client("c");
  auto d = world.client("d");
  for (auto* client : {a.get(), b.get(), c.get()}) client->say("join r");
  d->say("join other");
  world.run();
  for (auto* client : {a.get(), b.get(), c.get(), d.get()}) client->heard();
  a->say("#1 send b one");
  a->say("send b two");
  a->say("#3 send d three");
  a->say("#4 send nobody four");
  world.run();
  CHECK(a->heard() == Lines{"sent #1", "error peer_not_found #3", "error peer_not_found #4"});
  CHECK(b->heard() == Lines{"msg a one", "msg a two"});
  CHECK(c->heard().empty());
  CHECK(d->heard().empty());
}

TEST_CASE("router: nothing from a peer arrives after its leave") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  b->say("join r");
  world.run();
  a->heard();
  b->say("send a before");
  b->say("leave r");
  b->say("send a after");
  b->say("cast r after");
  world.run();
  CHECK(a->heard() == Lines{"msg b before", "-peer r v3 b leave"});
  const Lines lines = b->heard();
  CHECK(Lines(lines.end() - 2, lines.end()) == Lines{"error peer_not_found", "error not_joined"});
}

TEST_CASE("router: peers in no room reach each other by id") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  world.run();
  b->heard();
  a->say("send b hello");
  b->say("join r");
  a->say("#1 send b again");
  world.run();
  CHECK(b->heard() == Lines{"msg a hello", "joined r v1 []"});
  CHECK(a->heard().back() == "error peer_not_found #1");
}

TEST_CASE("router: a broadcast reaches all others of the room in one shared frame") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  auto c = world.client("c");
  for (auto* client : {a.get(), b.get(), c.get()}) client->say("join r");
  world.run();
  for (auto* client : {a.get(), b.get(), c.get()}) client->heard();
  a->say("cast r hi");
  world.run();
  CHECK(a->heard().empty());
  CHECK(b->heard() == Lines{"msg a hi"});
  CHECK(c->heard() == Lines{"msg a hi"});
  CHECK(b->frames().back().message().data() == c->frames().back().message().data());
}

TEST_CASE("router: all that waits for one peer is written at once") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  b->say("join r");
  world.run();
  const std::size_t before = b->writes();
  for (int i = 0; i < 10; ++i) a->say("send b x");
  world.run();
  CHECK(b->writes() == before + 1);
  CHECK(b->heard().size() == 12);
}

TEST_CASE("router: payload bytes pass untouched") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  b->say("join r");
  const std::string odd("\x00\xff\r\n {\"x\": 1e400}\t", 19);
  world.run();
  b->heard();
  a->say("send b " + odd);
  world.run();
  CHECK(b->heard() == Lines{"msg a " + odd});
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
  CHECK(b->heard() == Lines{"msg a last words"});
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

TEST_CASE("router: an id in use is refused, and taken over by whoever proves to be the same client") {
  std::string secret;
  struct Spy final : Policy {
    void connected(const Peer& peer) override { last = peer.id(); }
    std::string last;
  };
  ScriptWorld world;
  std::shared_ptr<Peer> keep;
  // A local peer sees its own resume secret as any client would.
  LocalPeerOptions options;
  options.executor = world.io.get_executor();
  options.id = "a";
  std::optional<CloseReason> closed;
  options.on_event = [&](const Event& event) {
    if (const auto* welcome = std::get_if<event::Welcome>(&event)) secret = welcome->resume;
  };
  options.on_closed = [&](CloseReason reason) { closed = reason; };
  keep = world.router.connect_local(std::move(options));
  auto watcher = world.client("w");
  watcher->say("join r");
  keep->join("r");
  world.run();
  watcher->heard();

  auto thief = world.client("a", "wrong secret");
  world.run();
  CHECK(thief->heard() == Lines{"error id_in_use"});
  CHECK(thief->closed() == CloseReason::unauthorized);
  CHECK(!closed);

  auto same = world.client("a", secret);
  same->say("join r");
  world.run();
  CHECK(closed == CloseReason::replaced);
  CHECK(same->heard() == Lines{"welcome a", "joined r v4 [w]"});
  CHECK(watcher->heard() == Lines{"-peer r v3 a disconnect", "+peer r v4 a"});
}

TEST_CASE("router: a client's wish for an id is ignored unless configured") {
  boost::asio::io_context io;
  SeededRandom random(7);
  RouterOptions options;
  options.random = &random;
  Router router(std::move(options));
  ConnectInfo info;
  info.wished_id = "admin";
  ScriptClient client(router, io.get_executor(), std::move(info));
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

TEST_CASE("router: names are just bytes") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  const std::vector<std::string> names{"{x}", "*", "a\r\nb", std::string("\0", 1), "\xff\xfe", "__proto__",
                                       std::string(128, 'r')};
  for (const std::string& name : names) a->say("join " + name);
  b->say("join *");
  world.run();
  CHECK(a->peer().rooms().size() == names.size());
  CHECK(world.router.find_room("*")->size() == 2);
  CHECK(world.router.find_room("{x}")->size() == 1);
}
