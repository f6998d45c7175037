#include "net/origin.hpp"

#include <algorithm>
#include <utility>

#include "net/ascii.hpp"

namespace signaling::net {
namespace {

struct HostAndPort {
  std::string_view host;
  std::string_view port;
};

HostAndPort split_port(std::string_view text, std::string_view default_port) {
  const std::size_t colon = text.rfind(':');
  // The colons inside of an IPv6 address come before its closing bracket.
  if (colon == std::string_view::npos || text.find(']', colon) != std::string_view::npos) {
    return {text, default_port};
  }
  const std::string_view port = text.substr(colon + 1);
  return {text.substr(0, colon), port.empty() ? default_port : port};
}

}  // namespace

OriginRules::OriginRules(std::vector<std::string> allowed) : allowed_(std::move(allowed)) {
  any_ = std::find(allowed_.begin(), allowed_.end(), "*") != allowed_.end();
}

bool OriginRules::lists(std::string_view origin) const {
  return std::any_of(allowed_.begin(), allowed_.end(),
                     [origin](const std::string& entry) { return equal_ignoring_case(entry, origin); });
}

bool OriginRules::may_connect(std::string_view origin, std::string_view host) const {
  return origin.empty() || any_ || lists(origin) || same_host(origin, host);
}

std::string OriginRules::cors_value(std::string_view origin) const {
  if (origin.empty()) return {};
  // A listed origin is named even where "*" is allowed as well: only then may the page send credentials.
  if (lists(origin)) return std::string(origin);
  return any_ ? "*" : std::string();
}

bool same_host(std::string_view origin, std::string_view host) {
  const std::size_t separator = origin.find("://");
  if (separator == std::string_view::npos) return false;
  const std::string_view scheme = origin.substr(0, separator);
  std::string_view default_port;
  if (equal_ignoring_case(scheme, "https")) default_port = "443";
  if (equal_ignoring_case(scheme, "http")) default_port = "80";
  if (default_port.empty()) return false;
  const HostAndPort page = split_port(origin.substr(separator + 3), default_port);
  const HostAndPort server = split_port(host, default_port);
  return equal_ignoring_case(page.host, server.host) && page.port == server.port;
}

}  // namespace signaling::net
