#include <utility>

#include "net/connection.hpp"
#include "net/engine_endpoint.hpp"
#include "net/engine_websocket.hpp"
#include "net/http_session.hpp"
#include "net/peer_websocket.hpp"
#include "net/raw_websocket.hpp"
#include "net/standard_answers.hpp"
#include "net/worker.hpp"
#include "signaling/websocket/handshake.hpp"

namespace signaling::net {
namespace {

HttpResponse refusal(const websocket::RefusedUpgrade& refused) {
  HttpResponse response = HttpResponse::text(refused.status, std::string(refused.reason) + '\n');
  for (const websocket::HeaderField& field : refused.fields)
    response.headers.emplace_back(field.name, field.value);
  return response;
}

const WebSocketSettings& settings_of(const AnyWebSocketRoute& route) {
  return std::visit([](const auto& any) -> const WebSocketSettings& { return any.settings; }, route);
}

websocket::UpgradeResult check(const HttpRequest& request, unsigned http_version,
                               const WebSocketSettings& settings, bool deflate) {
  std::vector<websocket::HeaderField> fields;
  fields.reserve(request.headers.size());
  for (const auto& [name, value] : request.headers) fields.push_back({name, value});
  websocket::UpgradeOptions options;
  options.subprotocols = settings.subprotocols;
  options.any_subprotocol = settings.any_subprotocol;
  options.any_key = settings.any_key;
  if (deflate) options.deflate = {.server_no_context_takeover = true, .client_no_context_takeover = true};
  return websocket::check_upgrade({request.method, http_version, fields}, options);
}

websocket::ConnectionOptions connection_options(Connection& connection, const WebSocketSettings& settings,
                                                const websocket::AcceptedUpgrade& accepted) {
  websocket::ConnectionOptions options;
  options.max_message_bytes =
      settings.max_message_bytes.value_or(connection.worker().context().router.limits().max_message_bytes);
  options.max_fragments = connection.worker().context().options.max_fragments;
  options.deflate = accepted.deflate;
  options.error_reasons = settings.error_reasons;
  return options;
}

/// A session that must be made on another worker.
struct DistantSession {
  std::shared_ptr<Worker> worker;
  SessionFactory make;
};

using MadeSession = std::variant<HttpResponse, std::unique_ptr<Session>, DistantSession>;

MadeSession make_session(Connection& connection, const PeerWebSocketRoute& route, const HttpRequest& request,
                         const websocket::AcceptedUpgrade& accepted) {
  if (auto refused = refuse_malformed_query(request)) return *std::move(refused);
  ConnectInfo info = connect_info(request);
  std::unique_ptr<Protocol> protocol = route.protocol->make(info);
  if (!protocol) return plain_answer(404);
  if (auto worker = connection.worker().context().worker_to_resume(info);
      worker != nullptr && worker.get() != &connection.worker()) {
    const auto options = connection_options(connection, route.settings, accepted);
    // A factory is copied with its function, and is called once.
    const auto kept = std::make_shared<std::unique_ptr<Protocol>>(std::move(protocol));
    auto make = [&settings = route.settings, options, kept, info](Connection& moved) {
      return std::make_unique<PeerWebSocket>(moved, settings, options, std::move(*kept), info);
    };
    return DistantSession{std::move(worker), std::move(make)};
  }
  return std::make_unique<PeerWebSocket>(connection, route.settings,
                                         connection_options(connection, route.settings, accepted),
                                         std::move(protocol), std::move(info));
}

MadeSession make_session(Connection& connection, const RawWebSocketRoute& route, const HttpRequest& request,
                         const websocket::AcceptedUpgrade& accepted) {
  WebSocketDecision decision = route.accept(request);
  if (auto* const refused = std::get_if<HttpResponse>(&decision)) return std::move(*refused);
  auto handler = std::get<std::unique_ptr<WebSocketHandler>>(std::move(decision));
  if (!handler) return plain_answer(500);
  return std::make_unique<RawWebSocket>(
      connection, route, connection_options(connection, route.settings, accepted), std::move(handler));
}

MadeSession make_session(Connection& connection, const EngineWebSocketRoute& route,
                         const HttpRequest& request, const websocket::AcceptedUpgrade& accepted) {
  const auto here = connection.worker().shared_from_this();
  EngineTarget target = route.endpoint->find_target(request, here);
  if (auto* const refused = std::get_if<HttpResponse>(&target)) return std::move(*refused);
  auto session = std::get<EngineSessionPlace>(std::move(target));
  const auto options = connection_options(connection, route.settings, accepted);
  if (session.worker == here) {
    return std::make_unique<EngineWebSocket>(connection, route.settings, options, std::move(session.driver));
  }
  auto make = [&settings = route.settings, options, driver = std::move(session.driver)](Connection& moved) {
    return std::make_unique<EngineWebSocket>(moved, settings, options, driver);
  };
  return DistantSession{std::move(session.worker), std::move(make)};
}

}  // namespace

// True if the answer was given, or HTTP was left. False: HTTP routes shall answer.
bool HttpSession::upgrade(const HttpRequest& request) {
  ServerContext& context = connection_.worker().context();
  const WebSocketPath* const path = context.routes.websocket.find(request.path);
  if (path == nullptr) return false;
  // RFC 9110 7.8: an upgrade to a protocol that is not spoken here, such as h2c, is ignored.
  const bool asked = http_version_ == 11 && lists_token(request.headers, "upgrade", "websocket");
  if (!asked && context.routes.http.find(request.path) != nullptr) return false;
  const websocket::UpgradeResult result =
      check(request, http_version_, settings_of(path->route), context.options.deflate);
  if (const auto* const refused = std::get_if<websocket::RefusedUpgrade>(&result)) {
    answer(refusal(*refused));
  } else if (!context.may_connect(request, path->origins.get())) {
    answer(plain_answer(403));
  } else if (!request.body.empty()) {
    answer(plain_answer(400));
  } else if (connection_.worker().stopping() || context.draining.load(std::memory_order_relaxed)) {
    answer(plain_answer(503));
  } else {
    accept_upgrade(path->route, request, std::get<websocket::AcceptedUpgrade>(result));
  }
  return true;
}

void HttpSession::accept_upgrade(const AnyWebSocketRoute& route, const HttpRequest& request,
                                 const websocket::AcceptedUpgrade& accepted) {
  MadeSession made = HttpResponse();
  try {
    made =
        std::visit([&](const auto& any) { return make_session(connection_, any, request, accepted); }, route);
  } catch (const std::exception& error) {
    connection_.worker().context().log.write(LogLevel::error, "websocket-handler-failed",
                                             {{"path", request.path}, {"error", error.what()}});
    made = plain_answer(500);
  } catch (...) {
    made = plain_answer(500);
  }
  if (auto* const refused = std::get_if<HttpResponse>(&made)) return answer(std::move(*refused));
  ServerCounters::add(connection_.worker().context().counters.responses[1]);
  phase_ = Phase::upgraded;
  std::string response = websocket::upgrade_response(accepted);
  if (auto* const distant = std::get_if<DistantSession>(&made)) {
    return connection_.move_to(distant->worker, std::move(distant->make), std::move(response), input_);
  }
  connection_.send_ahead(std::as_bytes(std::span(response)));
  connection_.become(std::get<std::unique_ptr<Session>>(std::move(made)), input_);
}

}  // namespace signaling::net
