#include "signaling/operation/admin_routes.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "net/support/client.hpp"
#include "net/support/test_server.hpp"

using namespace signaling;
using namespace signaling::operation;
using signaling::net::testing::Client;
using signaling::net::testing::Response;
using signaling::net::testing::TestServer;

namespace {

const std::string token = "sixteen bytes or";

class Recorder final : public LogSink {
 public:
  void log(const LogRecord& record) override {
    const std::lock_guard lock(mutex_);
    texts_.push_back(log_text(record));
  }
  std::vector<std::string> texts() const {
    const std::lock_guard lock(mutex_);
    return texts_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
};

// The administration of a router that nobody is connected to.
class AdminWorld {
 public:
  explicit AdminWorld(AdminOptions options = {}, std::string_view prefix = {}) {
    options.token = token;
    options.log = log;
    routes = std::make_unique<AdminRoutes>(router, std::move(options));
    server = std::make_unique<TestServer>([&](net::Server& to) { routes->mount(to, prefix); });
  }

  Response ask(std::string_view method, std::string_view target, const std::string& shown = token) const {
    Client client(server->endpoint());
    client.send(std::string(method) + ' ' + std::string(target) +
                " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nAuthorization: Bearer " + shown + "\r\n\r\n");
    return client.receive_response();
  }

  Router router;
  std::shared_ptr<Recorder> log = std::make_shared<Recorder>();
  std::unique_ptr<AdminRoutes> routes;
  std::unique_ptr<TestServer> server;
};

}  // namespace

TEST_CASE("admin routes: a token of less than 16 bytes is an error") {
  Router router;
  CHECK_THROWS_AS(AdminRoutes(router, {.token = "fifteen bytes.."}), std::invalid_argument);
  CHECK_NOTHROW(AdminRoutes(router, {.token = token}));
}

TEST_CASE("admin routes: a request without the token is refused, logged, and ends its connection") {
  const AdminWorld world;
  const Response response = world.ask("GET", "/rooms", "another of 16 by");
  CHECK(response.status == 401);
  CHECK(response.header("www-authenticate") == "Bearer");
  CHECK(response.header("connection") == "close");
  CHECK(world.log->texts() == std::vector<std::string>{R"(event=admin-refused address="127.0.0.1")"});
}

TEST_CASE("admin routes: what nobody is in, or has, is not found") {
  const AdminWorld world;
  CHECK(world.ask("GET", "/rooms").status == 200);
  CHECK(world.ask("GET", "/peers?room=r").body == R"({"room":"r","peers":[]})");
  CHECK(world.ask("GET", "/peers").status == 400);
  CHECK(world.ask("POST", "/kick?peer=p").status == 404);
  CHECK(world.ask("POST", "/close-room?room=r").status == 404);
}

TEST_CASE("admin routes: draining and metrics have no route unless the host gives them") {
  const AdminWorld bare;
  CHECK(bare.ask("POST", "/drain").status == 404);
  CHECK(bare.ask("GET", "/metrics").status == 404);

  bool drained = false;
  AdminOptions options;
  options.drain = [&] { drained = true; };
  options.metrics = {build_metrics};
  const AdminWorld world(std::move(options));
  CHECK(world.ask("POST", "/drain").body == R"({"draining":true})");
  CHECK(drained);
  CHECK(world.ask("GET", "/metrics").body.starts_with("# HELP signaling_build_info"));
}

TEST_CASE("admin routes: a prefix comes before each path") {
  const AdminWorld world({}, "/admin");
  CHECK(world.ask("GET", "/admin/rooms").status == 200);
  CHECK(world.ask("GET", "/rooms").status == 404);
}

TEST_CASE("admin routes: a new token replaces the old one, and one that is too short does not") {
  const AdminWorld world;
  const std::string other = "another token, long enough";
  CHECK_THROWS_AS(world.routes->set_token("short"), std::invalid_argument);
  CHECK(world.ask("GET", "/rooms").status == 200);
  world.routes->set_token(other);
  CHECK(world.ask("GET", "/rooms").status == 401);
  CHECK(world.ask("GET", "/rooms", other).status == 200);
}

TEST_CASE("admin routes: they stay when the object that mounted them is gone") {
  AdminWorld world;
  world.routes.reset();
  CHECK(world.ask("GET", "/rooms").status == 200);
}
