#include "net/engine_endpoint.hpp"

#include <boost/asio/dispatch.hpp>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

#include "net/bounded_time.hpp"
#include "net/server_context.hpp"
#include "net/standard_answers.hpp"
#include "net/worker.hpp"

namespace signaling::net {
namespace {

using socketio::EngineError;

constexpr std::string_view polling_name = "polling";
constexpr std::string_view websocket_name = "websocket";

EngineRoute checked(EngineRoute route) {
  if (!route.accept) throw std::invalid_argument("EngineRoute::accept is empty");
  socketio::EngineOptions& options = route.options;
  if (options.ping_interval.count() <= 0 || options.ping_timeout.count() <= 0) {
    throw std::invalid_argument("EngineOptions::ping_interval and ping_timeout must be positive");
  }
  for (auto* const time :
       {&options.ping_interval, &options.ping_timeout, &options.upgrade_timeout, &options.close_timeout}) {
    *time = bounded(*time);
  }
  if (route.transports != EngineTransports::all) route.options.upgrades = socketio::Upgrades::refused;
  return route;
}

HttpResponse refuse(EngineError error, const HttpRequest& request) {
  return engine_refusal(error, cors_headers(request));
}

HttpResponse with_cors(HttpResponse response, const HttpRequest& request) {
  for (auto& field : cors_headers(request)) response.headers.push_back(std::move(field));
  return response;
}

std::string transport_of(const HttpRequest& request) { return request.query_value("transport").value_or(""); }

bool speaks_version_4(const HttpRequest& request) { return request.query_value("EIO") == "4"; }

}  // namespace

WebSocketSettings engine_websocket_settings(const EngineRoute& route) {
  WebSocketSettings settings;
  settings.first_message_timeout = std::chrono::milliseconds(0);
  settings.ping_interval = std::chrono::milliseconds(0);
  settings.max_message_bytes = route.options.max_payload_bytes;
  // As the reference does.
  settings.any_subprotocol = true;
  settings.error_reasons = false;
  return settings;
}

EngineEndpoint::EngineEndpoint(EngineRoute route, ServerContext& context,
                               std::vector<std::weak_ptr<Worker>> workers)
    : route_(checked(std::move(route))),
      context_(context),
      origins_(origin_rules(route_.allowed_origins)),
      workers_(std::move(workers)),
      registry_(route_.max_sessions) {}

const LogWriter& EngineEndpoint::log() const noexcept { return context_.log; }
ServerCounters& EngineEndpoint::counters() const noexcept { return context_.counters; }

bool EngineEndpoint::serves(std::string_view transport) const noexcept {
  if (transport == polling_name) return route_.transports != EngineTransports::websocket;
  return transport == websocket_name && route_.transports != EngineTransports::polling;
}

void EngineEndpoint::handle(const HttpRequest& request, const HttpResponder& responder) {
  const auto refuse_with = [&](EngineError error) { responder.send(refuse(error, request)); };
  if (request.method == "OPTIONS") return responder.send(options_answer(request, "GET, POST"));
  if (!context_.may_connect(request, origins_.get())) return refuse_with(EngineError::forbidden);
  const std::string transport = transport_of(request);
  if (!serves(transport)) return refuse_with(EngineError::transport_unknown);
  const QueryValue sid = request.query_value("sid");
  if (sid.is_malformed()) return refuse_with(EngineError::session_unknown);
  if (!sid) return open_session(request, responder);

  const auto session = registry_.find(*sid);
  if (!session) return refuse_with(EngineError::session_unknown);
  const bool is_post = request.method == "POST";
  if (transport != polling_name || (!is_post && request.method != "GET")) {
    return refuse_with(EngineError::bad_request);
  }
  hand_over(session, {is_post ? EngineRequest::Kind::post : EngineRequest::Kind::get, session->next_request(),
                      request.body, responder, cors_headers(request)});
}

void EngineEndpoint::open_session(const HttpRequest& request, const HttpResponder& responder) {
  const auto refuse_with = [&](EngineError error) { responder.send(refuse(error, request)); };
  if (request.method != "GET") return refuse_with(EngineError::bad_handshake_method);
  if (transport_of(request) != polling_name) return refuse_with(EngineError::bad_request);
  if (!speaks_version_4(request)) return refuse_with(EngineError::unsupported_version);
  EngineTarget made = make_session(request, worker_of(responder.executor()));
  if (auto* const refused = std::get_if<HttpResponse>(&made)) {
    return responder.send(with_cors(std::move(*refused), request));
  }
  const auto& session = std::get<EngineSessionPlace>(made).driver;
  hand_over(session,
            {EngineRequest::Kind::get, session->next_request(), {}, responder, cors_headers(request)});
}

void EngineEndpoint::hand_over(const std::shared_ptr<EngineDriver>& session, EngineRequest request) {
  const HttpResponder responder = request.responder;
  const socketio::RequestId id = request.id;
  // At once, if this is the session's executor.
  boost::asio::dispatch(session->executor(), [session, what = std::move(request)]() mutable {
    session->on_request(std::move(what));
  });
  responder.on_abort([session, id] {
    boost::asio::dispatch(session->executor(), [session, id] { session->on_request_aborted(id); });
  });
}

EngineTarget EngineEndpoint::find_target(const HttpRequest& request, const std::shared_ptr<Worker>& here) {
  const std::string transport = transport_of(request);
  if (!serves(transport)) return refuse(EngineError::transport_unknown, request);
  const QueryValue sid = request.query_value("sid");
  if (sid.is_malformed()) return refuse(EngineError::session_unknown, request);
  if (sid) {
    auto session = registry_.find(*sid);
    if (!session) return refuse(EngineError::session_unknown, request);
    if (transport != websocket_name) return refuse(EngineError::bad_request, request);
    auto worker = worker_of(session->executor());
    if (!worker) return refuse(EngineError::session_unknown, request);
    return EngineSessionPlace{std::move(session), std::move(worker)};
  }
  if (transport != websocket_name) return refuse(EngineError::bad_request, request);
  if (!speaks_version_4(request)) return refuse(EngineError::unsupported_version, request);
  return make_session(request, here);
}

EngineTarget EngineEndpoint::make_session(const HttpRequest& request, std::shared_ptr<Worker> worker) {
  const bool ends = !worker || worker->stopping() || context_.draining.load(std::memory_order_relaxed);
  const bool full = registry_.is_full();
  if (full) ServerCounters::add(counters().refused_sessions);
  if (ends || full) return plain_answer(503);
  if (auto refused = refuse_malformed_query(request)) return *std::move(refused);
  EngineDecision decision = decide(request);
  if (auto* const refused = std::get_if<HttpResponse>(&decision)) return std::move(*refused);
  auto handler = std::get<std::unique_ptr<socketio::EngineHandler>>(std::move(decision));
  if (!handler) return plain_answer(500);
  auto driver = std::make_shared<EngineDriver>(shared_from_this(), worker, std::move(handler));
  return EngineSessionPlace{std::move(driver), std::move(worker)};
}

EngineDecision EngineEndpoint::decide(const HttpRequest& request) {
  try {
    return route_.accept(request);
  } catch (const std::exception& error) {
    context_.log.write(LogLevel::error, "engine-handler-failed",
                       {{"path", request.path}, {"error", error.what()}});
  } catch (...) {
    context_.log.write(LogLevel::error, "engine-handler-failed", {{"path", request.path}});
  }
  return plain_answer(500);
}

std::shared_ptr<Worker> EngineEndpoint::worker_of(const boost::asio::any_io_executor& executor) const {
  for (const auto& entry : workers_) {
    auto worker = entry.lock();
    if (worker && worker->executor() == executor) return worker;
  }
  return nullptr;
}

}  // namespace signaling::net
