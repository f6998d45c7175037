#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <stdexcept>
#include <thread>

#include "option_set.hpp"
#include "option_values.hpp"
#include "signaling/core/version.hpp"

namespace {

// What signaling-server can be told, group by group.
class Parser {
 public:
  Parser()
      : set_(
            "WebRTC signaling server: peers connect, join rooms and exchange offers, answers and candidates.",
            "signaling-server " + std::string(signaling::version())) {
    add_network();
    add_behaviour();
    add_operation();
    add_identity();
    add_limits();
    add_times();
    add_socketio();
    add_dialect_options(set_, options_.dialects);
    add_whip_options(set_, options_.whip);
    set_.finally([this] { check(); });
  }

  std::variant<Options, ExitCode> parse(int argc, char** argv) {
    try {
      set_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return set_.explain(error);
    }
    return std::move(options_);
  }

  Options parse_again(int argc, char** argv) {
    try {
      is_first_ = false;
      set_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      throw std::runtime_error(error.what());
    }
    return std::move(options_);
  }

 private:
  void add_network() {
    set_.addresses("--listen", options_.listen,
                   "Address for HTTP and WebSocket; port 0 picks a free port. Repeatable");
    set_.addresses("--tls-listen", options_.tls_listen, "Address for the same over TLS. Repeatable");
    set_.list("--tls-cert", certificates_, "FILE",
              "Certificate chain, PEM. Repeatable: the client's server name selects one");
    set_.list("--tls-key", keys_, "FILE", "Private key, PEM; one for each --tls-cert");
    options_.threads = std::max(1U, std::thread::hardware_concurrency());
    set_.option("--threads", options_.threads, "Number of threads; each connection stays on one thread")
        ->type_name("N")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    set_.option("--static", options_.static_files, "Serve the files of this folder")
        ->type_name("DIR")
        ->check(at_first(CLI::ExistingDirectory));
    set_.list("--cors-origin", options_.cors_origins, "ORIGIN",
              "Allow pages of this origin, in addition to those served from here; * allows all. Repeatable");
    set_.list("--allowed-host", options_.allowed_hosts, "HOST",
              "Answer only requests for this host (given without a port), against DNS rebinding. Repeatable");
    set_.finally([this] {
      check_each("--cors-origin", options_.cors_origins, signaling::net::check_origin);
      check_each("--allowed-host", options_.allowed_hosts, signaling::net::check_host);
    });
  }

  void add_behaviour() {
    set_.option(
            "--store", options_.store,
            "Store of the rooms: memory, or redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE][?prefix=NAME] "
            "(rediss:// for TLS), which all nodes of a cluster share")
        ->type_name("STORE")
        ->capture_default_str();
    set_.option("--store-ca", options_.store_ca, "Certificate authorities for a rediss:// server, PEM")
        ->type_name("FILE")
        ->check(at_first(CLI::ExistingFile));
    set_.option(
        "--store-required", options_.store_required,
        "While the store is unreachable, refuse clients and joins; by default, rooms continue on this node");
    set_.option("--allow-client-ids", options_.client_ids, "Let clients choose their peer id with ?peer=");
    set_.option("--allow-strangers", options_.strangers,
                "Let clients send to any peer whose id they know, not only to members of their rooms");
    set_.option("--deflate", options_.deflate, "Accept permessage-deflate");
    set_.option("--echo", options_.echo,
                "Serve echo endpoints: WebSocket at /echo, Engine.IO at /engine.io/");
  }

  void add_operation() {
    set_.option("--log-level", log_level_,
                "Lowest level to log: debug, info, warning or error; read again on SIGHUP")
        ->type_name("LEVEL")
        ->capture_default_str();
    set_.option("--log-format", log_format_, "Format of the log: logfmt or json")
        ->type_name("FORMAT")
        ->capture_default_str();
    set_.bound("--log-max-queued-bytes", options_.log_max_queued_bytes,
               "Bytes of the log that wait for stderr; further records are dropped");
    set_.option("--metrics", metrics_,
                "Clients that may read /metrics on the main listeners: nobody, loopback (this machine) or "
                "everybody")
        ->type_name("WHO")
        ->capture_default_str();
    set_.addresses("--admin-listen", options_.admin_listen,
                   "Address for the admin HTTP interface, without TLS. Repeatable");
    set_.option("--admin-token-file", options_.admin_token_file,
                "File with the token of admin requests; read again on SIGHUP")
        ->type_name("FILE")
        ->check(at_first(CLI::ExistingFile));
    set_.finally([this] {
      options_.log_level = named("--log-level", [&] { return parse_level(log_level_); });
      options_.log_format = named("--log-format", [&] { return parse_log_format(log_format_); });
      options_.metrics = named("--metrics", [&] { return parse_metrics_for(metrics_); });
      if (options_.admin_listen.empty() != options_.admin_token_file.empty()) {
        throw CLI::ValidationError("--admin-listen and --admin-token-file need each other");
      }
    });
  }

