#include "net/server_context.hpp"

#include "net/worker.hpp"

namespace signaling::net {

bool ServerContext::may_connect(const HttpRequest& request, const OriginRules* rules) {
  const std::string_view origin = request.header("origin");
  const std::string_view host = request.header("host");
  if ((rules != nullptr ? *rules : origins).may_connect(origin, host)) return true;
  refused_origins.write({{"address", request.remote_address}, {"origin", origin}, {"host", host}});
  return false;
}

const OriginRules& ServerContext::origins_at(std::string_view path) const {
  const HttpRoutes* const here = routes.http.find(path);
  return here != nullptr && here->origins ? *here->origins : origins;
}

std::shared_ptr<Worker> ServerContext::worker_to_resume(const ConnectInfo& info) const {
  if (info.resume.empty() || workers.size() < 2) return nullptr;
  const auto executor = router.resume_executor(info.wished_id);
  if (!executor) return nullptr;
  for (const auto& weak : workers) {
    auto worker = weak.lock();
    if (worker && worker->executor() == executor) return worker;
  }
  return nullptr;
}

bool ServerContext::serves_host_of(const HttpRequest& request) {
  const std::string_view host = request.header("host");
  if (hosts.allows(host)) return true;
  refused_hosts.write({{"address", request.remote_address}, {"host", host}});
  return false;
}

}  // namespace signaling::net
