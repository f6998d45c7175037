#include "signaling/net/server.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "net/bounded_time.hpp"
#include "net/drain.hpp"
#include "net/engine_endpoint.hpp"
#include "net/listener.hpp"
#include "net/server_context.hpp"
#include "net/tls_context.hpp"
#include "net/whip_endpoint.hpp"
#include "net/worker.hpp"
#include "signaling/protocols/json.hpp"
#include "signaling/text/http_field.hpp"

namespace signaling::net {

using boost::asio::ip::tcp;

namespace {

ServerOptions checked(ServerOptions options) {
  if (options.executors.empty()) throw std::invalid_argument("ServerOptions::executors is empty");
  for (auto* const time :
       {&options.tls_timeout, &options.handshake_timeout, &options.first_message_timeout,
        &options.http_idle_timeout, &options.ping_interval, &options.ping_timeout, &options.close_timeout}) {
    *time = bounded(*time);
  }
  return options;
}

WebSocketSettings checked(WebSocketSettings settings) {
  for (auto* const time : {&settings.first_message_timeout, &settings.ping_interval}) {
    if (*time) *time = bounded(**time);
  }
  return settings;
}

void check_path(std::string_view path) {
  if (!path.starts_with('/')) throw std::invalid_argument("a route's path must begin with '/'");
}

}  // namespace

class Server::Impl {
 public:
  Impl(Router& router, ServerOptions options)
      : context_(std::make_shared<ServerContext>(router, checked(std::move(options)))) {
    for (const auto& executor : context_->options.executors) {
      workers_.push_back(std::make_shared<Worker>(executor, context_));
      context_->workers.push_back(workers_.back());
    }
    context_->routes.http["/healthz"].by_method["GET"] = {
        [](const HttpRequest&, const HttpResponder& responder) {
          responder.send(HttpResponse::text(200, "ok\n"));
        },
        0};
  }

  ~Impl() {
    if (drain_) drain_->abandon();
    for (const auto& worker : workers_) worker->drop_all();
  }

  ServerContext& context() noexcept { return *context_; }
  RouteTable& routes() {
    if (listening_) throw std::logic_error("routes must be set before the server listens");
    return context_->routes;
  }

  void engine_io(std::string_view path, EngineRoute route) {
    RouteTable& table = routes();
    const EngineWebSocketRoute websocket{engine_websocket_settings(route), nullptr};
    const std::size_t max_payload_bytes = route.options.max_payload_bytes;
    const std::size_t max_body_bytes =
        max_payload_bytes != 0 ? max_payload_bytes : std::numeric_limits<std::size_t>::max();
    const auto endpoint = std::make_shared<EngineEndpoint>(
        std::move(route), *context_, std::vector<std::weak_ptr<Worker>>(workers_.begin(), workers_.end()));
    const auto handle = [endpoint](const HttpRequest& request, const HttpResponder& responder) {
      endpoint->handle(request, responder);
    };
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    for (const std::string& each : {std::string(path), std::string(path) + '/'}) {
      table.http[each].by_method["*"] = {handle, max_body_bytes};
      table.http[each].origins = endpoint->origins();
      table.websocket[each] = {EngineWebSocketRoute{websocket.settings, endpoint}, endpoint->origins()};
    }
  }

  void whip(std::string_view path, WhipRoute route) {
    RouteTable& table = routes();
    constexpr std::string_view pattern = "{room}";
    if (path.ends_with(pattern)) path.remove_suffix(pattern.size());
    while (path.ends_with('/')) path.remove_suffix(1);
    auto origins =
        origin_rules(route.allowed_origins ? *route.allowed_origins : std::vector<std::string>{"*"});
    const std::size_t max_body_bytes = route.max_body_bytes;
    auto& options = route.options;
    for (auto* const time : {&options.answer_timeout, &options.restart_timeout, &options.session_timeout}) {
      *time = bounded(*time);
    }
    const auto endpoint =
        std::make_shared<WhipEndpoint>(std::string(path), std::move(route), *context_,
                                       std::vector<std::weak_ptr<Worker>>(workers_.begin(), workers_.end()));
    endpoint->start();
    HttpRoutes& below = table.http[std::string(path) + "/*"];
    below.by_method["*"] = {[endpoint](const HttpRequest& request, const HttpResponder& responder) {
                              endpoint->handle(request, responder);
                            },
                            max_body_bytes};
    below.origins = std::move(origins);
  }

