// Connection state recovery: whom the policy lets go on, and clients of vocabularies.
#include <doctest/doctest.h>

#include "signaling/socketio/vocabularies.hpp"
#include "socketio/recovery_script.hpp"

using namespace signaling;
using namespace signaling::socketio;
using namespace signaling::socketio::test;
using namespace std::chrono_literals;

namespace {

/// The token is the user; "nobody" is refused.
class UserPolicy final : public Policy {
 public:
  void authenticate(const ConnectInfo& info, Callback<void(Admission)> done) override {
    Admission admission;
    admission.identity.subject = info.token;
    admission.max_resume = max_resume;
    if (info.token == "nobody") admission.decision = Decision::refuse("Wrong token", errc::unauthorized);
    if (!is_slow) return done(admission);
    waiting.push_back([done = std::move(done), admission]() mutable { done(admission); });
  }
  bool may_stay(const Peer& /*peer*/, std::string_view room) override { return room != forbidden_room; }
  void away(const Peer& peer, CloseReason reason) override {
    notes.push_back("away " + peer.id() + " " + std::string(to_string(reason)));
  }
  void resumed(const std::shared_ptr<Peer>& peer) override { notes.push_back("resumed " + peer->id()); }
  void answer() {
    for (auto& answer : std::exchange(waiting, {})) answer();
  }

  std::chrono::seconds max_resume{60};
  std::string forbidden_room;
  bool is_slow = false;
  std::vector<Callback<void()>> waiting;
  Lines notes;
};

struct UserScript {
  UserScript() : world(recovering(), router_options()) {
    world.server.of("/").on_connection([this](const SocketPtr& socket) {
      ann = socket;
      socket->on_disconnect([this](CloseReason reason) { ends.emplace_back(to_string(reason)); });
    });
    client = &world.session("ann");
    world.say(*client, R"(0{"token":"ann"})");
    answer = client->heard().at(0);
    pid = pid_of(answer);
    ann->emit("first");
    world.run();
    offset = offset_of(client->heard().at(0));
  }
  UserScript(const UserScript&) = delete;
  UserScript& operator=(const UserScript&) = delete;
  // What the policy has not answered keeps the router, which keeps the policy.
  ~UserScript() { policy->waiting.clear(); }
  RouterOptions router_options() const {
    RouterOptions options;
    options.policy = policy;
    return options;
  }
  void cut() {
    client->cut(CloseReason::lost);
    world.run();
  }
  void come_back_as(std::string_view token) {
    client = &world.session();
    world.say(*client, R"(0{"token":")" + std::string(token) + R"(","pid":")" + pid + R"(","offset":")" +
                           offset + R"("})");
  }

  SocketPtr ann;
  Lines ends;
  std::shared_ptr<UserPolicy> policy = std::make_shared<UserPolicy>();
  ServerScript world;
  FakeSession* client = nullptr;
  std::string answer;
  std::string pid;
  std::string offset;
};

}  // namespace

TEST_CASE("Recovery: the policy decides on the client that is back, and is told of its peer") {
  UserScript script;
  script.cut();
  CHECK(script.policy->notes == Lines{"away ann lost"});
  script.come_back_as("ann");
  CHECK(script.client->heard() == Lines{script.answer});
  CHECK(script.policy->notes == Lines{"away ann lost", "resumed ann"});
}

TEST_CASE(
    "Recovery: another user, or one who is refused, does not get the socket, and nothing happens to it") {
  UserScript script;
  script.cut();
  script.come_back_as("eve");
  CHECK(script.client->heard() ==
        Lines{R"(4{"message":"The peer belongs to another user.","data":{"code":"forbidden"}})"});
  script.come_back_as("nobody");
  CHECK(script.client->heard() == Lines{R"(4{"message":"Wrong token","data":{"code":"unauthorized"}})"});
  CHECK(script.ends.empty());
  script.come_back_as("ann");
  CHECK(script.client->heard() == Lines{script.answer});
}

TEST_CASE("Recovery: what comes while the policy decides is kept, and handled when it has") {
  UserScript script;
  Lines said;
  script.ann->on(
      "say", [&](const Arguments& arguments, const Acknowledge&) { said.push_back(arguments[0].json()); });
  script.cut();
  script.policy->is_slow = true;
  script.come_back_as("ann");
  script.world.say(*script.client, R"(2["say",1])");
  script.ann->emit("meanwhile");
  script.world.run();
  CHECK(script.client->heard().empty());
  script.policy->answer();
  script.world.run();
  script.world.let_follow(*script.client);
  const Lines heard = script.client->heard();
  REQUIRE(heard.size() == 2);
  CHECK(heard[0] == script.answer);
  CHECK(heard[1].starts_with(R"(2["meanwhile",)"));
  CHECK(said == Lines{"1"});
}

