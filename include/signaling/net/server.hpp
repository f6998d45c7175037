#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/callback.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/log.hpp"
#include "signaling/core/metrics.hpp"
#include "signaling/core/router.hpp"
#include "signaling/net/engine_route.hpp"
#include "signaling/net/http.hpp"
#include "signaling/net/server_stats.hpp"
#include "signaling/net/tls.hpp"
#include "signaling/net/websocket_route.hpp"

namespace signaling::net {

/// All fields are read when the server is made and not later. A bound or a time of 0 is switched off; times over a
/// century count as a century.
struct SIGNALING_API ServerOptions {
  /// One per thread; each must run one thing at a time. Accepted connections are spread over them and stay
  /// where they are. The first one also accepts.
  std::vector<boost::asio::any_io_executor> executors{};

  /// Bytes of request line and header. Default 16 KiB. Over it: 431. One field has at most 65,000, also if this is 0.
  std::size_t max_header_bytes = 16 * 1024;
  /// Default 100. Over it: 431.
  std::size_t max_header_fields = 100;
  /// Bytes of a request's body, unless the route says otherwise. Default 64 KiB. Over it: 413.
  std::size_t max_body_bytes = 64 * 1024;
  /// Connections of all listeners together. Default 100,000. Over it: closed when accepted.
  std::size_t max_connections = 100'000;
  /// Connections from one remote address, for IPv6 from one /64 network. Default 0: no bound, because behind a proxy all
  /// clients have its address. Over it: closed when accepted.
  std::size_t max_connections_per_address = 0;

  /// Frames of one WebSocket message. Default 4096. Over it: closed with 1008.
  std::uint32_t max_fragments = 4096;

