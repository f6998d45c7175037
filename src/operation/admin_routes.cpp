#include "signaling/operation/admin_routes.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include "signaling/core/ids.hpp"
#include "signaling/core/rate_limited_log.hpp"
#include "signaling/text/json_writer.hpp"

namespace signaling::operation {
namespace {

constexpr std::size_t min_token_bytes = 16;
constexpr std::size_t default_rooms = 1000;
constexpr std::size_t max_rooms = 10'000;

std::string checked(std::string token) {
  if (token.size() >= min_token_bytes) return token;
  throw std::invalid_argument("the token has fewer than " + std::to_string(min_token_bytes) + " bytes");
}

/// An object, member by member.
class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value) {
    key(name).ascii_string(value);
    return *this;
  }
  JsonObject& number(std::string_view name, std::uint64_t value) {
    key(name).number(value);
    return *this;
  }
  JsonObject& raw(std::string_view name, std::string_view json) {
    key(name).raw(json);
    return *this;
  }
  std::string finish() { return json_ + '}'; }

 private:
  text::JsonWriter key(std::string_view name) {
    text::JsonWriter writer(json_);
    if (json_.size() > 1) writer.raw(",");
    writer.ascii_string(name).raw(":");
    return writer;
  }

  std::string json_ = "{";
};

std::string array(const std::vector<std::string>& items) {
  std::string json = "[";
  for (const std::string& item : items) json.append(json.size() > 1 ? "," : "").append(item);
  return json + ']';
}

void refuse(const net::HttpResponder& responder, unsigned status, std::string_view code,
            std::string_view message) {
  responder.send(
      net::HttpResponse::json(status, JsonObject().text("error", code).text("message", message).finish()));
}

// The parameter, which may be absent; or the refusal is sent, and nothing comes back. A name that cannot be read must not
// count as none: a kick from a room would end the connection.
std::optional<net::QueryValue> readable(const net::HttpRequest& request, const net::HttpResponder& responder,
                                        std::string_view name) {
  net::QueryValue value = request.query_value(name);
  if (!value.is_malformed() && (!value || !value->empty())) return value;
  refuse(responder, 400, "bad_request",
         "The parameter " + std::string(name) + " is empty, or not percent-encoded UTF-8.");
  return std::nullopt;
}

// What the client is told, empty if nothing was given; or the refusal is sent, and nothing comes back.
std::optional<std::string> reason_of(const net::HttpRequest& request, const net::HttpResponder& responder) {
  const auto value = readable(request, responder, "reason");
  if (!value) return std::nullopt;
  std::string reason = value->value_or("");
  if (reason.size() <= max_why_bytes) return reason;
  refuse(responder, 400, "bad_request",
         "The parameter reason has more than " + std::to_string(max_why_bytes) + " bytes.");
  return std::nullopt;
}

// The parameter, or nothing, and the refusal is sent.
std::optional<std::string> required(const net::HttpRequest& request, const net::HttpResponder& responder,
                                    std::string_view name) {
  const auto value = readable(request, responder, name);
  if (!value) return std::nullopt;
  if (*value) return **value;
  refuse(responder, 400, "bad_request", "The parameter " + std::string(name) + " is missing.");
  return std::nullopt;
}

// Absent: there is one, and it is no number.
std::optional<std::size_t> room_limit(const net::HttpRequest& request) {
  const net::QueryValue text = request.query_value("limit");
  if (text.is_malformed()) return std::nullopt;
  if (!text) return default_rooms;
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (error != std::errc() || end != text->data() + text->size() || limit == 0) return std::nullopt;
  return std::min(limit, max_rooms);
}

std::string room_json(const Room& room) {
  return JsonObject()
      .text("room", room.id())
      .number("peers", room.size())
      .number("version", room.version())
      .finish();
}

std::string member_json(const Member& member) {
  return JsonObject()
      .text("peer", member.id)
      .text("node", member.node)
      .text("metadata", member.metadata.view())
      .number("joinedAt", member.joined_at)
      .finish();
}

}  // namespace

