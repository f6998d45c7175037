#include "signaling/identity/identity_policy.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <stdexcept>

#include "signaling/identity/shared_token.hpp"
#include "signaling/identity/ticket_office.hpp"
#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::identity;
using namespace signaling::testing;
using std::chrono::seconds;

namespace {

// Knows a pass for each token; answers when it is told to.
struct Book final : Authenticator {
  void authenticate(const ConnectInfo& info, Callback<void(Verdict)> done) override {
    auto answer = [this, &info, done = std::move(done)]() mutable {
      const auto found = passes.find(info.token);
      done(found == passes.end() ? Verdict::refuse("not-in-the-book") : Verdict::admit(found->second));
    };
    if (slow) {
      waiting.emplace_back(std::move(answer));
    } else {
      answer();
    }
  }
  std::map<std::string, Pass> passes;
  bool slow = false;
  std::deque<Callback<void()>> waiting;
};

struct Log final : LogSink {
  void log(const LogRecord& record) override {
    std::string line(record.event);
    for (const LogField& field : record.fields)
      line += " " + std::string(field.key) + "=" + std::string(field.value);
    lines.push_back(line);
  }
  Lines lines;
};

struct World {
  using Time = std::chrono::system_clock::time_point;

  explicit World(IceOptions ice = {}, boost::asio::any_io_executor executor = {}) {
    IdentityOptions options;
    options.authenticators = {book};
    options.ice = std::move(ice);
    options.executor = std::move(executor);
    options.wall_clock = [this] { return now; };
    options.log = log;
    policy = std::make_shared<IdentityPolicy>(std::move(options));
    RouterOptions router;
    router.policy = policy;
    world = std::make_unique<ScriptWorld>(std::move(router));
  }

  Pass& pass(const std::string& token) {
    Pass& pass = book->passes[token];
    pass.peer_id = token;
    return pass;
  }
  std::unique_ptr<ScriptClient> client(const std::string& token) {
    ConnectInfo info;
    info.token = token;
    info.remote_address = "192.0.2.7";
    auto client = std::make_unique<ScriptClient>(world->router, world->io.get_executor(), info);
    run();
    return client;
  }
  Lines answer(ScriptClient& client, const std::string& line) {
    client.heard();
    client.say(line);
    run();
    return client.heard();
  }
  void run() { world->run(); }
  void pass_time(seconds by) {
    now += by;
    policy->on_time();
    run();
  }

  Time now{seconds(1000)};
  std::shared_ptr<Book> book = std::make_shared<Book>();
  std::shared_ptr<Log> log = std::make_shared<Log>();
  std::shared_ptr<IdentityPolicy> policy;
  std::unique_ptr<ScriptWorld> world;
};

RoomGrant only(std::initializer_list<MessageType> types) {
  RoomGrant grant;
  grant.publish = MessageTypes::none();
  for (const auto type : types) grant.publish.add(type);
  return grant;
}

IceOptions turn() {
  IceOptions ice;
  ice.turn_urls = {"turn:t"};
  ice.turn_secret = "north";
  ice.turn_lifetime = seconds(100);
  return ice;
}

}  // namespace

TEST_CASE("identity: who shows a good credential is admitted with what it says") {
  World w;
  w.pass("ada").subject = "Ada";
  w.pass("ada").grants.allow("lobby", {});
  const auto ada = w.client("ada");
  CHECK(ada->heard() == Lines{"welcome ada"});
  CHECK(ada->peer().identity().subject == "Ada");
  REQUIRE(IdentityPolicy::grants_of(ada->peer()) != nullptr);
  CHECK(IdentityPolicy::grants_of(ada->peer())->may_join("lobby"));
}

TEST_CASE(
    "identity: whatever is wrong with a credential, the client hears the same; the host's log has a word") {
  World w;
  const auto none = w.client("");
  const auto wrong = w.client("secret-guess");
  CHECK(none->heard() == Lines{"error unauthorized"});
  CHECK(wrong->heard() == Lines{"error unauthorized"});
  CHECK(wrong->closed() == CloseReason::unauthorized);
  CHECK(w.log->lines == Lines(2, "client-refused address=192.0.2.7 reason=not-in-the-book"));
}

