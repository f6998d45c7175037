#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/core/async.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/core/log.hpp"
#include "signaling/core/metrics.hpp"
#include "signaling/core/result.hpp"
#include "signaling/core/router.hpp"
#include "signaling/net/engine_route.hpp"
#include "signaling/net/http.hpp"
#include "signaling/net/server_stats.hpp"
#include "signaling/net/tls.hpp"
#include "signaling/net/websocket_route.hpp"
#include "signaling/net/whip_route.hpp"
#include "signaling/text/export.hpp"

namespace signaling::net {

/// The server reads all fields when it is constructed and not later. 0 disables a limit or a time; times over a century
/// count as a century.
struct SIGNALING_API ServerOptions {
  /// One per thread; each must run one function at a time. Accepted connections are spread over them and stay on their
  /// executor. The first one also accepts.
  std::vector<boost::asio::any_io_executor> executors{};

  /// Bytes of request line and header. Default 16 KiB. Beyond it: 431. One field has at most 65,000, even if this is 0.
  std::size_t max_header_bytes = 16 * 1024;
  /// Default 100. Beyond it: 431.
  std::size_t max_header_fields = 100;
  /// Bytes of a request body, unless the route overrides it. Default 64 KiB. Beyond it: 413.
  std::size_t max_body_bytes = 64 * 1024;
  /// Connections of all listeners together. Default 100,000. Beyond it, a new connection is closed at once.
  std::size_t max_connections = 100'000;
  /// Connections from one remote address, for IPv6 from one /64 network. Default 0: no limit, because behind a proxy
  /// all clients have its address. Beyond it, a new connection is closed at once.
  std::size_t max_connections_per_address = 0;

  /// Frames of one WebSocket message. Default 4096. Beyond it: closed with 1008.
  std::uint32_t max_fragments = 4096;

