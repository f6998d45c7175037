#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <string>
#include <thread>

#include "net/support/client.hpp"
#include "net/support/test_server.hpp"
#include "signaling/protocols/json.hpp"
#include "support/text_protocol.hpp"

using namespace signaling;
using namespace signaling::net;
using namespace signaling::net::testing;
using signaling::testing::TextProtocolFactory;

namespace {

const std::string foreign = "Origin: https://app.example\r\n";

unsigned status_of(const TestServer& server, const std::string& path, const std::string& headers = {}) {
  Client client(server.endpoint());
  client.send(WebSocketClient::handshake(path, headers));
  return client.receive_response().status;
}

}  // namespace

TEST_CASE("serve: one call listens and offers the native protocol at its usual path") {
  boost::asio::io_context io(1);
  Router router;
  const auto server = serve(io, router);
  REQUIRE(server->endpoints().size() == 1);
  std::thread thread([&] { io.run(); });
  {
    WebSocketClient client(server->endpoints().front(), "/signaling",
                           "Sec-WebSocket-Protocol: signaling.v1\r\n");
    CHECK(client.receive_text().find("\"welcome\"") != std::string::npos);
  }
  server->async_stop(std::chrono::milliseconds(0));
  thread.join();
}

TEST_CASE("serve: an address that cannot be bound is named") {
  boost::asio::io_context io(1);
  Router router;
  const auto first = serve(io, router);
  const std::uint16_t port = first->endpoints().front().port();
  try {
    (void)serve(io, router, {.port = port});
    FAIL("the port is in use");
  } catch (const std::runtime_error& error) {
    CHECK(std::string(error.what()).find(std::to_string(port)) != std::string::npos);
  }
  CHECK_THROWS_AS((void)serve(io, router, {.address = "nowhere"}), std::runtime_error);
}

TEST_CASE("protocol route: a protocol knows its path and subprotocol, and the host may choose others") {
  TestServer server([](Server& s) {
    s.add(protocols::Json());
    ProtocolRoute route;
    route.path = "/other";
    route.settings.subprotocols = {"mine"};
    s.add(protocols::Json(), route);
    s.add(TextProtocolFactory());
  });
  const auto subprotocol = [&](const std::string& path, const std::string& offered) {
    Client client(server.endpoint());
    client.send(WebSocketClient::handshake(path, "Sec-WebSocket-Protocol: " + offered + "\r\n"));
    return std::string(client.receive_response().header("sec-websocket-protocol"));
  };
  CHECK(subprotocol("/signaling", "signaling.v1") == "signaling.v1");
  CHECK(subprotocol("/other", "signaling.v1, mine") == "mine");
  CHECK(subprotocol("/text", "text").empty());
  CHECK(status_of(server, "/text") == 101);
}

TEST_CASE("protocol route: a null protocol, and a path that is none, are refused") {
  TestServer server;
  boost::asio::io_context io;
  Router router;
  Server fresh(router, {.executors = {io.get_executor()}});
  ProtocolRoute route;
  route.path = "signaling";
  CHECK_THROWS_AS(fresh.add(protocols::Json(), route), std::invalid_argument);
  route.path.clear();
  route.settings.allowed_origins = {"app.example"};
  CHECK_THROWS_AS(fresh.add(protocols::Json(), route), std::invalid_argument);
  CHECK_THROWS_AS(fresh.add(nullptr), std::invalid_argument);
}

TEST_CASE("protocol route: a path may let in pages of origins of its own") {
  TestServer server([](Server& s) {
    ProtocolRoute open;
    open.path = "/open";
    open.settings.allowed_origins = {"*"};
    s.add(TextProtocolFactory(), open);
    s.add(TextProtocolFactory());
  });
  CHECK(status_of(server, "/open", foreign) == 101);
  CHECK(status_of(server, "/text", foreign) == 403);
}

TEST_CASE("protocol route: a path may refuse pages that the server lets in elsewhere") {
  ServerOptions options;
  options.allowed_origins = {"*"};
  TestServer server(
      [](Server& s) {
        ProtocolRoute closed;
        closed.path = "/closed";
        closed.settings.allowed_origins.emplace();
        s.add(TextProtocolFactory(), closed);
        s.add(TextProtocolFactory());
      },
      options);
  CHECK(status_of(server, "/text", foreign) == 101);
  CHECK(status_of(server, "/closed", foreign) == 403);
}

