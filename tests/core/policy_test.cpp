// What a policy is asked and told, and what its answers do.
#include <doctest/doctest.h>

#include "core/support/policy_world.hpp"

using namespace signaling;
using namespace signaling::testing;

TEST_CASE("policy: messages wait for the admission and are then done in order") {
  PolicyWorld w;
  ConnectInfo info;
  info.token = "secret";
  ScriptClient a(w.world.router, w.world.io.get_executor(), info);
  a.say("#1 ping");
  a.say("join r");
  a.say("#2 ping");
  w.world.run();
  CHECK(a.heard().empty());
  CHECK(w.policy->tokens == Lines{"secret"});
  w.policy->admit("alice");
  w.world.run();
  CHECK(a.heard() == Lines{"welcome alice", "pong #1"});
  CHECK(a.peer().identity().subject == "user alice");
  w.policy->decide(Decision::allow());
  w.world.run();
  CHECK(a.heard() == Lines{"joined r v1 []", "pong #2"});
}

TEST_CASE("policy: it is given its router before anything else, and may send by it") {
  struct Greeter final : Policy {
    void attached(Router& given) override { router = &given; }
    void joined(const Peer& peer, std::string_view room) override {
      CHECK(router->send(Message::text("\"welcome\"", {.to = peer.id(), .room = room})).status ==
            SendStatus::sent);
    }
    Router* router = nullptr;
  };
  const auto greeter = std::make_shared<Greeter>();
  RouterOptions options;
  options.policy = greeter;
  ScriptWorld world(options);
  CHECK(greeter->router == &world.router);
  auto a = world.client("a");
  a->say("join r");
  world.run();
  CHECK(a->heard().size() == 3);
  CHECK(a->closed() == std::nullopt);
}

TEST_CASE("policy: who is not admitted is told why and closed") {
  PolicyWorld w;
  auto a = w.world.client("a");
  Admission admission;
  admission.decision = Decision::refuse("no ticket", errc::unauthorized);
  w.policy->admissions.front()(std::move(admission));
  w.world.run();
  CHECK(a->heard() == Lines{"error unauthorized"});
  CHECK(a->closed() == CloseReason::unauthorized);
  CHECK(w.policy->seen.empty());
}

TEST_CASE("policy: a refused join is an error with the request's tag, and nobody hears of it") {
  PolicyWorld w;
  auto a = w.world.client("a");
  w.policy->admit("a");
  a->say("#9 join vip");
  w.world.run();
  w.policy->decide(Decision::refuse("members only"));
  w.world.run();
  CHECK(a->heard() == Lines{"welcome a", "error forbidden #9"});
  CHECK(w.policy->attempts == Lines{"a vip"});
  CHECK(w.world.router.find_room("vip") == nullptr);
}

TEST_CASE("policy: a refused message is told to its sender only") {
  PolicyWorld w;
  auto a = w.world.client("a");
  auto b = w.world.client("b");
  w.policy->admit("a");
  w.policy->admit("b");
  for (auto* client : {a.get(), b.get()}) {
    client->say("join r");
    w.world.run();
    w.policy->decide(Decision::allow());
    w.world.run();
    client->heard();
  }
  a->heard();
  a->say("#1 send b rude");
  a->say("send b polite");
  w.world.run();
  CHECK(a->heard() == Lines{"error forbidden #1"});
  CHECK(b->heard() == Lines{"msg a polite"});
}

TEST_CASE("policy: it is told where a message can reach strangers, by its addressee alone") {
  for (const Strangers strangers : {Strangers::hidden, Strangers::reachable}) {
    PolicyWorld w(strangers);
    const auto a = w.admitted();
    a->say("send b hello");
    a->say("cast r hello");
    w.world.run();
    const Reach reach = strangers == Strangers::hidden ? Reach::members : Reach::anybody;
    CHECK(w.policy->reaches == std::vector{reach, Reach::members});
  }
}

TEST_CASE("policy: it sees every connect, join, leave and disconnect once") {
  PolicyWorld w;
  auto a = w.world.client("a");
  w.policy->admit("a");
  w.world.run();
  a->say("join r");
  w.policy->decide(Decision::allow());
  w.world.run();
  a->cut(CloseReason::timeout);
  w.world.run();
  CHECK(w.policy->seen == Lines{"connected a", "joined a r", "left a r timeout", "disconnected a timeout"});
}

TEST_CASE("policy: a join with metadata of the policy's choice is seen so by all, its own peer too") {
  PolicyWorld w;
  auto a = w.world.client("a");
  auto b = w.world.client("b");
  for (auto* client : {a.get(), b.get()}) {
    w.policy->admit(client == a.get() ? "a" : "b");
    client->say(R"(join r "mine")");
    w.world.run();
    w.policy->decide(client == a.get() ? Decision::allow({R"("theirs")", {}}) : Decision::allow());
    w.world.run();
  }
  CHECK(b->heard() == Lines{"welcome b", R"(joined r v2 [a{"theirs"}])"});
}

TEST_CASE("policy: how many may be in a room with the newcomer is what it says, in place of the limit") {
  Limits limits;
  limits.max_peers_per_room = 1;
  PolicyWorld w;
  w.world.router.set_limits(limits);
  const auto join = [&](ScriptClient& client, const JoinTerms& terms) {
    client.say("join r");
    w.world.run();
    w.policy->decide(Decision::allow(terms));
    w.world.run();
    return client.heard().back();
  };
  std::vector<std::unique_ptr<ScriptClient>> clients;
  for (const char* id : {"a", "b", "c"}) {
    clients.push_back(w.world.client(id));
    w.policy->admit(id);
    w.world.run();
  }
  CHECK(join(*clients[0], {}) == "joined r v1 []");
  CHECK(join(*clients[1], {}) == "error room_full");
  CHECK(join(*clients[1], {{}, 2}) == "joined r v2 [a]");
  CHECK(join(*clients[2], {{}, 2}) == "error room_full");
  CHECK(join(*clients[2], {{}, 0}) == "joined r v3 [a b]");
}

