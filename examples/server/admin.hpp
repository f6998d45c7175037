#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "options.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"
#include "signaling/operation/admin_routes.hpp"

/// The administration's HTTP interface, on listeners of its own, with the token of --admin-token-file.
class Admin {
 public:
  /// `routes`: all but the token. Throws std::runtime_error, naming the file, if the token cannot be read.
  Admin(const Options& options, signaling::Router& router, boost::asio::any_io_executor executor,
        signaling::operation::AdminOptions routes);

  signaling::Result<boost::asio::ip::tcp::endpoint> listen(std::string_view address, std::uint16_t port);
  /// Reads the token again. Throws like the constructor; then the old one stays.
  void reload();
  /// `done` comes on the executor.
  void stop(signaling::Callback<void()> done);

 private:
  const std::filesystem::path token_file_;
  const std::shared_ptr<signaling::LogSink> log_;
  std::optional<signaling::operation::AdminRoutes> routes_;  // empty: not configured
  std::unique_ptr<signaling::net::Server> server_;
};
