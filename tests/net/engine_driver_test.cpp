#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/support/engine_world.hpp"

using namespace signaling;
using namespace signaling::net;
using namespace signaling::net::testing;
using namespace std::chrono_literals;

namespace {

/// Has a deadline soon after each message, says so to its client, and then may close.
class DeadlineHandler final : public socketio::EngineHandler {
 public:
  explicit DeadlineHandler(bool closes) : closes_(closes) {}
  void on_open(std::shared_ptr<socketio::EngineSocket> socket) override { socket_ = std::move(socket); }
  void on_message(const MessageView&) override { deadline_ = std::chrono::steady_clock::now() + 20ms; }
  TimePoint next_deadline() const override { return deadline_; }
  void on_time(TimePoint now) override {
    const Frame frame = engine_message(now >= deadline_ ? "on time" : "too early");
    deadline_ = TimePoint::max();
    socket_->send(std::span(&frame, 1));
    if (closes_) socket_->close(CloseReason::kicked);
  }
  void on_closed(CloseReason) override {}

 private:
  const bool closes_;
  std::shared_ptr<socketio::EngineSocket> socket_;
  TimePoint deadline_ = TimePoint::max();
};

EngineRoute deadline_route(bool closes) {
  EngineRoute route;
  route.accept = [closes](const HttpRequest&) -> EngineDecision {
    return std::make_unique<DeadlineHandler>(closes);
  };
  return route;
}

/// Says at each pong how many pings it was told of.
class PongHandler final : public socketio::EngineHandler {
 public:
  void on_open(std::shared_ptr<socketio::EngineSocket> socket) override { socket_ = std::move(socket); }
  void on_message(const MessageView&) override {}
  void on_ping() override { ++pings_; }
  void on_pong() override {
    const Frame frame = engine_message("pong " + std::to_string(pings_));
    socket_->send(std::span(&frame, 1));
  }
  void on_closed(CloseReason) override {}

 private:
  std::shared_ptr<socketio::EngineSocket> socket_;
  int pings_ = 0;
};

EngineRoute impatient_route() {
  EngineRoute route;
  route.options.ping_interval = 100ms;
  route.options.ping_timeout = 100ms;
  return route;
}

}  // namespace

TEST_CASE("engine.io: a client that polls opens a session, sends, and gets what is sent to it") {
  EngineWorld world;
  PollingClient client(world);
  CHECK(client.sid().size() == 22);
  CHECK(client.handshake().substr(0, 8) == R"(0{"sid":)");
  CHECK(client.handshake().find(
            R"("upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})") !=
        std::string::npos);
  CHECK(world.next() == "open");

  const Response taken = client.post(
      "4hello\x1e"
      "bAQID");
  CHECK(taken.status == 200);
  CHECK(taken.body == "ok");
  CHECK(world.next() == "text hello");
  CHECK(world.next() == "binary \x01\x02\x03");

  const Response polled = client.poll();
  CHECK(polled.status == 200);
  CHECK(polled.header("content-type") == "text/plain; charset=UTF-8");
  CHECK(polled.header("cache-control") == "no-store");
  CHECK(polled.body ==
        "4hello\x1e"
        "bAQID");
}

TEST_CASE("engine.io: a poll waits until there is something to say") {
  EngineWorld world;
  PollingClient client(world);
  client.start_poll();
  CHECK(client.post("4later").status == 200);
  CHECK(client.finish_poll().body == "4later");
}

TEST_CASE("engine.io: the path is served with and without a slash at its end") {
  EngineWorld world;
  Client client(world.server.endpoint());
  CHECK(client.get("/e?EIO=4&transport=polling").status == 200);
  CHECK(client.get("/e/x?EIO=4&transport=polling").status == 404);
}

