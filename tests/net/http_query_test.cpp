#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "net/support/client.hpp"
#include "net/support/engine_world.hpp"
#include "net/support/test_server.hpp"
#include "support/text_protocol.hpp"

using namespace signaling;
using namespace signaling::net;
using namespace signaling::net::testing;
using signaling::testing::TextProtocolFactory;

namespace {

HttpRequest with_query(std::string query, HttpFields headers = {}) {
  HttpRequest request;
  request.query = std::move(query);
  request.headers = std::move(headers);
  return request;
}

}  // namespace

TEST_CASE("http query: an empty token gives way to the Authorization field, a malformed one does not") {
  const HttpFields bearer{{"authorization", "Bearer good"}};
  CHECK(connect_info(with_query("token=other", bearer)).token == "other");
  CHECK(connect_info(with_query("token=", bearer)).token == "good");
  CHECK(connect_info(with_query("", bearer)).token == "good");
  CHECK(connect_info(with_query("token=%zz", bearer)).token != "good");
  CHECK_FALSE(connect_info(with_query("token=%zz", bearer)).token.empty());
}

TEST_CASE("http query: a WebSocket with a parameter that is not percent-encoded UTF-8 is refused") {
  TestServer server([](Server& s) { s.add(TextProtocolFactory()); });
  for (const std::string name : {"token", "peer", "resume", "keep", "received"}) {
    for (const char* const value : {"%zz", "%ff", "%", "%c3%28"}) {
      const std::string target = "/text?" + name + '=' + value;
      CAPTURE(target);
      Client client(server.endpoint());
      client.send(WebSocketClient::handshake(target));
      const Response response = client.receive_response();
      CHECK(response.status == 400);
      CHECK(response.body.find(name) != std::string::npos);
    }
  }
  CHECK(WebSocketClient(server.endpoint(), "/text?peer=%C3%A9&other=%zz").response().status == 101);
}

TEST_CASE("http query: so is an Engine.IO session, and a malformed sid is no request for a new one") {
  EngineWorld world;
  Client client(world.server.endpoint());
  CHECK(client.get("/e/?EIO=4&transport=polling&peer=%ff").status == 400);
  const Response unknown = client.get("/e/?EIO=4&transport=polling&sid=%zz");
  CHECK(unknown.status == 400);
  CHECK(unknown.body.find("Session ID unknown") != std::string::npos);
  CHECK(world.shared.journal.empty());
}
