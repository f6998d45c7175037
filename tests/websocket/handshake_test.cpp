#include "signaling/websocket/handshake.hpp"

#include <doctest/doctest.h>

namespace signaling::websocket {
namespace {

// The opening handshake of RFC 6455 1.2, with room for one change.
struct Request {
  std::string method = "GET";
  unsigned http_version = 11;
  std::vector<HeaderField> fields{
      {"Host", "server.example.com"},   {"Upgrade", "websocket"},
      {"Connection", "Upgrade"},        {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
      {"Origin", "http://example.com"}, {"Sec-WebSocket-Protocol", "chat, superchat"},
      {"Sec-WebSocket-Version", "13"}};

  Request& set(std::string_view name, std::string_view value) {
    for (HeaderField& field : fields) {
      if (field.name == name) field.value = value;
    }
    return *this;
  }
  Request& add(std::string_view name, std::string_view value) {
    fields.push_back({name, value});
    return *this;
  }
  Request& remove(std::string_view name) {
    std::erase_if(fields, [&](const HeaderField& field) { return field.name == name; });
    return *this;
  }
  UpgradeRequest view() const { return {method, http_version, fields}; }
};

// 101, or the status of the refusal.
unsigned status_of(const Request& request) {
  const auto result = check_upgrade(request.view());
  if (std::holds_alternative<AcceptedUpgrade>(result)) return 101;
  return std::get<RefusedUpgrade>(result).status;
}

AcceptedUpgrade accept(const Request& request, const UpgradeOptions& options = {}) {
  auto result = check_upgrade(request.view(), options);
  REQUIRE(std::holds_alternative<AcceptedUpgrade>(result));
  return std::get<AcceptedUpgrade>(std::move(result));
}

std::string field_of(const RefusedUpgrade& refused, std::string_view name) {
  for (const HeaderField& field : refused.fields) {
    if (field.name == name) return std::string(field.value);
  }
  return "none";
}

TEST_CASE("handshake: the example is accepted with the example's key (RFC 6455 1.3)") {
  CHECK(accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const std::vector<std::string> spoken{"chat"};
  const auto accepted = accept(Request(), {spoken, std::nullopt});
  CHECK(upgrade_response(accepted) ==
        "HTTP/1.1 101 Switching Protocols\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        "Sec-WebSocket-Protocol: chat\r\n"
        "\r\n");
}

TEST_CASE("handshake: the response carries the fields the host adds") {
  const std::array<HeaderField, 1> extra{{{"Server", "s"}}};
  const auto response = upgrade_response(accept(Request()), extra);
  CHECK(response.ends_with("Server: s\r\n\r\n"));
  CHECK(response.find("Sec-WebSocket-Protocol") == std::string::npos);
}

TEST_CASE("handshake: names and tokens are compared without regard to case, in lists and repeated fields") {
  CHECK(status_of(Request().set("Upgrade", "WebSocket")) == 101);
  CHECK(status_of(Request().set("Upgrade", "h2c, websocket")) == 101);
  CHECK(status_of(Request().set("Connection", "keep-alive,\tupgrade ")) == 101);
  CHECK(status_of(Request().set("Connection", "keep-alive").add("connection", "UPGRADE")) == 101);
  CHECK(status_of(Request().remove("Host").add("HOST", "h")) == 101);
  CHECK(status_of(Request().set("Connection", "Upgraded")) == 400);
}

TEST_CASE("handshake: only GET (RFC 6455 4.2.1)") {
  Request post;
  post.method = "POST";
  const auto refused = std::get<RefusedUpgrade>(check_upgrade(post.view()));
  CHECK(refused.status == 405);
  CHECK(field_of(refused, "Allow") == "GET");
}

TEST_CASE("handshake: not below HTTP/1.1 (RFC 6455 4.2.1)") {
  Request old;
  old.http_version = 10;
  CHECK(status_of(old) == 400);
}

TEST_CASE("handshake: exactly one Host (RFC 6455 4.2.1, RFC 9112 3.2)") {
  CHECK(status_of(Request().remove("Host")) == 400);
  CHECK(status_of(Request().add("host", "b")) == 400);
}

TEST_CASE("handshake: a request that asks for no WebSocket is told what is spoken here (RFC 9110 15.5.22)") {
  for (const Request& request : {Request().remove("Upgrade"), Request().set("Upgrade", "h2c")}) {
    CHECK_FALSE(wants_websocket(request.view()));
    const auto refused = std::get<RefusedUpgrade>(check_upgrade(request.view()));
    CHECK(refused.status == 426);
    CHECK(field_of(refused, "Upgrade") == "websocket");
  }
  CHECK(wants_websocket(Request().view()));
  CHECK(status_of(Request().remove("Connection")) == 400);
}

TEST_CASE("handshake: another version is told which one is spoken (RFC 6455 4.4)") {
  for (const std::string_view version : {"12", "14", "013", "13, 8", "", "x"}) {
    const auto refused =
        std::get<RefusedUpgrade>(check_upgrade(Request().set("Sec-WebSocket-Version", version).view()));
    CHECK(refused.status == 426);
    CHECK(field_of(refused, "Sec-WebSocket-Version") == "13");
  }
  CHECK(status_of(Request().remove("Sec-WebSocket-Version")) == 400);
  CHECK(status_of(Request().add("Sec-WebSocket-Version", "13")) == 400);
}

TEST_CASE("handshake: the key is one field with 16 bytes in base64 (RFC 6455 4.2.1)") {
  CHECK(status_of(Request().remove("Sec-WebSocket-Key")) == 400);
  CHECK(status_of(Request().add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")) == 400);
  for (const std::string_view key :
       {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQAB",
        "dGhlIHNhbXBsZSBub25j-Q==", "dGhlIHNhbXBsZSBub25jZQAA==", "dGhlIHNhbXBsZSBub25=ZQ=="}) {
    CHECK(status_of(Request().set("Sec-WebSocket-Key", key)) == 400);
  }
}

TEST_CASE("handshake: with any_key the key is one field with anything in it") {
  UpgradeOptions options;
  options.any_key = true;
  const auto refused = [&](Request request) {
    return std::holds_alternative<RefusedUpgrade>(check_upgrade(request.view(), options));
  };
  CHECK_FALSE(refused(Request().set("Sec-WebSocket-Key", "q9wepamdwlu=")));
  CHECK(refused(Request().set("Sec-WebSocket-Key", "")));
  CHECK(refused(Request().remove("Sec-WebSocket-Key")));
  CHECK(refused(Request().add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")));
  const auto accepted = check_upgrade(Request().set("Sec-WebSocket-Key", "q9wepamdwlu=").view(), options);
  CHECK(std::get<AcceptedUpgrade>(accepted).accept_key == accept_key("q9wepamdwlu="));
}

TEST_CASE("handshake: the client's first subprotocol that is spoken here is chosen (RFC 6455 4.2.2)") {
  const std::vector<std::string> spoken{"superchat", "chat", "third"};
  CHECK(accept(Request(), {spoken, std::nullopt}).subprotocol == "chat");
  CHECK(accept(Request().set("Sec-WebSocket-Protocol", "x, superchat"), {spoken, std::nullopt}).subprotocol ==
        "superchat");
  CHECK(accept(Request().set("Sec-WebSocket-Protocol", "x").add("sec-websocket-protocol", "third"),
               {spoken, std::nullopt})
            .subprotocol == "third");
  CHECK(accept(Request().set("Sec-WebSocket-Protocol", "CHAT"), {spoken, std::nullopt}).subprotocol == "");
  CHECK(accept(Request().remove("Sec-WebSocket-Protocol"), {spoken, std::nullopt}).subprotocol == "");
  CHECK(status_of(Request().set("Sec-WebSocket-Protocol", "chat, two words")) == 400);
}

TEST_CASE("handshake: malformed extensions are refused, negotiable ones are answered (RFC 6455 9.1)") {
  CHECK(status_of(Request().add("Sec-WebSocket-Extensions", "permessage-deflate; =")) == 400);
  const Request offers = Request()
                             .add("Sec-WebSocket-Extensions", "x-unknown")
                             .add("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits");
  CHECK(accept(offers).extensions == "");
  const auto accepted = accept(offers, {{}, DeflateParameters{}});
  CHECK(accepted.extensions == "permessage-deflate");
  CHECK(accepted.deflate == DeflateParameters{});
  CHECK(upgrade_response(accepted).find("Sec-WebSocket-Extensions: permessage-deflate\r\n") !=
        std::string::npos);
}

}  // namespace
}  // namespace signaling::websocket
