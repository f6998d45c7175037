#include "program.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "metrics.hpp"
#include "routes.hpp"
#include "signaling/operation/log_line.hpp"

namespace {

namespace net = signaling::net;
namespace operation = signaling::operation;
using enum signaling::LogLevel;

signaling::RouterOptions router_options(const Options& options, const Store& store, const Identity& identity,
                                        std::shared_ptr<signaling::LogSink> log) {
  signaling::RouterOptions result;
  result.store = store.state;
  result.limits = options.limits;
  result.log = std::move(log);
  result.policy = identity.policy();
  if (options.client_ids) result.client_ids = signaling::ClientIds::accept;
  if (options.strangers) result.strangers = signaling::Strangers::reachable;
  return result;
}

net::ServerOptions server_options(const Options& options, std::shared_ptr<signaling::LogSink> log) {
  net::ServerOptions result;
  result.max_connections = options.max_connections;
  result.max_connections_per_address = options.max_connections_per_address;
  result.max_header_bytes = options.max_header_bytes;
  result.max_header_fields = options.max_header_fields;
  result.max_body_bytes = options.max_body_bytes;
  result.max_fragments = options.max_fragments;
  result.tls_timeout = options.handshake_timeout;
  result.handshake_timeout = options.handshake_timeout;
  result.first_message_timeout = options.first_message_timeout;
  result.http_idle_timeout = options.http_idle_timeout;
  result.close_timeout = options.close_timeout;
  result.ping_interval = options.ping_interval;
  result.ping_timeout = options.ping_timeout;
  result.deflate = options.deflate;
  result.max_deflate_bytes_per_second = options.max_deflate_bytes_per_second;
  result.allowed_origins = options.cors_origins;
  if (options.socketio_conformance) result.allowed_origins = {"*"};
  result.allowed_hosts = options.allowed_hosts;
  result.log = std::move(log);
  return result;
}

operation::LogWriterOptions log_options(const Options& options) {
  operation::LogWriterOptions result;
  result.format = options.log_format;
  result.level = options.log_level;
  result.max_queued_bytes = options.log_max_queued_bytes;
  return result;
}

}  // namespace

Program::Program(Options options, int argc, char** argv)
    : options_(std::move(options)),
      argc_(argc),
      argv_(argv),
      log_(std::make_shared<operation::LogWriter>(log_options(options_))),
      contexts_(make_contexts(options_.threads)),
      store_(make_store(options_, contexts_.front()->get_executor(), log_)),
      identity_(options_, contexts_.front()->get_executor(), log_),
      router_(router_options(options_, store_, identity_, log_)),
      socketio_(router_, socketio_options(options_, log_)),
      server_(router_, with_executors(server_options(options_, log_))),
      admin_(options_, router_, contexts_.front()->get_executor(), admin_options()),
      signals_(*contexts_.front(), SIGINT, SIGTERM),
      hangups_(*contexts_.front(), SIGHUP),
      trimmer_(contexts_.front()->get_executor()),
      watchdog_(executors()) {
  add_routes(server_, router_, socketio_, identity_.policy(), store_, options_);
  if (options_.metrics) {
    server_.route("GET", "/metrics", operation::metrics_handler(sources(), *options_.metrics));
  }
  if (!options_.static_files.empty()) server_.serve_files(options_.static_files);
}

int Program::run() {
  if (!listen()) return 1;
  await_end();
  await_hangup();
  trimmer_.start();
  watchdog_.start();
  operation::notify_manager("READY=1");
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < contexts_.size(); ++i) {
    threads.emplace_back([context = contexts_[i].get()] { context->run(); });
  }
  contexts_.front()->run();
  return 0;
}

std::vector<std::unique_ptr<Program::Context>> Program::make_contexts(unsigned count) {
  std::vector<std::unique_ptr<Context>> contexts;
  for (unsigned i = 0; i < count; ++i) contexts.push_back(std::make_unique<Context>(1));
  return contexts;
}

net::ServerOptions Program::with_executors(net::ServerOptions options) {
  for (const auto& context : contexts_) work_.emplace_back(context->get_executor());
  options.executors = executors();
  return options;
}