  Result<tcp::endpoint> listen(std::string_view address, std::uint16_t port,
                               std::shared_ptr<TlsContext> tls) {
    return listen(bind_socket(address, port, takes_all_ipv4(port) ? DualStack::no : DualStack::yes),
                  std::move(tls));
  }

  Result<tcp::endpoint> listen(Result<BoundSocket> bound, std::shared_ptr<TlsContext> tls) {
    if (!bound) return bound.error();
    const auto endpoint = bound->endpoint;
    {
      const std::lock_guard lock(mutex_);
      endpoints_.push_back(endpoint);
    }
    if (!listening_.exchange(true)) start_workers();
    if (tls) {
      const std::lock_guard lock(mutex_);
      tls_.push_back(tls);
    }
    std::vector<std::weak_ptr<Worker>> workers(workers_.begin(), workers_.end());
    auto listener = std::make_unique<Listener>(*std::move(bound), std::move(tls), std::move(workers));
    boost::asio::post(
        workers_.front()->executor(),
        [home = workers_.front(), made = std::move(listener)]() mutable { home->add(std::move(made)); });
    return endpoint;
  }

  std::vector<tcp::endpoint> endpoints() const {
    const std::lock_guard lock(mutex_);
    return endpoints_;
  }

  // `files` null: each listener's own.
  Result<void> reload_tls(const std::vector<TlsFiles>* files) {
    const std::lock_guard lock(mutex_);
    // Tried on the side first: either all listeners change or none does.
    for (const auto& tls : tls_) {
      TlsContext trial;
      if (auto loaded = trial.load(files != nullptr ? *files : tls->files()); !loaded) return loaded;
    }
    for (const auto& tls : tls_) {
      if (auto loaded = tls->load(files != nullptr ? *files : tls->files()); !loaded) return loaded;
    }
    return {};
  }

  void drain(DrainOptions options, Callback<void()> done) {
    options.timeout = bounded(options.timeout);
    context_->draining.store(true, std::memory_order_relaxed);
    boost::asio::post(workers_.front()->executor(),
                      [drain = the_drain(), options, done = std::move(done)]() mutable {
                        drain->ask(options, std::move(done));
                      });
  }

  void stop(std::chrono::milliseconds grace, Callback<void()> done) {
    context_->draining.store(true, std::memory_order_relaxed);
    boost::asio::post(workers_.front()->executor(), [drain = the_drain()] { drain->cut_short(); });
    const TimePoint deadline = std::chrono::steady_clock::now() + bounded(grace);
    struct Countdown {
      std::atomic<std::size_t> left{0};
      Callback<void()> done;
    };
    auto countdown = std::make_shared<Countdown>();
    countdown->left = workers_.size();
    countdown->done = std::move(done);
    for (const auto& worker : workers_) {
      boost::asio::post(worker->executor(), [worker, countdown, deadline] {
        worker->stop(deadline, [countdown] {
          if (--countdown->left == 0 && countdown->done) countdown->done();
        });
      });
    }
  }

 private:
  bool takes_all_ipv4(std::uint16_t port) {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(endpoints_, [port](const auto& endpoint) {
      return endpoint.port() == port && endpoint.address().is_v4() && endpoint.address().is_unspecified();
    });
  }

  std::shared_ptr<Drain> the_drain() {
    const std::lock_guard lock(mutex_);
    if (!drain_) {
      drain_ = std::make_shared<Drain>(
          workers_.front(), [this](auto grace, Callback<void()> done) { stop(grace, std::move(done)); });
    }
    return drain_;
  }

  // All of them: an executor that has no connection yet must not run out of work before its first one comes.
  void start_workers() {
    for (const auto& worker : workers_)
      boost::asio::post(worker->executor(), [worker] { worker->poller().start(); });
  }

