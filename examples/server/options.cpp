#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <stdexcept>
#include <thread>

#include "signaling/core/version.hpp"
#include "signaling/socketio/vocabularies.hpp"

namespace {

ListenAddress parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  unsigned port = 0;
  const char* end = text.data() + text.size();
  if (colon == std::string::npos || std::from_chars(text.data() + colon + 1, end, port).ptr != end ||
      colon + 1 == text.size() || port > std::numeric_limits<std::uint16_t>::max()) {
    throw CLI::ValidationError("'" + text + "' is not ADDRESS:PORT");
  }
  std::string address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  if (address.empty()) address = "0.0.0.0";
  return {address, static_cast<std::uint16_t>(port)};
}

std::chrono::milliseconds parse_duration(const std::string& text) {
  static const std::map<std::string_view, std::int64_t> units{
      {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"0", 0}};
  std::int64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  const auto found = units.find(unit.empty() && value == 0 ? "0" : unit);
  if (error != std::errc() || value < 0 || value > 86'400'000 || found == units.end()) {
    throw CLI::ValidationError("'" + text + "' is not a duration such as 500ms, 5s, 2m or 0");
  }
  return std::chrono::milliseconds(value * found->second);
}

signaling::LogLevel parse_level(const std::string& text) {
  using enum signaling::LogLevel;
  for (const auto level : {debug, info, warning, error}) {
    if (signaling::to_string(level) == text) return level;
  }
  throw CLI::ValidationError("'" + text + "' is none of debug, info, warning, error");
}

signaling::net::EngineTransports parse_transports(const std::string& text) {
  using enum signaling::net::EngineTransports;
  static const std::map<std::string_view, signaling::net::EngineTransports> names{
      {"all", all}, {"polling", polling}, {"websocket", websocket}};
  if (const auto found = names.find(text); found != names.end()) return found->second;
  throw CLI::ValidationError("'" + text + "' is none of all, polling, websocket");
}

void check_vocabulary(const std::string& name) {
  std::string known;
  for (const std::string_view each : signaling::socketio::vocabulary_names()) {
    if (name == each) return;
    known.append(known.empty() ? "" : ", ").append(each);
  }
  throw CLI::ValidationError("'" + name + "' is none of " + known);
}

void check_ice_url(const std::string& url) {
  for (const std::string_view scheme : {"stun:", "stuns:", "turn:", "turns:"}) {
    if (url.starts_with(scheme) && url.size() > scheme.size()) return;
  }
  throw CLI::ValidationError("'" + url + "' is no stun:, stuns:, turn: or turns: URL");
}

// URL, or URL,USERNAME,CREDENTIAL.
signaling::identity::IceServer parse_ice_server(const std::string& text) {
  const auto first = text.find(',');
  signaling::identity::IceServer server{{text.substr(0, first)}, {}, {}};
  check_ice_url(server.urls.front());
  if (first == std::string::npos) return server;
  const auto second = text.find(',', first + 1);
  if (second == std::string::npos) throw CLI::ValidationError("a username needs a credential");
  server.username = text.substr(first + 1, second - first - 1);
  server.credential = text.substr(second + 1);
  return server;
}

std::string environment_name(std::string_view option) {
  std::string name = "SIGNALING_" + std::string(option);
  std::ranges::replace(name, '-', '_');
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  return name;
}

// CLI11 alone would take "-1" for the largest number there is, and "010" for 8.
std::string check_number(const std::string& text) {
  const bool decimal = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  return decimal && (text == "0" || text.front() != '0') ? std::string() : "'" + text + "' is not a number";
}

// The file of --config, without what the environment says as well: CLI11 alone would let the file win.
class ConfigFile final : public CLI::ConfigBase {
 public:
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    std::vector<CLI::ConfigItem> entries = CLI::ConfigBase::from_config(input);
    std::erase_if(entries, [](const CLI::ConfigItem& item) {
      const char* value = std::getenv(environment_name(item.name).c_str());
      return value != nullptr && *value != '\0';
    });
    return entries;
  }
};

// Says which option the trouble is with.
template <class Function>
auto named(const std::string& name, Function function) {
  try {
    return function();
  } catch (const CLI::ValidationError& error) {
    throw CLI::ValidationError(name, error.what());
  }
}

