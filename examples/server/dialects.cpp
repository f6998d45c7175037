#include "dialects.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "option_set.hpp"
#include "options.hpp"
#include "signaling/net/peerjs_routes.hpp"
#include "signaling/protocols/libdatachannel.hpp"

namespace net = signaling::net;
namespace protocols = signaling::protocols;

namespace {

// Paths of other protocols.
constexpr std::array<std::string_view, 3> taken_paths{"/signaling", "/ws", "/socket.io"};

// The path as far as it stands in each path below.
std::string_view beginning(std::string_view path) {
  if (path.ends_with("/*")) path.remove_suffix(2);
  if (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

std::string base_of(std::string_view path) {
  const std::string_view base = beginning(path);
  return base.empty() ? "/" : std::string(base);
}

void check_paths(const Dialects& dialects) {
  const std::array<std::string_view, 5> paths{dialects.godot_path, dialects.libdatachannel_path,
                                              dialects.matchbox_path, dialects.peerjs_path,
                                              dialects.y_webrtc_path};
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto is_same = [&](std::string_view other) { return beginning(other) == beginning(paths[i]); };
    const bool is_taken =
        std::ranges::any_of(taken_paths, is_same) ||
        std::any_of(paths.begin(), paths.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](std::string_view other) { return !other.empty() && is_same(other); });
    if (!paths[i].empty() && is_taken) {
      throw CLI::ValidationError("two protocols cannot be served at " + std::string(paths[i]));
    }
  }
}

void add_path(OptionSet& set, const std::string& name, std::string& path, const std::string& help) {
  set.option(name, path, help)->type_name("PATH");
  set.finally([&path, name] {
    if (!path.empty() && !path.starts_with('/')) throw CLI::ValidationError(name, "a path begins with /");
  });
}

// Offers a protocol at its path and at all paths below.
void add_with_names(net::Server& server, const std::shared_ptr<const signaling::ProtocolFactory>& protocol) {
  server.add(protocol);
  net::ProtocolRoute names;
  names.path = std::string(beginning(protocol->path())) + "/*";
  server.add(protocol, std::move(names));
}

// The original gives this answer to requests that are not WebSocket handshakes. Here it must not hide the files.
void answer_requests(net::Server& server, const std::string& path, const Options& options, unsigned status,
                     std::string_view text) {
  if (beginning(path).empty() && !options.static_files.empty()) return;
  server.route("*", path, [=](const net::HttpRequest& /*request*/, const net::HttpResponder& responder) {
    auto response = net::HttpResponse::text(status, std::string(text));
    response.headers.emplace_back("Access-Control-Allow-Origin", "*");
    responder.send(std::move(response));
  });
}

auto members_of(const signaling::Router& router) {
  return [&router](std::string_view name) {
    const auto room = router.find_room(name);
    return room ? room->members() : std::vector<signaling::Member>();
  };
}

void add_godot(net::Server& server, const signaling::Router& router, const Options& options) {
  const Dialects& dialects = options.dialects;
  if (dialects.godot_path.empty()) return;
  auto settings = dialects.godot;
  settings.max_json_depth = options.max_json_depth;
  net::ProtocolRoute route;
  route.path = dialects.godot_path;
  server.add(protocols::Godot(members_of(router), settings), std::move(route));
}

void add_libdatachannel(net::Server& server, const Options& options) {
  const std::string& path = options.dialects.libdatachannel_path;
  if (path.empty()) return;
  protocols::LibdatachannelOptions settings;
  settings.path = base_of(path);
  settings.max_json_depth = options.max_json_depth;
  add_with_names(server, std::make_shared<const protocols::Libdatachannel>(std::move(settings)));
  answer_requests(server, std::string(beginning(path)) + "/*", options, 404, "Not Found\n");
}

void add_matchbox(net::Server& server, const signaling::Router& router, const Options& options) {
  const std::string& path = options.dialects.matchbox_path;
  if (path.empty()) return;
  auto settings = options.dialects.matchbox;
  settings.path = base_of(path);
  settings.max_json_depth = options.max_json_depth;
  settings.max_group = options.limits.max_peers_per_room;
  add_with_names(server,
                 std::make_shared<const protocols::Matchbox>(members_of(router), std::move(settings)));
  answer_requests(server, std::string(beginning(path)) + "/health", options, 200, "");
}

protocols::MatchboxTopology parse_topology(const std::string& text) {
  if (text == "mesh") return protocols::MatchboxTopology::mesh;
  if (text == "client-server") return protocols::MatchboxTopology::client_server;
  throw CLI::ValidationError("--matchbox-topology", "must be mesh or client-server");
}

void add_matchbox_options(OptionSet& set, Dialects& dialects) {
  auto& matchbox = dialects.matchbox;
  add_path(set, "--matchbox", dialects.matchbox_path,
           "Serve matchbox (Rust games) at this path and its rooms below");
  set.option("--matchbox-room-prefix", matchbox.room_prefix,
             "A room of matchbox is the room with this in front of its name")
      ->type_name("TEXT")
      ->capture_default_str();
  const auto topology = std::make_shared<std::string>("mesh");
  set.option("--matchbox-topology", *topology, "Topology of the rooms of matchbox: mesh or client-server")
      ->type_name("NAME")
      ->capture_default_str();
  set.finally([topology, &matchbox] { matchbox.topology = parse_topology(*topology); });
}

void add_peerjs_options(OptionSet& set, Dialects& dialects) {
  auto& peerjs = dialects.peerjs;
  add_path(set, "--peerjs", dialects.peerjs_path,
           "Serve PeerJS at this path, which is the client's option path");
  set.option("--peerjs-key", peerjs.key, "Key that clients of PeerJS must give; not a secret")
      ->type_name("TEXT")
      ->capture_default_str();
  set.option("--peerjs-room-prefix", peerjs.room_prefix,
             "All clients of PeerJS are in the room with this in front of its name")
      ->type_name("TEXT")
      ->capture_default_str();
  set.option("--peerjs-allow-discovery", dialects.peerjs_lists_peers,
             "Clients of PeerJS may list the ids of all who are connected");
  set.bound("--peerjs-max-clients", peerjs.max_clients, "Clients of PeerJS, on all nodes");
  set.duration("--peerjs-expire-timeout", peerjs.expire_timeout,
               "Time that messages of PeerJS wait for a client that is not there");
  set.duration(
      "--peerjs-probe-timeout", peerjs.probe_timeout,
      "Time for a client of PeerJS to show that it lives when another one wants its id; 0: it is not asked");
  set.bound("--peerjs-max-waiting-messages", peerjs.max_waiting_messages,
            "Messages of a client of PeerJS that wait for one absent id");
  set.bound("--peerjs-max-waiting-bytes", peerjs.max_waiting_bytes, "Bytes of these messages");
  set.bound("--peerjs-max-absent-ids", peerjs.max_absent_ids,
            "Absent ids for which messages of a client of PeerJS wait");
  set.bound("--peerjs-max-total-waiting-bytes", peerjs.max_total_waiting_bytes,
            "Bytes of a client of PeerJS that wait for all absent ids");
  set.finally([&peerjs] {
    if (peerjs.key.empty()) throw CLI::ValidationError("--peerjs-key", "must not be empty");
  });
}

void add_peerjs(net::Server& server, const signaling::Router& router, const Options& options) {
  const Dialects& dialects = options.dialects;
  if (dialects.peerjs_path.empty()) return;
  auto settings = dialects.peerjs;
  settings.max_json_depth = options.max_json_depth;
  settings.max_tag_bytes = options.limits.max_id_bytes;
  const auto room_of = [&router](std::string_view name) { return router.find_room(name); };
  net::PeerjsRoutes routes;
  routes.base = base_of(dialects.peerjs_path);
  routes.lists_peers = dialects.peerjs_lists_peers;
  routes.takes_all = routes.base != "/" || options.static_files.empty();
  net::add_peerjs(server, router, std::make_shared<const protocols::Peerjs>(room_of, std::move(settings)),
                  routes);
}

void add_y_webrtc(net::Server& server, const signaling::Router& router, const Options& options) {
  const Dialects& dialects = options.dialects;
  if (dialects.y_webrtc_path.empty()) return;
  auto settings = dialects.y_webrtc;
  settings.max_json_depth = options.max_json_depth;
  net::ProtocolRoute route;
  route.path = dialects.y_webrtc_path;
  const auto count = [&router](std::string_view name) {
    const auto room = router.find_room(name);
    return room ? room->size() : std::size_t{0};
  };
  server.add(protocols::YWebrtc(count, std::move(settings)), std::move(route));
  answer_requests(server, dialects.y_webrtc_path, options, 200, "okay");
}

}  // namespace

