#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/ids.hpp"
#include "signaling/protocols/whip.hpp"
#include "signaling/text/export.hpp"

namespace signaling::net {

/// A path for WHIP or WHEP: rooms are below it, and sessions below `session` below it.
///
/// A client is a peer from its POST to the end of its session. It has no connection that could break: the media peer tells
/// when its media have ended, by an event `closed` to the client, or by removing it from the room. A session lives on the
/// executor of the connection that made it.
struct SIGNALING_API WhipRoute {
  protocols::WhipOptions options{};  ///< of each session
  /// The room of a path is the room of this and the path's name. Default: the rooms of everybody, so that browsers take part.
  std::string room_prefix{};
  /// Who answers the offers of a room, one of its members; empty: nobody. Called on any executor of the server, after the
  /// client has joined. Default: the member whose metadata has `"role":"sfu"`, if there is exactly one of these; otherwise
  /// the local peer, if there is exactly one on this node.
  std::function<PeerId(std::string_view room, protocols::WhipKind kind)> media_peer{};
  /// Sessions of this path. Default 10,000; 0: no limit. Beyond it: 503. Cost: some 4 kB each.
  std::size_t max_sessions = 10'000;
  /// New sessions per second from one address, and ten times as many at once. Default 0: no limit, because behind a proxy
  /// all clients have its address. Beyond it: 429.
  std::size_t sessions_per_second_per_address = 0;
  /// Bytes of a request body. Default 256 KiB, for offers with many codecs. Beyond it: 413.
  std::size_t max_body_bytes = 256 * 1024;
  /// In front of the path in `Location`: "https://node-1.example", with which clients find this node again behind a load
  /// balancer. Default: none, `Location` is a path.
  std::string base_url{};
  /// Whether requests that reach another node than their session's are passed on to that node, by the router's store. The
  /// nodes need the same setting. Default: not; they get 404. Cost: one local peer.
  bool forward = false;
  /// Pages of which origins may use this path. Absent, the default: all; there are no cookies.
  std::optional<std::vector<std::string>> allowed_origins{};
};

}  // namespace signaling::net
