#include "net/origin.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "net/http_head.hpp"
#include "signaling/net/server.hpp"
#include "signaling/text/ascii.hpp"

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

/// An origin whose scheme has hosts and ports; others, such as "null" or "capacitor://localhost", are only names.
struct WebOrigin {
  std::string_view scheme;  // "http" or "https"
  std::string_view default_port;
  HostAndPort at;
};

std::optional<WebOrigin> web_origin(std::string_view origin) {
  const std::size_t separator = origin.find("://");
  if (separator == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = origin.substr(0, separator);
  const auto is = [scheme](std::string_view name) { return text::equal_ignoring_case(scheme, name); };
  WebOrigin result;
  if (is("https") || is("wss")) {
    result = {"https", "443", {}};
  } else if (is("http") || is("ws")) {
    result = {"http", "80", {}};
  } else {
    return std::nullopt;
  }
  result.at = split_port(origin.substr(separator + 3), result.default_port);
  return result;
}

// One text for all ways to write an origin.
std::string canonical(std::string_view origin) {
  const auto web = web_origin(origin);
  if (!web) return text::to_lower(origin);
  std::string text = std::string(web->scheme) + "://" + text::to_lower(web->at.host);
  if (web->at.port != web->default_port) text += ':' + std::string(web->at.port);
  return text;
}

// People copy the address of a page's root.
std::string_view without_slash(std::string_view origin) {
  if (origin.ends_with('/') && !origin.ends_with("//")) origin.remove_suffix(1);
  return origin;
}

std::string_view without_dot(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

Failure invalid(std::string_view entry, std::string_view why) {
  return {std::make_error_code(std::errc::invalid_argument),
          '\'' + std::string(entry) + '\'' + std::string(why)};
}

}  // namespace

OriginRules::OriginRules(const std::vector<std::string>& allowed) {
  for (const std::string& origin : allowed) {
    if (const auto checked = check_origin(origin); !checked) {
      throw std::invalid_argument(checked.error().message);
    }
    allowed_.push_back(canonical(without_slash(origin)));
    any_ |= origin == "*";
  }
}

bool OriginRules::lists(std::string_view origin) const {
  return !allowed_.empty() &&
         std::find(allowed_.begin(), allowed_.end(), canonical(origin)) != allowed_.end();
}

bool OriginRules::may_connect(std::string_view origin, std::string_view host) const {
  return origin.empty() || any_ || same_host(origin, host) || lists(origin);
}

std::string OriginRules::cors_value(std::string_view origin) const {
  if (origin.empty()) return {};
  // A listed origin is named even where "*" is allowed as well: only then may the page send credentials.
  if (lists(origin)) return std::string(origin);
  return any_ ? "*" : std::string();
}

std::shared_ptr<const OriginRules> origin_rules(const std::optional<std::vector<std::string>>& allowed) {
  return allowed ? std::make_shared<const OriginRules>(*allowed) : nullptr;
}

HostRules::HostRules(const std::vector<std::string>& allowed) {
  for (const std::string& host : allowed) {
    if (const auto checked = check_host(host); !checked) {
      throw std::invalid_argument(checked.error().message);
    }
    allowed_.push_back(text::to_lower(without_dot(host)));
  }
}

bool HostRules::allows(std::string_view host) const {
  if (allowed_.empty()) return true;
  const std::string name = text::to_lower(without_dot(split_port(host, {}).host));
  return std::find(allowed_.begin(), allowed_.end(), name) != allowed_.end();
}

bool same_host(std::string_view origin, std::string_view host) {
  const auto page = web_origin(origin);
  if (!page) return false;
  const HostAndPort server = split_port(host, page->default_port);
  return text::equal_ignoring_case(page->at.host, server.host) && page->at.port == server.port;
}

Result<void> check_origin(std::string_view origin) {
  if (origin == "*" || origin == "null") return {};
  const std::size_t separator = origin.find("://");
  if (separator == std::string_view::npos || separator == 0) {
    return invalid(origin, " is not an origin: it needs a scheme, as in https://app.example");
  }
  if (!web_origin(origin)) return {};
  const std::string_view authority = without_slash(origin).substr(separator + 3);
  if (authority.find_first_of("/?#") != std::string_view::npos) {
    return invalid(origin,
                   " is not an origin: nothing may follow its host or port, as in https://app.example");
  }
  if (authority.find('*') != std::string_view::npos) {
    return invalid(origin, " is not an origin: name each host, or give * alone for all pages");
  }
  if (!is_valid_host(authority)) return invalid(origin, " is not an origin: its host is not valid");
  return {};
}

Result<void> check_host(std::string_view host) {
  if (host.find("://") != std::string_view::npos || host.find('/') != std::string_view::npos) {
    return invalid(host, " is not a host: remove the scheme and the path");
  }
  if (!is_valid_host(host) || host.find('*') != std::string_view::npos) {
    return invalid(host, " is not a host such as signal.example, 127.0.0.1 or [::1]");
  }
  if (split_port(host, {}).host != host) {
    return invalid(host, " has a port: give only the host, which matches any port");
  }
  return {};
}

}  // namespace signaling::net
