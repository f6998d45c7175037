#include "operator.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "media_room.hpp"
#include "signaling/core/ids.hpp"

namespace json = boost::json;
namespace net = signaling::net;

namespace {

json::array members_of(const signaling::Router& router, const std::string& room) {
  json::array members;
  const auto found = router.find_room(room);
  if (!found) return members;
  for (const auto& member : found->members()) {
    if (member.id == MediaRoom::host_of(room)) continue;
    boost::system::error_code error;
    const json::value metadata = json::parse(member.metadata.view(), error);
    members.push_back({{"id", member.id}, {"metadata", error ? json::value() : metadata}});
  }
  return members;
}

net::HttpResponse kick(const net::HttpRequest& request, const signaling::Router& router) {
  const auto room = request.query_value("room");
  const auto id = request.query_value("peer");
  if (!room || !id) return net::HttpResponse::text(400, "the parameters room and peer are required\n");
  const auto found = router.find_room(*room);
  if (!found || *id == MediaRoom::host_of(*room) || found->kick(*id, "The operator has removed you.")) {
    return net::HttpResponse::text(404, "no peer in that room has that id\n");
  }
  return net::HttpResponse::text(200, "ok\n");
}

// Runs `answer` only for those who know the token.
template <class Answer>
net::HttpHandler guarded(const std::string& token, Answer answer) {
  return [token, answer](const net::HttpRequest& request, const net::HttpResponder& responder) {
    const bool is_known = signaling::equal_secrets(net::connect_info(request).token, token);
    responder.send(is_known ? answer(request)
                            : net::HttpResponse::text(401, "the operator's token is required\n"));
  };
}

}  // namespace

void add_operator_routes(net::Server& server, signaling::Router& router, const std::string& token,
                         std::function<std::vector<std::string>()> rooms) {
  server.route("GET", "/rooms", guarded(token, [&router, rooms = std::move(rooms)](const net::HttpRequest&) {
                 json::object all;
                 for (const auto& room : rooms()) all[room] = members_of(router, room);
                 return net::HttpResponse::json(200, json::serialize(all));
               }));
  server.route("POST", "/kick",
               guarded(token, [&router](const net::HttpRequest& request) { return kick(request, router); }));
}