  void add_identity() {
    set_.option("--auth-token", options_.auth_token, "Token that clients must send")->type_name("TOKEN");
    set_.option(
            "--jwt-keys", options_.jwt_keys,
            "JWK Set: clients must send a JSON Web Token signed with one of its keys, or the --auth-token; "
            "read again on SIGHUP")
        ->type_name("FILE")
        ->check(at_first(CLI::ExistingFile));
    set_.option("--jwt-audience", options_.jwt.audience, "Required audience of tokens")->type_name("NAME");
    set_.option("--jwt-issuer", options_.jwt.issuer, "Required issuer of tokens")->type_name("NAME");
    set_.duration("--jwt-leeway", jwt_leeway_, "Allowed difference between the clocks of issuer and server");
    set_.list("--ice-server", ice_servers_, "URL",
              "ICE server for clients: URL or URL,USERNAME,CREDENTIAL. Repeatable", split_ice_servers);
    set_.list("--turn-url", options_.ice.turn_urls, "URL",
              "TURN server for clients, with credentials made from --turn-secret-file. Repeatable");
    set_.option(
            "--turn-secret-file", options_.turn_secret_file,
            "File with the secret of the TURN servers (coturn's static-auth-secret); read again on SIGHUP")
        ->type_name("FILE")
        ->check(at_first(CLI::ExistingFile));
    set_.duration("--turn-lifetime", turn_lifetime_,
                  "Lifetime of these credentials; clients get new ones in time");
    set_.finally([this] { finish_identity(); });
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
      throw CLI::ValidationError("--turn-lifetime", "must be at least 4s");
    options_.jwt.leeway = std::chrono::duration_cast<std::chrono::seconds>(jwt_leeway_);
    options_.ice.turn_lifetime = std::chrono::duration_cast<std::chrono::seconds>(turn_lifetime_);
  }

  void add_limits() {
    auto& limits = options_.limits;
    set_.bound("--max-message-bytes", limits.max_message_bytes, "Bytes of one message");
    set_.bound("--max-metadata-bytes", limits.max_metadata_bytes, "Bytes of a member's metadata");
    set_.bound("--max-id-bytes", limits.max_id_bytes, "Bytes of a room or peer id");
    set_.bound("--max-rooms-per-peer", limits.max_rooms_per_peer, "Rooms of one peer");
    set_.bound("--max-names-per-peer", limits.max_names_per_peer, "Names of one peer besides its id");
    set_.bound("--max-peers-per-room", limits.max_peers_per_room, "Members of one room");
    set_.bound("--max-peers", limits.max_peers, "Peers in total");
    set_.bound("--max-reserved-ids", limits.max_reserved_ids,
               "Ids reserved for clients that lost their connection");
    set_.bound("--max-outbound-bytes", limits.max_outbound_bytes,
               "Bytes queued for a peer that reads too slowly");
    set_.bound("--max-pending-bytes", limits.max_pending_bytes,
               "Bytes that a peer may send ahead of an unanswered request");
    set_.bound("--max-messages-per-second", limits.messages_per_second, "Messages per second and peer");
    set_.bound("--max-message-burst", limits.message_burst, "Messages at once above that rate");
    const CLI::Option* const bytes =
        set_.bound("--max-bytes-per-second", limits.bytes_per_second,
                   "Message bytes per second and peer; 0 if only --max-messages-per-second is given, as 0");
    set_.finally([&limits, bytes] {
      if (limits.messages_per_second == 0 && bytes->empty()) limits.bytes_per_second = 0;
    });
    set_.bound("--max-byte-burst", limits.byte_burst, "Bytes at once above that rate");
    set_.bound("--max-caused-bytes-per-second", limits.caused_bytes_per_second,
               "Bytes per second that one peer causes to be sent to others");
    set_.bound("--max-caused-byte-burst", limits.caused_byte_burst, "Bytes at once above that rate");
    set_.bound("--max-joins-per-second", limits.joins_per_second, "Joins per second and peer");
    set_.bound("--max-join-burst", limits.join_burst, "Joins at once above that rate");
    set_.bound("--max-unacknowledged-bytes", limits.max_unacknowledged_bytes,
               "Message bytes kept for one client until it confirms them");
    set_.bound("--max-json-depth", options_.max_json_depth, "Nesting depth of a message");
    set_.bound("--max-connections", options_.max_connections, "Connections in total");
    set_.bound("--max-connections-per-address", options_.max_connections_per_address,
               "Connections from one address");
    set_.bound("--max-header-bytes", options_.max_header_bytes, "Bytes of a request line and header");
    set_.bound("--max-header-fields", options_.max_header_fields, "Fields of a request header");
    set_.bound("--max-body-bytes", options_.max_body_bytes, "Bytes of a request body, except for Socket.IO");
    set_.bound("--max-fragments", options_.max_fragments, "Frames of one WebSocket message");
    set_.bound("--max-deflate-bytes-per-second", options_.max_deflate_bytes_per_second,
               "Message bytes that each thread compresses per second; the rest is sent uncompressed");
    set_.bound("--store-max-queued-bytes", options_.store_max_queued_bytes, "Bytes that wait for the store");
    set_.bound("--store-max-inbox-entries", options_.store_max_inbox_entries,
               "Entries that the store keeps for this node");
  }

