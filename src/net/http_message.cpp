#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <utility>

#include "net/http_exchange.hpp"
#include "net/http_session.hpp"
#include "net/url.hpp"
#include "signaling/net/http.hpp"
#include "signaling/text/http_field.hpp"

namespace signaling::net {
namespace {

std::string credential(const HttpRequest& request) {
  const QueryValue token = request.query_value("token");
  // Not a guess at what it should be, and not another credential in its place.
  if (token.is_malformed()) return request.query;
  if (token && !token->empty()) return *token;
  const std::string_view authorization = request.header("authorization");
  constexpr std::string_view scheme = "bearer ";
  if (!text::equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return {};
  return std::string(text::trim(authorization.substr(scheme.size())));
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const noexcept {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [name](const auto& field) { return field.first == name; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

QueryValue HttpRequest::query_value(std::string_view name) const { return net::query_value(query, name); }

HttpResponse HttpResponse::text(unsigned status, std::string body) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body)};
}

HttpResponse HttpResponse::json(unsigned status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

ConnectInfo connect_info(const HttpRequest& request) {
  ConnectInfo info;
  info.remote_address = request.remote_address;
  info.target = request.target;
  info.origin = std::string(request.header("origin"));
  info.token = credential(request);
  info.wished_id = request.query_value("peer").value_or("");
  info.resume = request.query_value("resume").value_or("");
  info.keep = request.query_value("keep").value_or("");
  info.received = request.query_value("received").value_or("");
  info.headers = request.headers;
  return info;
}

HttpFields cors_headers(const HttpRequest& request) {
  if (request.allowed_origin.empty()) return {};
  HttpFields fields{{"Access-Control-Allow-Origin", request.allowed_origin}};
  if (request.allowed_origin != "*") {
    fields.emplace_back("Access-Control-Allow-Credentials", "true");
    // Another origin gets another answer: caches must not mix them up.
    fields.emplace_back("Vary", "Origin");
  }
  return fields;
}

void HttpResponder::Exchange::on_abort(Callback<void()> handler) {
  if (aborted_) return handler();
  if (session_ != nullptr) on_abort_ = std::move(handler);
}

void HttpResponder::Exchange::complete(HttpResponse response, AnswerEvents events) {
  HttpSession* const session = std::exchange(session_, nullptr);
  on_abort_ = {};
  if (session != nullptr) return session->complete(std::move(response), std::move(events));
  if (events.left) events.left(AnswerFate::lost);
}

void HttpResponder::Exchange::abort() noexcept {
  if (std::exchange(session_, nullptr) == nullptr) return;
  // It is too late for an answer. If one is on its way already, the handler is done with this request.
  aborted_ = claim_answer();
  if (!aborted_ || !on_abort_) return;
  try {
    std::exchange(on_abort_, {})();
  } catch (...) {  // NOLINT(bugprone-empty-catch): there is nobody left to tell
  }
}

struct HttpResponder::Ticket {
  explicit Ticket(std::shared_ptr<Exchange> the_exchange) : exchange(std::move(the_exchange)) {}
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;
  // NOLINTNEXTLINE(bugprone-exception-escape): only want of memory, and then there is no answer to give
  ~Ticket() { answer(HttpResponse::text(500, "Internal Server Error\n"), {}); }

  void answer(HttpResponse response, AnswerEvents events) const {
    const bool taken = exchange->claim_answer();
    if (!taken && !events.left) return;
    boost::asio::dispatch(exchange->executor(), [to = exchange, taken, what = std::move(response),
                                                 events = std::move(events)]() mutable {
      if (taken) return to->complete(std::move(what), std::move(events));
      events.left(AnswerFate::lost);
    });
  }

  std::shared_ptr<Exchange> exchange;
};

HttpResponder::HttpResponder(std::shared_ptr<Exchange> exchange)
    : ticket_(std::make_shared<Ticket>(std::move(exchange))) {}

void HttpResponder::send(HttpResponse response, AnswerEvents events) const {
  ticket_->answer(std::move(response), std::move(events));
}
void HttpResponder::on_abort(Callback<void()> handler) const {
  ticket_->exchange->on_abort(std::move(handler));
}
boost::asio::any_io_executor HttpResponder::executor() const { return ticket_->exchange->executor(); }

}  // namespace signaling::net
