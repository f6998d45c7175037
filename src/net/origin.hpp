#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signaling::net {

/// Which pages may talk to this server: what keeps a foreign site from using a visitor's browser as its
/// client (RFC 6455 10.2, RFC 6454).
///
/// Threads: any; it does not change.
class OriginRules {
 public:
  /// Throws std::invalid_argument if check_origin refuses one of them.
  explicit OriginRules(const std::vector<std::string>& allowed);

  /// May a client with this Origin header open a WebSocket? A client without one is not a browser and may; so may a
  /// page of `host`, the value of the Host header, itself.
  bool may_connect(std::string_view origin, std::string_view host) const;
  /// The value for Access-Control-Allow-Origin; empty: none.
  std::string cors_value(std::string_view origin) const;

 private:
  bool lists(std::string_view origin) const;

  std::vector<std::string> allowed_;  // in their canonical form
  bool any_ = false;
};

/// Those of one path. Null: the path has none of its own.
std::shared_ptr<const OriginRules> origin_rules(const std::optional<std::vector<std::string>>& allowed);

/// Which hosts a request may name: what keeps a page that reaches this server under a name of its own, by DNS rebinding,
/// from being taken for a page of this server.
///
/// Threads: any; it does not change.
class HostRules {
 public:
  /// Empty: any host. Throws std::invalid_argument if check_host refuses one of them.
  explicit HostRules(const std::vector<std::string>& allowed);

  /// `host`: the value of the Host header, which may have a port.
  bool allows(std::string_view host) const;

 private:
  std::vector<std::string> allowed_;  // in lower case
};

/// True if `origin` ("https://example.com:8443") names the host and port of a Host header. The scheme's
/// default port may be left out on either side; `ws` and `wss` are `http` and `https`, as libraries for apps write it.
bool same_host(std::string_view origin, std::string_view host);

}  // namespace signaling::net
