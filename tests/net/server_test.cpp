#include "signaling/net/server.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "net/support/client.hpp"
#include "net/support/test_server.hpp"
#include "support/text_protocol.hpp"

using namespace signaling;
using namespace signaling::net;
using namespace signaling::net::testing;
using namespace std::chrono_literals;
using signaling::testing::TextProtocolFactory;

namespace {

void add_text(Server& server) { server.add(TextProtocolFactory()); }

void wait_for_connections(Server& server, std::size_t count) {
  const auto give_up = std::chrono::steady_clock::now() + 10s;
  while (server.connections() != count && std::chrono::steady_clock::now() < give_up)
    std::this_thread::yield();
  REQUIRE(server.connections() == count);
}

}  // namespace

TEST_CASE("server: a listener that cannot be bound says which address and why") {
  boost::asio::io_context context;
  Router router;
  Server server(router, {.executors = {context.get_executor()}});
  const auto first = server.listen("127.0.0.1", 0);
  REQUIRE(first);
  CHECK(first->port() != 0);
  const std::string port = std::to_string(first->port());
  CHECK(server.listen("127.0.0.1", first->port()).error().message ==
        "cannot listen on 127.0.0.1:" + port + ": Address already in use");
  CHECK(server.listen("localhost", 0).error().message == "cannot listen on \"localhost\": not an IP address");
  CHECK(server.listen("192.0.2.1", 80).error().message ==
        "cannot listen on 192.0.2.1:80: Cannot assign requested address");
}

TEST_CASE("server: options and routes that make no sense are told at once") {
  boost::asio::io_context context;
  Router router;
  CHECK_THROWS_AS(Server(router, {}), std::invalid_argument);
  CHECK_THROWS_AS(Server(router, {.executors = {context.get_executor()}, .allowed_origins = {"app.example"}}),
                  std::invalid_argument);
  CHECK_THROWS_AS(Server(router, {.executors = {context.get_executor()}, .allowed_hosts = {"a:80"}}),
                  std::invalid_argument);
  Server server(router, {.executors = {context.get_executor()}});
  const HttpHandler handler = [](const HttpRequest&, const HttpResponder&) {};
  CHECK_THROWS_AS(server.route("GET", "no-slash", handler), std::invalid_argument);
  CHECK_THROWS_AS(server.route("G T", "/", handler), std::invalid_argument);
  CHECK_THROWS_AS(server.route("GET", "/", nullptr), std::invalid_argument);
  CHECK_THROWS_AS(server.add(nullptr), std::invalid_argument);
  CHECK_THROWS_AS(server.websocket("/", RawWebSocketRoute{}), std::invalid_argument);
  CHECK_THROWS_AS(server.serve_files("/nonexistent"), std::filesystem::filesystem_error);
  REQUIRE(server.listen("127.0.0.1", 0));
  CHECK_THROWS_AS(server.route("GET", "/", handler), std::logic_error);
}

TEST_CASE("server: takes over a socket that listens already") {
  TestServer server;
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(socket, 16) == 0);
  const auto result = server.server().listen_on(socket);
  REQUIRE_MESSAGE(result, result.error());
  CHECK(result->port() != 0);
  Client client(*result);
  CHECK(client.get("/healthz").status == 200);
  // It would wait for ever in accept otherwise.
  CHECK((::fcntl(socket, F_GETFL) & O_NONBLOCK) != 0);
  CHECK(::fcntl(socket, F_GETFD) == FD_CLOEXEC);
}

TEST_CASE("server: what is no socket that listens is refused, and closed") {
  TestServer server;
  const int idle = ::socket(AF_INET, SOCK_STREAM, 0);
  CHECK(server.server().listen_on(idle).error().message ==
        "descriptor " + std::to_string(idle) + " is not a listening socket");
  CHECK(::fcntl(idle, F_GETFD) == -1);
  const int local = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un unnamed{AF_UNIX, {}};
  REQUIRE(::bind(local, reinterpret_cast<const sockaddr*>(&unnamed), sizeof(sa_family_t)) == 0);
  REQUIRE(::listen(local, 1) == 0);
  CHECK(server.server().listen_on(local).error().message ==
        "descriptor " + std::to_string(local) + " is not a TCP socket");
}