TEST_CASE("engine.io: a WebSocket opens a session of its own, and messages go both ways as they are") {
  EngineWorld world;
  WebSocketClient client(world.server.endpoint(), "/e/?EIO=4&transport=websocket");
  CHECK(client.receive_text().find(R"("upgrades":[])") != std::string::npos);
  client.send_text("4hello");
  CHECK(client.receive_text() == "4hello");
  client.send_frame(0x2, std::string("4\x1e\0", 3));
  const auto echoed = client.receive_frame();
  REQUIRE(echoed);
  CHECK(echoed->opcode == 0x2);
  CHECK(echoed->payload == std::string("4\x1e\0", 3));
  CHECK(world.next() == "open");
  CHECK(world.next() == "text hello");

  client.send_text("1");
  CHECK(client.receive_close() == 1000);
  CHECK(world.next().starts_with("binary "));
  CHECK(world.next() == "closed normal");
}

TEST_CASE("engine.io: what is sent in one step leaves in order, over either transport") {
  EngineWorld world;
  const std::vector<Frame> frames{engine_message("a"), Frame::binary(std::as_bytes(std::span("b", 1))),
                                  engine_message("c")};
  SUBCASE("polling, before the poll") {
    PollingClient client(world);
    world.on_executor([&](auto& to) { to.send(frames); });
    CHECK(client.poll().body ==
          "4a\x1e"
          "bYg==\x1e"
          "4c");
  }
  SUBCASE("polling, while the poll waits") {
    PollingClient client(world);
    client.start_poll();
    world.on_executor([&](auto& to) { to.send(frames); });
    CHECK(client.finish_poll().body ==
          "4a\x1e"
          "bYg==\x1e"
          "4c");
  }
  SUBCASE("websocket") {
    WebSocketClient client(world.server.endpoint(), "/e/?EIO=4&transport=websocket");
    client.receive_text();
    world.on_executor([&](auto& to) { to.send(frames); });
    CHECK(client.receive_text() == "4a");
    CHECK(client.receive_frame()->payload == "b");
    CHECK(client.receive_text() == "4c");
  }
}

TEST_CASE("engine.io: a session stays on its executor, whichever connections its requests come on") {
  EngineWorld world({}, {}, 3);
  PollingClient client(world, PollingClient::Connections::many);
  for (int i = 0; i < 6; ++i) {
    CHECK(client.post("4" + std::to_string(i)).status == 200);
    CHECK(client.poll().body == "4" + std::to_string(i));
  }
  CHECK(world.next() == "open");
  for (int i = 0; i < 6; ++i) CHECK(world.next() == "text " + std::to_string(i));
  client.post("1");
  CHECK(world.next() == "closed normal");
}

TEST_CASE("engine.io: the handshake and its errors (codes 0 to 5)") {
  EngineWorld world({}, {}, 2);
  Client client(world.server.endpoint());
  const auto error = [&](std::string_view method, const std::string& target) {
    client.send(std::string(method) + ' ' + target + " HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n");
    const Response response = client.receive_response(method);
    CHECK(response.header("content-type") == "application/json");
    return std::to_string(response.status) + ' ' + response.body.substr(0, 9);
  };
  CHECK(error("GET", "/e/?EIO=4") == R"(400 {"code":0)");
  CHECK(error("GET", "/e/?EIO=4&transport=carrier-pigeon") == R"(400 {"code":0)");
  CHECK(error("GET", "/e/?EIO=4&transport=polling&sid=constructor") == R"(400 {"code":1)");
  CHECK(error("POST", "/e/?EIO=4&transport=polling") == R"(400 {"code":2)");
  CHECK(error("PUT", "/e/?EIO=4&transport=polling") == R"(400 {"code":2)");
  CHECK(error("GET", "/e/?EIO=4&transport=websocket") == R"(400 {"code":3)");
  CHECK(error("GET", "/e/?EIO=3&transport=polling") == R"(400 {"code":5)");
  CHECK(error("GET", "/e/?transport=polling") == R"(400 {"code":5)");

  PollingClient open(world);
  CHECK(error("DELETE", open.target()) == R"(400 {"code":3)");
  CHECK(error("GET", open.target("websocket")) == R"(400 {"code":3)");
  CHECK(open.post("4still there").status == 200);
}

