#include <algorithm>
#include <array>
#include <utility>

#include "net/connection.hpp"
#include "net/http_session.hpp"
#include "net/standard_answers.hpp"
#include "net/url.hpp"
#include "net/worker.hpp"
#include "signaling/text/percent.hpp"

namespace signaling::net {
namespace {

constexpr std::array<std::string_view, 7> known_methods{"GET",   "HEAD",   "POST",   "PUT",
                                                        "PATCH", "DELETE", "OPTIONS"};
constexpr std::string_view all_methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
constexpr std::string_view continue_response = "HTTP/1.1 100 Continue\r\n\r\n";

HttpResponse method_not_allowed(std::string allowed) {
  HttpResponse response = plain_answer(405);
  response.headers.emplace_back("Allow", std::move(allowed));
  return response;
}

bool is_get(const HttpRequest& request) { return request.method == "GET" || request.method == "HEAD"; }

}  // namespace

void HttpSession::head_arrived() {
  const ServerOptions& options = connection_.worker().context().options;
  const HttpHead& head = parser_.head();
  request_started_ = true;
  http_version_ = 10 + head.minor_version;
  head_only_ = head.method == "HEAD";
  if (!head.keep_alive) close_after_ = true;
  std::size_t max_body_bytes = options.max_body_bytes;
  if (const auto path = text::percent_decode(split_target(head.target).path)) {
    const HttpRoutes* const routes = connection_.worker().context().routes.http.find(*path);
    const HttpRoute* const route = routes != nullptr ? routes->find(head.method) : nullptr;
    if (route != nullptr && route->max_body_bytes != 0) max_body_bytes = route->max_body_bytes;
  }
  await_client();
  // RFC 9110 10.1.1: who waits for leave to send the body gets it, or the final answer at once.
  parser_.limit_body(max_body_bytes);
  const bool has_content = head.chunked || head.content_length.value_or(0) > 0;
  if (parser_.status() != http_ok || !head.expects_continue || !has_content) return;
  connection_.send(std::as_bytes(std::span(continue_response)), 0);
}

HttpFields HttpSession::cors_of_head() const {
  const HttpHead& head = parser_.head();
  const auto origin = head.field("origin");
  const std::optional<std::string> path = text::percent_decode(split_target(head.target).path);
  if (origin.empty() || !path) return {};
  HttpRequest request;
  request.allowed_origin = connection_.worker().context().origins_at(*path).cors_value(origin);
  return cors_headers(request);
}

std::optional<HttpRequest> HttpSession::take_request() {
  HttpHead head = parser_.take_head();
  const TargetParts parts = split_target(head.target);
  std::optional<std::string> path = text::percent_decode(parts.path);
  if (!path) return std::nullopt;
  HttpRequest request;
  request.path = *std::move(path);
  request.query = std::string(parts.query);
  if (const auto origin = head.field("origin"); !origin.empty()) {
    request.allowed_origin = connection_.worker().context().origins_at(request.path).cors_value(origin);
  }
  request.method = std::move(head.method);
  request.target = std::move(head.target);
  request.headers = std::move(head.fields);
  request.body = parser_.take_body();
  request.remote_address = connection_.address().to_string();
  request.secure = connection_.secure();
  return request;
}

void HttpSession::dispatch() {
  connection_.clear_deadline();
  const std::optional<HttpRequest> request = take_request();
  if (!request) return answer(plain_answer(400));
  if (std::find(known_methods.begin(), known_methods.end(), request->method) == known_methods.end()) {
    return answer(plain_answer(501));
  }
  if (!connection_.worker().context().serves_host_of(*request)) return answer(plain_answer(421));
  if (upgrade(*request)) return;
  const HttpRoutes* const routes = connection_.worker().context().routes.http.find(request->path);
  if (routes != nullptr) return answer_by_route(*routes, *request);
  answer_without_route(*request);
}

void HttpSession::answer_by_route(const HttpRoutes& routes, const HttpRequest& request) {
  const HttpRoute* const route = routes.find(request.method);
  if (route != nullptr) return call_handler(route->handler, request);
  if (request.method == "OPTIONS") return answer(options_answer(request, routes.allowed_methods()));
  answer(method_not_allowed(routes.allowed_methods()));
}

void HttpSession::call_handler(const HttpHandler& handler, const HttpRequest& request) {
  phase_ = Phase::answering;
  exchange_ = std::make_shared<HttpResponder::Exchange>(*this, connection_.worker().executor());
  HttpResponder responder(exchange_);
  try {
    handler(request, responder);
  } catch (const std::exception& error) {
    connection_.worker().context().log.write(LogLevel::error, "http-handler-failed",
                                             {{"path", request.path}, {"error", error.what()}});
    responder.send(plain_answer(500));
  } catch (...) {
    connection_.worker().context().log.write(LogLevel::error, "http-handler-failed",
                                             {{"path", request.path}});
    responder.send(plain_answer(500));
  }
}

void HttpSession::answer_without_route(const HttpRequest& request) {
  const ServerContext& context = connection_.worker().context();
  if (request.path == "*") return answer({204, {{"Allow", std::string(all_methods)}}, {}});
  if (!context.files) return answer(plain_answer(404));
  if (request.method == "OPTIONS") return answer(options_answer(request, "GET, HEAD"));
  if (!is_get(request)) return answer(method_not_allowed("GET, HEAD"));
  FileAnswer file = context.files->find(
      {request.path, request.target, request.header("if-none-match"), request.header("if-modified-since")});
  if (file.status == 404) return answer(plain_answer(404));
  answer_file(std::move(file));
}

}  // namespace signaling::net
