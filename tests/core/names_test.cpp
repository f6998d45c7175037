// Ids and aliases that are in use: by whom, for how long, and who may take them over.
#include <doctest/doctest.h>

#include "signaling/core/forwarding_store.hpp"
#include "signaling/core/memory_store.hpp"
#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;
using std::chrono::seconds;

namespace {

/// Tells the secret of its welcome.
class SecretEncoder final : public Encoder {
 public:
  void encode(const Event& event, std::vector<Frame>& frames) const override {
    text_.encode(event, frames);
    if (const auto* welcome = std::get_if<event::Welcome>(&event)) {
      frames.push_back(Frame::text("secret " + std::string(welcome->resume)));
    }
  }

 private:
  TextEncoder text_;
};

class SecretProtocol final : public Protocol {
 public:
  std::string_view name() const noexcept override { return "secret"; }
  bool tells_resume_secret() const noexcept override { return true; }
  void decode(const MessageView& message, std::vector<Command>& commands) override {
    text_.decode(message, commands);
  }
  const std::shared_ptr<const Encoder>& encoder() const noexcept override {
    static const std::shared_ptr<const Encoder> shared = std::make_shared<SecretEncoder>();
    return shared;
  }

 private:
  TextProtocol text_;
};

/// Passes everything on to a MemoryStore that nodes share, but no displacements.
class DeafStore final : public ForwardingStore, private StoreListener {
 public:
  using ForwardingStore::ForwardingStore;

  void open(const NodeId& node, StoreListener& listener, Callback<void(std::error_code)> done) override {
    listener_ = &listener;
    ForwardingStore::open(node, *this, std::move(done));
  }

 private:
  void changed(const MembershipChange& change) override { listener_->changed(change); }
  void delivered(const Message& message, const Route& route) override {
    listener_->delivered(message, route);
  }
  void commanded(const NodeCommand& command) override { listener_->commanded(command); }
  void invalidated(std::string_view room, Missed missed) override { listener_->invalidated(room, missed); }
  void displaced(std::string_view /*peer*/, Epoch /*epoch*/) override {}
  void undelivered(const Message& message, const Route& route, errc error) override {
    listener_->undelivered(message, route, error);
  }
  void undelivered(const NodeCommand& command, errc error) override {
    listener_->undelivered(command, error);
  }

  StoreListener* listener_ = nullptr;
};

/// With which a client gets a new peer on another node, which takes its id.
class StayingStore : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  bool can_move_members() const noexcept override { return false; }
};

/// One node of a cluster, with a thread of its own that runs when it is told to.
struct Node {
  explicit Node(std::shared_ptr<StateStore> store, Limits limits = {},
                ClientIds client_ids = ClientIds::accept)
      : router([&] {
          RouterOptions options;
          options.store = std::make_shared<StayingStore>(std::move(store));
          options.client_ids = client_ids;
          options.clock = &clock;
          options.limits = limits;
          return options;
        }()) {}

  std::unique_ptr<ScriptClient> client(std::string id, std::string resume = {}) {
    ConnectInfo info;
    info.wished_id = std::move(id);
    info.resume = std::move(resume);
    return std::make_unique<ScriptClient>(router, io.get_executor(), info,
                                          std::make_unique<SecretProtocol>());
  }
  void run() {
    io.restart();
    io.poll();
  }
  /// Runs, and gives the secret that the client has got.
  std::string secret_of(ScriptClient& client) {
    run();
    const Lines lines = client.heard();
    REQUIRE(lines.size() == 2);
    return lines[1].substr(std::string("secret ").size());
  }
  void wait(seconds time) {
    clock.advance(time);
    router.on_time();
    run();
  }

  FakeClock clock;
  boost::asio::io_context io;
  Router router;
};

struct Nodes {
  std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();
  Node one{store};
  Node two{store};
};

void take_an_id_round(Node& one, Node& two) {
  const auto first = one.client("ada");
  const auto second = two.client("ada", one.secret_of(*first));
  const auto third = one.client("ada", two.secret_of(*second));
  // The first has not been told yet, or never will be.
  (void)one.secret_of(*third);
  CHECK(first->closed() == CloseReason::replaced);
  CHECK(one.router.stats().peers == 1);
  CHECK(one.router.find_peer("ada").get() == &third->peer());
  third->say("join r");
  one.run();
  CHECK(third->heard() == Lines{"joined r v1 []"});
  third->cut(CloseReason::normal);
  one.run();
  CHECK(one.router.stats().peers == 0);
  CHECK(one.router.find_peer("ada") == nullptr);
}

}  // namespace

TEST_CASE("names: an id that goes to another node and comes back has one owner, and leaves nothing behind") {
  Nodes w;
  take_an_id_round(w.one, w.two);
}

TEST_CASE("names: the same, if the node is never told that the id was gone") {
  const auto store = std::make_shared<MemoryStore>();
  Node one(std::make_shared<DeafStore>(store));
  Node two(store);
  take_an_id_round(one, two);
}