  /// Time for the TLS handshake. Default 5 s.
  std::chrono::milliseconds tls_timeout{5'000};
  /// Time from the start of the connection, or from the first byte of a later request, to the end of the request
  /// header. Default 5 s.
  std::chrono::milliseconds handshake_timeout{5'000};
  /// Time for the first message of a WebSocket, unless its route overrides it. Default 5 s.
  std::chrono::milliseconds first_message_timeout{5'000};
  /// Time between two requests, for the body of one, and for a client that does not read its answer. Default 30 s.
  std::chrono::milliseconds http_idle_timeout{30'000};
  /// A WebSocket that was silent for this long gets a ping. Default 25 s.
  std::chrono::milliseconds ping_interval{25'000};
  /// If it is still silent this long after the ping, it is closed. Default 20 s.
  std::chrono::milliseconds ping_timeout{20'000};
  /// Time for the client's close frame after the server's, and for the output that was queued before it. Default 5 s.
  std::chrono::milliseconds close_timeout{5'000};

  /// Whether the server accepts permessage-deflate (RFC 7692) when a client offers it, without context takeover, so
  /// that it holds no memory between messages. Default off: it costs more CPU than the saved bytes of signaling are
  /// worth.
  bool deflate = false;
  /// Message bytes that each executor compresses per second, and an eighth of that at once; messages beyond it are sent
  /// uncompressed. A message to many clients is compressed once per executor. Default 4 MiB, a fifth of a core; 0: no
  /// limit.
  std::size_t max_deflate_bytes_per_second = 4 * 1024 * 1024;
  /// The origins of pages that may connect: "https://app.example", or "*". Empty, the default: only pages that this
  /// server itself delivered, that is, whose origin names the host of the request. `ws` and `wss` count as `http` and
  /// `https`, the default port of a scheme may be omitted, and case is ignored. Clients that send no Origin are not
  /// browsers and may always connect. Other pages get 403 for a WebSocket, and no CORS headers. An entry that no
  /// browser ever sends is invalid: see check_origin.
  std::vector<std::string> allowed_origins{};
  /// The hosts that requests may name, without a port: "signal.example", "127.0.0.1", "[::1]". Protects against DNS
  /// rebinding, where a foreign page reaches this server under a name of its own. Other hosts get 421. Empty, the
  /// default: any.
  std::vector<std::string> allowed_hosts{};
  /// Null: nothing is logged.
  std::shared_ptr<LogSink> log{};
};

/// How a server shuts down without a burst of reconnects.
struct SIGNALING_API DrainOptions {
  /// Clients to send away per second. Default 0: all at once. Clients that remain shortly before the timeout are sent
  /// away then.
  std::uint32_t clients_per_second = 0;
  /// Time from the call until all remaining connections are dropped, and peers end that their clients have not resumed on
  /// other nodes. Default 15 s.
  std::chrono::milliseconds timeout{15'000};
  /// Each client is asked to reconnect after a random time of up to this. Default 2 s.
  std::chrono::milliseconds reconnect_within{2'000};
};

/// `std::errc::invalid_argument`: no request can match this entry of ServerOptions::allowed_origins.
[[nodiscard]] SIGNALING_API Result<void> check_origin(std::string_view origin);
/// `std::errc::invalid_argument`: no request can match this entry of ServerOptions::allowed_hosts.
[[nodiscard]] SIGNALING_API Result<void> check_host(std::string_view host);

/// For a registry, or prometheus_text.
SIGNALING_API std::vector<MetricFamily> metrics_of(const ServerStats& stats);

/// Options of a single route.
struct SIGNALING_API RouteOptions {
  /// Bytes of a request body. 0: ServerOptions::max_body_bytes.
  std::size_t max_body_bytes = 0;
  /// Pages of which origins may read answers of this path, whatever the method. Absent: ServerOptions::allowed_origins.
  std::optional<std::vector<std::string>> allowed_origins{};
};

/// The bundled server: HTTP/1.1 and WebSocket, plain and over TLS (1.2 and 1.3), on any number of ports.
///
/// Add routes (`add`, `route`, `serve_files`), then call `listen`, then run the executors. `GET /healthz` answers
/// "ok" unless the host adds a route for it.
///
/// Ownership: the router must outlive it. Destroying it drops every connection at once: do that when the executors no
/// longer run, or after `async_stop` is done.
/// Threads: one thread adds routes before the first `listen`; after that, any thread may call everything else.
/// Errors: the constructor and invalid routes throw std::invalid_argument, routes after `listen` throw
/// std::logic_error. `listen` and its like, and `reload_tls`, return a Result: the code is that of the system for an
/// address or a file, and `std::errc::invalid_argument` for an address that is none and a certificate or key that is
/// unusable. Whatever clients send results in an answer or the end of their connection.
/// Completion: as of Router. A handler without an associated executor runs on one of the server's.
class SIGNALING_API Server {
 public:
  /// Throws std::invalid_argument if `executors` is empty, or an entry of `allowed_origins` or `allowed_hosts` is
  /// invalid.
  Server(Router& router, ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Answers requests with that method and path. Method "*": all methods. "GET" also answers HEAD. A path that ends in
  /// "/*" matches all paths with that beginning; the longest match is used.
  void route(std::string_view method, std::string_view path, HttpHandler handler,
             const RouteOptions& options = {});
  /// Offers a protocol: upgrades the WebSocket handshakes of its path and connects the clients to the router. Other
  /// requests for that path go to its HTTP routes; without one, they get 426. ProtocolFactory::make is called on the
  /// executor of the connection; null: the client is refused with a 404; an exception: with a 500.
  void add(std::shared_ptr<const ProtocolFactory> protocol, ProtocolRoute route = {});
  /// The same with a protocol that only the server needs: `server.add(protocols::Json())`.
  template <std::derived_from<ProtocolFactory> Factory>
  void add(Factory protocol, ProtocolRoute route = {}) {
    add(std::make_shared<const Factory>(std::move(protocol)), std::move(route));
  }
  /// Upgrades WebSocket handshakes for `path` and leaves the connection to the host, without a peer.
  void websocket(std::string_view path, RawWebSocketRoute route);
  /// Serves Engine.IO at `path`, with or without a trailing slash.
  void engine_io(std::string_view path, EngineRoute route);
  /// Serves WHIP or WHEP for the rooms below `path`: "/whip" takes a POST to "/whip/lobby". So does "/whip/{room}".
  void whip(std::string_view path, WhipRoute route);
  /// Serves the files below `directory` for requests that match no route. Throws if it is not a directory. Files are
  /// read in pieces of 64 KiB on the connection's executor: a hanging disk blocks that executor.
  void serve_files(const std::filesystem::path& directory);

  /// Returns the address of the listener. `address`: an IP address. `port` 0: a free one. `::` accepts IPv4 too, unless
  /// this server already listens on 0.0.0.0 with that port.
  [[nodiscard]] Result<boost::asio::ip::tcp::endpoint> listen(std::string_view address, std::uint16_t port);
  /// `certificates`: at least one. The server uses the first one that is valid for the name that the client requests
  /// (SNI), or else the first. If another one for the same name has a key of another type, such as RSA besides ECDSA,
  /// the client's algorithms select between them.
  [[nodiscard]] Result<boost::asio::ip::tcp::endpoint> listen_tls(std::string_view address,
                                                                  std::uint16_t port,
                                                                  std::vector<TlsFiles> certificates);
  /// The same with one certificate.
  [[nodiscard]] Result<boost::asio::ip::tcp::endpoint> listen_tls(std::string_view address,
                                                                  std::uint16_t port, TlsFiles certificate);

  /// The same on a TCP socket that already listens, such as one from systemd. The server owns it from now on, even if
  /// this call fails.
  [[nodiscard]] Result<boost::asio::ip::tcp::endpoint> listen_on(int descriptor);
  /// The same with TLS.
  [[nodiscard]] Result<boost::asio::ip::tcp::endpoint> listen_tls_on(int descriptor,
                                                                     std::vector<TlsFiles> certificates);

  /// Reads the files of every TLS listener again; new connections get the new certificates, open ones are unaffected.
  /// After an error, nothing has changed.
  [[nodiscard]] Result<void> reload_tls();
  /// The same, and uses other files from now on.
  [[nodiscard]] Result<void> reload_tls(const std::vector<TlsFiles>& certificates);

  /// Where it listens, in the order in which its listeners were added.
  std::vector<boost::asio::ip::tcp::endpoint> endpoints() const;
  /// Open connections on all executors.
  std::size_t connections() const noexcept;
  /// The present counters.
  ServerStats stats() const noexcept;

  /// Sends the clients of the router away (Router::drain, including those of the host's other transports) at the given
  /// rate, waits until other nodes have their sessions, then stops. Until then, the server answers HTTP requests, so that
  /// health checks can observe the state, each with `Connection: close`; new WebSockets and new Engine.IO sessions get 503.
  /// Completes as `async_stop` does; the peers whose sessions nobody has resumed have ended then (Router::end_away). A second call can shorten the timeout, and its rate replaces the first; both complete.
  template <boost::asio::completion_token_for<void()> Token = boost::asio::detached_t>
  auto async_drain(const DrainOptions& options = {}, Token&& token = Token()) {
    return start_async<Token, void()>(
        [this](auto done, const DrainOptions& how) { start_drain(how, std::move(done)); }, token, options);
  }
  /// `async_drain` or `async_stop` has begun.
  bool draining() const noexcept;

  /// Stops accepting, closes idle connections and, after their queued output, WebSockets (code 1001), lets requests
  /// that were read get their answer, and drops what remains after `grace`. Completes when the server has no work on any
  /// executor. A second call only shortens the grace; both complete.
  template <boost::asio::completion_token_for<void()> Token = boost::asio::detached_t>
  auto async_stop(std::chrono::milliseconds grace, Token&& token = Token()) {
    return start_async<Token, void()>(
        [this](auto done, std::chrono::milliseconds time) { start_stop(time, std::move(done)); }, token,
        grace);
  }

 private:
  void start_drain(const DrainOptions& options, Callback<void()> done);
  void start_stop(std::chrono::milliseconds grace, Callback<void()> done);

  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Where `serve` listens.
struct SIGNALING_API ServeOptions {
  /// An IP address. Default: only this machine; `::` takes connections from everywhere.
  std::string address = "127.0.0.1";
  /// 0: a free port, which Server::endpoints tells.
  std::uint16_t port = 0;
};

/// Makes a server that offers the native protocol (protocols::Json) at its usual path, and listens. The server runs as
/// soon as `executor` runs. A host that wants more makes a Server.
///
/// Ownership: the router must outlive the server.
/// Errors: throws std::system_error, which names the address, if the server cannot listen there.
[[nodiscard]] SIGNALING_API std::unique_ptr<Server> serve(const boost::asio::any_io_executor& executor,
                                                          Router& router, const ServeOptions& options = {});
/// The same on the executor of an execution context, such as boost::asio::io_context.
template <class Context>
  requires requires(Context& context) { context.get_executor(); }
[[nodiscard]] std::unique_ptr<Server> serve(Context& context, Router& router,
                                            const ServeOptions& options = {}) {
  return serve(boost::asio::any_io_executor(context.get_executor()), router, options);
}

}  // namespace signaling::net
