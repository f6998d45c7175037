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

namespace {

class NullFactory final : public ProtocolFactory {
 public:
  std::string_view path() const noexcept override { return "/null"; }
  std::unique_ptr<Protocol> make(const ConnectInfo& /*info*/) const override { return nullptr; }
};

}  // namespace

TEST_CASE("websocket: a handshake that is none is refused with the status that says why (RFC 6455 4.2.1)") {
  TestServer server([](Server& s) {
    add_routes(s);
    s.websocket("/both", echo_route());
    s.route("GET", "/both", [](const HttpRequest&, const HttpResponder& responder) {
      responder.send(HttpResponse::text(200, "page"));
    });
    RawWebSocketRoute refusing;
    refusing.accept = [](const HttpRequest&) {
      return WebSocketDecision(HttpResponse::json(400, "{\"code\":1}"));
    };
    s.websocket("/refusing", refusing);
    RawWebSocketRoute throwing;
    throwing.accept = [](const HttpRequest&) -> WebSocketDecision { throw std::runtime_error("x"); };
    s.websocket("/throwing", throwing);
    s.add(NullFactory());
  });
  const std::string good = WebSocketClient::handshake("/echo");
  const auto without = [&](std::string_view line) {
    std::string request = good;
    request.erase(request.find(line), line.size());
    return request;
  };
  struct Case {
    std::string request;
    unsigned status;
  };
  for (const Case& c :
       {Case{without("Upgrade: websocket\r\n"), 426}, Case{without("Connection: Upgrade\r\n"), 400},
        Case{without("Sec-WebSocket-Version: 13\r\n"), 400},
        Case{without("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 400},
        Case{"POST" + good.substr(3), 405}, Case{WebSocketClient::handshake("/missing"), 404},
        Case{WebSocketClient::handshake("/echo", "Origin: https://evil.example\r\n"), 403},
        Case{WebSocketClient::handshake("/echo", "Origin: http://test\r\n"), 101},
        Case{WebSocketClient::handshake("/both"), 101}, Case{"GET /both HTTP/1.1\r\nHost: a\r\n\r\n", 200},
        Case{WebSocketClient::handshake("/refusing"), 400},
        Case{WebSocketClient::handshake("/throwing"), 500}, Case{WebSocketClient::handshake("/null"), 404}}) {
    CAPTURE(c.request);
    Client client(server.endpoint());
    client.send(c.request);
    const Response response = client.receive_response();
    CHECK(response.status == c.status);
    if (c.status == 426) {
      CHECK(response.header("upgrade") == "websocket");
      CHECK(response.header("connection") == "Upgrade");
    }
  }
}

TEST_CASE("websocket: the first subprotocol that both know is confirmed") {
  TestServer server(add_routes);
  CHECK(WebSocketClient(server.endpoint(), "/text", "Sec-WebSocket-Protocol: other, text\r\n")
            .response()
            .header("sec-websocket-protocol") == "text");
  CHECK(WebSocketClient(server.endpoint(), "/text").response().header("sec-websocket-protocol").empty());
}

TEST_CASE("websocket: the policy sees what the handshake said") {
  const auto observer = std::make_shared<Observer>();
  TestServer server(add_routes, {}, 1, with_policy(observer));
  {
    WebSocketClient client(server.endpoint(), "/text?token=a%20b&peer=me&resume=secret",
                           "Origin: http://test\r\nX-Thing: 1\r\nAuthorization: Bearer other\r\n");
    client.receive_text();
  }
  const ConnectInfo info = observer->info();
  CHECK(info.remote_address == "127.0.0.1");
  CHECK(info.target == "/text?token=a%20b&peer=me&resume=secret");
  CHECK(info.origin == "http://test");
  CHECK(info.token == "a b");
  CHECK(info.wished_id == "me");
  CHECK(info.resume == "secret");
  CHECK(std::find(info.headers.begin(), info.headers.end(),
                  std::pair<std::string, std::string>("x-thing", "1")) != info.headers.end());
  CHECK(observer->reason() == CloseReason::lost);
}

TEST_CASE("websocket: the token may come as a bearer credential (RFC 6750 2.1)") {
  const auto observer = std::make_shared<Observer>();
  TestServer server(add_routes, {}, 1, with_policy(observer));
  WebSocketClient client(server.endpoint(), "/text", "authorization: bearer  abc\r\n");
  CHECK(observer->info().token == "abc");
}
