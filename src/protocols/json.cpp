#include "signaling/protocols/json.hpp"

#include <stdexcept>
#include <utility>

#include "protocols/json_encoder.hpp"
#include "protocols/json_protocol.hpp"
#include "signaling/text/json_scanner.hpp"

namespace signaling::protocols {

Json::Json(JsonOptions options) : options_(std::move(options)) {
  if (options_.heartbeat.count() < 0) throw std::invalid_argument("JsonOptions::heartbeat is negative");
  if (options_.max_depth > text::max_json_nesting)
    throw std::invalid_argument("JsonOptions::max_depth is over 1024");
  text::JsonValue servers;
  if (!text::JsonScanner(options_.ice_servers).read_text(servers) || servers.kind != text::JsonKind::array) {
    throw std::invalid_argument("JsonOptions::ice_servers is not a JSON array");
  }
  encoder_ = std::make_shared<const JsonEncoder>(options_.heartbeat, servers.text);
}

std::string_view Json::path() const noexcept { return "/signaling"; }

std::string_view Json::subprotocol() const noexcept { return json_subprotocol; }

std::unique_ptr<Protocol> Json::make(const ConnectInfo& /*info*/) const {
  return std::make_unique<JsonProtocol>(encoder_, options_.max_depth);
}

}  // namespace signaling::protocols
