#include <doctest/doctest.h>

#include <deque>

#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

// Answers when it is told to.
struct SlowPolicy final : Policy {
  void authenticate(const ConnectInfo& info, Callback<void(Admission)> done) override {
    tokens.push_back(info.token);
    admissions.push_back(std::move(done));
  }
  void authorize_join(const Peer& peer, const JoinAttempt& attempt, Callback<void(Decision)> done) override {
    attempts.push_back(peer.id() + " " + std::string(attempt.room));
    joins.push_back(std::move(done));
  }
  Decision authorize_update(const Peer& /*peer*/, const JoinAttempt& attempt) override {
    updates.push_back(std::string(attempt.room) + " " + std::string(attempt.metadata));
    return attempt.metadata == "rude" ? Decision::refuse("be nice") : Decision::allow();
  }
  std::string ice_servers(const Peer& peer) override {
    return ice.empty() ? std::string() : ice + " for " + peer.identity().subject;
  }
  Decision authorize_send(const Peer& /*peer*/, const Envelope& envelope) override {
    reaches.push_back(envelope.reach);
    return envelope.payload == "rude" ? Decision::refuse("be nice") : Decision::allow();
  }
  void connected(const std::shared_ptr<Peer>& peer) override {
    seen.push_back("connected " + peer->id());
    last = peer;
  }
  void disconnected(const Peer& peer, CloseReason reason) override {
    seen.push_back("disconnected " + peer.id() + " " + std::string(to_string(reason)));
  }
  void joined(const Peer& peer, std::string_view room) override {
    seen.push_back("joined " + peer.id() + " " + std::string(room));
  }
  void join_failed(const Peer& peer, std::string_view room, errc error) override {
    seen.push_back("join_failed " + peer.id() + " " + std::string(room) + " " +
                   std::string(to_string(error)));
  }
  void left(const Peer& peer, std::string_view room, LeaveReason reason) override {
    seen.push_back("left " + peer.id() + " " + std::string(room) + " " + std::string(to_string(reason)));
  }

  void admit(const std::string& id) {
    Admission admission;
    admission.peer_id = id;
    admission.identity.subject = "user " + id;
    admissions.front()(std::move(admission));
    admissions.pop_front();
  }
  void decide(Decision decision) {
    joins.front()(std::move(decision));
    joins.pop_front();
  }

  std::vector<std::string> tokens;
  std::vector<std::string> attempts;
  std::vector<std::string> updates;
  std::vector<std::string> seen;
  std::vector<Reach> reaches;
  std::string ice;
  std::weak_ptr<Peer> last;
  std::deque<Callback<void(Admission)>> admissions;
  std::deque<Callback<void(Decision)>> joins;
};

struct PolicyWorld {
  explicit PolicyWorld(Strangers reach = Strangers::hidden) : strangers(reach) {}

  /// A client "a" that has had its welcome.
  std::unique_ptr<ScriptClient> admitted() {
    auto client = world.client("a");
    policy->admit("a");
    world.run();
    (void)client->heard();
    return client;
  }
  void wait(std::chrono::seconds time) {
    world.clock.advance(time);
    world.router.on_time();
    world.run();
  }

  const Strangers strangers;
  std::shared_ptr<SlowPolicy> policy = std::make_shared<SlowPolicy>();
  ScriptWorld world{[this] {
    RouterOptions options;
    options.policy = policy;
    options.strangers = strangers;
    return options;
  }()};
};

}  // namespace

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

TEST_CASE("policy: a peer that dies while the policy thinks leaves nothing behind") {
  PolicyWorld w;
  auto a = w.world.client("a");
  a->cut(CloseReason::lost);
  w.policy->admit("a");
  w.world.run();
  CHECK(w.world.router.stats().peers == 0);

  auto b = w.world.client("a");  // the id was given back
  w.policy->admit("a");
  w.world.run();
  b->say("join r");
  b->cut(CloseReason::lost);
  w.policy->decide(Decision::allow());
  w.world.run();
  CHECK(w.world.router.stats().rooms == 0);
  CHECK(w.world.router.stats().peers == 0);
}

TEST_CASE("policy: a join with metadata of the policy's choice is seen so by all, its own peer too") {
  PolicyWorld w;
  auto a = w.world.client("a");
  auto b = w.world.client("b");
  for (auto* client : {a.get(), b.get()}) {
    w.policy->admit(client == a.get() ? "a" : "b");
    client->say("join r mine");
    w.world.run();
    w.policy->decide(client == a.get() ? Decision::allow_with_metadata("theirs") : Decision::allow());
    w.world.run();
  }
  CHECK(b->heard() == Lines{"welcome b", "joined r v2 [a{theirs}]"});
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
  a->say("#1 update r rude");
  a->say("#2 join r rude");
  a->say("#3 update r nice");
  a->say("#4 join r nicer");
  a->say("#5 join r");
  w.world.run();
  CHECK(a->heard() == Lines{"error forbidden #1", "error forbidden #2", "updated r v2 #3",
                            "joined r v3 [] #4", "joined r v3 [] #5"});
  CHECK(w.policy->updates == Lines{"r rude", "r rude", "r nice", "r nicer"});
  a->say("#6 update elsewhere nice");
  w.world.run();
  CHECK(a->heard() == Lines{"error not_joined #6"});
  CHECK(w.policy->updates.size() == 4);
}

