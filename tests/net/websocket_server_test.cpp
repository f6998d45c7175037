#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/support/client.hpp"
#include "net/support/segments.hpp"
#include "net/support/test_server.hpp"
#include "net/support/websocket_routes.hpp"

using namespace signaling;
using namespace signaling::net;
using namespace signaling::net::testing;

TEST_CASE("websocket: peers on one path reach each other through the router") {
  TestServer server(add_routes, {}, 2);
  WebSocketClient a(server.endpoint(), "/text");
  const std::string a_id = a.receive_text().substr(8);
  a.send_text("join r");
  CHECK(a.receive_text() == "joined r v1 []");
  WebSocketClient b(server.endpoint(), "/text");
  const std::string b_id = b.receive_text().substr(8);
  b.send_text("join r");
  CHECK(b.receive_text() == "joined r v2 [" + a_id + "]");
  CHECK(a.receive_text() == "+peer r v2 " + b_id);
  for (int i = 0; i < 100; ++i) b.send_text("send " + a_id + " " + std::to_string(i));
  for (int i = 0; i < 100; ++i) REQUIRE(a.receive_text() == "msg " + b_id + " " + std::to_string(i));
  b.client().reset();
  CHECK(a.receive_text() == "-peer r v3 " + b_id + " disconnect");
}

TEST_CASE("websocket: a raw route echoes text and binary of every length form (RFC 6455 5.2)") {
  TestServer server(add_routes);
  WebSocketClient client(server.endpoint(), "/echo");
  for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 65535UL, 65536UL, 200000UL}) {
    const std::string payload(size, 'x');
    client.send_text(payload);
    CHECK(client.receive_text() == payload);
    client.send_frame(0x2, payload);
    const auto frame = client.receive_frame();
    REQUIRE(frame);
    CHECK(frame->opcode == 0x2);
    CHECK(frame->payload == payload);
  }
}

TEST_CASE("websocket: frames that come with the handshake, cut anywhere, are not lost") {
  TestServer server(add_routes);
  const std::string bytes = WebSocketClient::handshake("/echo") + WebSocketClient::frame(0x1, "first") +
                            WebSocketClient::frame(0x1, "second");
  for (std::size_t cut = 1; cut < bytes.size(); cut += 7) {
    Client client(server.endpoint());
    client.send(bytes.substr(0, cut));
    client.send(bytes.substr(cut));
    REQUIRE(client.receive_response().status == 101);
    CHECK(client.receive_bytes(15) ==
          "\x81\x05"
          "first\x81\x06"
          "second");
  }
}

TEST_CASE("websocket: what a session says first leaves in one write with the answer to the handshake") {
  TestServer server(add_routes);
  WebSocketClient client(server.endpoint(), "/text");
  CHECK(client.receive_text().starts_with("welcome "));
  CHECK(received_segments(client.client().fd()) == 1);
  client.send_text("join r");
  CHECK(client.receive_text() == "joined r v1 []");
  CHECK(received_segments(client.client().fd()) == 2);
}

TEST_CASE("websocket: from a client that does not read nothing more is read, and later all arrives") {
  std::atomic<std::size_t> most_queued{0};
  TestServer server([&](Server& s) {
    RawWebSocketRoute route;
    route.accept = [&](const HttpRequest&) {
      return WebSocketDecision(std::make_unique<EchoHandler>(nullptr, &most_queued));
    };
    s.websocket("/echo", route);
  });
  WebSocketClient client(server.endpoint(), "/echo");
  constexpr std::size_t count = 1000;
  std::atomic<std::size_t> sent{0};
  std::thread sender([&] {
    for (; sent < count; ++sent) client.send_text(std::string(60'000, 'x'));
  });
  // Until nobody takes any more: read too early, the messages would arrive all the same.
  Client other(server.endpoint());
  std::size_t before = 0;
  for (int idle_rounds = 0; idle_rounds < 1000; ++idle_rounds) {
    CHECK(other.get("/healthz").status == 200);
    if (most_queued == 0 || std::exchange(before, sent) != sent) idle_rounds = 0;
  }
  CHECK(sent < count);
  for (std::size_t i = 0; i < count; ++i) REQUIRE(client.receive_text().size() == 60'000);
  sender.join();
  CHECK(most_queued > 0);
  CHECK(most_queued < 1'000'000);
}

TEST_CASE("websocket: a peer that does not read is closed as slow when its queue is full") {
  RouterOptions options;
  options.limits.messages_per_second = 0;
  TestServer server(add_routes, {}, 1, options);
  WebSocketClient slow(server.endpoint(), "/text");
  const std::string slow_id = slow.receive_text().substr(8);
  slow.send_text("join r");
  WebSocketClient sender(server.endpoint(), "/text");
  sender.receive_text();
  sender.send_text("join r");
  const std::string payload(100'000, 'x');
  std::string answer;
  for (int i = 0; i < 500 && answer.find("slow_consumer") == std::string::npos; ++i) {
    sender.send_text("#" + std::to_string(i) + " send " + slow_id + " " + payload);
    answer = sender.receive_text();
    while (answer.find('#') == std::string::npos) answer = sender.receive_text();
  }
  CHECK(answer.find("slow_consumer") != std::string::npos);
}

TEST_CASE("websocket: compression is used when it is on and offered (RFC 7692)") {
  TestServer server(add_routes, {.deflate = true});
  WebSocketClient client(server.endpoint(), "/echo", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  CHECK(client.response().header("sec-websocket-extensions").find("permessage-deflate") == 0);
  client.send_text(std::string(10'000, 'x'));
  const std::string head = client.client().receive_bytes(2);
  REQUIRE(head.size() == 2);
  CHECK((static_cast<unsigned char>(head[0]) & 0x40U) != 0);
  CHECK(static_cast<unsigned char>(head[1]) < 126);

  TestServer off(add_routes);
  WebSocketClient plain(off.endpoint(), "/echo", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  CHECK(plain.response().header("sec-websocket-extensions").empty());
}
