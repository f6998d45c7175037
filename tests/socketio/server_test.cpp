// Connections, namespaces and their ends.
#include "signaling/socketio/server.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include "socketio/server_script.hpp"

using namespace signaling;
using namespace signaling::socketio;
using namespace signaling::socketio::test;

namespace {

/// Admits those whose token is "good", under the name that their credentials say.
class TokenPolicy final : public Policy {
 public:
  void authenticate(const ConnectInfo& info, Callback<void(Admission)> done) override {
    seen = info;
    Admission admission;
    if (info.token != "good") admission.decision = Decision::refuse("Wrong token", errc::unauthorized);
    if (postponed) {
      waiting = [done = std::move(done), admission]() mutable { done(admission); };
    } else {
      done(admission);
    }
  }
  ConnectInfo seen;
  bool postponed = false;
  Callback<void()> waiting;
};

RouterOptions with_policy(std::shared_ptr<Policy> policy) {
  RouterOptions options;
  options.policy = std::move(policy);
  return options;
}

}  // namespace

TEST_CASE("Server: the sid of a namespace is the id of the router's peer") {
  ServerScript script;
  script.server.of("/");
  FakeSession& client = script.session("ann");
  script.say(client, "0");
  CHECK(client.heard() == Lines{R"(0{"sid":"ann"})"});
  REQUIRE(script.router.find_peer("ann"));
}

TEST_CASE(
    "Server: an unknown namespace is refused, and the connection stays (Socket.IO v5, Connection to a "
    "namespace)") {
  ServerScript script;
  script.server.of("/");
  FakeSession& client = script.session("ann");
  script.say(client, "0/nowhere,");
  CHECK(client.heard() == Lines{R"(4/nowhere,{"message":"Invalid namespace"})"});
  script.say(client, "0");
  CHECK(client.heard() == Lines{R"(0{"sid":"ann"})"});
}

TEST_CASE("Server: namespaces of one connection are peers of their own") {
  SocketPtr game;
  ServerScript script;
  script.server.of("/");
  script.server.of("/game").on_connection([&](const SocketPtr& socket) { game = socket; });
  FakeSession& client = script.client("ann");
  script.say(client, "0/game,");
  REQUIRE(game);
  CHECK(game->id() != "ann");
  CHECK(client.heard() == Lines{R"(0/game,{"sid":")" + game->id() + R"("})"});
  CHECK(script.router.stats().peers == 2);
  game->emit("hi");
  script.run();
  CHECK(client.heard() == Lines{R"(2/game,["hi"])"});
}

TEST_CASE("Server: the policy sees auth, its token, and the request") {
  const auto policy = std::make_shared<TokenPolicy>();
  ServerScript script({}, with_policy(policy));
  script.server.of("/");
  ConnectInfo info;
  info.remote_address = "192.0.2.1";
  info.token = "from the header";
  FakeSession& client = script.session(info);
  script.say(client, R"(0{"token":"go\u006fd","name":"ann"})");
  CHECK(policy->seen.remote_address == "192.0.2.1");
  CHECK(policy->seen.credentials == R"({"token":"go\u006fd","name":"ann"})");
  CHECK(policy->seen.token == "good");
  CHECK(client.heard().front().starts_with("0{"));
  script.say(script.session(info), R"(0{"token":7})");
  CHECK(policy->seen.token == "from the header");
}

TEST_CASE(
    "Server: a refusal of the policy is a CONNECT_ERROR, the connection stays, and the client may try "
    "again") {
  ServerScript script({}, with_policy(std::make_shared<TokenPolicy>()));
  script.server.of("/");
  FakeSession& client = script.session("ann");
  script.say(client, R"(0{"token":"bad"})");
  CHECK(client.heard() == Lines{R"(4{"message":"Wrong token","data":{"code":"unauthorized"}})"});
  script.say(client, R"(0{"token":"good"})");
  CHECK(client.heard() == Lines{R"(0{"sid":"ann"})"});
  CHECK(script.router.stats().peers == 1);
}

