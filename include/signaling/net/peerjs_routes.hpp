#pragma once

#include <memory>
#include <string>

#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"
#include "signaling/net/websocket_route.hpp"
#include "signaling/protocols/peerjs.hpp"
#include "signaling/text/export.hpp"

namespace signaling::net {

/// Where and how a server offers PeerJS.
struct SIGNALING_API PeerjsRoutes {
  /// The option `path` of clients, with or without a slash at its end.
  std::string base = "/";
  /// Whether clients may list the ids of all who are connected. Default off, as in the original.
  bool lists_peers = false;
  /// Whether all other requests below `base` get the original's 404, and `base` a description. If not, they are left to
  /// files and other routes, and the resources exist for PeerjsOptions::key only.
  bool takes_all = true;
  /// Of the WebSocket, and `allowed_origins` of everything.
  WebSocketSettings settings{};
};

/// Offers PeerJS: its WebSocket at `base` and "peerjs", and beside it the HTTP resources "<key>/id", a new id, and
/// "<key>/peers", a list of ids. `router` must outlive the server. Throws as Server::add and Server::route.
SIGNALING_API void add_peerjs(Server& server, const Router& router,
                              const std::shared_ptr<const protocols::Peerjs>& protocol,
                              const PeerjsRoutes& routes = {});

}  // namespace signaling::net