  const std::shared_ptr<ServerContext> context_;
  std::vector<std::shared_ptr<Worker>> workers_;
  std::atomic<bool> listening_{false};
  mutable std::mutex mutex_;
  std::vector<tcp::endpoint> endpoints_;
  std::vector<std::shared_ptr<TlsContext>> tls_;
  std::shared_ptr<Drain> drain_;
};

Server::Server(Router& router, ServerOptions options)
    : impl_(std::make_unique<Impl>(router, std::move(options))) {}
Server::~Server() = default;

void Server::route(std::string_view method, std::string_view path, HttpHandler handler,
                   const RouteOptions& options) {
  check_path(path);
  if (method != "*" && !text::is_token(method))
    throw std::invalid_argument("a route's method must be a token or \"*\"");
  if (!handler) throw std::invalid_argument("a route's handler is empty");
  auto origins = origin_rules(options.allowed_origins);
  HttpRoutes& here = impl_->routes().http[path];
  here.by_method[std::string(method)] = {std::move(handler), options.max_body_bytes};
  if (origins) here.origins = std::move(origins);
}

void Server::add(std::shared_ptr<const ProtocolFactory> protocol, ProtocolRoute route) {
  if (!protocol) throw std::invalid_argument("Server::add: the protocol is null");
  if (route.path.empty()) route.path = protocol->path();
  check_path(route.path);
  auto& settings = route.settings;
  auto& subprotocols = settings.subprotocols;
  if (subprotocols.empty() && !protocol->subprotocol().empty()) {
    subprotocols.emplace_back(protocol->subprotocol());
  }
  if (!settings.first_message_timeout && protocol->may_be_silent()) settings.first_message_timeout.emplace(0);
  if (!settings.allowed_origins && protocol->admits_any_origin()) settings.allowed_origins = {"*"};
  auto origins = origin_rules(settings.allowed_origins);
  impl_->routes().websocket[route.path] = {
      PeerWebSocketRoute{checked(std::move(settings)), std::move(protocol)}, std::move(origins)};
}

void Server::websocket(std::string_view path, RawWebSocketRoute route) {
  check_path(path);
  if (!route.accept) throw std::invalid_argument("RawWebSocketRoute::accept is empty");
  route.settings = checked(std::move(route.settings));
  auto origins = origin_rules(route.settings.allowed_origins);
  impl_->routes().websocket[path] = {std::move(route), std::move(origins)};
}

void Server::engine_io(std::string_view path, EngineRoute route) {
  check_path(path);
  impl_->engine_io(path, std::move(route));
}

void Server::whip(std::string_view path, WhipRoute route) {
  check_path(path);
  impl_->whip(path, std::move(route));
}

void Server::serve_files(const std::filesystem::path& directory) {
  impl_->routes();
  impl_->context().files = std::make_unique<StaticFiles>(directory);
}

Result<tcp::endpoint> Server::listen(std::string_view address, std::uint16_t port) {
  return impl_->listen(address, port, nullptr);
}

Result<tcp::endpoint> Server::listen_on(int descriptor) {
  return impl_->listen(adopt_socket(descriptor), nullptr);
}

Result<tcp::endpoint> Server::listen_tls_on(int descriptor, std::vector<TlsFiles> certificates) {
  auto bound = adopt_socket(descriptor);
  auto tls = std::make_shared<TlsContext>();
  if (auto loaded = tls->load(std::move(certificates)); !loaded) return loaded.error();
  return impl_->listen(std::move(bound), std::move(tls));
}

Result<tcp::endpoint> Server::listen_tls(std::string_view address, std::uint16_t port,
                                         std::vector<TlsFiles> certificates) {
  auto tls = std::make_shared<TlsContext>();
  if (auto loaded = tls->load(std::move(certificates)); !loaded) return loaded.error();
  return impl_->listen(address, port, std::move(tls));
}

Result<tcp::endpoint> Server::listen_tls(std::string_view address, std::uint16_t port, TlsFiles certificate) {
  return listen_tls(address, port, std::vector<TlsFiles>{std::move(certificate)});
}

Result<void> Server::reload_tls() { return impl_->reload_tls(nullptr); }

Result<void> Server::reload_tls(const std::vector<TlsFiles>& certificates) {
  return impl_->reload_tls(&certificates);
}

std::vector<tcp::endpoint> Server::endpoints() const { return impl_->endpoints(); }

std::size_t Server::connections() const noexcept { return impl_->context().limiter.count(); }

ServerStats Server::stats() const noexcept { return impl_->context().counters.stats(connections()); }

void Server::start_drain(const DrainOptions& options, Callback<void()> done) {
  impl_->drain(options, std::move(done));
}

bool Server::draining() const noexcept { return impl_->context().draining.load(std::memory_order_relaxed); }

void Server::start_stop(std::chrono::milliseconds grace, Callback<void()> done) {
  impl_->stop(grace, std::move(done));
}

std::unique_ptr<Server> serve(const boost::asio::any_io_executor& executor, Router& router,
                              const ServeOptions& options) {
  ServerOptions settings;
  settings.executors = {executor};
  auto server = std::make_unique<Server>(router, std::move(settings));
  server->add(protocols::Json());
  server->listen(options.address, options.port).value();
  return server;
}

}  // namespace signaling::net
