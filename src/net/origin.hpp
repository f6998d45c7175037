#pragma once

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
  explicit OriginRules(std::vector<std::string> allowed);

  /// May a client with this Origin header open a WebSocket? An empty origin is no browser and may; so may a
  /// page of `host`, the value of the Host header, itself.
  bool may_connect(std::string_view origin, std::string_view host) const;
  /// The value for Access-Control-Allow-Origin; empty: none.
  std::string cors_value(std::string_view origin) const;

 private:
  bool lists(std::string_view origin) const;

  std::vector<std::string> allowed_;
  bool any_ = false;
};

/// True if `origin` ("https://example.com:8443") names the host and port of a Host header. The scheme's
/// default port may be left out on either side.
bool same_host(std::string_view origin, std::string_view host);

}  // namespace signaling::net
