#include "signaling/websocket/handshake.hpp"

#include <algorithm>
#include <utility>

#include "signaling/text/base64.hpp"
#include "signaling/text/http_field.hpp"
#include "signaling/text/sha1.hpp"
#include "websocket/header_fields.hpp"

namespace signaling::websocket {

namespace {

constexpr std::array<HeaderField, 1> allow_get{{{"Allow", "GET"}}};
constexpr std::array<HeaderField, 2> upgrade_required{
    {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}}};

// What 16 bytes look like in base64: 22 characters and two of padding.
bool is_base64_of_16_bytes(std::string_view key) noexcept {
  constexpr std::size_t size = 22;
  return key.size() == size + 2 && key.ends_with("==") &&
         std::ranges::all_of(key.substr(0, size), [](char c) { return text::base64_value(c) >= 0; });
}

// The checks that need nothing but the request, in the order in which RFC 6455 4.2.1 lists them.
std::optional<RefusedUpgrade> find_fault(const UpgradeRequest& request, bool any_key) {
  const HeaderFields fields(request.fields);
  if (request.method != "GET")
    return RefusedUpgrade{405, "a WebSocket handshake must be a GET request", allow_get};
  if (request.http_version < 11) return RefusedUpgrade{400, "a WebSocket handshake needs HTTP/1.1", {}};
  if (fields.count("Host") != 1) return RefusedUpgrade{400, "the request needs exactly one Host field", {}};
  if (!fields.lists("Upgrade", "websocket")) {
    return RefusedUpgrade{426, "this path accepts only WebSocket", upgrade_required};
  }
  if (!fields.lists("Connection", "Upgrade"))
    return RefusedUpgrade{400, "Connection does not name Upgrade", {}};
  const std::string_view key = fields.single("Sec-WebSocket-Key").value_or("");
  if (key.empty() || (!any_key && !is_base64_of_16_bytes(key))) {
    return RefusedUpgrade{400, "Sec-WebSocket-Key is not one field with 16 bytes in base64", {}};
  }
  const auto version = fields.single("Sec-WebSocket-Version");
  if (!version) return RefusedUpgrade{400, "the request needs exactly one Sec-WebSocket-Version field", {}};
  if (*version != "13") return RefusedUpgrade{426, "the WebSocket version must be 13", upgrade_required};
  return std::nullopt;
}

bool is_spoken(std::string_view protocol, const UpgradeOptions& options) {
  const auto& spoken = options.subprotocols;
  return options.any_subprotocol || std::find(spoken.begin(), spoken.end(), protocol) != spoken.end();
}

// The first of the client's subprotocols that is spoken here; nothing if the list is malformed.
std::optional<std::string> choose_subprotocol(std::string_view asked, const UpgradeOptions& options) {
  std::string chosen;
  const bool well_formed = text::visit_list(asked, [&](std::string_view protocol) {
    if (chosen.empty() && is_spoken(protocol, options)) chosen = protocol;
    return text::is_token(protocol);
  });
  if (!well_formed) return std::nullopt;
  return chosen;
}

}  // namespace

bool wants_websocket(const UpgradeRequest& request) noexcept {
  return HeaderFields(request.fields).lists("Upgrade", "websocket");
}

UpgradeResult check_upgrade(const UpgradeRequest& request, const UpgradeOptions& options) {
  if (const auto fault = find_fault(request, options.any_key)) return *fault;
  const HeaderFields fields(request.fields);
  auto subprotocol = choose_subprotocol(fields.joined("Sec-WebSocket-Protocol"), options);
  if (!subprotocol) return RefusedUpgrade{400, "Sec-WebSocket-Protocol is malformed", {}};
  auto negotiation = negotiate_deflate(fields.joined("Sec-WebSocket-Extensions"), options.deflate);
  if (!negotiation.ok) return RefusedUpgrade{400, "Sec-WebSocket-Extensions is malformed", {}};

  AcceptedUpgrade accepted;
  accepted.accept_key = accept_key(*fields.single("Sec-WebSocket-Key"));
  accepted.subprotocol = *std::move(subprotocol);
  accepted.deflate = negotiation.parameters;
  accepted.extensions = std::move(negotiation.response);
  return accepted;
}

std::string upgrade_response(const AcceptedUpgrade& accepted, std::span<const HeaderField> extra) {
  std::string message = "HTTP/1.1 101 Switching Protocols\r\n";
  append_field(message, "Upgrade", "websocket");
  append_field(message, "Connection", "Upgrade");
  append_field(message, "Sec-WebSocket-Accept", accepted.accept_key);
  if (!accepted.subprotocol.empty()) append_field(message, "Sec-WebSocket-Protocol", accepted.subprotocol);
  if (!accepted.extensions.empty()) append_field(message, "Sec-WebSocket-Extensions", accepted.extensions);
  append_fields(message, extra);
  return message.append("\r\n");
}

std::string accept_key(std::string_view key) {
  // RFC 6455 1.3: the GUID that no endpoint without WebSocket would append.
  const auto digest = text::sha1(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  return text::to_base64(std::as_bytes(std::span(digest)));
}

}  // namespace signaling::websocket