// Collects the raw texts, and turns them into Options when all are there.
class Parser {
 public:
  Parser()
      : app_(
            "WebRTC signaling server: peers connect, join rooms and exchange offers, answers and "
            "candidates.") {
    app_.set_version_flag("--version", "signaling-server " + std::string(signaling::version()));
    app_.set_config("--config", "",
                    "File with `option=value` lines; the command line and the environment win");
    app_.config_formatter(std::make_shared<ConfigFile>());
    app_.allow_config_extras(CLI::config_extras_mode::error);
    app_.get_formatter()->column_width(44);
    add_network();
    add_behaviour();
    add_identity();
    add_limits();
    add_times();
    add_socketio();
    app_.footer(
        "Every option is also read from the environment: --max-message-bytes from "
        "SIGNALING_MAX_MESSAGE_BYTES.\n"
        "Durations are written 500ms, 5s or 2m; a limit or duration of 0 is switched off.");
  }

  std::variant<Options, ExitCode> parse(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
      for (const auto& finish : finish_) finish();
      check();
    } catch (const CLI::ParseError& error) {
      // CLI11 has a code for each kind of error; for a shell there are two: fine, and misused.
      return ExitCode{app_.exit(error) == 0 ? 0 : 2};
    }
    return std::move(options_);
  }

 private:
  template <class T>
  CLI::Option* option(const std::string& name, T& target, const std::string& help) {
    const std::string environment = environment_name(name.substr(2));
    if constexpr (std::is_same_v<T, bool>) {
      return app_.add_flag(name, target, help)->envname(environment);
    } else {
      return app_.add_option(name, target, help)->envname(environment);
    }
  }

  void list(const std::string& name, std::vector<std::string>& texts, const std::string& type,
            const std::string& help) {
    option(name, texts, help)->type_name(type)->allow_extra_args(false)->delimiter(' ');
  }

  void bound(const std::string& name, std::size_t& target, const std::string& help) {
    option(name, target, help)->type_name("N")->check(check_number)->capture_default_str();
  }
  void bound(const std::string& name, std::uint32_t& target, const std::string& help) {
    option(name, target, help)->type_name("N")->check(check_number)->capture_default_str();
  }

  void duration(const std::string& name, std::chrono::milliseconds& target, const std::string& help) {
    auto text =
        std::make_shared<std::string>(target.count() % 1000 == 0 ? std::to_string(target.count() / 1000) + "s"
                                                                 : std::to_string(target.count()) + "ms");
    option(name, *text, help)->type_name("TIME")->capture_default_str();
    finish_.emplace_back(
        [text, &target, name] { target = named(name, [&] { return parse_duration(*text); }); });
  }

  void addresses(const std::string& name, std::vector<ListenAddress>& target, const std::string& help) {
    auto texts = std::make_shared<std::vector<std::string>>();
    list(name, *texts, "ADDRESS:PORT", help);
    finish_.emplace_back([texts, &target, name] {
      for (const std::string& text : *texts)
        target.push_back(named(name, [&] { return parse_address(text); }));
    });
  }

  void add_network() {
    addresses("--listen", options_.listen, "Serve HTTP and WebSocket here; port 0: a free one. Repeatable");
    addresses("--tls-listen", options_.tls_listen, "Serve the same over TLS. Repeatable");
    list("--tls-cert", certificates_, "FILE",
         "Certificate chain, PEM. Repeatable: the client's server name chooses");
    list("--tls-key", keys_, "FILE", "Private key, PEM; one for each --tls-cert");
    options_.threads = std::max(1U, std::thread::hardware_concurrency());
    option("--threads", options_.threads, "Threads; each connection stays on one")
        ->type_name("N")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    option("--static", options_.static_files, "Serve the files of this folder")
        ->type_name("DIR")
        ->check(CLI::ExistingDirectory);
    list("--cors-origin", options_.cors_origins, "ORIGIN",
         "Pages of this origin may connect, besides those served from here; * for all. Repeatable");
  }

  void add_behaviour() {
    option("--store", options_.store,
           "Where rooms are kept: memory, or redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE][?prefix=NAME] "
           "(rediss:// for TLS), which all nodes of a cluster share")
        ->type_name("STORE")
        ->capture_default_str();
    option("--store-ca", options_.store_ca, "Authorities for the certificate of a rediss:// server, PEM")
        ->type_name("FILE")
        ->check(CLI::ExistingFile);
    option("--store-required", options_.store_required,
           "While the store is away, turn clients and joins away; else rooms go on within this node");
    option("--allow-client-ids", options_.client_ids, "Clients may choose their peer id with ?peer=");
    option("--deflate", options_.deflate, "Accept permessage-deflate");
    option("--echo", options_.echo, "Serve echoes: WebSocket at /echo, Engine.IO at /engine.io/");
    option("--log-level", log_level_, "debug, info, warning or error")
        ->type_name("LEVEL")
        ->capture_default_str();
    finish_.emplace_back(
        [this] { options_.log_level = named("--log-level", [&] { return parse_level(log_level_); }); });
  }

  void add_identity() {
    option("--auth-token", options_.auth_token, "Clients must show this token")->type_name("TOKEN");
    option("--jwt-keys", options_.jwt_keys,
           "Clients must show a JSON Web Token signed with a key of this JWK Set, or the --auth-token; read "
           "again "
           "on SIGHUP")
        ->type_name("FILE")
        ->check(CLI::ExistingFile);
    option("--jwt-audience", options_.jwt.audience, "Tokens must name this audience")->type_name("NAME");
    option("--jwt-issuer", options_.jwt.issuer, "Tokens must come from this issuer")->type_name("NAME");
    duration("--jwt-leeway", jwt_leeway_, "How much the clocks of issuer and server may differ");
    list("--ice-server", ice_servers_, "URL", "Told to clients: URL or URL,USERNAME,CREDENTIAL. Repeatable");
    list("--turn-url", options_.ice.turn_urls, "URL",
         "Told to clients with credentials of their own, made from --turn-secret-file. Repeatable");
    option("--turn-secret-file", options_.turn_secret_file,
           "The secret shared with the TURN servers (coturn's static-auth-secret); read again on SIGHUP")
        ->type_name("FILE")
        ->check(CLI::ExistingFile);
    duration("--turn-lifetime", turn_lifetime_,
             "How long these credentials are good; clients get new ones in time");
    finish_.emplace_back([this] { finish_identity(); });
  }

  void finish_identity() {
    for (const std::string& text : ice_servers_) {
      options_.ice.servers.push_back(named("--ice-server", [&] { return parse_ice_server(text); }));
    }
    for (const std::string& url : options_.ice.turn_urls) named("--turn-url", [&] { check_ice_url(url); });
    if (options_.ice.turn_urls.empty() != options_.turn_secret_file.empty()) {
      throw CLI::ValidationError("--turn-url and --turn-secret-file need each other");
    }
    if (options_.jwt_keys.empty() && !(options_.jwt.audience.empty() && options_.jwt.issuer.empty())) {
      throw CLI::ValidationError("--jwt-audience and --jwt-issuer need --jwt-keys");
    }
    if (turn_lifetime_ < std::chrono::seconds(4))
      throw CLI::ValidationError("--turn-lifetime", "is under 4s");
    options_.jwt.leeway = std::chrono::duration_cast<std::chrono::seconds>(jwt_leeway_);
    options_.ice.turn_lifetime = std::chrono::duration_cast<std::chrono::seconds>(turn_lifetime_);
  }

  void add_limits() {
    auto& limits = options_.limits;
    bound("--max-message-bytes", limits.max_message_bytes, "Bytes of one message");
    bound("--max-metadata-bytes", limits.max_metadata_bytes, "Bytes of a member's metadata");
    bound("--max-id-bytes", limits.max_id_bytes, "Bytes of a room or peer id");
    bound("--max-rooms-per-peer", limits.max_rooms_per_peer, "Rooms one peer is in");
    bound("--max-peers-per-room", limits.max_peers_per_room, "Members of one room");
    bound("--max-peers", limits.max_peers, "Peers in all");
    bound("--max-outbound-bytes", limits.max_outbound_bytes, "Bytes queued for a peer that reads too slowly");
    bound("--max-pending-bytes", limits.max_pending_bytes,
          "Bytes a peer may send ahead of an unanswered request");
    bound("--max-messages-per-second", limits.messages_per_second, "Messages per second and peer");
    bound("--max-message-burst", limits.message_burst, "Messages at once above that rate");
    bound("--max-joins-per-second", limits.joins_per_second, "Joins per second and peer");
    bound("--max-join-burst", limits.join_burst, "Joins at once above that rate");
    bound("--max-json-depth", options_.max_json_depth, "Levels of nesting in a message");
    bound("--max-connections", options_.max_connections, "Connections in all");
    bound("--max-connections-per-address", options_.max_connections_per_address,
          "Connections from one address");
  }

  void add_times() {
    duration("--handshake-timeout", options_.handshake_timeout,
             "For the TLS handshake, and for the first request");
    duration("--first-message-timeout", options_.first_message_timeout, "For a WebSocket's first message");
    duration("--ping-interval", options_.ping_interval, "Silence after which a WebSocket gets a ping");
    duration("--ping-timeout", options_.ping_timeout, "Silence after the ping that ends the connection");
    duration("--drain-timeout", options_.drain_timeout, "For connections to end after SIGTERM");
  }

  void add_socketio() {
    option("--vocabulary", options_.vocabulary,
           "What Socket.IO clients speak: email-calls, redis-rooms, rooms-mesh or token-peers; each one also "
           "in a "
           "namespace of its name")
        ->type_name("NAME")
        ->capture_default_str();
    option("--socketio-transports", transports_, "all, polling or websocket")
        ->type_name("NAME")
        ->capture_default_str();
    option("--socketio-conformance", options_.socketio_conformance,
           "Serve what the conformance suites of Engine.IO and Socket.IO expect, with their short times");
    add_socketio_times();
    add_socketio_limits();
    finish_.emplace_back([this] {
      named("--vocabulary", [&] { check_vocabulary(options_.vocabulary); });
      options_.transports = named("--socketio-transports", [&] { return parse_transports(transports_); });
      check_positive("--socketio-ping-interval", options_.engine.ping_interval);
      check_positive("--socketio-ping-timeout", options_.engine.ping_timeout);
      options_.socketio.connection.packets.max_json_depth = options_.max_json_depth;
    });
  }

  void add_socketio_times() {
    auto& engine = options_.engine;
    duration("--socketio-ping-interval", engine.ping_interval,
             "From a Socket.IO client's pong to the next ping");
    duration("--socketio-ping-timeout", engine.ping_timeout, "For a Socket.IO client's pong");
    duration("--socketio-upgrade-timeout", engine.upgrade_timeout,
             "For the change from polling to WebSocket");
    duration("--socketio-close-timeout", engine.close_timeout,
             "For the poll that takes what is left at the end");
    duration("--socketio-connect-timeout", options_.socketio.connection.connect_timeout,
             "For a Socket.IO client to be in a namespace");
  }

  void add_socketio_limits() {
    auto& engine = options_.engine;
    auto& connection = options_.socketio.connection;
    auto& packets = connection.packets;
    bound("--socketio-max-payload", engine.max_payload_bytes, "Bytes of one request or message of Socket.IO");
    bound("--socketio-max-payload-packets", engine.max_payload_packets, "Packets in one request");
    bound("--socketio-max-buffered", engine.max_buffered_bytes, "Bytes that wait for a Socket.IO client");
    bound("--socketio-max-sessions", options_.max_sessions, "Socket.IO clients in all");
    bound("--socketio-max-namespaces", connection.max_namespaces, "Namespaces of one client");
    bound("--socketio-max-connects", options_.socketio.max_connects,
          "Requests for namespaces of one client in all");
    bound("--socketio-max-attachments", packets.max_attachments, "Binary messages that belong to one event");
    bound("--socketio-max-attachment-bytes", connection.max_attachment_bytes, "Bytes of these together");
    bound("--socketio-max-name-bytes", packets.max_name_bytes,
          "Bytes of a namespace or of the name of an event");
    bound("--socketio-max-arguments", packets.max_arguments, "Arguments of one event");
    bound("--socketio-max-held-bytes", connection.max_held_bytes,
          "Bytes sent ahead of the answer to a CONNECT");
    bound("--socketio-max-auth-bytes", options_.socketio.max_auth_bytes, "Bytes of a client's auth");
    bound("--socketio-max-pending-acks", options_.socketio.max_pending_acks,
          "Acknowledgements that a client owes");
  }

  static void check_positive(const std::string& name, std::chrono::milliseconds time) {
    if (time.count() == 0) throw CLI::ValidationError(name, "cannot be switched off");
  }

  void check() {
    if (options_.listen.empty() && options_.tls_listen.empty()) {
      throw CLI::ValidationError("nothing to listen on: give --listen or --tls-listen");
    }
    if (certificates_.size() != keys_.size())
      throw CLI::ValidationError("each --tls-cert needs its --tls-key");
    if (!options_.tls_listen.empty() && certificates_.empty()) {
      throw CLI::ValidationError("--tls-listen needs --tls-cert and --tls-key");
    }
    for (std::size_t i = 0; i < keys_.size(); ++i)
      options_.certificates.push_back({certificates_[i], keys_[i]});
  }

  CLI::App app_;
  Options options_;
  std::vector<std::string> certificates_;
  std::vector<std::string> keys_;
  std::vector<std::string> ice_servers_;
  std::chrono::milliseconds jwt_leeway_{30'000};
  std::chrono::milliseconds turn_lifetime_{3'600'000};
  std::string log_level_ = "info";
  std::string transports_ = "all";
  std::vector<std::function<void()>> finish_;
};

}  // namespace

std::variant<Options, ExitCode> parse_options(int argc, char** argv) { return Parser().parse(argc, argv); }
