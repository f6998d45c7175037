// Peers that outlive their connections: who may have a peer.
#include <doctest/doctest.h>

#include "protocols/session_world.hpp"

using namespace signaling;
using namespace signaling::protocols::test;

TEST_CASE("sessions: each welcome has a new secret; the one before is good until the newest is confirmed") {
  TwoInARoom w;
  const std::string first = w.memory.secret;
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(w.memory);  // and the welcome gets lost
  (void)w.ada->heard();
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(w.memory);
  Lines lines = read(*w.ada, w.memory);
  CHECK(field(lines[0], "resumed") == "exact");
  CHECK(w.memory.secret != first);
  w.ada->say(R"({"type":"ack","received":)" + std::to_string(w.memory.received) + "}");
  w.run();
  // Now the first is that of a twin.
  Memory twin = w.memory;
  twin.secret = first;
  auto other = w.resume(twin);
  lines = other->heard();
  CHECK(field(lines[0], "resumed") == "none");
  CHECK(field(lines[0], "reason") == "replaced");
  CHECK(field(lines[0], "peer") != "ada");
  CHECK_FALSE(w.ada->closed());
  w.bob_says("still here");
  CHECK(types(w.ada->heard()) == "still here");
}

TEST_CASE("sessions: nobody gets the id of a peer that is away without its secret") {
  TwoInARoom w;
  w.ada->cut(CloseReason::lost);
  w.run();
  ConnectInfo info;
  info.wished_id = "ada";
  const auto thief = w.connect(info);
  CHECK(field(thief->heard()[0], "code") == "id_in_use");
  info.resume = "a guess";
  const auto guesser = w.connect(info);
  const Lines lines = guesser->heard();
  CHECK(field(lines[0], "resumed") == "none");
  CHECK(field(lines[0], "peer") != "ada");
  w.ada = w.resume(w.memory);
  CHECK(field(w.ada->heard()[0], "resumed") == "exact");
}

TEST_CASE("sessions: a connection that takes over one which still looks alive is silent for the others") {
  TwoInARoom w;
  w.bob_says("unread");
  (void)w.ada->heard();
  const auto second = w.resume(w.memory);
  CHECK(w.ada->closed() == CloseReason::replaced);
  CHECK(types(read(*second, w.memory)) == "welcome unread");
  w.bob_says("hello");
  CHECK(types(read(*second, w.memory)) == "hello");
  w.wait(seconds(120));
  CHECK(w.bob->heard().empty());
  w.ada->say(message("bob", "of the old connection"));
  w.run();
  CHECK(w.bob->heard().empty());
}

TEST_CASE("sessions: without a grace a connection is taken over with the rooms") {
  SessionWorld w;
  Memory memory;
  const auto first = w.passing_client("ada");
  auto bob = w.passing_client("bob");
  first->say(join);
  bob->say(join);
  w.run();
  (void)read(*first, memory);
  (void)bob->heard();
  const auto second = w.resume(memory);
  const Lines lines = second->heard();
  CHECK(types(lines) == "welcome members");
  CHECK(field(lines[0], "resumed") == "rooms");
  CHECK(field(lines[0], "received").empty());
  CHECK(first->closed() == CloseReason::replaced);
  CHECK(bob->heard().empty());
}

TEST_CASE("sessions: a kicked client does not come back into its session") {
  TwoInARoom w;
  w.ada->cut(CloseReason::lost);
  w.run();
  CHECK_FALSE(w.world.router.kick("ada"));
  w.run();
  CHECK(types(w.bob->heard()) == "peer-left");
  w.ada = w.resume(w.memory);
  CHECK(field(w.ada->heard()[0], "code") == "forbidden");
  CHECK(w.ada->closed() == CloseReason::kicked);
}

TEST_CASE(
    "sessions: an end that the host has asked for comes, though the connection breaks or is replaced first") {
  {
    TwoInARoom w;
    CHECK_FALSE(w.world.router.kick("ada"));
    w.ada->cut(CloseReason::lost);
    w.run();
    const Lines lines = w.bob->heard();
    REQUIRE(types(lines) == "peer-left");
    CHECK(field(lines[0], "reason") == "kicked");
  }
  {
    TwoInARoom w;
    CHECK_FALSE(w.world.router.kick("ada"));
    const auto second = w.resume(w.memory);
    CHECK(second->closed() == CloseReason::kicked);
    CHECK(types(w.bob->heard()) == "peer-left");
  }
}

