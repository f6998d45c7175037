#include "signaling/net/peerjs_routes.hpp"

#include <algorithm>
#include <array>
#include <boost/system/error_code.hpp>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "signaling/text/hex.hpp"

namespace signaling::net {
namespace {

constexpr std::string_view description =
    R"({"name":"PeerJS Server","description":"Connects browsers that use PeerJS.",)"
    R"("website":"https://peerjs.com/"})";

// Any hexadecimal text is an id that the clients take.
std::string make_peerjs_id() {
  std::array<std::byte, 16> bytes{};
  system_random().fill(bytes);
  std::string id;
  for (const std::byte byte : bytes) {
    id += text::hex_digit(std::to_integer<unsigned>(byte >> 4));
    id += text::hex_digit(std::to_integer<unsigned>(byte & std::byte{0xF}));
  }
  return id;
}

// The client that a member takes the place of may still be there, with the same name.
std::string list_of(const std::vector<Member>& members) {
  std::unordered_set<std::string> names;
  std::string list = "[";
  for (const Member& member : members) {
    const auto [name, is_new] = names.insert(protocols::Peerjs::name_of(member));
    if (is_new) list.append(list.size() == 1 ? "" : ",").append(*name);
  }
  return list + ']';
}

/// Answers the requests for everything below a base path.
class PeerjsResources {
 public:
  PeerjsResources(const Router& router, std::shared_ptr<const protocols::Peerjs> protocol,
                  const PeerjsRoutes& routes, std::size_t base_size)
      : router_(router),
        protocol_(std::move(protocol)),
        base_size_(base_size),
        lists_peers_(routes.lists_peers),
        admits_any_origin_(!routes.settings.allowed_origins) {}

  void operator()(const HttpRequest& request, const HttpResponder& responder) const {
    const HttpFields fields = common_fields(request);
    if (request.method == "OPTIONS") {
      HttpResponse response{204, {{"Access-Control-Allow-Methods", "GET, OPTIONS"}}, {}};
      const auto wanted = request.header("access-control-request-headers");
      if (!wanted.empty()) response.headers.emplace_back("Access-Control-Allow-Headers", wanted);
      return answer(responder, fields, std::move(response));
    }
    const bool is_get = request.method == "GET" || request.method == "HEAD";
    const std::string_view path =
        std::string_view(request.path).substr(std::min(request.path.size(), base_size_ + 1));
    const std::size_t slash = path.find('/');
    const std::string_view key = path.substr(0, slash);
    const std::string_view resource = slash == std::string_view::npos ? "" : path.substr(slash + 1);
    if (is_get && path.empty())
      return answer(responder, fields, HttpResponse::json(200, std::string(description)));
    if (is_get && !key.empty() && resource == "id") {
      return answer(responder, fields,
                    {200,
                     {{"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "no-store"}},
                     make_peerjs_id()});
    }
    if (is_get && !key.empty() && resource == "peers") return answer_peers(key, fields, responder);
    answer(responder, fields, HttpResponse::text(404, "Not Found"));
  }

 private:
  HttpFields common_fields(const HttpRequest& request) const {
    if (!admits_any_origin_) return cors_headers(request);
    return {{"Access-Control-Allow-Origin", "*"}, {"Vary", "Origin"}};
  }

  static void answer(const HttpResponder& responder, const HttpFields& fields, HttpResponse response) {
    response.headers.insert(response.headers.end(), fields.begin(), fields.end());
    responder.send(std::move(response));
  }

  void answer_peers(std::string_view key, const HttpFields& fields, const HttpResponder& responder) const {
    if (!lists_peers_ || key != protocol_->key())
      return answer(responder, fields, HttpResponse::text(401, "Unauthorized"));
    router_.async_members(protocol_->room(), [responder, fields](boost::system::error_code error,
                                                                 const std::vector<Member>& members) {
      auto response =
          error ? HttpResponse::text(503, "Service Unavailable") : HttpResponse::json(200, list_of(members));
      response.headers.emplace_back("Cache-Control", "no-store");
      answer(responder, fields, std::move(response));
    });
  }

  const Router& router_;
  std::shared_ptr<const protocols::Peerjs> protocol_;
  std::size_t base_size_;
  bool lists_peers_;
  bool admits_any_origin_;
};

}  // namespace

void add_peerjs(Server& server, const Router& router,
                const std::shared_ptr<const protocols::Peerjs>& protocol, const PeerjsRoutes& routes) {
  std::string base = routes.base;
  while (base.ends_with('/')) base.pop_back();
  for (const std::string_view path : {"/peerjs", "/peerjs/"}) {
    server.add(protocol, {base + std::string(path), routes.settings});
  }
  RouteOptions options;
  options.allowed_origins = routes.settings.allowed_origins;
  const PeerjsResources resources(router, protocol, routes, base.size());
  std::vector<std::string> paths{base + "/*", base + "/"};
  if (!base.empty()) paths.push_back(base);
  if (!routes.takes_all) {
    const std::string beginning = base + '/' + std::string(protocol->key());
    paths = {beginning + "/id", beginning + "/peers"};
  }
  for (const std::string& path : paths) server.route("*", path, resources, options);
}

}  // namespace signaling::net
