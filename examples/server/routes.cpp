#include "routes.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "echo.hpp"
#include "signaling/protocols/json_protocol.hpp"
#include "signaling/protocols/vertex.hpp"
#include "signaling/socketio/vocabularies.hpp"
#include "socketio_conformance.hpp"

namespace {

namespace net = signaling::net;
namespace protocols = signaling::protocols;
namespace socketio = signaling::socketio;

net::WebSocketRoute native_route(const Options& options) {
  protocols::JsonOptions json;
  json.heartbeat = options.ping_interval;
  json.max_depth = options.max_json_depth;
  json.max_id_bytes = options.limits.max_id_bytes;
  auto factory = std::make_shared<protocols::JsonProtocolFactory>(json);
  net::WebSocketRoute route;
  route.settings.subprotocols = {std::string(protocols::JsonProtocol::subprotocol)};
  route.make_protocol = [factory](const signaling::ConnectInfo& /*info*/) { return factory->make(); };
  return route;
}

net::WebSocketRoute vertex_route(signaling::Router& router) {
  auto factory = std::make_shared<protocols::VertexFactory>([&router] {
    const auto room = router.find_room(protocols::vertex_room);
    return room ? room->members() : std::vector<signaling::Member>();
  });
  net::WebSocketRoute route;
  route.settings.any_key = true;  // the app's key has 8 bytes
  route.make_protocol = [factory](const signaling::ConnectInfo& /*info*/) { return factory->make(); };
  return route;
}

// Who is ready, for the clients of the vocabulary "token-peers".
net::HttpHandler connections_handler(signaling::Router& router) {
  return [&router](const net::HttpRequest& request, const net::HttpResponder& responder) {
    socketio::token_peers_connections(
        router, [responder, headers = net::cors_headers(request)](std::error_code error, std::string json) {
          auto response = error ? net::HttpResponse::text(503, "Service Unavailable\n")
                                : net::HttpResponse::json(200, std::move(json));
          response.headers.insert(response.headers.end(), headers.begin(), headers.end());
          responder.send(std::move(response));
        });
  };
}

// Whether a load balancer may send clients here.
net::HttpHandler ready_handler(const net::Server& server, const Store& store) {
  return [&server, &store](const net::HttpRequest& /*request*/, const net::HttpResponder& responder) {
    if (server.draining()) return responder.send(net::HttpResponse::text(503, "draining\n"));
    const bool ready = !store.ready || store.ready();
    responder.send(ready ? net::HttpResponse::text(200, "ready\n")
                         : net::HttpResponse::text(503, "the store is away\n"));
  };
}

socketio::EngineOptions engine_options(const Options& options) {
  socketio::EngineOptions result = options.engine;
  if (options.socketio_conformance) {  // what the published suites are written for
    result.ping_interval = std::chrono::milliseconds(300);
    result.ping_timeout = std::chrono::milliseconds(200);
    result.max_payload_bytes = 1'000'000;
  }
  return result;
}

net::EngineRoute socketio_route(socketio::Server& server, const Options& options) {
  net::EngineRoute route;
  route.options = engine_options(options);
  route.transports = options.transports;
  route.max_sessions = options.max_sessions;
  route.accept = [&server](const net::HttpRequest& request) -> net::EngineDecision {
    return server.accept(net::connect_info(request));
  };
  return route;
}

void serve_vocabularies(socketio::Server& server, const std::string& main_vocabulary) {
  server.of("/").serve(socketio::Vocabulary::make(main_vocabulary));
  for (const std::string_view name : socketio::vocabulary_names()) {
    const std::string nsp = '/' + std::string(name);
    server.of(nsp).serve(socketio::Vocabulary::make(name, nsp));
  }
}

}  // namespace

socketio::ServerOptions socketio_options(const Options& options, std::shared_ptr<signaling::LogSink> log) {
  socketio::ServerOptions result = options.socketio;
  if (options.socketio_conformance) result.connection.connect_timeout = std::chrono::seconds(1);
  result.log = std::move(log);
  return result;
}

void add_routes(net::Server& server, signaling::Router& router, socketio::Server& socketio,
                const Store& store, const Options& options) {
  server.websocket("/signaling", native_route(options));
  server.websocket("/ws", vertex_route(router));
  server.route("GET", "/connections", connections_handler(router));
  server.route("GET", "/readyz", ready_handler(server, store));
  server.engine_io("/socket.io/", socketio_route(socketio, options));
  if (options.socketio_conformance) {
    serve_conformance(socketio);
  } else {
    serve_vocabularies(socketio, options.vocabulary);
  }
  if (options.echo) server.websocket("/echo", echo_route());
  if (options.echo || options.socketio_conformance) {
    server.engine_io("/engine.io/", engine_echo_route(engine_options(options)));
  }
}
