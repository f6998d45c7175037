// What middleware decides on a client, and when.
#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include "socketio/server_script.hpp"

using namespace signaling;
using namespace signaling::socketio;
using namespace signaling::socketio::test;

TEST_CASE("Middleware: all of them are asked in order before the client is in, and may take their time") {
  Lines calls;
  std::optional<Next> waiting;
  ServerScript script;
  script.server.of("/")
      .use([&](const SocketPtr& socket, const Next& next) {
        CHECK(socket->id() == "ann");
        CHECK(!socket->connected());
        CHECK(socket->handshake().auth.member("k").json() == "1");
        socket->data() = 7;
        socket->emit("early");
        calls.emplace_back("first");
        waiting = next;
      })
      .use([&](const SocketPtr&, const Next& next) {
        calls.emplace_back("second");
        next();
        next.refuse("too late");
      })
      .on_connection([&](const SocketPtr& socket) {
        CHECK(socket->connected());
        CHECK(std::any_cast<int>(socket->data()) == 7);
        calls.emplace_back("connection");
        socket->on("a", [&](const Arguments&, const Acknowledge&) { calls.emplace_back("event"); });
        socket->emit("hello");
      });
  FakeSession& client = script.session("ann");
  script.say(client, R"(0{"k":1})");
  script.say(client, R"(2["a"])");
  CHECK(client.heard().empty());
  CHECK(calls == Lines{"first"});
  (*waiting)();
  script.run();
  CHECK(calls == Lines{"first", "second", "connection", "event"});
  script.let_follow(client);
  CHECK(client.heard() == Lines{R"(0{"sid":"ann"})", R"(2["early"])", R"(2["hello"])"});
}

TEST_CASE("Middleware: a refusal is a CONNECT_ERROR with message and data, and leaves no peer") {
  ServerScript script;
  script.server.of("/")
      .use([](const SocketPtr& socket, const Next& next) {
        socket->on_disconnect([](CloseReason) { FAIL("it was never connected"); });
        if (socket->handshake().auth.member("data").json() == "null") return next.refuse("No");
        next.refuse("No \"entry\"", socket->handshake().auth.member("data").as_string().value_or(""));
      })
      .on_connection([](const SocketPtr&) { FAIL("refused"); });
  FakeSession& client = script.session("ann");
  script.say(client, "0");
  script.say(client, R"(0{"data":"{\"code\":401}"})");
  CHECK(client.heard() ==
        Lines{R"(4{"message":"No"})", R"(4{"message":"No \"entry\"","data":{"code":401}})"});
  CHECK(script.router.stats().peers == 0);
}

TEST_CASE("Middleware: data of a refusal that is not JSON is the host's mistake, which it is told") {
  ServerScript script;
  script.server.of("/").use([](const SocketPtr&, const Next& next) {
    CHECK_THROWS_AS(next.refuse("No", "{"), std::invalid_argument);
    next.refuse("No", "{}");
  });
  FakeSession& client = script.session("ann");
  script.say(client, "0");
  CHECK(client.heard() == Lines{R"(4{"message":"No","data":{}})"});
}

TEST_CASE("Middleware: it may put the client out by itself, with the whole connection") {
  ServerScript script;
  script.server.of("/").use([](const SocketPtr& socket, const Next& next) {
    socket->disconnect(socket->handshake().auth.member("all").json() == "true" ? Disconnect::connection
                                                                               : Disconnect::nsp);
    next();
  });
  FakeSession& client = script.session("ann");
  script.say(client, "0");
  CHECK(client.heard().back().starts_with(R"(4{"message":)"));
  script.say(client, R"(0{"all":true})");
  CHECK(client.heard().back() == "closed: kicked");
}

TEST_CASE("Middleware: one that throws, or forgets to decide, refuses") {
  bool throws = true;
  ServerScript script;
  script.server.of("/").use([&](const SocketPtr&, const Next&) {
    if (throws) throw std::runtime_error("x");
  });
  FakeSession& client = script.session("ann");
  script.say(client, "0");
  CHECK(client.heard() == Lines{R"(4{"message":"Internal error"})"});
  throws = false;
  script.say(client, "0");
  CHECK(client.heard() == Lines{R"(4{"message":"The server gave no answer"})"});
}

TEST_CASE(
    "Middleware: a client that it has not let in is no socket of the namespace, and misses what is emitted") {
  std::optional<Next> waiting;
  ServerScript script;
  Namespace& nsp = script.server.of("/");
  nsp.use([&](const SocketPtr&, const Next& next) { waiting = next; });
  nsp.on_connection([&](const SocketPtr&) { nsp.emit("came"); });
  FakeSession& client = script.session("ann");
  script.say(client, "0");
  CHECK(nsp.sockets().empty());
  Lines fetched{"unanswered"};
  nsp.fetch_sockets("", [&](std::error_code, std::vector<PeerId> ids) { fetched = ids; });
  CHECK(fetched.empty());
  nsp.emit("secret");
  nsp.to("ann").emit("secret");
  script.run();
  (*waiting)();
  script.run();
  script.let_follow(client);
  CHECK(client.heard() == Lines{R"(0{"sid":"ann"})", R"(2["came"])"});
  CHECK(nsp.sockets() == Lines{"ann"});
}

TEST_CASE("Middleware: a decision that is kept for too long is a refusal") {
  std::vector<Next> kept;
  ServerOptions options;
  options.decision_timeout = std::chrono::seconds(5);
  ServerScript script(options);
  script.server.of("/").use([&](const SocketPtr&, const Next& next) { kept.push_back(next); });
  FakeSession& client = script.session("ann");
  script.say(client, "0");
  script.pass(std::chrono::milliseconds(4999));
  CHECK(client.heard().empty());
  CHECK(client.deadline() == script.clock.now() + std::chrono::milliseconds(1));
  script.pass(std::chrono::milliseconds(1));
  CHECK(client.heard() == Lines{R"(4{"message":"The server gave no answer"})"});
  CHECK(script.router.stats().peers == 0);
  kept[0]();
  script.run();
  CHECK(client.heard().empty());
}

TEST_CASE(
    "Middleware: a decision for a client that is gone means nothing, and one for its next try is its own") {
  std::vector<Next> waiting;
  ServerScript script;
  script.server.of("/").use([&](const SocketPtr&, const Next& next) { waiting.push_back(next); });
  FakeSession& gone = script.session("ann");
  script.say(gone, "0");
  gone.cut(CloseReason::lost);
  CHECK(script.router.stats().peers == 0);
  FakeSession& back = script.session("ann");
  script.say(back, "0");
  REQUIRE(waiting.size() == 2);
  waiting[0]();
  script.run();
  CHECK(back.heard().empty());
  waiting[1]();
  script.run();
  CHECK(back.heard() == Lines{R"(0{"sid":"ann"})"});
}
