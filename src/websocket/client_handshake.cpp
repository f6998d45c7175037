#include <algorithm>
#include <cstdint>
#include <utility>

#include "signaling/text/base64.hpp"
#include "signaling/websocket/handshake.hpp"
#include "websocket/header_fields.hpp"

namespace signaling::websocket {

namespace {

ClientUpgradeResult failed(std::string_view error) { return {error, {}, std::nullopt}; }

}  // namespace

std::string upgrade_request(const ClientUpgrade& upgrade, std::span<const HeaderField> extra) {
  std::string message = "GET " + upgrade.target + " HTTP/1.1\r\n";
  append_field(message, "Host", upgrade.host);
  append_field(message, "Upgrade", "websocket");
  append_field(message, "Connection", "Upgrade");
  append_field(message, "Sec-WebSocket-Key", text::to_base64(upgrade.key));
  append_field(message, "Sec-WebSocket-Version", "13");
  std::string subprotocols;
  for (const std::string& subprotocol : upgrade.subprotocols) {
    subprotocols += (subprotocols.empty() ? "" : ", ") + subprotocol;
  }
  if (!subprotocols.empty()) append_field(message, "Sec-WebSocket-Protocol", subprotocols);
  if (upgrade.deflate) append_field(message, "Sec-WebSocket-Extensions", deflate_offer(*upgrade.deflate));
  append_fields(message, extra);
  return message.append("\r\n");
}

ClientUpgradeResult check_upgrade_response(unsigned status, std::span<const HeaderField> fields,
                                           const ClientUpgrade& upgrade) {
  const HeaderFields header(fields);
  if (status != 101) return failed("the server did not answer 101");
  if (!header.lists("Upgrade", "websocket")) return failed("Upgrade does not name websocket");
  if (!header.lists("Connection", "Upgrade")) return failed("Connection does not name Upgrade");
  if (header.single("Sec-WebSocket-Accept") != accept_key(text::to_base64(upgrade.key))) {
    return failed("Sec-WebSocket-Accept does not match the key");
  }

  ClientUpgradeResult result;
  if (header.count("Sec-WebSocket-Protocol") != 0) {
    result.subprotocol = header.single("Sec-WebSocket-Protocol").value_or("");
    const auto& asked = upgrade.subprotocols;
    if (std::find(asked.begin(), asked.end(), result.subprotocol) == asked.end()) {
      return failed("the server chose a subprotocol that was not asked for");
    }
  }
  auto negotiation = accept_deflate_response(header.joined("Sec-WebSocket-Extensions"), upgrade.deflate);
  if (!negotiation.ok) return failed("the server chose an extension that was not offered");
  result.deflate = negotiation.parameters;
  return result;
}

}  // namespace signaling::websocket
