// What requests may ask for, and who may ask: upgrades, methods, origins, hosts.
#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "net/support/client.hpp"
#include "net/support/test_server.hpp"
#include "signaling/net/server.hpp"

using namespace signaling;
using namespace signaling::net;
using namespace signaling::net::testing;

namespace {

void add_page(Server& server) {
  server.route("GET", "/page", [](const HttpRequest&, const HttpResponder& responder) {
    responder.send(HttpResponse::text(200, "page\n"));
  });
}

}  // namespace

TEST_CASE("http server: an upgrade to what is not spoken here is ignored (RFC 9110 7.8)") {
  TestServer server([](Server& s) {
    add_page(s);
    s.engine_io("/e/", [] {
      EngineRoute route;
      route.accept = [](const HttpRequest&) -> EngineDecision { return HttpResponse::text(418, "asked"); };
      return route;
    }());
  });
  Client client(server.endpoint());
  constexpr auto h2c = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
  CHECK(client.get("/page", h2c).status == 200);
  CHECK(client.get("/e/?EIO=4&transport=polling", h2c).status == 418);
  CHECK(
      client.get("/e/?EIO=4&transport=polling", "Connection: Upgrade\r\nUpgrade: TLS/1.3, h2c\r\n").status ==
      418);
}

TEST_CASE("http server: OPTIONS tells what is allowed, and a page that may connect that it may") {
  TestServer server(add_page, {.allowed_origins = {"https://app.example"}});
  Client client(server.endpoint());
  const auto ask = [&](const std::string& origin) {
    client.send("OPTIONS /page HTTP/1.1\r\nHost: a\r\nOrigin: " + origin +
                "\r\nAccess-Control-Request-Method: GET\r\n"
                "Access-Control-Request-Headers: authorization\r\n\r\n");
    return client.receive_response();
  };
  const Response ours = ask("https://app.example");
  CHECK(ours.status == 204);
  CHECK(ours.header("allow") == "GET, HEAD");
  CHECK(ours.header("access-control-allow-origin") == "https://app.example");
  CHECK(ours.header("access-control-allow-methods") == "GET, HEAD");
  CHECK(ours.header("access-control-allow-headers") == "authorization");
  const Response foreign = ask("https://evil.example");
  CHECK(foreign.status == 204);
  CHECK(foreign.header("access-control-allow-origin").empty());
  CHECK(foreign.header("access-control-allow-methods").empty());
}

TEST_CASE("http server: two Origin fields are refused, whatever they say (RFC 6454 7.3)") {
  TestServer server(add_page);
  for (const char* const second : {"https://test", "https://evil.example"}) {
    Client client(server.endpoint());
    CHECK(client.get("/page", "Origin: https://test\r\nOrigin: " + std::string(second) + "\r\n").status ==
          400);
  }
}

TEST_CASE("http server: with a list of hosts, requests for others get 421 (RFC 9110 15.5.20)") {
  TestServer server(add_page, {.allowed_hosts = {"signal.example"}});
  Client client(server.endpoint());
  CHECK(client.get("/page").status == 421);
  client.send("GET /page HTTP/1.1\r\nHost: Signal.example:8080\r\n\r\n");
  CHECK(client.receive_response().status == 200);
  Client old(server.endpoint());
  old.send("GET /page HTTP/1.0\r\n\r\n");
  CHECK(old.receive_response().status == 421);
}

TEST_CASE("http server: an answer may end its connection") {
  TestServer server([](Server& s) {
    s.route("GET", "/last", [](const HttpRequest&, const HttpResponder& responder) {
      HttpResponse response = HttpResponse::text(401, "no\n");
      response.close = true;
      responder.send(std::move(response));
    });
  });
  Client client(server.endpoint());
  const Response response = client.get("/last");
  CHECK(response.status == 401);
  CHECK(response.header("connection") == "close");
  CHECK(client.receive().empty());
}