  /// The TLS handshake. Default 5 s.
  std::chrono::milliseconds tls_timeout{5'000};
  /// From the connection, or from the first byte of a later request, to the end of the request's header.
  /// Default 5 s.
  std::chrono::milliseconds handshake_timeout{5'000};
  /// The first message of a WebSocket, unless its route says otherwise. Default 5 s.
  std::chrono::milliseconds first_message_timeout{5'000};
  /// Between two requests, for the body of one, and for a client that does not read its answer. Default 30 s.
  std::chrono::milliseconds http_idle_timeout{30'000};
  /// A WebSocket that was silent for this long gets a ping. Default 25 s.
  std::chrono::milliseconds ping_interval{25'000};
  /// Still silent this long after the ping: gone. Default 20 s.
  std::chrono::milliseconds ping_timeout{20'000};
  /// For the client's close frame after ours, and for what was queued before it to leave. Default 5 s.
  std::chrono::milliseconds close_timeout{5'000};

  /// Whether permessage-deflate (RFC 7692) is accepted when a client offers it, without context takeover, so
  /// that it holds no memory between messages. Default off: it costs more CPU than the bytes of signaling are
  /// worth.
  bool deflate = false;
  /// Message bytes that each executor compresses per second, and an eighth of that at once; a message over it is sent
  /// uncompressed. A message to many is compressed once per executor. Default 4 MiB, a fifth of a core; 0: no bound.
  std::size_t max_deflate_bytes_per_second = 4 * 1024 * 1024;
  /// Pages of which origins may connect: "https://app.example", or "*". Empty, the default: only pages that
  /// this server itself delivered, that is, whose origin names the host of the request. `ws` and `wss` count as `http` and
  /// `https`, the port of a scheme may be left out, and case does not matter. Clients that send no Origin are not browsers
  /// and always may connect. Other pages get 403 for a WebSocket, and no CORS headers. An entry that no browser ever
  /// sends is invalid: see origin_problem.
  std::vector<std::string> allowed_origins{};
  /// Hosts that requests may name: "signal.example", "127.0.0.1", "[::1]", without a port. Against DNS rebinding, where a
  /// foreign page reaches this server under a name of its own. Others get 421. Empty, the default: any.
  std::vector<std::string> allowed_hosts{};
  /// Null: nothing is logged.
  std::shared_ptr<LogSink> log{};
};

/// Where a listener is bound, or why there is none.
struct [[nodiscard]] SIGNALING_API ListenResult {
  /// Where it listens, with the port that was chosen.
  boost::asio::ip::tcp::endpoint endpoint;
  /// Names the address or the file that is the trouble. Empty: success.
  std::string error;

  /// True if it listens.
  explicit operator bool() const noexcept { return error.empty(); }
};

/// How a server comes to its end without a storm of reconnects.
struct SIGNALING_API DrainOptions {
  /// Clients that are sent away per second. Default 0: all at once. Whoever is still here shortly before the timeout is
  /// sent away then.
  std::uint32_t clients_per_second = 0;
  /// From the call to the moment at which everything that is left is dropped. Default 5 s.
  std::chrono::milliseconds timeout{5'000};
  /// Each client is told to come back after a random time of up to this. Default 2 s.
  std::chrono::milliseconds reconnect_within{2'000};
};

/// Why no request can match this entry of ServerOptions::allowed_origins. Empty: it can.
SIGNALING_API std::string origin_problem(std::string_view origin);
/// Why no request can match this entry of ServerOptions::allowed_hosts. Empty: it can.
SIGNALING_API std::string host_problem(std::string_view host);

/// For a registry, or prometheus_text.
SIGNALING_API std::vector<MetricFamily> metrics_of(const ServerStats& stats);

/// What a route has of its own.
struct SIGNALING_API RouteOptions {
  /// Bytes of a body. 0: ServerOptions::max_body_bytes.
  std::size_t max_body_bytes = 0;
};

/// The bundled server: HTTP/1.1 and WebSocket, plain and over TLS (1.2 and 1.3), on any number of ports.
///
/// Say what it serves (`route`, `websocket`, `serve_files`), then `listen`, then run the executors. `GET
/// /healthz` answers "ok" unless a route of the host takes its place.
///
/// Ownership: the router must outlive it. Destroying it drops every connection at once: do that when the
/// executors no longer run, or after `stop` is done.
/// Threads: routes are set before the first `listen` by one thread; after that, everything else
/// may be called from any.
/// Errors: std::invalid_argument from the constructor and from routes that make no sense, std::logic_error
/// from routes set after `listen`. Whatever clients send yields an answer or the end of their connection.
class SIGNALING_API Server {
 public:
  /// Throws std::invalid_argument if there is no executor, or an entry of `allowed_origins` or `allowed_hosts` is invalid.
  Server(Router& router, ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Answers requests with that method and path. Method "*": all of them. "GET" answers HEAD too. A path that
  /// ends in "/*" stands for all paths that begin so; the longest match is taken.
  void route(std::string_view method, std::string_view path, HttpHandler handler, RouteOptions options = {});
  /// Upgrades WebSocket handshakes for `path` and connects them to the router. Other requests for the same
  /// path go to its HTTP routes; without one, they get 426.
  void websocket(std::string_view path, WebSocketRoute route);
  /// Upgrades WebSocket handshakes for `path`, and leaves the rest to the host: no peer is made.
  void websocket(std::string_view path, RawWebSocketRoute route);
  /// Speaks Engine.IO at `path`, and at the same path with or without a slash at its end.
  void engine_io(std::string_view path, EngineRoute route);
  /// Serves the files below `directory` to whatever no route takes. Throws when it is no directory. Files are read in pieces
  /// of 64 KiB on the executor of the connection: a disk that does not answer holds up that executor.
  void serve_files(const std::filesystem::path& directory);

  /// `address`: an IP address. `port` 0: a free one, told in the result. `::` takes IPv4, too, unless this server listens on
  /// 0.0.0.0 with that port already.
  ListenResult listen(std::string_view address, std::uint16_t port);
  /// `certificates`: at least one. Of several, the first one that is valid for the name the client asks for
  /// (SNI) is shown, else the first. If another one for the same name has a key of another type, such as RSA besides ECDSA,
  /// the client's algorithms choose between them.
  ListenResult listen_tls(std::string_view address, std::uint16_t port, std::vector<TlsFiles> certificates);
  /// The same with one certificate.
  ListenResult listen_tls(std::string_view address, std::uint16_t port, TlsFiles certificate);

  /// The same on a TCP socket that listens already, such as one that systemd has handed over. The server owns it from
  /// now on, also when this fails.
  ListenResult listen_on(int descriptor);
  /// The same with TLS.
  ListenResult listen_tls_on(int descriptor, std::vector<TlsFiles> certificates);

  /// Reads the files of every TLS listener again; new connections get what they hold now, others go on.
  /// Returns what is wrong; then everything stays as it was. Empty: success.
  [[nodiscard]] std::string reload_tls();
  /// The same, with other files from now on.
  [[nodiscard]] std::string reload_tls(const std::vector<TlsFiles>& certificates);

  /// Connections open now, on all executors.
  std::size_t connections() const noexcept;
  /// The counters as they are now.
  ServerStats stats() const noexcept;

  /// Sends the clients of the router away (Router::drain, also those that came by other transports of the host), at the
  /// rate given, then stops. Until the last one was told, HTTP requests are answered, so that health checks can see
  /// what goes on, each with `Connection: close`; new WebSockets and new Engine.IO sessions get 503. `done` is called
  /// as that of `stop`. A second call can shorten the timeout, and its rate counts; its `done` is called too.
  void drain(const DrainOptions& options = {}, Callback<void()> done = {});
  /// `drain` or `stop` was called.
  bool draining() const noexcept;

  /// Stops accepting, closes idle connections and, after what is queued for them, WebSockets (code 1001),
  /// lets requests that were read get their answer, and drops what is left after `grace`. Then nothing of the
  /// server keeps an executor busy, and `done`, if given, is called on one of them. A second call only
  /// shortens the grace; its `done` is called too.
  void stop(std::chrono::milliseconds grace, Callback<void()> done = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace signaling::net