TEST_CASE("engine.io: a WebSocket that cannot be is refused before the upgrade, with the same codes") {
  EngineWorld world;
  const auto error = [&](const std::string& target) {
    Client client(world.server.endpoint());
    client.send(WebSocketClient::handshake(target));
    const Response response = client.receive_response();
    return std::to_string(response.status) + ' ' + response.body.substr(0, 9);
  };
  CHECK(error("/e/?EIO=4") == R"(400 {"code":0)");
  CHECK(error("/e/?EIO=4&transport=websocket&sid=nobody") == R"(400 {"code":1)");
  CHECK(error("/e/?EIO=4&transport=polling") == R"(400 {"code":3)");
  CHECK(error("/e/?EIO=3&transport=websocket") == R"(400 {"code":5)");
  CHECK(world.shared.journal.empty());
}

TEST_CASE("engine.io: a body over the bound is refused with 413, and the session goes on") {
  EngineRoute route;
  route.options.max_payload_bytes = 1000;
  EngineWorld world(std::move(route));
  PollingClient client(world, PollingClient::Connections::many);
  CHECK(client.post(std::string(1001, '4')).status == 413);
  CHECK(client.post('4' + std::string(999, 'x')).status == 200);
}

TEST_CASE("engine.io: an aborted poll ends the session at once") {
  EngineWorld world({}, {}, 2);
  PollingClient client(world);
  CHECK(world.next() == "open");
  client.start_poll();
  client.abort_poll();
  CHECK(world.next() == "closed lost");
  const Response late = client.poll();
  CHECK(late.status == 400);
  CHECK(late.body.substr(0, 9) == R"({"code":1)");
}

TEST_CASE("engine.io: a second poll at a time closes the session: the first gets 1, the second 400") {
  EngineWorld world;
  PollingClient client(world);
  client.start_poll();
  Client other(world.server.endpoint());
  CHECK(other.get(client.target()).status == 400);
  CHECK(client.finish_poll().body == "1");
  CHECK(world.next() == "open");
  CHECK(world.next() == "closed protocol-error");
}

TEST_CASE("engine.io: a POST that is no payload is refused and closes the session") {
  EngineWorld world;
  PollingClient client(world);
  CHECK(client.post("abc").status == 400);
  CHECK(world.next() == "open");
  CHECK(world.next() == "closed protocol-error");
  CHECK(client.poll().status == 400);
}

TEST_CASE("engine.io: the server pings, and a client that does not answer is closed") {
  EngineWorld world(impatient_route());
  SUBCASE("polling") {
    PollingClient client(world);
    CHECK(client.poll().body == "2");
    client.post("3");
    CHECK(client.poll().body == "2");
    CHECK(client.poll().body == "1");
  }
  SUBCASE("websocket") {
    WebSocketClient client(world.server.endpoint(), "/e/?EIO=4&transport=websocket");
    client.receive_text();
    CHECK(client.receive_text() == "2");
    client.send_text("3");
    CHECK(client.receive_text() == "2");
    CHECK(client.receive_close() == 4408);
  }
  CHECK(world.next() == "open");
  CHECK(world.next() == "closed timeout");
}

TEST_CASE("engine.io: the handler is called when its deadline is over, again and again") {
  EngineWorld world(deadline_route(false));
  PollingClient client(world);
  for (int i = 0; i < 3; ++i) {
    client.post("4x");
    CHECK(client.poll().body == "4on time");
  }
}

TEST_CASE("engine.io: the handler may close its session when its deadline is over") {
  EngineWorld world(deadline_route(true));
  SUBCASE("polling") {
    PollingClient client(world);
    client.post("4x");
    CHECK(client.poll().body == "4on time");
    CHECK(client.poll().body == "1");
    CHECK(client.poll().status == 400);
  }
  SUBCASE("websocket") {
    WebSocketClient client(world.server.endpoint(), "/e/?EIO=4&transport=websocket");
    client.receive_text();
    client.send_text("4x");
    CHECK(client.receive_text() == "4on time");
    CHECK(client.receive_close() == 4403);
  }
}

