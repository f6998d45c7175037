#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "net/support/client.hpp"
#include "net/support/test_server.hpp"
#include "net/support/websocket_routes.hpp"

using namespace signaling;
using namespace signaling::net;
using namespace signaling::net::testing;
using namespace std::chrono_literals;

TEST_CASE("websocket: every way a connection can end has its reason, and its close code") {
  struct Case {
    std::string bytes;  // what the client sends
    unsigned code;      // of the server's Close frame; 0: none
    CloseReason reason;
  };
  const std::string unmasked = "\x81\x01x";
  const std::vector<Case> cases{
      {WebSocketClient::frame(0x8,
                              "\x03\xe8"
                              "bye"),
       1000, CloseReason::normal},
      {WebSocketClient::frame(0x8, ""), 1005, CloseReason::normal},
      {WebSocketClient::frame(0x8, "\x03\xf4"), 1012, CloseReason::lost},  // of a proxy
      {unmasked, 1002, CloseReason::protocol_error},
      {WebSocketClient::frame(0x3, "x"), 1002, CloseReason::protocol_error},
      {WebSocketClient::frame(0x1, "\xff"), 1007, CloseReason::protocol_error},
      {WebSocketClient::frame(0x1, std::string(2000, 'x')), 1009, CloseReason::message_too_large},
      {WebSocketClient::frame(0x1, "throw"), 1011, CloseReason::internal},
      {WebSocketClient::frame(0x1, "kick"), 4403, CloseReason::kicked},
  };
  for (const Case& c : cases) {
    std::promise<CloseReason> closed;
    TestServer server([&](Server& s) {
      RawWebSocketRoute route = echo_route(&closed);
      route.settings.max_message_bytes = 1000;
      s.websocket("/echo", route);
    });
    WebSocketClient client(server.endpoint(), "/echo");
    client.client().send(c.bytes);
    CHECK(client.receive_close() == c.code);
    CHECK(closed.get_future().get() == c.reason);
    CHECK(server.server().stats().websocket_closes[static_cast<std::size_t>(c.reason)] == 1);
  }
}

TEST_CASE("websocket: what was sent before the close is received before it") {
  TestServer server(add_routes);
  WebSocketClient client(server.endpoint(), "/echo");
  client.send_text("kick");
  CHECK(client.receive_text() == "last words");
  CHECK(client.receive_close() == 4403);
}

TEST_CASE("websocket: a close that the client does not answer ends with the deadline") {
  std::promise<CloseReason> closed;
  TestServer server([&](Server& s) { s.websocket("/echo", echo_route(&closed)); }, {.close_timeout = 200ms});
  WebSocketClient client(server.endpoint(), "/echo");
  client.send_text("kick");
  client.client().receive_all();
  CHECK(closed.get_future().get() == CloseReason::kicked);
  CHECK(server.server().stats().close_timeouts == 1);
}

TEST_CASE("websocket: a message in more frames than allowed ends the connection, and is counted") {
  TestServer server(add_routes, {.max_fragments = 2});
  WebSocketClient client(server.endpoint(), "/echo");
  const std::string frames("\x01\x80\0\0\0\0\x00\x80\0\0\0\0\x00\x80\0\0\0\0", 18);
  client.client().send(frames);
  CHECK(client.receive_close() == 1008);
  CHECK(server.server().stats().too_many_fragments == 1);
}

TEST_CASE("websocket: an error is told although the client goes on sending") {
  TestServer server([&](Server& s) {
    RawWebSocketRoute route = echo_route();
    route.settings.max_message_bytes = 1000;
    s.websocket("/echo", route);
  });
  WebSocketClient client(server.endpoint(), "/echo");
  client.send_text(std::string(5'000'000, 'x'));
  const auto frame = client.receive_frame();
  REQUIRE(frame);
  CHECK(frame->close_code() == 1009);
}

TEST_CASE("websocket: without a first message in time the connection is closed as timed out") {
  const auto observer = std::make_shared<Observer>();
  TestServer server(add_routes, {.first_message_timeout = 200ms}, 1, with_policy(observer));
  WebSocketClient client(server.endpoint(), "/text");
  CHECK(client.receive_close() == 4408);
  CHECK(observer->reason() == CloseReason::timeout);
}

TEST_CASE("websocket: a first message, or a route without that rule, keeps the connection open") {
  TestServer server(
      [](Server& s) {
        add_routes(s);
        RawWebSocketRoute patient = echo_route();
        patient.settings.first_message_timeout = 0ms;
        s.websocket("/patient", patient);
      },
      {.first_message_timeout = 200ms, .ping_interval = 300ms});
  WebSocketClient active(server.endpoint(), "/echo");
  active.send_text("hello");
  WebSocketClient patient(server.endpoint(), "/patient");
  // The ping comes after the deadline would have.
  active.receive_text();
  for (WebSocketClient* client : {&active, &patient}) {
    const auto frame = client->receive_frame();
    REQUIRE(frame);
    CHECK(frame->opcode == 0x9);
  }
}

TEST_CASE("websocket: a silent client is pinged, and lives as long as anything comes back") {
  TestServer server(add_routes, {.ping_interval = 100ms, .ping_timeout = 300ms});
  WebSocketClient client(server.endpoint(), "/echo");
  client.send_text("hello");
  client.receive_text();
  for (int i = 0; i < 6; ++i) {
    const auto frame = client.receive_frame();
    REQUIRE(frame);
    REQUIRE(frame->opcode == 0x9);
    // An unsolicited Pong counts like any other bytes.
    client.send_frame(0xA, i % 2 == 0 ? frame->payload : "other");
  }
}

TEST_CASE("websocket: a client that does not answer the ping is gone, and its peer with it") {
  const auto observer = std::make_shared<Observer>();
  TestServer server(add_routes, {.ping_interval = 100ms, .ping_timeout = 200ms}, 1, with_policy(observer));
  WebSocketClient client(server.endpoint(), "/text");
  CHECK(observer->reason() == CloseReason::timeout);
  std::string opcodes;
  while (const auto frame = client.receive_frame()) opcodes += std::to_string(frame->opcode) + ' ';
  CHECK(opcodes == "1 9 8 ");
}

TEST_CASE("websocket: close codes are what the table says") {
  CHECK(websocket_close_code(CloseReason::normal) == 1000);
  CHECK(websocket_close_code(CloseReason::going_away) == 1001);
  CHECK(websocket_close_code(CloseReason::protocol_error) == 1002);
  CHECK(websocket_close_code(CloseReason::message_too_large) == 1009);
  CHECK(websocket_close_code(CloseReason::internal) == 1011);
  CHECK(websocket_close_code(CloseReason::lost) == 1011);
  CHECK(websocket_close_code(CloseReason::overloaded) == 1013);
  CHECK(websocket_close_code(CloseReason::unauthorized) == 4401);
  CHECK(websocket_close_code(CloseReason::expired) == 4410);
  CHECK(websocket_close_code(CloseReason::kicked) == 4403);
  CHECK(websocket_close_code(CloseReason::timeout) == 4408);
  CHECK(websocket_close_code(CloseReason::bad_request) == 1008);
  CHECK(websocket_close_code(CloseReason::replaced) == 4409);
  CHECK(websocket_close_code(CloseReason::slow_consumer) == 4413);
}
