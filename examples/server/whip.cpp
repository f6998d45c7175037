#include "whip.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "option_set.hpp"
#include "options.hpp"

namespace net = signaling::net;
namespace protocols = signaling::protocols;

namespace {

constexpr std::string_view room_pattern = "{room}";

// "/whip" for "/whip/{room}", too.
std::string endpoint_of(std::string_view path) {
  if (path.ends_with(room_pattern)) path.remove_suffix(room_pattern.size());
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

void check_path(const std::string& name, std::string_view path) {
  if (!path.empty() && !path.starts_with('/')) throw CLI::ValidationError(name, "a path begins with /");
  if (endpoint_of(path).find_first_of("?#{}*") != std::string::npos) {
    throw CLI::ValidationError(name, "a path has at most {room}, at its end");
  }
}

void check_paths(const Whip& whip) {
  const std::array<std::string_view, 4> taken{"/signaling", "/ws", "/socket.io", "/connections"};
  check_path("--whip", whip.publish_path);
  check_path("--whep", whip.play_path);
  for (const std::string& path : {whip.publish_path, whip.play_path}) {
    if (!path.empty() && std::ranges::find(taken, endpoint_of(path)) != taken.end()) {
      throw CLI::ValidationError("two protocols cannot be served at " + path);
    }
  }
  if (!whip.publish_path.empty() && endpoint_of(whip.publish_path) == endpoint_of(whip.play_path)) {
    throw CLI::ValidationError("two protocols cannot be served at " + whip.play_path);
  }
  const std::string& url = whip.route.base_url;
  if (!url.empty() && !url.starts_with("http://") && !url.starts_with("https://")) {
    throw CLI::ValidationError("--whip-base-url", "must begin with http:// or https://");
  }
}

void add(net::Server& server, const std::string& path, protocols::WhipKind kind, const Options& options) {
  if (path.empty()) return;
  net::WhipRoute route = options.whip.route;
  route.options.kind = kind;
  route.forward = options.store != "memory";
  if (!options.cors_origins.empty()) route.allowed_origins = options.cors_origins;
  server.whip(path, std::move(route));
}

}  // namespace

void add_whip_options(OptionSet& set, Whip& whip) {
  auto& route = whip.route;
  set.option("--whip", whip.publish_path, "Serve WHIP, which publishes media, for the rooms below this path")
      ->type_name("PATH");
  set.option("--whep", whip.play_path, "Serve WHEP, which plays media, for the rooms below this path")
      ->type_name("PATH");
  set.option("--whip-room-prefix", route.room_prefix,
             "A room of WHIP and WHEP is the room with this in front of its name")
      ->type_name("TEXT");
  set.option("--whip-base-url", route.base_url,
             "In front of the location of sessions of WHIP and WHEP: the public URL of this node")
      ->type_name("URL");
  set.duration("--whip-answer-timeout", route.options.answer_timeout,
               "Time for a media server to answer an offer of WHIP or WHEP");
  set.duration("--whip-session-timeout", route.options.session_timeout,
               "The longest duration of a session of WHIP or WHEP");
  set.bound("--whip-max-sessions", route.max_sessions, "Sessions of WHIP, and as many of WHEP");
  set.bound("--whip-publishers-per-room", route.options.publishers_per_room, "Publishers of WHIP in a room");
  set.bound("--whip-sessions-per-room", route.options.sessions_per_room,
            "Sessions of WHIP and WHEP in a room");
  set.bound("--whip-sessions-per-second", route.sessions_per_second_per_address,
            "New sessions of WHIP per second from one address, and as many of WHEP");
  set.option("--whip-require-if-match", route.options.require_if_match,
             "Refuse candidates of WHIP and WHEP without If-Match");
  set.option("--whep-counter-offers", route.options.counter_offers,
             "A media server may answer the offer of a player with an offer");
  set.finally([&whip] { check_paths(whip); });
}

void add_whip(net::Server& server, const Options& options) {
  add(server, options.whip.publish_path, protocols::WhipKind::publish, options);
  add(server, options.whip.play_path, protocols::WhipKind::play, options);
}

std::string describe_whip(const Whip& whip) {
  std::string lines;
  const auto describe = [&lines](const std::string& path, std::string_view what) {
    if (path.empty()) return;
    std::string line = endpoint_of(path) + "/ROOM";
    line.resize(std::max(line.size() + 1, std::size_t{14}), ' ');
    lines.append(line).append("HTTP, ").append(what).append("\n");
  };
  describe(whip.publish_path, "WHIP");
  describe(whip.play_path, "WHEP");
  return lines;
}