TEST_CASE("identity: several authenticators are asked in turn") {
  const auto book = std::make_shared<Book>();
  book->passes["ada"].peer_id = "ada";
  const auto office = std::make_shared<TicketOffice>();
  IdentityOptions options;
  options.authenticators = {std::make_shared<SharedToken>("sesame"), office, book};
  RouterOptions router;
  router.policy = std::make_shared<IdentityPolicy>(std::move(options));
  ScriptWorld world(std::move(router));
  Pass pass;
  pass.peer_id = "guest";
  const std::string ticket = *office->issue(pass);
  const auto hear = [&](const std::string& token) {
    ConnectInfo info;
    info.token = token;
    info.wished_id = "wish";
    ScriptClient client(world.router, world.io.get_executor(), info);
    world.run();
    return client.heard();
  };
  CHECK(hear("sesame") == Lines{"welcome wish"});
  CHECK(hear("ada") == Lines{"welcome ada"});
  CHECK(hear(ticket) == Lines{"welcome guest"});
  CHECK(hear(ticket) == Lines{"error unauthorized"});
  CHECK(hear("bob") == Lines{"error unauthorized"});
}

TEST_CASE("identity: an authenticator may take its time, or drop who has gone") {
  World w;
  w.pass("ada");
  w.book->slow = true;
  const auto ada = w.client("ada");
  const auto bob = w.client("bob");
  CHECK(ada->heard().empty());
  bob->cut(CloseReason::lost);
  w.run();
  while (!w.book->waiting.empty()) {
    w.book->waiting.front()();
    w.book->waiting.pop_front();
  }
  w.run();
  CHECK(ada->heard() == Lines{"welcome ada"});
  const auto eve = w.client("eve");
  eve->cut(CloseReason::lost);
  w.book->waiting.clear();
  CHECK(w.world->router.stats().peers == 1);
}

TEST_CASE("identity: a room that is not granted is forbidden, whether it exists or not") {
  World w;
  w.pass("ada").grants.allow("lobby", {});
  w.pass("bob").grants = Grants::everything();
  const auto ada = w.client("ada");
  const auto bob = w.client("bob");
  w.answer(*bob, "join office");
  CHECK(w.answer(*ada, "join lobby") == Lines{"joined lobby v1 []"});
  CHECK(w.answer(*ada, "join office") == Lines{"error forbidden"});
  CHECK(w.answer(*ada, "join cellar") == Lines{"error forbidden"});
}

TEST_CASE("identity: metadata that is granted is what the others see, and stays") {
  World w;
  RoomGrant grant;
  grant.metadata = R"({"name":"Ada"})";
  w.pass("ada").grants.allow("lobby", grant);
  w.pass("bob").grants = Grants::everything();
  const auto ada = w.client("ada");
  const auto bob = w.client("bob");
  w.answer(*ada, R"(join lobby {"name":"Root"})");
  CHECK(w.answer(*bob, "join lobby") == Lines{R"(joined lobby v2 [ada{{"name":"Ada"}}])"});
  CHECK(w.answer(*ada, R"(update lobby {"name":"Root"})") == Lines{"error forbidden"});
  CHECK(w.answer(*ada, R"(join lobby {"name":"Root"})") == Lines{"error forbidden"});
  CHECK(w.answer(*bob, R"(update lobby {"name":"Bob"})") == Lines{"updated lobby v3"});
}

TEST_CASE("identity: only the types that are granted may be sent, to the room and to its members") {
  World w;
  w.pass("ada").grants.allow("lobby", only({MessageType::offer}));
  w.pass("bob").grants = Grants::everything();
  const auto ada = w.client("ada");
  const auto bob = w.client("bob");
  w.answer(*ada, "join lobby");
  w.answer(*bob, "join lobby");
  CHECK(w.answer(*ada, "#1 cast lobby hello") == Lines{"error forbidden #1"});
  CHECK(w.answer(*ada, "#2 send bob hello") == Lines{"error forbidden #2"});
  bob->heard();
  Message offer;
  offer.type = MessageType::offer;
  offer.to = "bob";
  CHECK(w.policy->authorize_send(ada->peer(), offer).allowed());
  CHECK(w.answer(*bob, "#3 cast lobby hello") == Lines{"sent #3"});
}