  void add_times() {
    set_.duration("--handshake-timeout", options_.handshake_timeout,
                  "Time for the TLS handshake, and for the first request");
    set_.duration("--first-message-timeout", options_.first_message_timeout,
                  "Time for a WebSocket's first message");
    set_.duration("--http-idle-timeout", options_.http_idle_timeout,
                  "Time for a request body, for reading its answer, and until the next request");
    set_.duration("--close-timeout", options_.close_timeout,
                  "Time for a client's part of the closing handshake");
    set_.duration("--ping-interval", options_.ping_interval, "Silence after which a WebSocket gets a ping");
    set_.duration("--ping-timeout", options_.ping_timeout, "Silence after the ping that ends the connection");
    set_.duration("--decision-timeout", options_.limits.decision_timeout,
                  "Time for the decision on a client or a join");
    set_.duration("--max-resume", options_.limits.max_resume,
                  "Longest time that a peer stays without its connection, if the client asks for that");
    set_.duration("--away-after", options_.limits.away_after,
                  "Time without a connection until the others are told that a peer is away");
    set_.duration("--id-grace", options_.limits.id_grace,
                  "Time for which the id of a client that lost its connection stays reserved");
    set_.bound("--drain-rate", options_.drain.clients_per_second,
               "Clients sent away per second after SIGTERM; 0: all at once");
    set_.duration("--drain-timeout", options_.drain.timeout, "Longest time from SIGTERM to the end");
    set_.duration("--drain-reconnect-within", options_.drain.reconnect_within,
                  "Longest random delay after which these clients reconnect");
  }

  void add_socketio() {
    set_.option(
            "--vocabulary", options_.vocabulary,
            "Vocabulary of the default namespace: email-calls, redis-rooms, rooms-mesh or token-peers; each "
            "has a namespace of its own name too")
        ->type_name("NAME")
        ->capture_default_str();
    set_.option("--socketio-transports", transports_, "Transports of Socket.IO: all, polling or websocket")
        ->type_name("NAME")
        ->capture_default_str();
    set_.option("--socketio-conformance", options_.socketio_conformance,
                "Serve what the conformance suites of Engine.IO and Socket.IO expect, with their short times "
                "as defaults");
    add_socketio_times();
    add_socketio_limits();
    set_.finally([this] {
      named("--vocabulary", [&] { check_vocabulary(options_.vocabulary); });
      options_.transports = named("--socketio-transports", [&] { return parse_transports(transports_); });
      check_positive("--socketio-ping-interval", options_.engine.ping_interval);
      check_positive("--socketio-ping-timeout", options_.engine.ping_timeout);
      options_.socketio.connection.packets.max_json_depth = options_.max_json_depth;
    });
  }

  void add_socketio_times() {
    auto& engine = options_.engine;
    auto& connect_timeout = options_.socketio.connection.connect_timeout;
    const auto* const ping_interval = set_.duration("--socketio-ping-interval", engine.ping_interval,
                                                    "Time from a Socket.IO client's pong to the next ping");
    const auto* const ping_timeout =
        set_.duration("--socketio-ping-timeout", engine.ping_timeout, "Time for a Socket.IO client's pong");
    set_.duration("--socketio-upgrade-timeout", engine.upgrade_timeout,
                  "Time for the upgrade from polling to WebSocket");
    set_.duration("--socketio-close-timeout", engine.close_timeout,
                  "Time for the last poll of a closed session");
    set_.duration("--socketio-recovery", options_.socketio.recovery_time,
                  "Time for which a Socket.IO client that lost its connection may go on with its socket "
                  "(connection state recovery), in whole seconds, at most --max-resume; 0: off");
    const auto* const connect = set_.duration("--socketio-connect-timeout", connect_timeout,
                                              "Time for a Socket.IO client to join a namespace");
    use_in_suites(*ping_interval, engine.ping_interval, std::chrono::milliseconds(300));
    use_in_suites(*ping_timeout, engine.ping_timeout, std::chrono::milliseconds(200));
    use_in_suites(*connect, connect_timeout, std::chrono::milliseconds(1000));
  }

