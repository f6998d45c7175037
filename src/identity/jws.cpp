#include "identity/jws.hpp"

#include <optional>
#include <utility>

#include "identity/json_object.hpp"
#include "identity/key.hpp"
#include "signaling/text/base64.hpp"

namespace signaling::identity {
namespace {

struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;
};

std::optional<Parts> split(std::string_view token) {
  const auto first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
               token.substr(0, second)};
}

struct Header {
  std::string algorithm;
  std::string key_id;
};

// RFC 7515 4.1. The refusal, or the header.
std::string_view read_header(std::string_view encoded, Header& header) {
  const auto json = text::from_base64(encoded, text::Base64::url);
  const auto members = json ? JsonObject::read(*json) : std::nullopt;
  if (!members) return "malformed";
  // 4.1.11: extensions that have to be understood, and none is here.
  if (members->find("crit") != nullptr) return "critical-extension";
  const JsonValue* algorithm = members->find("alg");
  auto name = algorithm != nullptr ? algorithm->as_string() : std::nullopt;
  if (!name) return "malformed";
  header.algorithm = *std::move(name);
  if (const JsonValue* id = members->find("kid")) {
    auto text = id->as_string();
    if (!text || text->empty()) return "malformed";
    header.key_id = *std::move(text);
  }
  return {};
}

}  // namespace

JwsResult verify_jws(std::string_view token, const KeySet& keys) {
  const auto parts = split(token);
  if (!parts) return {"malformed", {}};
  Header header;
  if (const auto refusal = read_header(parts->header, header); !refusal.empty()) return {refusal, {}};
  const Key* key = keys.find(header.key_id);
  if (key == nullptr) return {"unknown-key", {}};
  if (header.algorithm != to_string(key->algorithm())) return {"wrong-algorithm", {}};
  const auto signature = text::from_base64(parts->signature, text::Base64::url);
  auto payload = text::from_base64(parts->payload, text::Base64::url);
  if (!signature || !payload) return {"malformed", {}};
  if (!key->verify(parts->signed_text, *signature)) return {"wrong-signature", {}};
  return {{}, *std::move(payload)};
}

}  // namespace signaling::identity