TEST_CASE("sessions: a secret of another run of the server says that it was restarted") {
  Memory memory;
  {
    SessionWorld w;
    const auto ada = w.client("ada");
    (void)read(*ada, memory);
  }
  ScriptWorld other;
  SeededRandom random(2);
  RouterOptions options;
  options.random = &random;
  options.client_ids = ClientIds::accept;
  Router router(std::move(options));
  ConnectInfo info;
  info.wished_id = memory.id;
  info.resume = memory.secret;
  ScriptClient client(router, other.io.get_executor(), info, make_json());
  other.run();
  const Lines lines = client.heard();
  CHECK(field(lines[0], "resumed") == "none");
  CHECK(field(lines[0], "reason") == "restarted");
  CHECK(field(lines[0], "peer") == "ada");
}

TEST_CASE("sessions: the policy hears of it, and another user cannot have the peer") {
  struct Users final : Policy {
    void authenticate(const ConnectInfo& info, Callback<void(Admission)> done) override {
      Admission admission;
      admission.identity.subject = info.token;
      admission.identity.attributes = info.credentials;
      done(std::move(admission));
    }
    bool may_stay(const Peer& peer, std::string_view room) override {
      return peer.identity().attributes != "no " + std::string(room);
    }
    void connected(const std::shared_ptr<Peer>& peer) override { log.push_back("connected " + peer->id()); }
    void away(const Peer& peer, CloseReason reason) override {
      log.push_back("away " + peer.id() + " " + std::string(to_string(reason)));
    }
    void resumed(const std::shared_ptr<Peer>& peer) override {
      log.push_back("resumed " + peer->id() + " " + peer->identity().attributes);
    }
    void left(const Peer& peer, std::string_view room, LeaveReason reason) override {
      log.push_back("left " + peer.id() + " " + std::string(room) + " " + std::string(to_string(reason)));
    }
    void disconnected(const Peer& peer, CloseReason reason) override {
      log.push_back("disconnected " + peer.id() + " " + std::string(to_string(reason)));
    }
    Lines log;
  };
  const auto policy = std::make_shared<Users>();
  RouterOptions options;
  options.policy = policy;
  SessionWorld w(std::move(options));
  ConnectInfo info;
  info.wished_id = "ada";
  info.keep = "60";
  info.token = "user 1";
  Memory memory;
  auto ada = w.connect(info);
  ada->say(join);
  w.run();
  (void)read(*ada, memory);
  ada->cut(CloseReason::lost);
  info.resume = memory.secret;
  info.token = "user 2";
  const auto thief = w.connect(info);
  CHECK(field(thief->heard()[0], "code") == "forbidden");
  CHECK(thief->closed() == CloseReason::kicked);
  info.token = "user 1";
  info.credentials = "no r";
  info.received = std::to_string(memory.received);
  ada = w.connect(info);
  CHECK(types(ada->heard()) == "welcome left");
  ada->cut(CloseReason::normal);
  CHECK(policy->log == Lines{"connected ada", "away ada lost", "resumed ada no r", "left ada r kicked",
                             "disconnected ada normal"});
}

TEST_CASE("sessions: messages ahead of the welcome wait for the policy, and confirm no secret") {
  struct Slow final : Policy {
    void authenticate(const ConnectInfo& /*info*/, Callback<void(Admission)> done) override {
      waiting.push_back(std::move(done));
    }
    std::vector<Callback<void(Admission)>> waiting;
  };
  const auto policy = std::make_shared<Slow>();
  RouterOptions options;
  options.policy = policy;
  SessionWorld w(std::move(options));
  ConnectInfo info;
  info.wished_id = "ada";
  info.keep = "60";
  auto ada = w.connect(info);
  policy->waiting[0]({});
  w.run();
  Memory memory;
  (void)read(*ada, memory);
  ada->cut(CloseReason::lost);
  info.resume = memory.secret;
  info.received = "0";
  ada = w.connect(info);
  ada->say(R"({"type":"ack","received":0})");
  ada->say(R"({"type":"ping","id":1})");
  w.run();
  CHECK(ada->heard().empty());
  policy->waiting[1]({});
  w.run();
  CHECK(types(ada->heard()) == "welcome pong");
  ada->cut(CloseReason::lost);
  // The secret of the first welcome is still good: nobody knows whether the second has arrived.
  ada = w.connect(info);
  policy->waiting[2]({});
  w.run();
  CHECK(field(ada->heard()[0], "resumed") == "exact");
}