TEST_CASE("engine.io: the handler is told of each ping, and of the pong that answers it") {
  EngineRoute route = impatient_route();
  route.options.ping_timeout = 10s;
  route.accept = [](const HttpRequest&) -> EngineDecision { return std::make_unique<PongHandler>(); };
  EngineWorld world(std::move(route));
  SUBCASE("polling") {
    PollingClient client(world);
    client.post("3");  // nobody has asked
    for (const char* pong : {"4pong 1", "4pong 2"}) {
      CHECK(client.poll().body == "2");
      client.post("3");
      CHECK(client.poll().body == pong);
    }
  }
  SUBCASE("websocket") {
    WebSocketClient client(world.server.endpoint(), "/e/?EIO=4&transport=websocket");
    client.receive_text();
    client.send_text("3");  // nobody has asked
    for (const char* pong : {"4pong 1", "4pong 2"}) {
      CHECK(client.receive_text() == "2");
      client.send_text("3");
      CHECK(client.receive_text() == pong);
    }
  }
}

TEST_CASE("engine.io: an exception of the handler closes its session") {
  EngineWorld world;
  PollingClient client(world);
  CHECK(client
            .post("4throw\x1e"
                  "4never seen")
            .status == 200);
  CHECK(world.next() == "open");
  CHECK(client.poll().body == "1");
  CHECK(world.next() == "closed internal");
}

TEST_CASE("engine.io: the handler closes after what it sent before") {
  EngineWorld world;
  const auto leave = [&] {
    world.on_executor([](auto& socket) {
      const Frame last = engine_message("last words");
      socket.send(std::span(&last, 1));
      socket.close(CloseReason::kicked);
      socket.close(CloseReason::normal);
      socket.send(std::span(&last, 1));
    });
  };
  SUBCASE("polling") {
    PollingClient client(world);
    leave();
    CHECK(client.poll().body == "4last words");
    CHECK(client.poll().body == "1");
    CHECK(client.poll().status == 400);
  }
  SUBCASE("websocket") {
    WebSocketClient client(world.server.endpoint(), "/e/?EIO=4&transport=websocket");
    client.receive_text();
    leave();
    CHECK(client.receive_text() == "4last words");
    CHECK(client.receive_close() == 4403);
  }
  CHECK(world.next() == "open");
  CHECK(world.next() == "closed kicked");
  CHECK(world.queued_bytes() == 0);
}

TEST_CASE(
    "engine.io: when the server stops, sessions are closed, their polls answered, and nothing is left") {
  EngineWorld world;
  PollingClient client(world);
  CHECK(world.next() == "open");
  std::promise<void> done;
  const auto stop = [&] { world.server.server().async_stop(10s, [&] { done.set_value(); }); };
  SUBCASE("a poll waits") {
    client.start_poll();
    stop();
    const Response last = client.finish_poll();
    CHECK(last.body == "1");
    CHECK(last.header("connection") == "close");
  }
  SUBCASE("no poll waits") { stop(); }
  SUBCASE("over a WebSocket") {
    const auto websocket = client.upgrade();
    websocket->send_text("4x");
    CHECK(websocket->receive_text() == "4x");
    CHECK(world.next() == "text x");
    stop();
    CHECK(websocket->receive_close() == 1001);
  }
  CHECK(world.next() == "closed going-away");
  client.abort_poll();  // and the lingering with it
  CHECK(done.get_future().wait_for(9s) == std::future_status::ready);
  world.server.join();
}

TEST_CASE(
    "engine.io: a session whose client gave up a poll on another executor does not lose its answer "
    "unnoticed") {
  EngineWorld world({}, {}, 2);
  const auto wait_for_connections = [&](std::size_t count) {
    const auto give_up = std::chrono::steady_clock::now() + 10s;
    while (world.server.server().connections() != count && std::chrono::steady_clock::now() < give_up)
      std::this_thread::yield();
    REQUIRE(world.server.server().connections() == count);
  };
  PollingClient client(world, PollingClient::Connections::many);
  CHECK(world.next() == "open");
  // Executors take turns at connections: with this one the poll comes to the one where the session is not.
  const Client between(world.server.endpoint());
  client.start_poll();
  wait_for_connections(3);

  std::promise<void> aborted;
  boost::asio::post(world.socket().executor(), [&, gone = aborted.get_future()]() mutable {
    gone.wait();
    const Frame frame = engine_message("too late");
    world.socket().send(std::span(&frame, 1));
  });
  client.abort_poll();
  wait_for_connections(2);
  aborted.set_value();
  CHECK(world.next() == "closed lost");
}
