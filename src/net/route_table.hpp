#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "net/origin.hpp"
#include "signaling/net/http.hpp"
#include "signaling/net/websocket_route.hpp"

namespace signaling::net {

class EngineEndpoint;

/// WebSockets of an Engine.IO path.
struct EngineWebSocketRoute {
  WebSocketSettings settings;
  std::shared_ptr<EngineEndpoint> endpoint;
};

/// WebSockets of peers.
struct PeerWebSocketRoute {
  WebSocketSettings settings;
  std::shared_ptr<const ProtocolFactory> protocol;
};

using AnyWebSocketRoute = std::variant<PeerWebSocketRoute, RawWebSocketRoute, EngineWebSocketRoute>;

/// What a WebSocket of one path becomes.
struct WebSocketPath {
  AnyWebSocketRoute route;
  std::shared_ptr<const OriginRules> origins;  // null: those of the server
};

struct HttpRoute {
  HttpHandler handler;
  std::size_t max_body_bytes = 0;
};

/// What is answered at one path.
struct HttpRoutes {
  std::map<std::string, HttpRoute, std::less<>> by_method;
  std::shared_ptr<const OriginRules> origins;  // null: those of the server

  /// Null: the method is not allowed here.
  const HttpRoute* find(std::string_view method) const;
  /// The value of an Allow field.
  std::string allowed_methods() const;
};

/// Values by path: exact paths, and those that end in "/*" for all paths that begin so, the longest first.
template <class Value>
class PathMap {
 public:
  Value& operator[](std::string_view path) {
    if (path.ends_with("/*")) return prefixes_[std::string(path.substr(0, path.size() - 1))];
    return exact_[std::string(path)];
  }
  const Value* find(std::string_view path) const {
    if (const auto found = exact_.find(path); found != exact_.end()) return &found->second;
    const Value* longest = nullptr;
    // In the order of the map a longer prefix comes behind the shorter ones it continues.
    for (const auto& [prefix, value] : prefixes_) {
      if (path.starts_with(prefix)) longest = &value;
    }
    return longest;
  }

 private:
  std::map<std::string, Value, std::less<>> exact_;
  std::map<std::string, Value, std::less<>> prefixes_;
};

/// Who answers what. Threads: any, once it is complete.
struct RouteTable {
  PathMap<HttpRoutes> http;
  PathMap<WebSocketPath> websocket;
};

}  // namespace signaling::net