TEST_CASE("server: counts connections and answers") {
  TestServer server(add_text, {.max_connections = 1});
  {
    Client client(server.endpoint());
    CHECK(client.get("/healthz").status == 200);
    CHECK(client.get("/nothing").status == 404);
    Client refused(server.endpoint());
    CHECK(refused.receive().empty());
  }
  wait_for_connections(server.server(), 0);
  WebSocketClient peer(server.endpoint(), "/text");
  const ServerStats stats = server.server().stats();
  CHECK(stats.connections == 1);
  CHECK(stats.accepted == 3);
  CHECK(stats.refused_connections == 1);
  CHECK(stats.responses == std::array<std::uint64_t, 6>{0, 1, 1, 0, 1, 0});
  CHECK_NOTHROW(prometheus_text(metrics_of(stats)));
}

TEST_CASE("server: 0.0.0.0 and :: with one port are two listeners") {
  TestServer server;
  const auto ipv4 = server.server().listen("0.0.0.0", 0);
  REQUIRE_MESSAGE(ipv4, ipv4.error());
  const std::uint16_t port = ipv4->port();
  const auto ipv6 = server.server().listen("::", port);
  REQUIRE_MESSAGE(ipv6, ipv6.error());
  for (const char* const address : {"127.0.0.1", "::1"}) {
    CAPTURE(address);
    Client client(boost::asio::ip::tcp::endpoint(boost::asio::ip::make_address(address), port));
    CHECK(client.get("/healthz").status == 200);
  }
}

TEST_CASE("server: IPv4 and IPv6 on one listener") {
  TestServer server;
  const auto both = server.server().listen("::", 0);
  REQUIRE_MESSAGE(both, both.error());
  Client client(boost::asio::ip::tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), both->port()));
  CHECK(client.get("/healthz").status == 200);
}

TEST_CASE("server: connections over the bound are closed, and counted again when others go") {
  for (const bool per_address : {false, true}) {
    ServerOptions options;
    (per_address ? options.max_connections_per_address : options.max_connections) = 2;
    TestServer server({}, std::move(options));
    std::optional<Client> first(server.endpoint());
    Client second(server.endpoint());
    CHECK(first->get("/healthz").status == 200);
    CHECK(second.get("/healthz").status == 200);
    Client third(server.endpoint());
    CHECK(third.receive().empty());
    const ServerStats stats = server.server().stats();
    CHECK(stats.accepted == 3);
    CHECK(stats.refused_by_address == (per_address ? 1 : 0));
    CHECK(stats.refused_connections == (per_address ? 0 : 1));
    first.reset();
    wait_for_connections(server.server(), 1);
    CHECK(Client(server.endpoint()).get("/healthz").status == 200);
  }
}

TEST_CASE("server: without file descriptors it pauses, and accepts again when there are some") {
  TestServer server;
  {
    // Clients take the descriptors in front of the server: all of them but one that the last client itself
    // needs.
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit before = limit;
    Client connected(server.endpoint());
    CHECK(connected.get("/healthz").status == 200);
    const UniqueFd lowest(::dup(0));
    limit.rlim_cur = static_cast<rlim_t>(lowest.get()) + 2;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    Client waiting(server.endpoint());
    waiting.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    // The server is alive while it cannot accept.
    CHECK(connected.get("/healthz").status == 200);
    while (server.server().stats().accept_pauses == 0) std::this_thread::yield();
    ::setrlimit(RLIMIT_NOFILE, &before);
    CHECK(waiting.receive_response().status == 200);
  }
}