/// What the routes share.
class AdminRoutes::Api : public std::enable_shared_from_this<AdminRoutes::Api> {
 public:
  Api(Router& router, AdminOptions options)
      : router_(router),
        token_(checked(std::move(options.token))),
        options_(std::move(options)),
        refused_(options_.log, LogLevel::warning, "admin-refused") {}

  void mount(net::Server& server, std::string_view prefix);
  void set_token(std::string token);

 private:
  using Request = net::HttpRequest;
  using Responder = net::HttpResponder;
  using Handler = void (Api::*)(const Request& request, const Responder& responder);

  net::HttpHandler guarded(net::HttpHandler handler);
  net::HttpHandler guarded(Handler handler);
  bool is_authorized(const Request& request) const;
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {}) const;

  void list_rooms(const Request& request, const Responder& responder);
  void list_peers(const Request& request, const Responder& responder);
  void kick(const Request& request, const Responder& responder);
  void close_room(const Request& request, const Responder& responder);
  void drain(const Request& request, const Responder& responder);
  void close(const Responder& responder, const std::string& room, const std::string& reason,
             const std::vector<Member>& members);

  Router& router_;
  mutable std::mutex mutex_;
  std::string token_;
  const AdminOptions options_;  // but for the token
  RateLimitedLog refused_;
};

AdminRoutes::AdminRoutes(Router& router, AdminOptions options)
    : api_(std::make_shared<Api>(router, std::move(options))) {}

AdminRoutes::~AdminRoutes() = default;

void AdminRoutes::mount(net::Server& server, std::string_view prefix) const { api_->mount(server, prefix); }

void AdminRoutes::set_token(std::string token) { api_->set_token(std::move(token)); }

void AdminRoutes::Api::mount(net::Server& server, std::string_view prefix) {
  const auto route = [&](std::string_view method, std::string_view path, net::HttpHandler handler) {
    server.route(method, std::string(prefix).append(path), std::move(handler));
  };
  route("GET", "/rooms", guarded(&Api::list_rooms));
  route("GET", "/peers", guarded(&Api::list_peers));
  route("POST", "/kick", guarded(&Api::kick));
  route("POST", "/close-room", guarded(&Api::close_room));
  if (options_.drain) route("POST", "/drain", guarded(&Api::drain));
  if (!options_.metrics.empty()) {
    route("GET", "/metrics", guarded(metrics_handler(options_.metrics, MetricsFor::everybody)));
  }
}

void AdminRoutes::Api::set_token(std::string token) {
  std::string good = checked(std::move(token));
  const std::lock_guard lock(mutex_);
  token_ = std::move(good);
}

net::HttpHandler AdminRoutes::Api::guarded(Handler handler) {
  return guarded([this, handler](const Request& request, const Responder& responder) {
    (this->*handler)(request, responder);
  });
}

net::HttpHandler AdminRoutes::Api::guarded(net::HttpHandler handler) {
  return [self = shared_from_this(), handler = std::move(handler)](const Request& request,
                                                                   const Responder& responder) {
    if (self->is_authorized(request)) return handler(request, responder);
    self->refused_.write({{"address", request.remote_address}});
    net::HttpResponse response =
        net::HttpResponse::json(401, JsonObject()
                                         .text("error", "unauthorized")
                                         .text("message", "The request needs the admin token.")
                                         .finish());
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    response.close = true;
    responder.send(std::move(response));
  };
}

bool AdminRoutes::Api::is_authorized(const Request& request) const {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view field = request.header("authorization");
  const std::lock_guard lock(mutex_);
  return field.starts_with(scheme) && equal_secrets(field.substr(scheme.size()), token_);
}

void AdminRoutes::Api::log(LogLevel level, std::string_view event,
                           std::initializer_list<LogField> fields) const {
  if (options_.log) log_event(*options_.log, level, event, fields);
}