void add_dialect_options(OptionSet& set, Dialects& dialects) {
  add_path(set, "--godot", dialects.godot_path,
           "Serve the protocol of Godot's WebRTC demo at this path; PATH/* serves all paths below");
  set.option("--godot-room-prefix", dialects.godot.room_prefix,
             "A lobby of Godot is the room with this in front of its name")
      ->type_name("TEXT")
      ->capture_default_str();
  set.duration("--godot-join-timeout", dialects.godot.join_timeout,
               "Time for a client of Godot to join a lobby");
  set.duration("--godot-seal-time", dialects.godot.seal_time,
               "Time from the sealing of a lobby of Godot to the end of its connections");
  add_path(set, "--libdatachannel", dialects.libdatachannel_path,
           "Serve the protocol of libdatachannel's examples at this path and the ids below");
  add_matchbox_options(set, dialects);
  add_peerjs_options(set, dialects);
  auto& y_webrtc = dialects.y_webrtc;
  add_path(set, "--y-webrtc", dialects.y_webrtc_path,
           "Serve y-webrtc (Yjs) at this path; PATH/* serves all paths below");
  set.option("--y-webrtc-room-prefix", y_webrtc.room_prefix,
             "A topic of y-webrtc is the room with this in front of its name")
      ->type_name("TEXT")
      ->capture_default_str();
  set.bound("--y-webrtc-max-topics", y_webrtc.max_topics, "Topics of one y-webrtc client");
  set.bound("--y-webrtc-max-topic-bytes", y_webrtc.max_topic_bytes, "Bytes of a topic of y-webrtc");
  set.finally([&dialects] { check_paths(dialects); });
}

void add_dialects(net::Server& server, const signaling::Router& router, const Options& options) {
  add_godot(server, router, options);
  add_libdatachannel(server, options);
  add_matchbox(server, router, options);
  add_peerjs(server, router, options);
  add_y_webrtc(server, router, options);
}

bool takes_root(const Options& options) {
  const std::string& path = options.dialects.peerjs_path;
  return options.static_files.empty() && !path.empty() && beginning(path).empty();
}

std::string describe_dialects(const Dialects& dialects) {
  std::string lines;
  const auto add = [&lines](std::string path, std::string_view what) {
    if (path.empty()) return;
    path.resize(std::max(path.size() + 1, std::size_t{14}), ' ');
    lines.append(path).append("WebSocket, ").append(what).append("\n");
  };
  add(dialects.godot_path, "Godot");
  add(dialects.libdatachannel_path, "libdatachannel");
  add(dialects.matchbox_path, "matchbox");
  add(dialects.peerjs_path, "PeerJS");
  add(dialects.y_webrtc_path, "y-webrtc");
  return lines;
}