TEST_CASE("names: where nobody chooses an id, its owner keeps it on another node, and its old peer ends") {
  const auto store = std::make_shared<MemoryStore>();
  Node one(store, {}, ClientIds::ignore);
  Node two(store, {}, ClientIds::ignore);
  const auto first = one.client({});
  const std::string secret = one.secret_of(*first);
  const std::string id = first->id();
  for (const std::string& wish :
       {id, std::string("chosen"), std::string(200, 'x'), alias_mark + std::string("x")}) {
    const auto guesser = two.client(wish, "a guess");
    (void)two.secret_of(*guesser);
    CHECK(guesser->id() != wish);
  }
  one.run();
  CHECK_FALSE(first->closed());
  const auto second = two.client(id, secret);
  (void)two.secret_of(*second);
  one.run();
  CHECK(second->id() == id);
  CHECK(first->closed() == CloseReason::replaced);
}

TEST_CASE("names: an id and an alias of the same text are two names") {
  Nodes w;
  const auto caller = w.one.client("caller");
  const auto owner = w.one.client("owner");
  owner->say("hall r x:boss");
  const auto same_id = w.one.client("x:boss");
  const auto other_node = w.two.client("y:boss");
  w.one.run();
  w.two.run();
  (void)w.one.secret_of(*caller);
  (void)owner->heard();
  (void)w.one.secret_of(*same_id);
  caller->say("call x:boss to the alias");
  caller->say("reach x:boss to the id");
  caller->say("reach y:boss to the other node");
  caller->say("#1 call y:boss an id is no alias");
  caller->say("#2 send " + (alias_mark + std::string("x:boss")) + " an alias is reached by languages alone");
  w.one.run();
  w.two.run();
  CHECK(owner->heard() == Lines{"msg caller to the alias"});
  CHECK(same_id->heard() == Lines{"msg caller to the id"});
  CHECK(other_node->heard().back() == "msg caller to the other node");
  CHECK(caller->heard() == Lines{"error peer_not_found #1", "error peer_not_found #2"});
  CHECK(w.one.router.find_peer("x:boss").get() == &same_id->peer());
  CHECK(w.one.router.find_peer(alias_mark + std::string("x:boss")).get() == &owner->peer());
}

TEST_CASE("names: no client chooses an id that is an alias") {
  Nodes w;
  const auto owner = w.one.client("owner");
  owner->say("hall r x:boss");
  for (Node* node : {&w.one, &w.two}) {
    const auto thief = node->client(alias_mark + std::string("x:boss"));
    node->run();
    CHECK(thief->heard() == Lines{"error bad_id"});
    CHECK(thief->closed() == CloseReason::unauthorized);
  }
}

TEST_CASE("names: an alias that may be taken over is the newest peer's, and the older one stays connected") {
  Nodes w;
  for (Node* newer_node : {&w.one, &w.two}) {
    const auto run = [&] {
      w.one.run();
      w.two.run();
    };
    const auto caller = w.one.client("caller");
    const auto older = w.one.client("older");
    const auto newer = newer_node->client("newer");
    older->say("seize r ada");
    run();
    newer->say("seize r ada");
    caller->say("call ada first");
    run();
    CHECK(newer->heard().back() == "msg caller first");
    older->say("ping");
    run();
    CHECK(older->heard().back() == "pong");
    older->cut(CloseReason::lost);
    run();
    caller->say("#1 call ada second");
    run();
    CHECK(newer->heard().back() == "msg caller second");
    newer->cut(CloseReason::lost);
    run();
    caller->say("#2 call ada nobody has it");
    run();
    CHECK(caller->heard().back() == "error peer_not_found #2");
    caller->cut(CloseReason::normal);
    run();
    for (Node* node : {&w.one, &w.two}) node->wait(seconds(30));
  }
}

TEST_CASE("names: a peer that has lost an alias takes it back by joining again") {
  Nodes w;
  const auto older = w.one.client("older");
  const auto newer = w.one.client("newer");
  older->say("seize r ada");
  newer->say("seize r ada");
  older->say("seize r ada");
  newer->say("call ada hello");
  w.one.run();
  CHECK(older->heard().back() == "msg newer hello");
}

TEST_CASE("names: an alias of one peer is not taken over, on its node or on another") {
  Nodes w;
  const auto owner = w.one.client("owner");
  owner->say("hall r ada");
  for (Node* node : {&w.one, &w.two}) {
    const auto other = node->client("other");
    other->say("#1 hall r ada");
    node->run();
    CHECK(other->heard().back() == "error id_in_use #1");
    other->cut(CloseReason::normal);
  }
}

