#include "net/server_context.hpp"

namespace signaling::net {

bool ServerContext::may_connect(const HttpRequest& request) {
  const std::string_view origin = request.header("origin");
  const std::string_view host = request.header("host");
  if (origins.may_connect(origin, host)) return true;
  refused_origins.write({{"address", request.remote_address}, {"origin", origin}, {"host", host}});
  return false;
}

bool ServerContext::serves_host_of(const HttpRequest& request) {
  const std::string_view host = request.header("host");
  if (hosts.allows(host)) return true;
  refused_hosts.write({{"address", request.remote_address}, {"host", host}});
  return false;
}

}  // namespace signaling::net