TEST_CASE("policy: ICE servers come with the welcome, and are replaced while the peer lives") {
  PolicyWorld w;
  w.policy->ice = "[1]";
  auto a = w.world.client("a");
  w.policy->admit("a");
  w.world.run();
  CHECK(a->heard() == Lines{"welcome a [1] for user a"});
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

TEST_CASE("policy: what waits is bounded") {
  RouterOptions options;
  auto policy = std::make_shared<SlowPolicy>();
  options.policy = policy;
  options.limits.max_pending_bytes = 1000;
  ScriptWorld world(std::move(options));
  auto a = world.client("a");
  for (int i = 0; i < 20; ++i) a->say("ping " + std::string(100, 'x'));
  world.run();
  CHECK(a->heard() == Lines{"error overloaded"});
  CHECK(a->closed() == CloseReason::overloaded);
  policy->admissions.clear();
}

TEST_CASE("policy: an admission that is dropped without an answer is a refusal, at once or later") {
  for (const bool at_once : {true, false}) {
    struct Dropper final : Policy {
      void authenticate(const ConnectInfo& /*info*/, Callback<void(Admission)> done) override {
        if (!at_once) kept = std::move(done);
      }
      bool at_once = false;
      Callback<void(Admission)> kept;
    };
    const auto policy = std::make_shared<Dropper>();
    policy->at_once = at_once;
    RouterOptions options;
    options.policy = policy;
    ScriptWorld world(std::move(options));
    const auto a = world.client("a");
    world.run();
    CHECK(bool(a->closed()) == at_once);
    policy->kept = {};
    world.run();
    CHECK(a->heard() == Lines{"error internal"});
    CHECK(a->closed() == CloseReason::internal);
  }
}

TEST_CASE("policy: a decision on a join that is dropped is a refusal, and what waits for it goes on") {
  PolicyWorld w;
  const auto a = w.admitted();
  a->say("#1 join r");
  a->say("#2 ping");
  w.policy->joins.clear();
  w.world.run();
  CHECK(a->heard() == Lines{"error internal #1", "pong #2"});
}

TEST_CASE("policy: an admission that is not answered in time is a refusal; what comes later is ignored") {
  PolicyWorld w;
  const auto a = w.world.client("a");
  a->say("ping");
  w.wait(std::chrono::seconds(9));
  CHECK_FALSE(a->closed());
  w.wait(std::chrono::seconds(1));
  CHECK(a->heard() == Lines{"error internal"});
  CHECK(a->closed() == CloseReason::internal);
  w.policy->admit("a");
  w.world.run();
  CHECK(w.policy->seen.empty());
  CHECK(w.world.router.stats().peers == 0);
}

TEST_CASE("policy: a join that is not decided in time fails; a later decision is for nothing") {
  PolicyWorld w;
  const auto a = w.admitted();
  a->say("#1 join r");
  a->say("#2 join s");
  w.wait(std::chrono::seconds(10));
  CHECK(a->heard() == Lines{"error internal #1"});
  w.policy->decide(Decision::allow());  // on `r`
  w.world.run();
  CHECK(a->heard().empty());
  w.policy->decide(Decision::allow());
  w.world.run();
  CHECK(a->heard() == Lines{"joined s v1 [] #2"});
  CHECK(w.policy->seen == Lines{"connected a", "join_failed a r internal", "joined a s"});
  w.wait(std::chrono::seconds(60));  // no deadline is left over
  CHECK(a->heard().empty());
}

TEST_CASE("policy: with a decision_timeout of 0 it may think for ever, and of an age as well") {
  for (const auto timeout : {std::chrono::milliseconds(0), std::chrono::milliseconds::max()}) {
    PolicyWorld w;
    Limits limits;
    limits.decision_timeout = timeout;
    w.world.router.set_limits(limits);
    const auto a = w.world.client("a");
    w.wait(std::chrono::hours(24));
    CHECK_FALSE(a->closed());
    w.policy->admit("a");
    w.world.run();
    CHECK(a->heard() == Lines{"welcome a"});
  }
}

TEST_CASE("policy: handlers that outlive the router are destroyed without harm") {
  const auto policy = std::make_shared<SlowPolicy>();
  {
    RouterOptions options;
    options.policy = policy;
    ScriptWorld world(std::move(options));
    const auto a = world.client("a");
    const auto b = world.client("b");
    policy->admit("a");
    a->say("join r");
    world.run();
  }
  CHECK(policy->admissions.size() + policy->joins.size() == 2);
  policy->admissions.clear();
  policy->joins.clear();
  CHECK(policy->seen == Lines{"connected a", "disconnected a lost"});
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