std::vector<boost::asio::any_io_executor> Program::executors() const {
  std::vector<boost::asio::any_io_executor> result;
  for (const auto& context : contexts_) result.emplace_back(context->get_executor());
  return result;
}

operation::AdminOptions Program::admin_options() {
  operation::AdminOptions result;
  result.drain = [this] { drain(); };
  result.metrics = sources();
  result.log = log_;
  return result;
}

std::vector<operation::MetricSource> Program::sources() const {
  return metric_sources(router_, server_, socketio_, store_, *log_);
}

bool Program::listen() {
  const auto plain = [this](auto address, auto port) { return server_.listen(address, port); };
  const auto tls = [this](auto address, auto port) {
    return server_.listen_tls(address, port, options_.certificates);
  };
  const auto admin = [this](auto address, auto port) { return admin_.listen(address, port); };
  if (!announce("admin http://", listen_at(options_.admin_listen, admin))) return false;
  if (!announce("http://", listen_at(options_.listen, plain))) return false;
  if (!announce("https://", listen_at(options_.tls_listen, tls))) return false;
  for (const operation::InheritedSocket& socket : options_.inherited) {
    const bool good =
        is_tls(socket)
            ? announce("https://", {server_.listen_tls_on(socket.descriptor, options_.certificates)})
            : announce("http://", {server_.listen_on(socket.descriptor)});
    if (!good) return false;
  }
  return true;
}

bool Program::announce(std::string_view kind, const std::vector<ListenResult>& results) {
  for (const ListenResult& result : results) {
    if (!result) {
      std::cerr << "signaling-server: " << result.error() << '\n';
      return false;
    }
    std::cout << "listening " << kind << *result << std::endl;
  }
  return true;
}

void Program::await_hangup() {
  hangups_.async_wait([this](auto error, int /*signal*/) {
    if (error) return;
    operation::notify_manager(operation::reloading_state());
    reload();
    operation::notify_manager("READY=1");
    await_hangup();
  });
}

// What cannot be read stays as it was, each for itself.
void Program::reload() {
  const auto attempt = [this](const auto& step) {
    try {
      step();
    } catch (const std::exception& error) {
      operation::log_event(*log_, signaling::LogLevel::error, "reload-failed", {{"error", error.what()}});
    }
  };
  attempt([this] {
    Options fresh = parse_options_again(argc_, argv_);
    router_.set_limits(fresh.limits);
    options_.limits = fresh.limits;
    options_.certificates = std::move(fresh.certificates);
    log_->set_level(fresh.log_level);
    operation::log_event(*log_, info, "options-reloaded");
  });
  attempt([this] {
    if (options_.certificates.empty()) return;
    server_.reload_tls(options_.certificates).value();
    operation::log_event(*log_, info, "certificates-reloaded",
                         {{"count", std::to_string(options_.certificates.size())}});
  });
  attempt([this] { admin_.reload(); });
  identity_.reload(options_);
}

// The first signal lets everybody go in peace, a second one ends it.
void Program::await_end() {
  signals_.async_wait([this](auto error, int /*signal*/) {
    if (error) return;
    signals_.async_wait([](auto again, int /*signal*/) {
      if (!again) std::_Exit(1);
    });
    drain();
  });
}

// The administration may have begun it, and a signal comes later.
void Program::drain() {
  boost::asio::post(*contexts_.front(), [this] {
    if (std::exchange(draining_, true)) return;
    operation::log_event(*log_, info, "draining", {{"peers", std::to_string(router_.stats().peers)}});
    operation::notify_manager("STOPPING=1");
    server_.async_drain(options_.drain, boost::asio::bind_executor(*contexts_.front(), [this] { stop(); }));
  });
}

void Program::stop() {
  operation::log_event(*log_, info, "drained", {{"peers", std::to_string(router_.stats().peers)}});
  signals_.cancel();
  hangups_.cancel();
  trimmer_.stop();
  watchdog_.stop();
  admin_.stop([this] {
    if (!store_.stop) return work_.clear();
    store_.stop([this] { work_.clear(); });
  });
}
