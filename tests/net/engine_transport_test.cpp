#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "net/support/certificate.hpp"
#include "net/support/engine_world.hpp"

using namespace signaling;
using namespace signaling::net;
using namespace signaling::net::testing;
using namespace std::chrono_literals;

TEST_CASE("engine.io: an upgrade: the poll is ended, what waited comes over the WebSocket, in order") {
  for (const std::size_t threads : {1U, 3U}) {
    CAPTURE(threads);
    EngineWorld world({}, {}, threads);
    PollingClient client(world, PollingClient::Connections::many);
    const auto websocket = client.probe();
    CHECK(client.poll().body == "6");
    for (int i = 0; i < 100; ++i) world.send(std::to_string(i));
    websocket->send_text("5");
    websocket->send_text("4hello");
    for (int i = 0; i < 100; ++i) CHECK(websocket->receive_text() == '4' + std::to_string(i));
    CHECK(websocket->receive_text() == "4hello");

    CHECK(client.poll().status == 400);
    CHECK(client.post("4too late").status == 400);
    CHECK(world.next() == "open");
    CHECK(world.next() == "text hello");
    websocket->client().reset();
    CHECK(world.next() == "closed lost");
  }
}

TEST_CASE(
    "engine.io: a WebSocket that moves to the session's executor brings along what it has sent already") {
  EngineWorld world({}, {}, 4);
  // Each connection comes to the next executor: three of these upgrades move.
  for (int i = 0; i < 4; ++i) {
    PollingClient client(world, PollingClient::Connections::many);
    auto connection = std::make_unique<Client>(world.server.endpoint());
    connection->send(WebSocketClient::handshake(client.target("websocket")) +
                     WebSocketClient::frame(0x1, "2probe") + WebSocketClient::frame(0x1, "5") +
                     WebSocketClient::frame(0x1, "4a") + WebSocketClient::frame(0x1, "4b"));
    CHECK(connection->receive_response().status == 101);
    CHECK(world.next() == "open");
    CHECK(world.next() == "text a");
    CHECK(world.next() == "text b");
    connection->reset();
    CHECK(world.next() == "closed lost");
  }
}

