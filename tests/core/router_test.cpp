#include <doctest/doctest.h>

#include "signaling/core/memory_store.hpp"
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
    void connected(const std::shared_ptr<Peer>& peer) override { last = peer->id(); }
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

TEST_CASE("router: an alias belongs to one peer, reaches it from anywhere, and is free when it is gone") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  auto c = world.client("c");
  a->say("hall r ada");
  a->say("hall s ada");
  b->say("#1 hall r ada");
  c->say("call ada hello");
  c->say("#2 call bob hello");
  c->say("#3 send ada hello");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "joined r v1 []", "joined s v1 []", "msg c hello"});
  CHECK(b->heard() == Lines{"welcome b", "error id_in_use #1"});
  CHECK(c->heard() == Lines{"welcome c", "error peer_not_found #2", "error peer_not_found #3"});
  CHECK(world.router.stats().peers == 3);
  CHECK(world.router.find_peer("ada") == world.router.find_peer("a"));
  a->cut(CloseReason::lost);
  b->say("hall r ada");
  c->say("call ada again");
  world.run();
  CHECK(b->heard() == Lines{"joined r v1 []", "msg c again"});
}

TEST_CASE(
    "router: a member takes a further alias by joining again; the policy is asked about it, not about the "
    "room") {
  struct RefuseFourth final : Policy {
    void authorize_join(const Peer& /*peer*/, const JoinAttempt& /*attempt*/,
                        Callback<void(Decision)> done) override {
      ++asked;
      done(asked == 4 ? Decision::refuse("No.") : Decision::allow());
    }
    int asked = 0;
  };
  RouterOptions options;
  const auto policy = std::make_shared<RefuseFourth>();
  options.policy = policy;
  options.limits.max_rooms_per_peer = 1;
  ScriptWorld world(std::move(options));
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  a->say("join r");
  a->say("hall r ada");
  b->say("hall r bob");
  a->say("#1 hall r zoe");
  a->say("#2 hall r bob");
  b->say("call ada hello");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "joined r v1 []", "joined r v1 []", "joined r v1 []", "+peer r v2 b",
                            "error forbidden #1", "error id_in_use #2", "msg b hello"});
  CHECK(policy->asked == 5);
}

TEST_CASE("router: a join may go without an answer, and close the peer whose alias is in use") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  auto c = world.client("c");
  a->say("join r");
  b->say("lodge r bob");
  b->say("lodge r bob");
  c->say("#1 lodge r bob");
  c->say("all r hello");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "joined r v1 []", "+peer r v2 b"});
  CHECK(b->heard() == Lines{"welcome b"});
  CHECK(c->heard() == Lines{"welcome c", "error id_in_use #1"});
  CHECK(c->closed() == CloseReason::normal);
  CHECK_FALSE(b->closed());
}

TEST_CASE("router: a peer that is gone while its alias is claimed gives it back") {
  ScriptWorld world;
  auto a = world.client("a");
  a->say("hall r ada");
  a->say("bye");
  world.run();
  auto b = world.client("b");
  b->say("hall r ada");
  world.run();
  CHECK(b->heard() == Lines{"welcome b", "joined r v1 []"});
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

TEST_CASE("router: a message to everybody comes back to its sender") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  b->say("join r");
  a->say("all r hi");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "joined r v1 []", "+peer r v2 b", "msg a hi"});
  CHECK(b->heard() == Lines{"welcome b", "joined r v2 [a]", "msg a hi"});
}

TEST_CASE("router: a protocol's own reply comes in order with the router's") {
  ScriptWorld world;
  auto a = world.client("a");
  a->say("reply one");
  a->say("ping");
  a->say("reply two");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "one", "pong", "two"});
}

TEST_CASE("router: the host's word reaches any peer and all of a room, on every node") {
  boost::asio::io_context io;
  RouterOptions options;
  options.store = std::make_shared<MemoryStore>();
  options.client_ids = ClientIds::accept;
  Router one(options);
  Router two(options);
  const auto client = [&](Router& router, std::string id) {
    ConnectInfo info;
    info.wished_id = std::move(id);
    return std::make_unique<ScriptClient>(router, io.get_executor(), std::move(info));
  };
  auto a = client(one, "a");
  auto b = client(two, "b");
  a->say("join r");
  b->say("join r");
  io.poll();
  a->heard();
  b->heard();
  Envelope envelope;
  envelope.from = "host";
  envelope.payload = "hi";
  envelope.to = "b";
  CHECK(one.send(envelope).status == SendStatus::sent);
  envelope.to = "nobody";
  CHECK(one.send(envelope).error == errc::peer_not_found);
  envelope.to = {};
  envelope.room = "r";
  CHECK(one.send(envelope).status == SendStatus::sent);
  io.restart();
  io.poll();
  CHECK(a->heard() == Lines{"msg host hi"});
  CHECK(b->heard() == Lines{"msg host hi", "msg host hi"});
}

TEST_CASE("router: a receiver sees the sender's metadata, as it is in the room") {
  struct Metadata final : Encoder {
    void encode(const Event& event, std::vector<Frame>& frames) const override {
      if (const auto* message = std::get_if<event::Message>(&event)) {
        frames.push_back(Frame::text(message->envelope.from_metadata));
      }
    }
  };
  struct Curious final : Protocol {
    std::string_view name() const noexcept override { return "curious"; }
    void open(std::string_view /*id*/, std::vector<Command>& commands) override {
      commands.emplace_back(command::Join{"r", {}, {}});
    }
    void decode(const MessageView& /*message*/, std::vector<Command>& /*commands*/) override {}
    const std::shared_ptr<const Encoder>& encoder() const noexcept override { return encoder_; }
    std::shared_ptr<const Encoder> encoder_ = std::make_shared<Metadata>();
  };
  struct Ear final : Transport {
    explicit Ear(boost::asio::any_io_executor e) : executor_(std::move(e)) {}
    boost::asio::any_io_executor executor() override { return executor_; }
    void write(std::span<const Frame> frames) override {
      for (const Frame& frame : frames) heard.emplace_back(frame.text_view());
    }
    void close(CloseReason reason) override { peer->disconnected(reason); }
    std::shared_ptr<Peer> peer;
    Lines heard;
    boost::asio::any_io_executor executor_;
  };
  ScriptWorld world;
  Ear ear(world.io.get_executor());
  ear.peer = world.router.connect(ear, std::make_unique<Curious>(), {});
  auto a = world.client("a");
  a->say("join r 1");
  a->say("cast r x");
  a->say("update r 2");
  a->say("send " + ear.peer->id() + " x");
  world.run();
  CHECK(ear.heard == Lines{"1", "2"});
  ear.peer->disconnected(CloseReason::lost);
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