TEST_CASE(
    "Recovery: a client that is lost while the policy decides may come back once more, within the time") {
  UserScript script;
  script.cut();
  script.policy->is_slow = true;
  script.come_back_as("ann");
  script.cut();
  SUBCASE("again before the policy has answered") {
    script.come_back_as("ann");
    script.policy->answer();
    script.world.run();
    script.world.let_follow(*script.client);
    CHECK(script.client->heard() == Lines{script.answer});
    script.ann->emit("new");
    script.world.run();
    CHECK(script.client->heard().size() == 1);
    CHECK_FALSE(script.ann->peer().is_away());
  }
  SUBCASE("and otherwise the socket ends") {
    script.policy->answer();
    script.world.run();
    CHECK(script.ann->peer().is_away());
    script.world.pass(1s);
    script.world.pass(29s);
    CHECK(script.ends == Lines{"timeout"});
  }
}

TEST_CASE("Recovery: a client whose time is over while the policy decides is new") {
  UserScript script;
  script.cut();
  script.world.pass(1s);
  script.world.pass(28s);
  script.policy->is_slow = true;
  script.come_back_as("ann");
  script.world.pass(1s);
  CHECK(script.ends == Lines{"timeout"});
  script.policy->is_slow = false;
  script.policy->answer();
  script.world.run();
  const Lines heard = script.client->heard();
  REQUIRE(heard.size() == 1);
  CHECK(pid_of(heard[0]) != script.pid);
}

TEST_CASE("Recovery: a client for which too much comes while the policy decides is new") {
  UserScript script;
  Limits limits = script.world.router.limits();
  limits.max_unacknowledged_bytes = 100;
  script.world.router.set_limits(limits);
  script.cut();
  script.policy->is_slow = true;
  script.come_back_as("ann");
  for (int i = 0; i < 3; ++i) script.ann->emit("much", {quote(std::string(60, 'x'))});
  script.world.run();
  CHECK(script.ends.empty());
  script.policy->is_slow = false;
  script.policy->answer();
  script.world.run();
  CHECK(script.ends == Lines{"slow-consumer"});
  const Lines heard = script.client->heard();
  REQUIRE(heard.size() == 1);
  CHECK(pid_of(heard[0]) != script.pid);
}

TEST_CASE("Recovery: a policy that never decides is not waited for") {
  UserScript script;
  script.cut();
  script.policy->is_slow = true;
  script.come_back_as("ann");
  script.world.pass(10s);
  CHECK(script.client->heard() ==
        Lines{R"(4{"message":"The server took too long to decide.","data":{"code":"internal"}})"});
  CHECK(script.ends.empty());
}

TEST_CASE("Recovery: rooms that the policy does not allow any more are left") {
  UserScript script;
  bool has_joined = false;
  script.ann->join("secret", [&](std::error_code error) { has_joined = !error; });
  script.world.run();
  CHECK(has_joined);
  script.policy->forbidden_room = "secret";
  script.cut();
  script.come_back_as("ann");
  script.world.run();
  CHECK(script.ann->rooms() == Lines{"ann"});
}

TEST_CASE("Recovery: no longer than the policy allows") {
  const auto policy = std::make_shared<UserPolicy>();
  policy->max_resume = 0s;
  RouterOptions options;
  options.policy = policy;
  ServerScript world(recovering(), options);
  world.server.of("/");
  FakeSession& client = world.client("ann");
  client.cut(CloseReason::lost);
  world.run();
  CHECK_FALSE(world.router.find_peer("ann"));
}

TEST_CASE("Recovery: clients of a vocabulary go on in their rooms, and get what they have missed") {
  ServerScript world(recovering());
  world.server.of("/").serve(Vocabulary::make("rooms-mesh"));
  FakeSession& ann = world.client("ann");
  FakeSession& bob = world.session("bob");
  world.say(bob, "0");
  const std::string answer = bob.heard().at(0);
  const std::string pid = pid_of(answer);
  const auto join = [&](FakeSession& client, const char* name) {
    world.say(client, R"(2["join_room",{"roomName":"r","personName":")" + std::string(name) + R"("}])");
  };
  join(bob, "Bob");
  join(ann, "Ann");
  const Lines before = bob.heard();
  REQUIRE(!before.empty());
  const std::string offset = offset_of(before.back());
  ann.heard();
  bob.cut(CloseReason::lost);
  world.run();
  world.say(ann, R"(2["message",{"roomName":"r","personName":"Ann","content":"1"}])");
  world.say(ann, R"(2["send-offer",{"sdp":2}])");
  FakeSession& again = world.session();
  world.say(again, R"(0{"pid":")" + pid + R"(","offset":")" + offset + R"("})");
  const Lines heard = again.heard();
  REQUIRE(heard.size() == 3);
  CHECK(heard[0] == answer);
  CHECK(heard[1].find(R"("content":"1")") != std::string::npos);
  CHECK(heard[2].find(R"("sdp":2)") != std::string::npos);
  for (const std::string& line : ann.heard()) CHECK(line.find("leave") == std::string::npos);
  world.say(again, R"(2["message",{"roomName":"r","personName":"Bob","content":"3"}])");
  CHECK(ann.heard().back().find(R"("content":"3")") != std::string::npos);
}