TEST_CASE("engine.io: a WebSocket moves between executors over TLS, too") {
  const TemporaryFolder folder;
  const TlsFiles files = make_certificate(folder, "localhost", "server");
  EngineWorld world({}, {}, 3);
  const auto tls = world.server.server().listen_tls("127.0.0.1", 0, files);
  REQUIRE(tls);
  for (int i = 0; i < 3; ++i) {
    PollingClient client(world);
    CHECK(world.next() == "open");
    const std::string start = WebSocketClient::handshake(client.target("websocket")) +
                              WebSocketClient::frame(0x1, "2probe") + WebSocketClient::frame(0x1, "5");
    auto connection = std::make_unique<Client>(*tls, TlsClientOptions{});
    // More than one record, and more than one read: a part stays in OpenSSL.
    std::string messages;
    for (int n = 0; n < 10; ++n) messages += WebSocketClient::frame(0x1, '4' + std::string(20'000, 'x'));
    connection->send(start + messages);
    CHECK(connection->receive_response().status == 101);
    for (int n = 0; n < 10; ++n) CHECK(world.next() == "text " + std::string(100, 'x'));
    connection->reset();
    CHECK(world.next() == "closed lost");
  }
}

TEST_CASE(
    "engine.io: what comes with a WebSocket that is not read is kept, also if TLS holds the client's end "
    "behind it") {
  const TemporaryFolder folder;
  const TlsFiles files = make_certificate(folder, "localhost", "server");
  // Of two connections that come one after the other, one is not on the session's executor and has to move.
  for (const bool is_second : {false, true}) {
    CAPTURE(is_second);
    std::promise<void> entered;
    std::promise<void> released;
    EchoingHandler::Shared* shared = nullptr;
    EngineRoute route;
    route.accept = [&](const HttpRequest& request) -> EngineDecision {
      if (request.secure) {
        entered.set_value();
        released.get_future().wait();
      }
      return std::make_unique<EchoingHandler>(*shared);
    };
    EngineWorld world(std::move(route), {}, 2);
    shared = &world.shared;
    const auto tls = world.server.server().listen_tls("127.0.0.1", 0, files);
    REQUIRE(tls);
    PollingClient client(world);
    CHECK(world.next() == "open");
    std::unique_ptr<Client> first;
    if (is_second) first = std::make_unique<Client>(*tls, TlsClientOptions{});
    Client connection(*tls, TlsClientOptions{});
    // All the rest comes while this request is decided on, and so is read at once.
    connection.send("GET /e/?EIO=4&transport=polling HTTP/1.1\r\nHost: test\r\n\r\n");
    entered.get_future().wait();
    connection.send(WebSocketClient::handshake(client.target("websocket")) +
                    WebSocketClient::frame(0x1, "2probe") + WebSocketClient::frame(0x1, "5") +
                    WebSocketClient::frame(0x1, "4a") + WebSocketClient::frame(0x1, "4b"));
    connection.shut_down_write();
    boost::asio::post(world.socket().executor(), [&] { world.socket().set_reading(false); });
    released.set_value();
    CHECK(connection.receive_response().status == 200);
    CHECK(world.next() == "open");
    CHECK(connection.receive_response().status == 101);
    world.on_executor([](auto& socket) { socket.set_reading(true); });
    CHECK(world.next() == "text a");
    CHECK(world.next() == "text b");
    CHECK(world.next() == "closed lost");
  }
}

TEST_CASE(
    "engine.io: an upgrade is completed also while the client is not read, or what waits for it could not "
    "leave") {
  EngineWorld world;
  PollingClient client(world, PollingClient::Connections::many);
  const auto websocket = client.probe();
  CHECK(client.poll().body == "6");
  world.on_executor([](auto& socket) { socket.set_reading(false); });
  world.send("waits");
  websocket->send_text("5");
  websocket->send_text("4held");
  CHECK(websocket->receive_text() == "4waits");
  CHECK(world.next() == "open");
  CHECK(world.shared.journal.empty());
  world.on_executor([](auto& socket) { socket.set_reading(true); });
  CHECK(world.next() == "text held");
}

TEST_CASE("engine.io: an upgrade that is not completed in time ends its WebSocket and nothing else") {
  EngineRoute route;
  route.options.upgrade_timeout = 100ms;
  EngineWorld world(std::move(route), {}, 2);
  PollingClient client(world);
  SUBCASE("never probed") {
    WebSocketClient websocket(world.server.endpoint(), client.target("websocket"));
    CHECK(websocket.receive_close() == 4408);
  }
  SUBCASE("never completed") {
    const auto websocket = client.probe();
    CHECK(client.poll().body == "6");
    CHECK(websocket->receive_close() == 4408);
  }
  CHECK(client.post("4still polling").status == 200);
  CHECK(client.poll().body == "4still polling");
}

TEST_CASE("engine.io: a wrong probe, and a WebSocket besides the one, are closed; the session goes on") {
  EngineWorld world({}, {}, 2);
  PollingClient client(world);
  WebSocketClient wrong(world.server.endpoint(), client.target("websocket"));
  wrong.send_text("2prob");
  CHECK(wrong.receive_close() == 1002);
  const auto websocket = client.probe();
  WebSocketClient second(world.server.endpoint(), client.target("websocket"));
  CHECK(second.receive_close() == 1002);
  CHECK(client.poll().body == "6");
  websocket->send_text("5");
  websocket->send_text("4x");
  CHECK(websocket->receive_text() == "4x");
}

TEST_CASE("engine.io: transports that a path does not serve are unknown to it") {
  EngineRoute route;
  SUBCASE("polling only") {
    route.transports = EngineTransports::polling;
    EngineWorld world(std::move(route));
    PollingClient client(world);
    CHECK(client.handshake().find(R"("upgrades":[])") != std::string::npos);
    Client other(world.server.endpoint());
    other.send(WebSocketClient::handshake("/e/?EIO=4&transport=websocket"));
    CHECK(other.receive_response().body.substr(0, 9) == R"({"code":0)");
  }
  SUBCASE("websocket only") {
    route.transports = EngineTransports::websocket;
    EngineWorld world(std::move(route));
    Client other(world.server.endpoint());
    CHECK(other.get("/e/?EIO=4&transport=polling").body.substr(0, 9) == R"({"code":0)");
    WebSocketClient websocket(world.server.endpoint(), "/e/?EIO=4&transport=websocket");
    CHECK(websocket.receive_text().front() == '0');
  }
}

TEST_CASE("engine.io: what waits for a client is told, until the kernel has it") {
  EngineWorld world;
  const std::string message(1000, 'x');
  SUBCASE("polling") {
    PollingClient client(world);
    world.send(message);
    world.send("y");
    CHECK(world.queued_bytes() == 1003);
    CHECK(client.poll().body.size() == 1004);
    CHECK(world.queued_bytes() == 0);
  }
  SUBCASE("websocket") {
    WebSocketClient client(world.server.endpoint(), "/e/?EIO=4&transport=websocket");
    client.receive_text();
    world.send(message);
    CHECK(world.queued_bytes() == 0);
    // The kernel takes some megabytes, then it waits.
    std::size_t sent = 1;
    while (world.queued_bytes() == 0) {
      world.send(std::string(100'000, 'y'));
      ++sent;
    }
    CHECK(world.queued_bytes() <= 100'001);
    while (sent-- > 0) client.receive_text();
    CHECK(world.queued_bytes() == 0);
  }
}

TEST_CASE("engine.io: an answer to a poll that the client does not read is still waiting") {
  EngineRoute route;
  route.options.max_buffered_bytes = 0;
  EngineWorld world(std::move(route));
  PollingClient client(world);
  const std::string large(20'000'000, 'x');
  world.send(large);
  client.start_poll();
  CHECK(world.queued_bytes() > large.size() / 2);  // but for what the kernel has
  CHECK(client.finish_poll().body.size() == large.size() + 1);
  CHECK(world.queued_bytes() == 0);
}

TEST_CASE("engine.io: a client that does not read is closed when more than the bound waits for it") {
  EngineRoute route;
  route.options.max_buffered_bytes = 10'000;
  EngineWorld world(std::move(route));
  const auto flood = [&] {
    for (;;) {
      world.send(std::string(9'000, 'x'));
      if (!world.shared.journal.empty()) return world.next();
    }
  };
  SUBCASE("polling") {
    PollingClient client(world);
    CHECK(world.next() == "open");
    CHECK(flood() == "closed slow-consumer");
  }
  SUBCASE("websocket") {
    WebSocketClient client(world.server.endpoint(), "/e/?EIO=4&transport=websocket");
    CHECK(world.next() == "open");
    CHECK(flood() == "closed slow-consumer");
  }
}

TEST_CASE("engine.io: a client that does not read is not read from, if the route says so") {
  EngineRoute route;
  route.pause_reading_above = 64 * 1024;
  EngineWorld world(std::move(route));
  WebSocketClient websocket(world.server.endpoint(), "/e/?EIO=4&transport=websocket");
  websocket.receive_text();
  const std::string frame = WebSocketClient::frame(0x1, '4' + std::string(60'000, 'x'));
  // Ends only if the server stops taking them.
  std::string out;
  std::size_t frames = 0;
  for (bool full = false; !full;) {
    if (out.empty()) {
      out = frame;
      ++frames;
    }
    const std::size_t taken = websocket.client().try_send(out);
    out.erase(0, taken);
    full = taken == 0 && world.queued_bytes() > 64 * 1024;
  }
  CHECK(world.queued_bytes() < 64 * 1024 + 2 * frame.size());
  std::thread rest([&] { websocket.client().send(out); });
  for (std::size_t i = 0; i < frames; ++i) CHECK(websocket.receive_text().size() == 60'001);
  rest.join();
}

TEST_CASE("engine.io: pages of other origins are refused; listed ones get CORS headers, with errors too") {
  ServerOptions options;
  options.allowed_origins = {"https://app.example"};
  EngineWorld world({}, std::move(options));
  Client client(world.server.endpoint());
  const std::string target = "/e/?EIO=4&transport=polling";
  const Response allowed = client.get(target, "Origin: https://app.example\r\n");
  CHECK(allowed.status == 200);
  CHECK(allowed.header("access-control-allow-origin") == "https://app.example");
  CHECK(allowed.header("access-control-allow-credentials") == "true");
  const Response error = client.get(target + "&sid=x", "Origin: https://app.example\r\n");
  CHECK(error.status == 400);
  CHECK(error.header("access-control-allow-origin") == "https://app.example");

  const Response foreign = client.get(target, "Origin: https://evil.example\r\n");
  CHECK(foreign.status == 403);
  CHECK(foreign.body.substr(0, 9) == R"({"code":4)");
  CHECK(foreign.header("access-control-allow-origin").empty());

  client.send("OPTIONS " + target + " HTTP/1.1\r\nHost: test\r\nOrigin: https://app.example\r\n" +
              "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: x-token\r\n\r\n");
  const Response preflight = client.receive_response("OPTIONS");
  CHECK(preflight.status == 204);
  CHECK(preflight.header("access-control-allow-methods") == "GET, POST");
  CHECK(preflight.header("access-control-allow-headers") == "x-token");
}

TEST_CASE("engine.io: the host may refuse a session, and its failures are answered with 500") {
  EngineRoute route;
  route.accept = [](const HttpRequest& request) -> EngineDecision {
    const auto want = request.query_value("want");
    if (want == "throw") throw std::runtime_error("x");
    if (want == "null") return std::unique_ptr<socketio::EngineHandler>();
    return HttpResponse::text(401, "who are you?\n");
  };
  EngineWorld world(std::move(route));
  const std::string target = "/e/?EIO=4&transport=";
  Client client(world.server.endpoint());
  CHECK(client.get(target + "polling").status == 401);
  CHECK(client.get(target + "polling&want=throw").status == 500);
  CHECK(client.get(target + "polling&want=null").status == 500);
  client.send(WebSocketClient::handshake(target + "websocket"));
  CHECK(client.receive_response().body == "who are you?\n");
}

TEST_CASE("engine.io: no more sessions than allowed, whatever their transport; an end makes room") {
  EngineRoute route;
  route.max_sessions = 1;
  EngineWorld world(std::move(route));
  {
    PollingClient client(world);
    Client other(world.server.endpoint());
    CHECK(other.get("/e/?EIO=4&transport=polling").status == 503);
    other.send(WebSocketClient::handshake("/e/?EIO=4&transport=websocket"));
    CHECK(other.receive_response().status == 503);
    CHECK(client.post("1").status == 200);
  }
  CHECK(world.server.server().stats().refused_sessions == 2);
  PollingClient next(world);
}

TEST_CASE("engine.io: routes that make no sense are refused") {
  Router router;
  boost::asio::io_context context;
  ServerOptions options;
  options.executors = {context.get_executor()};
  Server server(router, std::move(options));
  CHECK_THROWS_AS(server.engine_io("/e/", {}), std::invalid_argument);
  EngineRoute route;
  route.accept = [](const HttpRequest&) { return EngineDecision(); };
  CHECK_THROWS_AS(server.engine_io("e/", route), std::invalid_argument);
  route.options.ping_interval = 0ms;
  CHECK_THROWS_AS(server.engine_io("/e/", route), std::invalid_argument);
}
