#include "signaling/websocket/deflate.hpp"

#include <algorithm>
#include <vector>

#include "signaling/text/ascii.hpp"
#include "websocket/extension_list.hpp"

namespace signaling::websocket {

namespace {

constexpr int max_window_bits = 15;
// zlib cannot compress with a window of 8 bits.
constexpr int min_own_window_bits = 9;

// The four parameters of RFC 7692 7.1 as one extension element carries them.
struct Element {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::optional<int> server_max_window_bits;
  std::optional<int> client_max_window_bits;
  // `client_max_window_bits` is there; an offer may leave its value out.
  bool client_window_named = false;
};

// RFC 7692 7.1.2: "a decimal integer value without leading zeroes between 8 to 15 inclusive".
std::optional<int> parse_window_bits(std::string_view text) noexcept {
  if (text == "8" || text == "9") return text[0] - '0';
  if (text.size() == 2 && text[0] == '1' && text[1] >= '0' && text[1] <= '5') return 10 + (text[1] - '0');
  return std::nullopt;
}

bool read_flag(const ExtensionParameter& parameter, bool& flag) noexcept {
  if (flag || parameter.value) return false;
  flag = true;
  return true;
}

bool read_window(const ExtensionParameter& parameter, std::optional<int>& bits) noexcept {
  if (bits || !parameter.value) return false;
  bits = parse_window_bits(*parameter.value);
  return bits.has_value();
}

bool read_client_window(const ExtensionParameter& parameter, Element& element) noexcept {
  if (element.client_window_named) return false;
  element.client_window_named = true;
  return !parameter.value || read_window(parameter, element.client_max_window_bits);
}

// Nothing if a parameter is unknown, repeated, or has a wrong value.
std::optional<Element> read_element(const Extension& extension) {
  Element element;
  for (const ExtensionParameter& parameter : extension.parameters) {
    bool ok = false;
    if (text::equal_ignoring_case(parameter.name, "server_no_context_takeover")) {
      ok = read_flag(parameter, element.server_no_context_takeover);
    } else if (text::equal_ignoring_case(parameter.name, "client_no_context_takeover")) {
      ok = read_flag(parameter, element.client_no_context_takeover);
    } else if (text::equal_ignoring_case(parameter.name, "server_max_window_bits")) {
      ok = read_window(parameter, element.server_max_window_bits);
    } else if (text::equal_ignoring_case(parameter.name, "client_max_window_bits")) {
      ok = read_client_window(parameter, element);
    }
    if (!ok) return std::nullopt;
  }
  return element;
}

bool is_deflate(const Extension& extension) noexcept {
  return text::equal_ignoring_case(extension.name, "permessage-deflate");
}

// Of a field with these flags; the windows follow.
std::string field_with_flags(const DeflateParameters& parameters) {
  std::string field = "permessage-deflate";
  if (parameters.server_no_context_takeover) field += "; server_no_context_takeover";
  if (parameters.client_no_context_takeover) field += "; client_no_context_takeover";
  return field;
}

void append_window(std::string& field, std::string_view name, int bits) {
  field.append("; ").append(name).append("=").append(std::to_string(bits));
}

DeflateNegotiation failed_negotiation() { return {false, std::nullopt, {}}; }

// What the server answers to one offer, or nothing if it cannot serve it.
std::optional<DeflateNegotiation> answer(const Element& offer, const DeflateParameters& wanted) {
  if (offer.server_max_window_bits && *offer.server_max_window_bits < min_own_window_bits)
    return std::nullopt;
  DeflateParameters agreed;
  agreed.server_no_context_takeover = offer.server_no_context_takeover || wanted.server_no_context_takeover;
  agreed.client_no_context_takeover = offer.client_no_context_takeover || wanted.client_no_context_takeover;
  agreed.server_max_window_bits =
      std::min(offer.server_max_window_bits.value_or(max_window_bits),
               std::clamp(wanted.server_max_window_bits, min_own_window_bits, 15));
  // RFC 7692 7.1.2.2: without the parameter in the offer, the server must not ask the client to limit its
  // window.
  if (offer.client_window_named) {
    agreed.client_max_window_bits = std::min(offer.client_max_window_bits.value_or(max_window_bits),
                                             std::clamp(wanted.client_max_window_bits, 8, 15));
  }
  DeflateNegotiation result{true, agreed, field_with_flags(agreed)};
  // RFC 7692 7.1.2.1: a server accepts an offer with this parameter by including it, also at its largest value.
  if (offer.server_max_window_bits || agreed.server_max_window_bits != max_window_bits) {
    append_window(result.response, "server_max_window_bits", agreed.server_max_window_bits);
  }
  if (agreed.client_max_window_bits != max_window_bits) {
    append_window(result.response, "client_max_window_bits", agreed.client_max_window_bits);
  }
  return result;
}

}  // namespace

DeflateNegotiation negotiate_deflate(std::string_view offers,
                                     const std::optional<DeflateParameters>& wanted) {
  const auto extensions = parse_extensions(offers);
  if (!extensions) return failed_negotiation();
  if (!wanted) return {};
  for (const Extension& extension : *extensions) {
    if (!is_deflate(extension)) continue;
    const auto offer = read_element(extension);
    if (!offer) continue;
    if (auto result = answer(*offer, *wanted)) return *std::move(result);
  }
  return {};
}

std::string deflate_offer(const DeflateParameters& wanted) {
  std::string field = field_with_flags(wanted);
  if (wanted.server_max_window_bits < max_window_bits) {
    append_window(field, "server_max_window_bits", std::max(wanted.server_max_window_bits, 8));
  }
  field += "; client_max_window_bits";
  if (wanted.client_max_window_bits != max_window_bits) {
    field +=
        '=' + std::to_string(std::clamp(wanted.client_max_window_bits, min_own_window_bits, max_window_bits));
  }
  return field;
}

// RFC 7692 7.1.1.1 and 7.1.2.1: what was asked of the server it must confirm.
DeflateNegotiation accept_deflate_response(std::string_view response,
                                           const std::optional<DeflateParameters>& offered) {
  const auto extensions = parse_extensions(response);
  if (!extensions) return failed_negotiation();
  if (extensions->empty()) return {};
  if (!offered || extensions->size() > 1 || !is_deflate(extensions->front())) return failed_negotiation();
  const auto element = read_element(extensions->front());
  if (!element) return failed_negotiation();

  const int server_bits = element->server_max_window_bits.value_or(max_window_bits);
  const int client_bits = element->client_max_window_bits.value_or(max_window_bits);
  if (element->client_window_named && !element->client_max_window_bits) return failed_negotiation();
  if (offered->server_no_context_takeover && !element->server_no_context_takeover)
    return failed_negotiation();
  if (server_bits > offered->server_max_window_bits || client_bits < min_own_window_bits)
    return failed_negotiation();

  DeflateParameters agreed;
  agreed.server_no_context_takeover = element->server_no_context_takeover;
  agreed.client_no_context_takeover =
      element->client_no_context_takeover || offered->client_no_context_takeover;
  agreed.server_max_window_bits = server_bits;
  agreed.client_max_window_bits = std::min(
      client_bits, std::clamp(offered->client_max_window_bits, min_own_window_bits, max_window_bits));
  return {true, agreed, {}};
}

}  // namespace signaling::websocket
