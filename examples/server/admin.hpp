#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "log.hpp"
#include "options.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/core/rate_limited_log.hpp"
#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"
#include "signaling/socketio/server.hpp"
#include "store.hpp"

/// What the administration looks at and acts on. All of it must outlive it.
struct AdminTargets {
  signaling::Router& router;
  const signaling::net::Server& server;
  const signaling::socketio::Server& socketio;
  const Store& store;
  boost::asio::any_io_executor executor;
  std::shared_ptr<LineSink> log;
  std::function<void()> drain;
};

/// The HTTP interface for administrators, on listeners of its own: docs/operations.md describes it. Every request needs
/// the token, but for /healthz. Its connections count apart from those of clients, and one that shows a wrong token is closed.
class Admin {
 public:
  /// Throws std::runtime_error, naming the file, if the token cannot be read.
  Admin(const Options& options, AdminTargets targets);

  signaling::net::ListenResult listen(std::string_view address, std::uint16_t port);
  /// Reads the token again. Throws like the constructor; then the old one stays.
  void reload();
  /// `done` comes on the executor.
  void stop(signaling::Callback<void()> done);

 private:
  using Request = signaling::net::HttpRequest;
  using Responder = signaling::net::HttpResponder;
  using Handler = void (Admin::*)(const Request& request, const Responder& responder);

  void route(std::string_view method, std::string_view path, Handler handler);
  void route(std::string_view method, std::string_view path, signaling::net::HttpHandler handler);
  bool is_authorized(const Request& request) const;

  void list_rooms(const Request& request, const Responder& responder);
  void list_peers(const Request& request, const Responder& responder);
  void kick(const Request& request, const Responder& responder);
  void close_room(const Request& request, const Responder& responder);
  void drain(const Request& request, const Responder& responder);

  const AdminTargets targets_;
  const std::filesystem::path token_file_;
  signaling::RateLimitedLog refused_;
  mutable std::mutex mutex_;
  std::string token_;
  std::unique_ptr<signaling::net::Server> server_;  // null: there is no administration
};