TEST_CASE("Server: a second CONNECT right behind one that is being refused gets an answer of its own") {
  SocketPtr ann;
  ServerScript script({}, with_policy(std::make_shared<TokenPolicy>()));
  script.server.of("/").on_connection([&](const SocketPtr& socket) {
    ann = socket;
    socket->on("hi", [&](const Arguments&, const Acknowledge& acknowledge) { acknowledge(); });
  });
  FakeSession& client = script.session("ann");
  client.say(R"(0{"token":"bad"})");
  script.io.poll_one();  // the refusal is written, the router's close is not yet
  client.say(R"(0{"token":"good"})");
  client.say(R"(21["hi"])");
  script.run();
  script.let_follow(client);
  const Lines heard = client.heard();
  REQUIRE(heard.size() == 3);
  CHECK(heard[0].starts_with("4{"));
  CHECK(heard[1] == R"(0{"sid":"ann"})");
  CHECK(heard[2] == "31[]");
}

TEST_CASE("Server: what a client sends behind its CONNECT waits until it is admitted") {
  const auto policy = std::make_shared<TokenPolicy>();
  policy->postponed = true;
  Lines events;
  ServerScript script({}, with_policy(policy));
  script.server.of("/").on("hi", [&](const SocketPtr&, const Arguments& arguments, const Acknowledge&) {
    events.push_back(arguments[0].json());
  });
  FakeSession& client = script.session("ann");
  script.say(client, R"(0{"token":"good"})");
  script.say(client, R"(2["hi",1])");
  CHECK(events.empty());
  policy->waiting();
  script.run();
  CHECK(events == Lines{"1"});
  CHECK(client.heard() == Lines{R"(0{"sid":"ann"})"});
}

TEST_CASE("Server: a session that ends while the policy decides leaves nothing behind") {
  const auto policy = std::make_shared<TokenPolicy>();
  policy->postponed = true;
  ServerScript script({}, with_policy(policy));
  script.server.of("/");
  FakeSession& client = script.session("ann");
  script.say(client, R"(0{"token":"good"})");
  client.cut(CloseReason::lost);
  policy->waiting();
  script.run();
  CHECK(script.router.stats().peers == 0);
}

TEST_CASE("Server: auth over the limit is refused") {
  ServerOptions options;
  options.max_auth_bytes = 20;
  ServerScript script(options);
  script.server.of("/");
  FakeSession& client = script.session("ann");
  script.say(client, R"(0{"token":"0123456789"})");
  CHECK(client.heard() == Lines{R"(4{"message":"The auth data is too large"})"});
  CHECK(script.server.stats().refused_auths == 1);
  script.say(client, R"(0{"token":"01234"})");
  CHECK(client.heard() == Lines{R"(0{"sid":"ann"})"});
}

TEST_CASE("Server: a connection may only ask for namespaces so many times") {
  ServerOptions options;
  options.max_connects = 2;
  ServerScript script(options);
  FakeSession& client = script.session();
  script.say(client, "0");
  script.say(client, "0");
  CHECK(client.heard().size() == 2);
  script.say(client, "0");
  CHECK(client.heard() == Lines{"closed: overloaded"});
  CHECK(script.server.stats().excessive_connects == 1);
}

TEST_CASE("Server: what is over a bound is counted") {
  ServerOptions options;
  options.connection.max_namespaces = 1;
  options.connection.packets.max_attachments = 1;
  ServerScript script(options);
  script.server.of("/");
  FakeSession& client = script.client("ann");
  for (int i = 0; i < 3; ++i) script.say(client, "0/other,");
  CHECK(script.server.stats().refused_namespaces == 0);  // it is told at the end
  script.say(client, R"(52-["e",{"_placeholder":true,"num":0}])");
  CHECK(client.heard().back() == "closed: protocol-error");
  const ServerStats stats = script.server.stats();
  CHECK(stats.refused_namespaces == 3);
  CHECK(stats.packet_errors[static_cast<std::size_t>(PacketError::too_many_attachments)] == 1);
  script.client("bob").cut(CloseReason::lost);
  const ServerStats later = script.server.stats();
  CHECK(later.packet_errors == stats.packet_errors);
  CHECK(later.refused_namespaces == 3);

  const std::string page = prometheus_text(metrics_of(stats));
  CHECK(page.find("signaling_socketio_packet_errors_total{reason=\"too_many_attachments\"} 1\n") !=
        std::string::npos);
  CHECK(page.find("signaling_socketio_limits_total{limit=\"max_namespaces\"} 3\n") != std::string::npos);
  CHECK(page.find("signaling_socketio_limits_total{limit=\"max_connects\"} 0\n") != std::string::npos);
}