TEST_CASE("policy: it is asked before metadata is replaced, by an update or by joining again") {
  PolicyWorld w;
  auto a = w.world.client("a");
  w.policy->admit("a");
  a->say("join r");
  w.world.run();
  w.policy->decide(Decision::allow());
  w.world.run();
  a->heard();
  a->say(R"(#1 update r "rude")");
  a->say(R"(#2 join r "rude")");
  a->say("#3 update r 1");
  a->say("#4 join r 2");
  a->say("#5 join r");
  w.world.run();
  CHECK(a->heard() == Lines{"error forbidden #1", "error forbidden #2", "updated r v2 #3",
                            "joined r v3 [] #4", "joined r v3 [] #5"});
  CHECK(w.policy->updates == Lines{R"(r "rude")", R"(r "rude")", "r 1", "r 2"});
  a->say("#6 update elsewhere 1");
  w.world.run();
  CHECK(a->heard() == Lines{"error not_joined #6"});
  CHECK(w.policy->updates.size() == 4);
}

TEST_CASE("policy: ICE servers come with the welcome, and are replaced while the peer lives") {
  PolicyWorld w;
  w.policy->ice = "1";
  auto a = w.world.client("a");
  w.policy->admit("a");
  w.world.run();
  CHECK(a->heard() == Lines{R"(welcome a [1,"user a"])"});
  w.policy->last.lock()->set_ice_servers("[2]");
  w.world.run();
  CHECK(a->heard() == Lines{"ice-servers [2]"});
  a->cut(CloseReason::lost);
  w.world.run();
  if (const auto peer = w.policy->last.lock()) peer->set_ice_servers("[3]");
  w.world.run();
  CHECK(a->heard().empty());
}

TEST_CASE("policy: a peer whose time is over is told so, closed, and leaves its rooms") {
  PolicyWorld w;
  auto a = w.world.client("a");
  w.policy->admit("a");
  a->say("join r");
  w.world.run();
  w.policy->decide(Decision::allow());
  w.world.run();
  a->heard();
  const auto peer = w.policy->last.lock();
  peer->close(CloseReason::expired);
  peer->close(CloseReason::expired);
  w.world.run();
  CHECK(a->heard() == Lines{"error expired"});
  CHECK(a->closed() == CloseReason::expired);
  CHECK(w.policy->seen ==
        Lines{"connected a", "joined a r", "left a r disconnect", "disconnected a expired"});
}

TEST_CASE("policy: what it keeps in an identity is at hand when it is asked again") {
  struct Keeper final : Policy {
    void authenticate(const ConnectInfo& /*info*/, Callback<void(Admission)> done) override {
      Admission admission;
      admission.identity.context = std::make_shared<const int>(7);
      done(std::move(admission));
    }
    void connected(const std::shared_ptr<Peer>& peer) override {
      const auto* context = std::any_cast<std::shared_ptr<const int>>(&peer->identity().context);
      found = context != nullptr ? **context : 0;
    }
    int found = 0;
  };
  RouterOptions options;
  const auto policy = std::make_shared<Keeper>();
  options.policy = policy;
  ScriptWorld world(std::move(options));
  auto a = world.client("a");
  world.run();
  CHECK(policy->found == 7);
}

TEST_CASE("policy: it is told of a join that it has allowed and that fails") {
  PolicyWorld w;
  Limits limits;
  limits.max_peers_per_room = 1;
  w.world.router.set_limits(limits);
  const auto a = w.admitted();
  const auto b = w.world.client("b");
  w.policy->admit("b");
  for (ScriptClient* client : {a.get(), b.get()}) {
    client->say("join r");
    w.policy->decide(Decision::allow());
    w.world.run();
  }
  b->say("join s");
  b->cut(CloseReason::lost);
  w.policy->decide(Decision::allow());
  w.world.run();
  CHECK(w.policy->seen == Lines{"connected a", "connected b", "joined a r", "join_failed b r room_full",
                                "disconnected b lost", "join_failed b s closed"});
}

TEST_CASE("policy: it sees one leave for each join, ahead of the disconnect, whatever ends the membership") {
  PolicyWorld w;
  const auto a = w.admitted();
  for (const char* const room : {"r", "s", "t"}) {
    a->say("join " + std::string(room));
    w.policy->decide(Decision::allow());
    w.world.run();
  }
  a->say("leave r");
  w.world.run();
  CHECK(!w.world.router.kick("a", "s"));
  w.world.run();
  a->cut(CloseReason::timeout);
  w.world.run();
  CHECK(w.policy->seen == Lines{"connected a", "joined a r", "joined a s", "joined a t", "left a r leave",
                                "left a s kicked", "left a t timeout", "disconnected a timeout"});
}

TEST_CASE("policy: an error code of its own that the library does not know counts as internal") {
  PolicyWorld w;
  const auto a = w.admitted();
  a->say("#1 join r");
  w.policy->decide(Decision::refuse("No.", static_cast<errc>(200)));
  w.world.run();
  CHECK(a->heard() == Lines{"error internal #1"});
  CHECK(w.world.router.stats().errors[static_cast<std::size_t>(errc::internal)] == 1);
}
