#include <doctest/doctest.h>

#include "signaling/websocket/handshake.hpp"

namespace signaling::websocket {
namespace {

ClientUpgrade chat_upgrade() {
  ClientUpgrade upgrade;
  upgrade.host = "server.example.com";
  upgrade.target = "/chat";
  const std::string_view nonce = "the sample nonce";  // RFC 6455 1.3
  for (std::size_t i = 0; i < upgrade.key.size(); ++i) upgrade.key[i] = static_cast<std::byte>(nonce[i]);
  upgrade.subprotocols = {"chat", "superchat"};
  return upgrade;
}

using Fields = std::vector<HeaderField>;

Fields chat_response() {
  return {{"Upgrade", "websocket"},
          {"Connection", "Upgrade"},
          {"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
          {"Sec-WebSocket-Protocol", "chat"}};
}

bool opens(unsigned status, const Fields& fields, const ClientUpgrade& upgrade = chat_upgrade()) {
  return check_upgrade_response(status, fields, upgrade).error.empty();
}

Fields replaced(std::string_view name, std::string_view value) {
  Fields fields = chat_response();
  for (HeaderField& field : fields) {
    if (field.name == name) field.value = value;
  }
  return fields;
}

Fields without(std::string_view name) {
  Fields fields = chat_response();
  std::erase_if(fields, [&](const HeaderField& field) { return field.name == name; });
  return fields;
}

TEST_CASE("client handshake: the request of the example (RFC 6455 1.2)") {
  const std::array<HeaderField, 1> extra{{{"Origin", "http://example.com"}}};
  CHECK(upgrade_request(chat_upgrade(), extra) ==
        "GET /chat HTTP/1.1\r\n"
        "Host: server.example.com\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: chat, superchat\r\n"
        "Origin: http://example.com\r\n"
        "\r\n");
}

TEST_CASE("client handshake: the example's answer opens the connection (RFC 6455 4.1)") {
  const auto result = check_upgrade_response(101, chat_response(), chat_upgrade());
  CHECK(result.error == "");
  CHECK(result.subprotocol == "chat");
  CHECK_FALSE(result.deflate);
}

TEST_CASE("client handshake: every deviation fails it (RFC 6455 4.1)") {
  CHECK_FALSE(opens(200, chat_response()));
  CHECK_FALSE(opens(101, without("Upgrade")));
  CHECK_FALSE(opens(101, without("Connection")));
  CHECK_FALSE(opens(101, without("Sec-WebSocket-Accept")));
  CHECK_FALSE(opens(101, replaced("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOO=")));
  CHECK_FALSE(opens(101, replaced("Sec-WebSocket-Protocol", "third")));
  CHECK_FALSE(opens(101, replaced("Sec-WebSocket-Protocol", "chat, superchat")));
  CHECK(opens(101, without("Sec-WebSocket-Protocol")));
}

TEST_CASE("client handshake: only an extension that was offered may be chosen (RFC 6455 9.1)") {
  Fields fields = chat_response();
  fields.push_back({"Sec-WebSocket-Extensions", "permessage-deflate"});
  CHECK_FALSE(opens(101, fields));
  ClientUpgrade upgrade = chat_upgrade();
  upgrade.deflate = DeflateParameters{};
  CHECK(upgrade_request(upgrade).find(
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n") != std::string::npos);
  CHECK(opens(101, fields, upgrade));
  CHECK(opens(101, chat_response(), upgrade));
}

TEST_CASE("handshake: client and server agree, on every combination of parameters (RFC 7692 7.1)") {
  int agreed = 0;
  for (int bits = 9; bits <= 15; ++bits) {
    for (unsigned flags = 0; flags < 4; ++flags) {
      ClientUpgrade client = chat_upgrade();
      client.deflate = DeflateParameters{(flags & 1U) != 0, (flags & 2U) != 0, bits, 24 - bits};
      const std::string offer = deflate_offer(*client.deflate);
      const DeflateNegotiation server = negotiate_deflate(offer, DeflateParameters{false, true, 14, 13});
      REQUIRE(server.parameters);
      const auto answer = accept_deflate_response(server.response, client.deflate);
      REQUIRE(answer.ok);
      CHECK(answer.parameters == server.parameters);
      ++agreed;
    }
  }
  CHECK(agreed == 28);
}

}  // namespace
}  // namespace signaling::websocket
