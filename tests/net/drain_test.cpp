#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "net/support/client.hpp"
#include "net/support/engine_world.hpp"
#include "net/support/test_server.hpp"
#include "support/text_protocol.hpp"

using namespace signaling;
using namespace signaling::net;
using namespace signaling::net::testing;
using namespace std::chrono_literals;
using signaling::testing::TextProtocolFactory;

namespace {

void add_text(Server& server) { server.add(TextProtocolFactory()); }

std::vector<std::unique_ptr<WebSocketClient>> make_crowd(TestServer& server, int count) {
  std::vector<std::unique_ptr<WebSocketClient>> crowd;
  for (int i = 0; i < count; ++i) {
    crowd.push_back(std::make_unique<WebSocketClient>(server.endpoint(), "/text"));
    CHECK(crowd.back()->receive_text().starts_with("welcome "));
  }
  return crowd;
}

bool is_done(std::promise<void>& done) {
  return done.get_future().wait_for(10s) == std::future_status::ready;
}

}  // namespace

TEST_CASE("drain: every client is told when to come back and closed with 1001, then the server stops") {
  for (const std::size_t threads : {1U, 2U}) {
    CAPTURE(threads);
    TestServer server(add_text, {}, threads);
    const auto crowd = make_crowd(server, 8);
    CHECK_FALSE(server.server().draining());
    std::promise<void> done;
    server.server().async_drain({}, [&] { done.set_value(); });
    CHECK(server.server().draining());
    for (const auto& client : crowd) {
      CHECK(client->receive_text().starts_with("going-away "));
      CHECK(client->receive_close() == 1001);
    }
    CHECK(is_done(done));
    server.join();
    CHECK_THROWS_AS(Client{server.endpoint()}, std::runtime_error);
  }
}

TEST_CASE("drain: at a rate; meanwhile health checks are answered, and new clients get 503") {
  TestServer server(add_text);
  const auto crowd = make_crowd(server, 2);
  const auto start = std::chrono::steady_clock::now();
  std::promise<void> done;
  server.server().async_drain({.clients_per_second = 1, .timeout = 60s}, [&] { done.set_value(); });
  Client probe(server.endpoint());
  const Response health = probe.get("/healthz");
  CHECK(health.status == 200);
  CHECK(health.header("connection") == "close");
  Client late(server.endpoint());
  late.send(WebSocketClient::handshake("/text"));
  CHECK(late.receive_response().status == 503);
  // Who comes first is not said.
  for (const auto& client : crowd) {
    CHECK(client->receive_text().starts_with("going-away "));
    CHECK(client->receive_close() == 1001);
  }
  CHECK(is_done(done));
  CHECK(std::chrono::steady_clock::now() - start >= 900ms);
}

TEST_CASE("drain: who is left shortly before the timeout is sent away then, however slow the rate") {
  TestServer server(add_text);
  const auto crowd = make_crowd(server, 5);
  std::promise<void> done;
  server.server().async_drain({.clients_per_second = 1, .timeout = 500ms}, [&] { done.set_value(); });
  for (const auto& client : crowd) {
    CHECK(client->receive_text().starts_with("going-away "));
    CHECK(client->receive_close() == 1001);
  }
  CHECK(is_done(done));
}

TEST_CASE("drain: clients that do not answer the Close frame are dropped at the timeout") {
  TestServer server(add_text);
  const auto crowd = make_crowd(server, 1);
  std::promise<void> done;
  server.server().async_drain({.timeout = 200ms}, [&] { done.set_value(); });
  CHECK(is_done(done));
  server.join();
}

TEST_CASE("drain: asked for twice, or stopped meanwhile, it tells everybody who asked") {
  for (const bool again : {true, false}) {
    TestServer server(add_text);
    const auto crowd = make_crowd(server, 3);
    std::promise<void> first;
    std::promise<void> second;
    server.server().async_drain({.clients_per_second = 1, .timeout = 60s}, [&] { first.set_value(); });
    if (again) {
      server.server().async_drain({.timeout = 10s}, [&] { second.set_value(); });
    } else {
      server.server().async_stop(10s, [&] { second.set_value(); });
    }
    for (const auto& client : crowd) {
      if (again) CHECK(client->receive_text().starts_with("going-away "));
      CHECK(client->receive_close() == 1001);
    }
    CHECK(is_done(first));
    CHECK(is_done(second));
  }
}

TEST_CASE("drain: a session of Engine.IO goes on while others are sent away, and no new one is opened") {
  EchoingHandler::Shared shared;
  TestServer server([&](Server& made) {
    add_text(made);
    EngineRoute route;
    route.accept = [&](const HttpRequest&) -> EngineDecision {
      return std::make_unique<EchoingHandler>(shared);
    };
    made.engine_io("/e/", std::move(route));
  });
  const std::string target = "/e/?EIO=4&transport=polling";
  Client client(server.endpoint());
  const std::string opened = client.get(target).body;
  const std::string sid = opened.substr(opened.find(R"("sid":")") + 7, 22);
  CHECK(shared.journal.next() == "open");
  const auto crowd = make_crowd(server, 2);
  server.server().async_drain({.clients_per_second = 1, .timeout = 60s});

  Client late(server.endpoint());
  CHECK(late.get(target).status == 503);
  Client again(server.endpoint());
  again.send("POST " + target + "&sid=" + sid + " HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n4hello");
  CHECK(again.receive_response("POST").status == 200);
  CHECK(shared.journal.next() == "text hello");
  CHECK(shared.journal.next() == "closed going-away");
}