TEST_CASE("identity: a message that names no room needs the grant of all rooms that its sender is in") {
  World w;
  Grants& grants = w.pass("ada").grants;
  grants.allow("lobby", {});
  grants.allow("stage", only({}));
  const auto ada = w.client("ada");
  Message message;
  message.to = "bob";
  const auto allowed = [&] { return w.policy->authorize_send(ada->peer(), message).allowed(); };
  CHECK_FALSE(allowed());  // in no room
  w.answer(*ada, "join lobby");
  CHECK(allowed());
  w.answer(*ada, "join stage");
  CHECK_FALSE(allowed());
  message.room = "lobby";
  CHECK(allowed());
  message.room = "stage";
  CHECK_FALSE(allowed());
  message.room = "elsewhere";
  CHECK_FALSE(allowed());
}

TEST_CASE(
    "identity: a message that reaches beyond shared rooms needs the grant of all rooms that its sender may "
    "join") {
  World w;
  w.pass("ada").grants.allow("lobby", {});
  w.pass("ada").grants.allow("stage", only({MessageType::answer}));
  w.pass("ada").grants.allow("cellar", {.join = false, .metadata = {}});
  const auto ada = w.client("ada");
  w.answer(*ada, "join lobby");
  Message message;
  message.to = "bob";
  const auto allowed = [&] { return w.policy->authorize_send(ada->peer(), message).allowed(); };
  CHECK(allowed());  // a member of the lobby
  for (const Reach reach : {Reach::speakers, Reach::anybody}) {
    message.reach = reach;
    message.type = MessageType::message;
    CHECK_FALSE(allowed());  // bob may be on the stage
    message.type = MessageType::answer;
    CHECK(allowed());
  }
}

TEST_CASE("identity: a fixed peer id that is in use is refused to a second bearer of the token") {
  World w;
  w.pass("ada");
  const auto first = w.client("ada");
  const auto second = w.client("ada");
  CHECK(second->heard() == Lines{"error id_in_use"});
  CHECK_FALSE(first->closed());
}

TEST_CASE("identity: at its end an admission is closed, and not before") {
  World w;
  w.pass("ada").expires = w.now + seconds(60);
  w.pass("bob").expires = w.now + seconds(50);
  w.pass("eve");
  const auto ada = w.client("ada");
  auto bob = w.client("bob");
  const auto eve = w.client("eve");
  CHECK(w.policy->next_deadline() == w.now + seconds(50));
  bob.reset();
  w.run();
  CHECK(w.policy->next_deadline() == w.now + seconds(60));
  ada->heard();
  w.pass_time(seconds(59));
  CHECK(ada->heard().empty());
  w.pass_time(seconds(1));
  CHECK(ada->heard() == Lines{"error expired"});
  CHECK(ada->closed() == CloseReason::expired);
  CHECK_FALSE(eve->closed());
  CHECK_FALSE(w.policy->next_deadline());
}

TEST_CASE("identity: TURN credentials come with the welcome, and anew before they expire") {
  World w(turn());
  w.pass("ada").grants.allow("r", {});
  const auto ada = w.client("ada");
  const auto servers = [](std::int64_t expires) {
    const auto turn = make_turn_credentials("north", "ada", World::Time(seconds(expires)));
    return R"([{"urls":"turn:t","username":")" + turn.username + R"(","credential":")" + turn.password +
           R"("}])";
  };
  CHECK(ada->heard() == Lines{"welcome ada " + servers(1100)});
  w.pass_time(seconds(73));
  CHECK(ada->heard().empty());
  w.pass_time(seconds(1));
  CHECK(ada->heard() == Lines{"ice-servers " + servers(1174)});
  w.pass_time(seconds(74));
  CHECK(ada->heard() == Lines{"ice-servers " + servers(1248)});
  ada->cut(CloseReason::lost);
  w.run();
  CHECK_FALSE(w.policy->next_deadline());
}