TEST_CASE("names: after a lost connection a chosen id is given to nobody without its secret, for id_grace") {
  Nodes w;
  auto owner = w.one.client("ada");
  std::string secret = w.one.secret_of(*owner);
  for (const CloseReason reason : {CloseReason::lost, CloseReason::timeout, CloseReason::slow_consumer}) {
    owner->cut(reason);
    w.one.run();
    CHECK(w.one.router.find_peer("ada") == nullptr);
    for (Node* node : {&w.one, &w.two}) {
      const auto thief = node->client("ada");
      const auto guesser = node->client("ada", "wrong");
      node->run();
      CHECK(thief->heard() == Lines{"error id_in_use"});
      CHECK(guesser->id() != "ada");
      CHECK(guesser->heard().front() == "welcome " + guesser->id());
    }
    owner = w.one.client("ada", secret);
    secret = w.one.secret_of(*owner);
  }
  owner->cut(CloseReason::lost);
  w.one.run();
  w.one.wait(seconds(29));
  auto late = w.two.client("ada");
  w.two.run();
  CHECK(late->heard() == Lines{"error id_in_use"});
  w.one.wait(seconds(1));
  late = w.two.client("ada");
  w.two.run();
  CHECK(late->heard().front() == "welcome ada");
}

TEST_CASE("names: the owner of a reserved id comes back on another node, and the reservation is over") {
  Nodes w;
  const auto owner = w.one.client("ada");
  const std::string secret = w.one.secret_of(*owner);
  owner->cut(CloseReason::lost);
  w.one.run();
  const auto back = w.two.client("ada", secret);
  (void)w.two.secret_of(*back);
  w.one.wait(seconds(60));
  for (Node* node : {&w.one, &w.two}) {
    const auto thief = node->client("ada", secret);
    node->run();
    CHECK(thief->id() != "ada");
    CHECK(back->id() == "ada");
  }
}

TEST_CASE("names: an id whose client has meant to go is free at once") {
  Nodes w;
  const auto expect_free = [&] {
    const auto next = w.two.client("ada");
    (void)w.two.secret_of(*next);
    next->cut(CloseReason::normal);
    w.two.run();
  };
  for (const CloseReason reason : {CloseReason::normal, CloseReason::kicked, CloseReason::expired}) {
    const auto owner = w.one.client("ada");
    owner->peer().close(reason);
    w.one.run();
    expect_free();
  }
  const auto owner = w.one.client("ada");
  owner->say("bye");
  w.one.run();
  expect_free();
}

TEST_CASE("names: reserved ids are bounded in number, and end with their router") {
  Limits limits;
  limits.max_reserved_ids = 1;
  const auto store = std::make_shared<MemoryStore>();
  auto one = std::make_unique<Node>(store, limits);
  Node two(store);
  for (const char* const id : {"ada", "bob"}) {
    const auto owner = one->client(id);
    owner->cut(CloseReason::lost);
    one->run();
  }
  const auto bob = two.client("bob");
  const auto refused = two.client("ada");
  two.run();
  CHECK(bob->heard().front() == "welcome bob");
  CHECK(refused->heard() == Lines{"error id_in_use"});
  one.reset();
  const auto ada = two.client("ada");
  two.run();
  CHECK(ada->heard().front() == "welcome ada");
}

TEST_CASE(
    "names: without a clock of the host the router has a timer, while it waits for something and no longer") {
  boost::asio::io_context io;
  RouterOptions options;
  options.client_ids = ClientIds::accept;
  options.limits.id_grace = std::chrono::milliseconds(1);
  Router router(options);
  ConnectInfo info;
  info.wished_id = "ada";
  ScriptClient owner(router, io.get_executor(), info, std::make_unique<SecretProtocol>());
  io.run();
  owner.cut(CloseReason::lost);
  io.restart();
  io.run();  // until nothing waits
  ScriptClient next(router, io.get_executor(), info);
  io.restart();
  io.run();
  CHECK(next.heard().front() == "welcome ada");
}

TEST_CASE("names: a router that shuts down keeps its reserved ids without keeping its thread at work") {
  const auto store = std::make_shared<MemoryStore>();
  boost::asio::io_context io;
  Node other(store);
  RouterOptions options;
  options.client_ids = ClientIds::accept;
  options.store = store;
  options.limits.id_grace = std::chrono::hours(1);
  auto router = std::make_unique<Router>(options);
  ConnectInfo info;
  std::vector<std::unique_ptr<ScriptClient>> clients;
  for (const char* const id : {"before", "after"}) {
    info.wished_id = id;
    clients.push_back(
        std::make_unique<ScriptClient>(*router, io.get_executor(), info, std::make_unique<SecretProtocol>()));
  }
  clients.front()->cut(CloseReason::lost);
  io.poll();
  router->shut_down(std::chrono::milliseconds(0));
  io.restart();
  io.run();  // would go on for an hour
  for (const char* const id : {"before", "after"}) {
    const auto thief = other.client(id);
    other.run();
    CHECK(thief->heard() == Lines{"error id_in_use"});
  }
  clients.clear();
  router.reset();
  const auto next = other.client("before");
  other.run();
  CHECK(next->heard().front() == "welcome before");
}

TEST_CASE("names: with an id_grace of 0 a lost connection's id is free at once") {
  Limits limits;
  limits.id_grace = seconds(0);
  Node node(std::make_shared<MemoryStore>(), limits);
  const auto owner = node.client("ada");
  owner->cut(CloseReason::lost);
  const auto next = node.client("ada");
  node.run();
  CHECK(next->heard().front() == "welcome ada");
}