TEST_CASE(
    "server: stop closes what is idle, says goodbye to WebSockets, and leaves the executors without work") {
  std::optional<TestServer> server(std::in_place, add_text, ServerOptions{}, 2);
  Client idle(server->endpoint());
  CHECK(idle.get("/healthz").status == 200);
  WebSocketClient peer(server->endpoint(), "/text");
  peer.receive_text();
  std::promise<void> done;
  server->server().async_stop(10s, [&] { done.set_value(); });
  CHECK(idle.receive().empty());
  CHECK(peer.receive_close() == 1001);
  CHECK(done.get_future().wait_for(10s) == std::future_status::ready);
  server->join();
  CHECK(server->server().connections() == 0);
  CHECK_THROWS_AS(Client{server->endpoint()}, std::runtime_error);
}

TEST_CASE("server: stop lets a running request finish, and drops what is left after the grace") {
  for (const bool answered : {true, false}) {
    std::promise<HttpResponder> arrived;
    TestServer server([&](Server& s) {
      s.route("GET", "/later", [&](const HttpRequest&, const HttpResponder& r) { arrived.set_value(r); });
    });
    Client client(server.endpoint());
    client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    const HttpResponder responder = arrived.get_future().get();
    std::promise<void> done;
    server.server().async_stop(answered ? 10s : 200ms, [&] { done.set_value(); });
    if (answered) {
      responder.send(HttpResponse::text(200, "finished"));
      const Response response = client.receive_response();
      CHECK(response.body == "finished");
      CHECK(response.header("connection") == "close");
    }
    CHECK(client.receive().empty());
    client.reset();
    CHECK(done.get_future().wait_for(10s) == std::future_status::ready);
    server.join();
  }
}

TEST_CASE("server: a server that is destroyed drops its connections and disconnects its peers") {
  boost::asio::io_context context;
  Router router;
  auto server = std::make_unique<Server>(router, ServerOptions{.executors = {context.get_executor()}});
  add_text(*server);
  const auto result = server->listen("127.0.0.1", 0);
  REQUIRE(result);
  std::thread client_thread([&] {
    WebSocketClient client(*result, "/text");
    client.receive_text();
    boost::asio::post(context, [&] { context.stop(); });
    client.client().receive_all();
  });
  context.run();
  CHECK(router.stats().peers == 1);
  server.reset();
  client_thread.join();
  context.restart();
  context.run();
  CHECK(router.stats().peers == 0);
}

TEST_CASE("server: many peers on two executors join, talk and go at the same time") {
  RouterOptions options;
  options.limits.messages_per_second = 0;
  TestServer server(add_text, {}, 2, options);
  constexpr int clients_per_thread = 20;
  constexpr int messages = 50;
  const auto drive = [&](int thread) {
    for (int i = 0; i < clients_per_thread; ++i) {
      WebSocketClient a(server.endpoint(), "/text");
      WebSocketClient b(server.endpoint(), "/text");
      const std::string a_id = a.receive_text().substr(8);
      const std::string room = "room" + std::to_string(thread) + "-" + std::to_string(i);
      b.receive_text();
      a.send_text("join " + room);
      a.receive_text();
      b.send_text("join " + room);
      b.receive_text();
      a.receive_text();
      for (int m = 0; m < messages; ++m) b.send_text("send " + a_id + " " + std::to_string(m));
      for (int m = 0; m < messages; ++m) {
        if (!a.receive_text().ends_with(" " + std::to_string(m))) throw std::runtime_error("out of order");
      }
      if (i % 2 == 0) b.client().reset();
    }
  };
  std::vector<std::future<void>> threads;
  for (int t = 0; t < 4; ++t) threads.push_back(std::async(std::launch::async, drive, t));
  for (auto& thread : threads) CHECK_NOTHROW(thread.get());
  wait_for_connections(server.server(), 0);
  CHECK(server.router().stats().messages_in >= 4U * clients_per_thread * messages);
}