  // What the published suites are written for, unless the option is given.
  void use_in_suites(const CLI::Option& option, std::chrono::milliseconds& target,
                     std::chrono::milliseconds time) {
    set_.finally([this, &option, &target, time] {
      if (options_.socketio_conformance && option.empty()) target = time;
    });
  }

  void add_socketio_limits() {
    auto& engine = options_.engine;
    auto& connection = options_.socketio.connection;
    auto& packets = connection.packets;
    set_.bound("--socketio-max-payload", engine.max_payload_bytes,
               "Bytes of one Socket.IO request or message");
    set_.bound("--socketio-max-payload-packets", engine.max_payload_packets, "Packets in one request");
    set_.bound("--socketio-max-buffered", engine.max_buffered_bytes,
               "Bytes that wait for a Socket.IO client");
    set_.bound("--socketio-max-sessions", options_.max_sessions, "Socket.IO clients in total");
    set_.bound("--socketio-max-namespaces", connection.max_namespaces, "Namespaces of one client");
    set_.bound("--socketio-max-away", options_.socketio.max_away_sockets,
               "Sockets that wait for a lost client (--socketio-recovery)");
    set_.bound("--socketio-max-connects", options_.socketio.max_connects,
               "Namespace requests of one client in total");
    set_.bound("--socketio-max-attachments", packets.max_attachments, "Binary attachments of one event");
    set_.bound("--socketio-max-attachment-bytes", connection.max_attachment_bytes,
               "Total bytes of the attachments of one event");
    set_.bound("--socketio-max-name-bytes", packets.max_name_bytes, "Bytes of a namespace or event name");
    set_.bound("--socketio-max-arguments", packets.max_arguments, "Arguments of one event");
    set_.bound("--socketio-max-held-bytes", connection.max_held_bytes,
               "Bytes that a client sends ahead of the answer to a CONNECT");
    set_.bound("--socketio-max-auth-bytes", options_.socketio.max_auth_bytes, "Bytes of a client's auth");
    set_.bound("--socketio-max-pending-acks", options_.socketio.max_pending_acks,
               "Acknowledgements that a client owes");
  }

  // When options are read again, a file that is missing concerns whoever reads it, and nothing else.
  std::function<std::string(const std::string&)> at_first(const CLI::Validator& check) {
    return [this, &check](const std::string& path) { return is_first_ ? check(path) : std::string(); };
  }

  template <class Check>
  static void check_each(const std::string& name, const std::vector<std::string>& values, Check check) {
    for (const std::string& value : values) {
      if (const auto checked = check(value); !checked) {
        throw CLI::ValidationError(name, checked.error().message);
      }
    }
  }

  static void check_positive(const std::string& name, std::chrono::milliseconds time) {
    if (time.count() == 0) throw CLI::ValidationError(name, "must not be 0");
  }

  void check() {
    if (is_first_) options_.inherited = signaling::operation::take_inherited_sockets();
    if (is_first_ && options_.listen.empty() && options_.tls_listen.empty() && options_.inherited.empty()) {
      throw CLI::ValidationError("nothing to listen on: give --listen or --tls-listen");
    }
    if (certificates_.size() != keys_.size()) throw CLI::ValidationError("each --tls-cert needs a --tls-key");
    const bool inherits_tls = std::ranges::any_of(options_.inherited, is_tls);
    if ((inherits_tls || !options_.tls_listen.empty()) && certificates_.empty()) {
      throw CLI::ValidationError("--tls-listen needs --tls-cert and --tls-key");
    }
    for (std::size_t i = 0; i < keys_.size(); ++i)
      options_.certificates.push_back({certificates_[i], keys_[i]});
  }

  OptionSet set_;
  Options options_;
  std::vector<std::string> certificates_;
  std::vector<std::string> keys_;
  std::vector<std::string> ice_servers_;
  std::chrono::milliseconds jwt_leeway_{30'000};
  std::chrono::milliseconds turn_lifetime_{3'600'000};
  bool is_first_ = true;
  std::string log_level_ = "info";
  std::string log_format_ = "logfmt";
  std::string metrics_ = "loopback";
  std::string transports_ = "all";
};

}  // namespace

bool is_tls(const signaling::operation::InheritedSocket& socket) noexcept {
  return socket.name == "tls" || socket.name == "https";
}

std::variant<Options, ExitCode> parse_options(int argc, char** argv) { return Parser().parse(argc, argv); }

Options parse_options_again(int argc, char** argv) { return Parser().parse_again(argc, argv); }