void AdminRoutes::Api::list_rooms(const Request& request, const Responder& responder) {
  const auto limit = room_limit(request);
  if (!limit) return refuse(responder, 400, "bad_request", "The parameter limit is not a number above 0.");
  const auto behind = readable(request, responder, "after");
  if (!behind) return;
  const std::string after = behind->value_or("");
  auto rooms = router_.rooms();
  std::erase_if(rooms, [&](const auto& room) { return room->id() <= after || room->size() == 0; });
  std::ranges::sort(rooms, {}, [](const auto& room) -> const std::string& { return room->id(); });
  std::vector<std::string> items;
  for (std::size_t i = 0; i < std::min(*limit, rooms.size()); ++i) items.push_back(room_json(*rooms[i]));
  responder.send(net::HttpResponse::json(200, JsonObject()
                                                  .text("node", router_.node())
                                                  .number("left", rooms.size() - items.size())
                                                  .raw("rooms", array(items))
                                                  .finish()));
}

void AdminRoutes::Api::list_peers(const Request& request, const Responder& responder) {
  const auto room = required(request, responder, "room");
  if (!room) return;
  router_.async_members(*room,
                        [responder, room = *room](std::error_code error, const std::vector<Member>& members) {
                          if (error)
                            return refuse(responder, 503, "store_unavailable", "The store does not answer.");
                          std::vector<std::string> items;
                          items.reserve(members.size());
                          for (const Member& member : members) items.push_back(member_json(member));
                          responder.send(net::HttpResponse::json(
                              200, JsonObject().text("room", room).raw("peers", array(items)).finish()));
                        });
}

void AdminRoutes::Api::kick(const Request& request, const Responder& responder) {
  const auto id = required(request, responder, "peer");
  if (!id) return;
  const auto room = readable(request, responder, "room");
  if (!room) return;
  const auto reason = reason_of(request, responder);
  if (!reason) return;
  const bool is_here = router_.find_peer(*id) != nullptr;
  log(LogLevel::info, "admin-kick", {{"peer", *id}, {"room", room->value_or("")}, {"reason", *reason}});
  const std::error_code error = router_.kick(*id, room->value_or(""), *reason);
  if (error == errc::not_joined) {
    return refuse(responder, 404, "not_joined", "The peer is not in that room.");
  }
  if (error == errc::peer_not_found) {
    return refuse(responder, 404, "peer_not_found", "No peer has that id.");
  }
  if (error) return refuse(responder, 503, "store_unavailable", "The other nodes cannot be reached.");
  JsonObject answer;
  answer.text("peer", *id);
  if (*room) answer.text("room", **room);
  responder.send(net::HttpResponse::json(is_here ? 200 : 202, answer.finish()));
}

void AdminRoutes::Api::close_room(const Request& request, const Responder& responder) {
  const auto name = required(request, responder, "room");
  if (!name) return;
  const auto reason = reason_of(request, responder);
  if (!reason) return;
  router_.async_members(*name, [self = shared_from_this(), responder, name = *name, reason = *reason](
                                   std::error_code error, const std::vector<Member>& members) {
    if (error) return refuse(responder, 503, "store_unavailable", "The store does not answer.");
    self->close(responder, name, reason, members);
  });
}

void AdminRoutes::Api::close(const Responder& responder, const std::string& room, const std::string& reason,
                             const std::vector<Member>& members) {
  if (members.empty()) return refuse(responder, 404, "room_not_found", "That room has no members.");
  log(LogLevel::info, "admin-close-room",
      {{"room", room}, {"peers", std::to_string(members.size())}, {"reason", reason}});
  if (router_.close_room(room, reason)) {
    return refuse(responder, 503, "store_unavailable", "The members on other nodes could not be removed.");
  }
  const auto here = static_cast<std::size_t>(std::ranges::count(members, router_.node(), &Member::node));
  responder.send(net::HttpResponse::json(200, JsonObject()
                                                  .text("room", room)
                                                  .number("kicked", here)
                                                  .number("elsewhere", members.size() - here)
                                                  .finish()));
}

void AdminRoutes::Api::drain(const Request& /*request*/, const Responder& responder) {
  log(LogLevel::info, "admin-drain");
  options_.drain();
  responder.send(net::HttpResponse::json(202, R"({"draining":true})"));
}

}  // namespace signaling::operation
