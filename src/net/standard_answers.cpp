#include "net/standard_answers.hpp"

#include <utility>

#include "net/http_writer.hpp"

namespace signaling::net {

HttpResponse plain_answer(unsigned status) {
  return HttpResponse::text(status, std::string(reason_phrase(status)) + '\n');
}

HttpResponse options_answer(const HttpRequest& request, const std::string& methods) {
  HttpResponse response{204, {{"Allow", methods}}, {}};
  HttpFields cors = cors_headers(request);
  if (cors.empty()) return response;
  for (auto& field : cors) response.headers.push_back(std::move(field));
  const std::string_view asked = request.header("access-control-request-headers");
  response.headers.emplace_back("Access-Control-Allow-Methods", methods);
  response.headers.emplace_back("Access-Control-Allow-Headers", asked.empty() ? "Content-Type" : asked);
  response.headers.emplace_back("Access-Control-Max-Age", "600");
  return response;
}

std::optional<HttpResponse> refuse_malformed_query(const HttpRequest& request) {
  for (const std::string_view name : {"token", "peer", "resume", "keep", "received"}) {
    if (!request.query_value(name).is_malformed()) continue;
    return HttpResponse::text(400, "the parameter " + std::string(name) + " is not percent-encoded UTF-8\n");
  }
  return std::nullopt;
}

}  // namespace signaling::net