TEST_CASE("Server: a client that is in no namespace in time is closed, at the beginning and later") {
  ServerScript script;
  script.server.of("/");
  FakeSession& silent = script.session();
  FakeSession& client = script.client("ann");
  CHECK(silent.deadline() == script.clock.now() + std::chrono::seconds(45));
  CHECK(client.deadline() == TimePoint::max());
  script.say(client, "1");
  CHECK(client.deadline() == script.clock.now() + std::chrono::seconds(45));
  script.say(client, "0");
  CHECK(client.deadline() == TimePoint::max());
  script.say(client, "1");
  client.heard();
  script.pass(std::chrono::milliseconds(44'999));
  CHECK(silent.heard().empty());
  CHECK(client.heard().empty());
  script.pass(std::chrono::milliseconds(1));
  CHECK(silent.heard() == Lines{"closed: timeout"});
  CHECK(client.heard() == Lines{"closed: timeout"});
}

TEST_CASE("Server: a client that leaves a namespace stays in the others") {
  Lines ends;
  ServerScript script;
  for (const char* name : {"/", "/game"}) {
    script.server.of(name).on_connection([&ends, name](const SocketPtr& socket) {
      socket->on_disconnect([&ends, name](CloseReason reason) {
        ends.push_back(name + std::string(" ") + std::string(to_string(reason)));
      });
    });
  }
  FakeSession& client = script.client("ann");
  script.say(client, "0/game,");
  script.say(client, "1/game,");
  CHECK(ends == Lines{"/game normal"});
  CHECK(script.router.stats().peers == 1);
  client.cut(CloseReason::timeout);
  CHECK(ends == Lines{"/game normal", "/ timeout"});
  CHECK(script.router.stats().peers == 0);
}

TEST_CASE("Server: a namespace can be entered again after it was left") {
  ServerScript script;
  script.server.of("/");
  FakeSession& client = script.client("ann");
  client.say("1");
  client.say("0");
  script.run();
  CHECK(client.heard() == Lines{R"(0{"sid":"ann"})"});
}

TEST_CASE("Server: a packet against the protocol ends all namespaces with the connection") {
  Lines ends;
  ServerScript script;
  script.server.of("/").on_connection([&](const SocketPtr& socket) {
    socket->on_disconnect([&](CloseReason reason) { ends.emplace_back(to_string(reason)); });
  });
  FakeSession& client = script.client("ann");
  client.say("2{}");
  CHECK(client.heard() == Lines{"closed: protocol-error"});
  CHECK(ends == Lines{"protocol-error"});
  CHECK(script.router.stats().peers == 0);
}

TEST_CASE("Server: when the router stops, clients are not told to stay away") {
  ServerScript script;
  script.server.of("/");
  script.server.of("/game");
  FakeSession& client = script.client("ann");
  script.say(client, "0/game,");
  client.heard();
  script.router.shut_down(std::chrono::milliseconds(0));
  script.run();
  CHECK(client.heard() == Lines{"closed: going-away"});
  FakeSession& late = script.session("bob");
  script.say(late, "0");
  CHECK(late.heard().front().starts_with(R"(4{"message":)"));
}

TEST_CASE(
    "Server: who closes the peer closes the namespace, and the connection if the reason is not the "
    "client's") {
  ServerScript script;
  script.server.of("/");
  FakeSession& kicked = script.client("ann");
  FakeSession& broken = script.client("bob");
  script.router.find_peer("ann")->close(CloseReason::kicked);
  script.router.find_peer("bob")->close(CloseReason::message_too_large);
  script.run();
  CHECK(kicked.heard() == Lines{"1"});
  CHECK(broken.heard() == Lines{"1", "closed: message-too-large"});
}

TEST_CASE("Server: a peer that is closed in one namespace leaves the connection to the others") {
  ServerScript script;
  script.server.of("/");
  script.server.of("/game");
  FakeSession& client = script.client("ann");
  script.say(client, "0/game,");
  client.heard();
  script.router.find_peer("ann")->close(CloseReason::message_too_large);
  script.run();
  CHECK(client.heard() == Lines{"1"});
  CHECK(script.router.stats().peers == 1);
}

TEST_CASE("Server: bytes count as written when the session has sent them, in the order of the namespaces") {
  std::vector<SocketPtr> sockets;
  ServerScript script;
  for (const char* name : {"/", "/game"}) {
    script.server.of(name).on_connection([&](const SocketPtr& socket) { sockets.push_back(socket); });
  }
  FakeSession& client = script.client("ann");
  script.say(client, "0/game,");
  client.stick();
  REQUIRE(sockets.size() == 2);
  CHECK(sockets[0]->peer().outbound_bytes() == 0);
  for (const SocketPtr& socket : sockets) {
    socket->emit("hi");
    script.run();
  }
  const std::size_t first = std::string_view(R"(42["hi"])").size();
  const std::size_t second = std::string_view(R"(42/game,["hi"])").size();
  CHECK(sockets[0]->peer().outbound_bytes() == first);
  CHECK(sockets[1]->peer().outbound_bytes() == second);
  client.leave_bytes(first + 1);
  CHECK(sockets[0]->peer().outbound_bytes() == 0);
  CHECK(sockets[1]->peer().outbound_bytes() == second - 1);
  client.leave_bytes(second - 1);
  CHECK(sockets[1]->peer().outbound_bytes() == 0);
}

TEST_CASE("Server: a client that does not read loses its connection, with all namespaces") {
  RouterOptions limits;
  limits.limits.max_message_bytes = 100;
  limits.limits.max_outbound_bytes = 100;
  Lines ends;
  SocketPtr ann;
  ServerScript script({}, limits);
  script.server.of("/").on_connection([&](const SocketPtr& socket) {
    ann = socket;
    socket->on_disconnect([&](CloseReason reason) { ends.emplace_back(to_string(reason)); });
  });
  script.server.of("/game");
  FakeSession& client = script.client("ann");
  script.say(client, "0/game,");
  client.heard();
  client.stick();
  const Arguments text{quote(std::string(60, 'x'))};
  CHECK(ann->emit("a", text).status == SendStatus::sent);
  script.run();
  CHECK(ann->emit("b", text).status == SendStatus::crowded);
  for (int i = 0; i < 3; ++i) (void)ann->emit("b", text);
  script.run();
  CHECK(ann->emit("c", text).error == errc::slow_consumer);
  script.run();
  CHECK(ends.empty());
  script.pass(std::chrono::seconds(10));
  CHECK(client.heard().back() == "closed: slow-consumer");
  CHECK(ends == Lines{"slow-consumer"});
  CHECK(script.router.stats().peers == 0);
}

TEST_CASE(
    "Server: an owner that forgets to tell the end of a session leaves the router no dangling transport") {
  ServerScript script;
  script.server.of("/");
  auto handler = script.server.accept({});
  const auto session = std::make_shared<FakeSession>(script.io.get_executor(), nullptr);
  handler->on_open(session);
  handler->on_message({MessageKind::text, "0"});
  script.run();
  CHECK(script.router.stats().peers == 1);
  handler.reset();
  CHECK(script.router.stats().peers == 0);
}

TEST_CASE("Server: a namespace has a name that the protocol can carry") {
  ServerScript script;
  CHECK_THROWS_AS(script.server.of("game"), std::invalid_argument);
  CHECK_THROWS_AS(script.server.of("/a,b"), std::invalid_argument);
  CHECK_THROWS_AS(script.server.of(std::string_view("/\n")), std::invalid_argument);
  CHECK(&script.server.of("/game") == &script.server.of("/game"));
  CHECK(script.server.of("/game").name() == "/game");
}