TEST_CASE("protocol route: a protocol for silent clients of any page is so unless its route says otherwise") {
  struct Silent final : ProtocolFactory {
    std::string_view path() const noexcept override { return "/silent"; }
    bool may_be_silent() const noexcept override { return true; }
    bool admits_any_origin() const noexcept override { return true; }
    std::unique_ptr<Protocol> make(const ConnectInfo& info) const override {
      return TextProtocolFactory().make(info);
    }
  };
  ServerOptions options;
  options.first_message_timeout = std::chrono::milliseconds(1);
  TestServer server(
      [](Server& s) {
        s.add(Silent());
        ProtocolRoute strict;
        strict.path = "/strict";
        strict.settings.first_message_timeout.emplace(1);
        strict.settings.allowed_origins.emplace();
        s.add(Silent(), strict);
      },
      options);
  CHECK(status_of(server, "/silent", foreign) == 101);
  CHECK(status_of(server, "/strict", foreign) == 403);
  WebSocketClient silent(server.endpoint(), "/silent");
  WebSocketClient late(server.endpoint(), "/strict");
  CHECK(late.receive_close() == 4408);
  silent.send_text("ping");
  CHECK(silent.receive_text().starts_with("welcome"));
  CHECK(silent.receive_text() == "pong");
}

TEST_CASE(
    "protocol route: a target that its protocol does not have is answered with 404, a failure with 500") {
  struct Choosy final : ProtocolFactory {
    std::string_view path() const noexcept override { return "/choosy/*"; }
    std::unique_ptr<Protocol> make(const ConnectInfo& info) const override {
      if (info.target == "/choosy/throw") throw std::runtime_error("no");
      return info.target == "/choosy/null" ? nullptr : TextProtocolFactory().make(info);
    }
  };
  TestServer server([](Server& s) { s.add(Choosy()); });
  CHECK(status_of(server, "/choosy/x") == 101);
  CHECK(status_of(server, "/choosy/null") == 404);
  CHECK(status_of(server, "/choosy/throw") == 500);
}

TEST_CASE("protocol route: a close frame closes the WebSocket with its code and reason") {
  struct Leaving final : Protocol {
    std::string_view name() const noexcept override { return "leaving"; }
    void decode(const MessageView& message, std::vector<Command>& commands) override {
      commands.emplace_back(command::Reply{{Frame::text("bye"), Frame::close(4000, message.bytes)}});
    }
    const std::shared_ptr<const Encoder>& encoder() const noexcept override {
      static const std::shared_ptr<const Encoder> shared =
          std::make_shared<signaling::testing::TextEncoder>();
      return shared;
    }
  };
  struct Factory final : ProtocolFactory {
    std::string_view path() const noexcept override { return "/leaving"; }
    std::unique_ptr<Protocol> make(const ConnectInfo& /*info*/) const override {
      return std::make_unique<Leaving>();
    }
  };
  TestServer server([](Server& s) { s.add(Factory()); });
  WebSocketClient client(server.endpoint(), "/leaving");
  CHECK(client.receive_text().starts_with("welcome"));
  client.send_text(std::string(122, 'x') + "\u00e9 and more");
  CHECK(client.receive_text() == "bye");
  const auto frame = client.receive_frame();
  REQUIRE(frame);
  CHECK(frame->close_code() == 4000);
  CHECK(frame->payload.substr(2) == std::string(122, 'x'));
}

TEST_CASE("http route: its answers may be read by pages of origins of its own") {
  TestServer server([](Server& s) {
    const auto answer = [](const HttpRequest& request, const HttpResponder& responder) {
      HttpResponse response = HttpResponse::text(200, "page");
      response.headers = cors_headers(request);
      responder.send(std::move(response));
    };
    RouteOptions open;
    open.allowed_origins = {"https://app.example"};
    s.route("GET", "/open", answer, open);
    s.route("GET", "/page", answer);
  });
  Client client(server.endpoint());
  CHECK(client.get("/open", foreign).header("access-control-allow-origin") == "https://app.example");
  CHECK(client.get("/page", foreign).header("access-control-allow-origin").empty());
}

TEST_CASE("engine.io: a path may let in pages of origins of its own, over both transports") {
  TestServer server([](Server& s) {
    EngineRoute route;
    route.allowed_origins = {"https://app.example"};
    route.accept = [](const HttpRequest&) -> EngineDecision { return HttpResponse::text(418, "asked"); };
    s.engine_io("/open/", route);
    route.allowed_origins.reset();
    s.engine_io("/e/", route);
  });
  Client client(server.endpoint());
  const auto polling = [&](const std::string& path) {
    return client.get(path + "?EIO=4&transport=polling", foreign);
  };
  CHECK(polling("/open/").status == 418);
  CHECK(polling("/open/").header("access-control-allow-origin") == "https://app.example");
  CHECK(polling("/e/").status == 403);
  CHECK(status_of(server, "/open/?EIO=4&transport=websocket", foreign) == 418);
  CHECK(status_of(server, "/e/?EIO=4&transport=websocket", foreign) == 403);
}
