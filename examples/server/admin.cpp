#include "admin.hpp"

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "files.hpp"
#include "signaling/operation/log_line.hpp"

namespace {

namespace net = signaling::net;
namespace operation = signaling::operation;

// Of the administration alone. Whoever reaches its listener gets none for long without the token.
constexpr std::size_t max_connections = 1024;
constexpr std::chrono::seconds handshake_timeout{2};

net::ServerOptions server_options(boost::asio::any_io_executor executor,
                                  std::shared_ptr<signaling::LogSink> log) {
  net::ServerOptions options;
  options.executors = {std::move(executor)};
  options.max_connections = max_connections;
  options.handshake_timeout = handshake_timeout;
  options.log = std::move(log);
  return options;
}

// Gives the token in the file to `use`, which says with std::invalid_argument what is wrong with it.
template <class Use>
void read_token(const std::filesystem::path& file, Use use) {
  try {
    use(read_secret(file));
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(file.native() + ": " + error.what());
  }
}

}  // namespace

Admin::Admin(const Options& options, signaling::Router& router, boost::asio::any_io_executor executor,
             operation::AdminOptions routes)
    : token_file_(options.admin_token_file), log_(routes.log) {
  if (options.admin_listen.empty()) return;
  read_token(token_file_, [&](std::string token) {
    routes.token = std::move(token);
    routes_.emplace(router, std::move(routes));
  });
  server_ = std::make_unique<net::Server>(router, server_options(std::move(executor), log_));
  routes_->mount(*server_);
}

signaling::Result<boost::asio::ip::tcp::endpoint> Admin::listen(std::string_view address,
                                                                std::uint16_t port) {
  return server_->listen(address, port);
}

void Admin::reload() {
  if (!routes_) return;
  read_token(token_file_, [this](std::string token) { routes_->set_token(std::move(token)); });
  operation::log_event(*log_, signaling::LogLevel::info, "admin-token-reloaded");
}

void Admin::stop(signaling::Callback<void()> done) {
  if (!server_) return done();
  server_->async_stop(std::chrono::seconds(1), std::move(done));
}
