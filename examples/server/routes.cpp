#include "routes.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "echo.hpp"
#include "index_page.hpp"
#include "signaling/identity/identity_policy.hpp"
#include "signaling/protocols/json.hpp"
#include "signaling/protocols/vertex.hpp"
#include "signaling/socketio/vocabularies.hpp"
#include "socketio_conformance.hpp"

namespace {

namespace net = signaling::net;
namespace protocols = signaling::protocols;
namespace socketio = signaling::socketio;

void add_native(net::Server& server, const Options& options) {
  protocols::JsonOptions json;
  json.heartbeat = options.ping_interval;
  json.max_depth = options.max_json_depth;
  server.add(protocols::Json(json));
}

std::vector<signaling::Member> members_of(const signaling::Router& router, std::string_view name) {
  const auto room = router.find_room(name);
  return room ? room->members() : std::vector<signaling::Member>();
}

void add_vertex(net::Server& server, const signaling::Router& router, const Options& options) {
  protocols::VertexOptions vertex;
  vertex.max_json_depth = options.max_json_depth;
  net::ProtocolRoute route;
  route.settings.any_key = true;  // the app's key has 8 bytes
  server.add(protocols::Vertex([&router] { return members_of(router, protocols::vertex_room); }, vertex),
             route);
}

/// An answer that pages of other origins may read.
struct CorsResponder {
  net::HttpResponder responder;
  net::HttpFields headers;

  void operator()(net::HttpResponse response) const {
    response.headers.insert(response.headers.end(), headers.begin(), headers.end());
    responder.send(std::move(response));
  }
};

void answer_connections(socketio::TokenPeersConnections& connections, const CorsResponder& answer) {
  connections.ask([answer](std::error_code error, std::string json) {
    answer(error ? net::HttpResponse::text(503, "Service Unavailable\n")
                 : net::HttpResponse::json(200, std::move(json)));
  });
}

// Those who may connect, and be among those who are listed.
unsigned status_for(const signaling::Admission& admission) {
  if (!admission.decision.allowed()) return 401;
  const auto* const grants = signaling::identity::IdentityPolicy::grants_of(admission.identity);
  return grants == nullptr || grants->may_join(socketio::token_peers_room) ? 200 : 403;
}

// Who is ready, for the clients of the vocabulary "token-peers", who show what they connect with.
net::HttpHandler connections_handler(const signaling::Router& router,
                                     std::shared_ptr<signaling::Policy> policy) {
  auto connections = std::make_shared<socketio::TokenPeersConnections>(router);
  return [connections, policy](const net::HttpRequest& request, const net::HttpResponder& responder) {
    CorsResponder answer{responder, net::cors_headers(request)};
    if (!policy) return answer_connections(*connections, answer);
    auto info = std::make_shared<signaling::ConnectInfo>(net::connect_info(request));
    policy->authenticate(*info, [connections, answer, info](const signaling::Admission& admission) {
      const unsigned status = status_for(admission);
      if (status == 200) return answer_connections(*connections, answer);
      auto response = net::HttpResponse::text(status, status == 401 ? "Unauthorized\n" : "Forbidden\n");
      if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
      answer(std::move(response));
    });
  };
}

// Whether a load balancer may send clients here.
net::HttpHandler ready_handler(const net::Server& server, const Store& store) {
  return [&server, &store](const net::HttpRequest& /*request*/, const net::HttpResponder& responder) {
    if (server.draining()) return responder.send(net::HttpResponse::text(503, "draining\n"));
    const bool ready = !store.ready || store.ready();
    responder.send(ready ? net::HttpResponse::text(200, "ready\n")
                         : net::HttpResponse::text(503, "the store is unreachable\n"));
  };
}

net::EngineRoute socketio_route(socketio::Server& server, const Options& options) {
  net::EngineRoute route;
  route.options = options.engine;
  route.transports = options.transports;
  route.max_sessions = options.max_sessions;
  route.accept = [&server](const net::HttpRequest& request) -> net::EngineDecision {
    return server.accept(net::connect_info(request));
  };
  return route;
}

void serve_vocabularies(socketio::Server& server, const std::string& main_vocabulary) {
  socketio::VocabularyOptions options;
  options.members = [&router = server.router()](std::string_view room) { return members_of(router, room); };
  server.of("/").serve(socketio::Vocabulary::make(main_vocabulary, socketio::main_namespace, options));
  for (const std::string_view name : socketio::vocabulary_names()) {
    const std::string nsp = '/' + std::string(name);
    server.of(nsp).serve(socketio::Vocabulary::make(name, nsp, options));
  }
}

}  // namespace

socketio::ServerOptions socketio_options(const Options& options, std::shared_ptr<signaling::LogSink> log) {
  socketio::ServerOptions result = options.socketio;
  result.log = std::move(log);
  return result;
}

void add_routes(net::Server& server, signaling::Router& router, socketio::Server& socketio,
                const std::shared_ptr<signaling::Policy>& policy, const Store& store,
                const Options& options) {
  if (options.static_files.empty() && !takes_root(options)) server.route("GET", "/", index_page(options));
  add_native(server, options);
  add_vertex(server, router, options);
  add_dialects(server, router, options);
  add_whip(server, options);
  server.route("GET", "/connections", connections_handler(router, policy));
  server.route("GET", "/readyz", ready_handler(server, store));
  server.engine_io("/socket.io/", socketio_route(socketio, options));
  if (options.socketio_conformance) {
    serve_conformance(socketio);
  } else {
    serve_vocabularies(socketio, options.vocabulary);
  }
  if (options.echo) server.websocket("/echo", echo_route());
  if (options.echo || options.socketio_conformance) {
    server.engine_io("/engine.io/", engine_echo_route(options.engine));
  }
}
