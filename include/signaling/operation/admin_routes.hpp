#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/log.hpp"
#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"
#include "signaling/operation/metrics.hpp"
#include "signaling/text/export.hpp"

namespace signaling::operation {

/// Options of the admin routes.
struct SIGNALING_API AdminOptions {
  /// The token of each request, as `Authorization: Bearer`. At least 16 bytes.
  std::string token;
  /// The action of `POST /drain`, on the executor of a connection, such as Server::async_drain of the clients' server.
  /// Empty, the default: there is no such route.
  std::function<void()> drain{};
  /// The metrics of `GET /metrics`. Empty, the default: there is no such route.
  std::vector<MetricSource> metrics{};
  /// Gets `admin-refused` and the actions of administrators. Null: nothing is logged.
  std::shared_ptr<LogSink> log{};
};

/// The HTTP interface for administrators: lists of rooms and members, kicking, closing rooms, draining, metrics.
/// docs/operations.md describes its requests and answers.
///
/// Mount it on a separate net::Server that listens on the loopback interface, or on a network that only administrators
/// reach: then its connections are counted apart from those of clients. A connection that sends a wrong token is
/// closed.
/// Ownership: mounted routes stay when this object is destroyed. The router must outlive their servers.
/// Threads: any.
class SIGNALING_API AdminRoutes {
 public:
  /// Throws std::invalid_argument if the token is too short.
  AdminRoutes(Router& router, AdminOptions options);
  AdminRoutes(const AdminRoutes&) = delete;
  AdminRoutes& operator=(const AdminRoutes&) = delete;
  ~AdminRoutes();

  /// Adds the routes with this prefix: "/admin" gives "/admin/rooms". Call it before the server listens.
  void mount(net::Server& server, std::string_view prefix = {}) const;
  /// Replaces the token at once. Throws std::invalid_argument if it is too short; then the old token stays valid.
  void set_token(std::string token);

 private:
  class Api;
  std::shared_ptr<Api> api_;
};

}  // namespace signaling::operation
