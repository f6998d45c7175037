// signaling-server: everything the library has, as a program. Start reading at `Program`.
#include <sys/resource.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include "identity.hpp"
#include "log.hpp"
#include "options.hpp"
#include "routes.hpp"
#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"
#include "signaling/socketio/server.hpp"
#include "store.hpp"

namespace {

namespace net = signaling::net;

signaling::RouterOptions router_options(const Options& options, const Store& store, const Identity& identity,
                                        std::shared_ptr<signaling::LogSink> log) {
  signaling::RouterOptions result;
  result.store = store.state;
  result.limits = options.limits;
  result.log = std::move(log);
  result.policy = identity.policy();
  if (options.client_ids) result.client_ids = signaling::ClientIds::accept;
  return result;
}

net::ServerOptions server_options(const Options& options, std::shared_ptr<signaling::LogSink> log) {
  net::ServerOptions result;
  result.max_connections = options.max_connections;
  result.max_connections_per_address = options.max_connections_per_address;
  result.tls_timeout = options.handshake_timeout;
  result.handshake_timeout = options.handshake_timeout;
  result.first_message_timeout = options.first_message_timeout;
  result.ping_interval = options.ping_interval;
  result.ping_timeout = options.ping_timeout;
  result.deflate = options.deflate;
  result.allowed_origins = options.cors_origins;
  if (options.socketio_conformance) result.allowed_origins = {"*"};
  result.log = std::move(log);
  return result;
}

/// One io_context and one thread per core, a router, and a server over it.
class Program {
 public:
  explicit Program(const Options& options)
      : options_(options),
        log_(std::make_shared<LogfmtSink>(options.log_level)),
        contexts_(make_contexts(options.threads)),
        store_(make_store(options, contexts_.front()->get_executor(), log_)),
        identity_(options, contexts_.front()->get_executor(), log_),
        router_(router_options(options, store_, identity_, log_)),
        socketio_(router_, socketio_options(options, log_)),
        server_(router_, with_executors(server_options(options, log_))),
        signals_(*contexts_.front(), SIGINT, SIGTERM),
        hangups_(*contexts_.front(), SIGHUP) {
    add_routes(server_, router_, socketio_, store_, options_);
    if (!options_.static_files.empty()) server_.serve_files(options_.static_files);
  }

  int run() {
    for (const auto& address : options_.listen) {
      if (!announce("http", server_.listen(address.address, address.port))) return 1;
    }
    for (const auto& address : options_.tls_listen) {
      if (!announce("https", server_.listen_tls(address.address, address.port, options_.certificates)))
        return 1;
    }
    signals_.async_wait([this](auto error, int /*signal*/) {
      if (!error) drain();
    });
    await_hangup();
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < contexts_.size(); ++i) {
      threads.emplace_back([context = contexts_[i].get()] { context->run(); });
    }
    contexts_.front()->run();
    return 0;
  }

 private:
  using Context = boost::asio::io_context;

  static std::vector<std::unique_ptr<Context>> make_contexts(unsigned count) {
    std::vector<std::unique_ptr<Context>> contexts;
    for (unsigned i = 0; i < count; ++i) contexts.push_back(std::make_unique<Context>(1));
    return contexts;
  }

  net::ServerOptions with_executors(net::ServerOptions options) {
    for (const auto& context : contexts_) {
      options.executors.emplace_back(context->get_executor());
      work_.emplace_back(context->get_executor());
    }
    return options;
  }

  bool announce(std::string_view scheme, const net::ListenResult& result) {
    if (!result) {
      std::cerr << "signaling-server: " << result.error << '\n';
      return false;
    }
    std::cout << "listening " << scheme << "://" << result.endpoint << std::endl;
    return true;
  }

  void await_hangup() {
    hangups_.async_wait([this](auto error, int /*signal*/) {
      if (error) return;
      identity_.reload(options_);
      await_hangup();
    });
  }

  // The first signal lets everybody go in peace, a second one ends it.
  void drain() {
    signals_.async_wait([](auto error, int /*signal*/) {
      if (!error) std::_Exit(1);
    });
    router_.shut_down(std::chrono::seconds(1));
    server_.stop(options_.drain_timeout, [this] {
      signals_.cancel();
      hangups_.cancel();
      if (!store_.stop) return work_.clear();
      store_.stop([this] { work_.clear(); });
    });
  }

  Options options_;
  std::shared_ptr<LogfmtSink> log_;
  std::vector<std::unique_ptr<Context>> contexts_;
  std::vector<boost::asio::executor_work_guard<Context::executor_type>> work_;
  Store store_;
  Identity identity_;
  signaling::Router router_;
  signaling::socketio::Server socketio_;
  net::Server server_;
  boost::asio::signal_set signals_;
  boost::asio::signal_set hangups_;
};

// Each connection is a descriptor: take as many as this process may have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    auto options = parse_options(argc, argv);
    if (const auto* code = std::get_if<ExitCode>(&options)) return code->value;
    raise_descriptor_limit();
    return Program(std::get<Options>(options)).run();
  } catch (const std::exception& error) {
    std::cerr << "signaling-server: " << error.what() << '\n';
    return 1;
  }
}