TEST_CASE("identity: whoever may join no room gets no TURN credentials, with the welcome or later") {
  IceOptions ice = turn();
  ice.servers = {{{"stun:s"}, {}, {}}};
  World w(ice);
  w.pass("ada");
  w.pass("bob").grants.allow("r", {.join = false, .metadata = {}});
  w.pass("eve").grants.allow("r", {});
  const auto ada = w.client("ada");
  const auto bob = w.client("bob");
  CHECK(ada->heard() == Lines{R"(welcome ada [{"urls":"stun:s"}])"});
  CHECK(bob->heard() == Lines{R"(welcome bob [{"urls":"stun:s"}])"});
  CHECK_FALSE(w.policy->next_deadline());
  w.pass_time(seconds(100));
  CHECK(ada->heard().empty());
  CHECK(w.client("eve")->heard()[0].find("turn:t") != std::string::npos);
}

TEST_CASE("identity: refusals are logged, but not all of a flood of them") {
  World w;
  for (int i = 0; i < 500; ++i) w.client("wrong");
  CHECK(w.log->lines.size() >= 20);
  CHECK(w.log->lines.size() < 500);
}

TEST_CASE("identity: credentials are given anew until the admission ends, and never beyond it") {
  World w(turn());
  w.pass("ada").expires = w.now + seconds(120);
  w.pass("ada").grants.allow("r", {});
  const auto ada = w.client("ada");
  ada->heard();
  w.pass_time(seconds(75));
  const auto heard = ada->heard();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].find(R"("username":"1120:ada")") != std::string::npos);
  CHECK(w.policy->next_deadline() == World::Time(seconds(1120)));
  w.pass_time(seconds(45));
  CHECK(ada->heard() == Lines{"error expired"});
}

TEST_CASE("identity: new ICE servers are for who comes now, and for the others when theirs expire") {
  World w(turn());
  w.pass("ada").grants.allow("r", {});
  w.pass("bob").grants.allow("r", {});
  const auto ada = w.client("ada");
  ada->heard();
  IceOptions ice = turn();
  ice.turn_secret = "south";
  w.policy->set_ice(ice);
  const auto bob = w.client("bob");
  const std::string password = make_turn_credentials("south", "bob", World::Time(seconds(1100))).password;
  CHECK(bob->heard()[0].find(password) != std::string::npos);
  CHECK(ada->heard().empty());
  w.pass_time(seconds(75));
  const std::string renewed = make_turn_credentials("south", "ada", World::Time(seconds(1175))).password;
  CHECK(ada->heard()[0].find(renewed) != std::string::npos);
  ice.turn_secret.clear();
  CHECK_THROWS_AS(w.policy->set_ice(ice), std::invalid_argument);
}

TEST_CASE("identity: without authenticators everybody may do everything") {
  RouterOptions router;
  router.policy = std::make_shared<IdentityPolicy>(IdentityOptions{});
  ScriptWorld world(std::move(router));
  const auto a = world.client("a");
  a->say("join r");
  a->say("#1 cast r hello");
  a->say("#2 update r 7");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "joined r v1 []", "sent #1", "updated r v2 #2"});
}

TEST_CASE(
    "identity: on an executor a timer does it, and leaves the io_context no work when the last peer has "
    "gone") {
  boost::asio::io_context io;
  World w({}, io.get_executor());
  const auto start = std::chrono::steady_clock::now();
  const World::Time origin = w.now;
  w.pass("ada").expires = w.now + std::chrono::milliseconds(20);
  w.pass("bob").expires = w.now + seconds(1000);
  const auto ada = w.client("ada");
  const auto bob = w.client("bob");
  ada->heard();
  while (!ada->closed()) {
    w.now =
        origin + std::chrono::duration_cast<World::Time::duration>(std::chrono::steady_clock::now() - start);
    io.run_one_for(seconds(10));
    w.run();
    REQUIRE(std::chrono::steady_clock::now() - start < seconds(10));
  }
  CHECK(ada->heard() == Lines{"error expired"});
  io.poll();
  CHECK_FALSE(io.stopped());  // it waits for Bob's end
  bob->cut(CloseReason::lost);
  w.run();
  io.restart();
  CHECK(io.run_for(seconds(10)) < 10);
  CHECK(io.stopped());
}

TEST_CASE("identity: metadata of a grant that is not JSON is the host's mistake") {
  Grants grants;
  RoomGrant grant;
  grant.metadata = "Ada";
  CHECK_THROWS_AS(grants.allow("lobby", grant), std::invalid_argument);
  CHECK_THROWS_AS(grants.allow_other_rooms(grant), std::invalid_argument);
  CHECK(grants.find("lobby") == nullptr);
}
