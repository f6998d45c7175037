#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dialects.hpp"
#include "signaling/core/limits.hpp"
#include "signaling/core/log.hpp"
#include "signaling/identity/ice_servers.hpp"
#include "signaling/identity/jwt.hpp"
#include "signaling/net/engine_route.hpp"
#include "signaling/net/server.hpp"
#include "signaling/net/tls.hpp"
#include "signaling/operation/log_line.hpp"
#include "signaling/operation/metrics.hpp"
#include "signaling/operation/systemd.hpp"
#include "signaling/socketio/engine_session.hpp"
#include "signaling/socketio/server.hpp"
#include "whip.hpp"

/// Where to listen: "127.0.0.1:8080", "[::1]:0", "localhost:8080".
struct ListenAddress {
  std::string address;
  std::uint16_t port = 0;
};

/// Whether a socket of the service manager is served over TLS: its name says so.
bool is_tls(const signaling::operation::InheritedSocket& socket) noexcept;

/// What `signaling-server` was told on the command line, in the environment or in a file. Defaults are those of the
/// library unless noted.
struct Options {
  std::vector<ListenAddress> listen;
  std::vector<ListenAddress> tls_listen;
  std::vector<signaling::net::TlsFiles> certificates;
  unsigned threads = 1;
  std::filesystem::path static_files;
  std::string auth_token;
  std::filesystem::path jwt_keys;
  signaling::identity::JwtOptions jwt;
  std::vector<std::string> cors_origins;
  std::vector<std::string> allowed_hosts;
  /// Without the secret, which is in a file.
  signaling::identity::IceOptions ice;
  std::filesystem::path turn_secret_file;
  bool client_ids = false;
  bool strangers = false;
  bool deflate = false;
  bool echo = false;
  /// Speaks what the conformance suites of Engine.IO and Socket.IO expect, and nothing else, over Socket.IO.
  bool socketio_conformance = false;
  /// "memory", or the URL of a Redis server.
  std::string store = "memory";
  std::string store_ca;
  /// While the store is away, nobody can come or join.
  bool store_required = false;
  signaling::LogLevel log_level = signaling::LogLevel::info;
  signaling::operation::LogFormat log_format = signaling::operation::LogFormat::logfmt;
  std::size_t log_max_queued_bytes = 1024 * 1024;
  /// Who may see the metrics on the port that clients use. Empty: nobody.
  std::optional<signaling::operation::MetricsFor> metrics = signaling::operation::MetricsFor::loopback;
  std::vector<ListenAddress> admin_listen;
  std::filesystem::path admin_token_file;
  /// Handed over by the service manager; in place of, or besides, `listen` and `tls_listen`.
  std::vector<signaling::operation::InheritedSocket> inherited;

  signaling::Limits limits;
  std::size_t max_json_depth = 32;
  std::size_t max_connections = 100'000;
  std::size_t max_connections_per_address = 0;
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_header_fields = 100;
  std::size_t max_body_bytes = 64 * 1024;
  std::uint32_t max_fragments = 4096;
  std::size_t max_deflate_bytes_per_second = 4 * 1024 * 1024;
  std::size_t store_max_queued_bytes = 16 * 1024 * 1024;
  std::size_t store_max_inbox_entries = 100'000;
  std::chrono::milliseconds handshake_timeout{5'000};
  std::chrono::milliseconds first_message_timeout{5'000};
  std::chrono::milliseconds http_idle_timeout{30'000};
  std::chrono::milliseconds close_timeout{5'000};
  std::chrono::milliseconds ping_interval{25'000};
  std::chrono::milliseconds ping_timeout{20'000};
  signaling::net::DrainOptions drain;

  Dialects dialects;
  Whip whip;

  /// What Socket.IO clients of the namespace `/` speak.
  std::string vocabulary = "rooms-mesh";
  signaling::socketio::ServerOptions socketio;
  signaling::socketio::EngineOptions engine;
  signaling::net::EngineTransports transports = signaling::net::EngineTransports::all;
  std::size_t max_sessions = 100'000;
};

/// The program is to end with this code; what there was to say is printed.
struct ExitCode {
  int value = 0;
};

/// Prints what is wrong.
std::variant<Options, ExitCode> parse_options(int argc, char** argv);
/// The same later, when files and environment may say something else. Throws std::runtime_error with what is wrong.
Options parse_options_again(int argc, char** argv);
