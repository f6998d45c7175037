#include "admin.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "files.hpp"
#include "json_string.hpp"
#include "log.hpp"
#include "metrics.hpp"
#include "signaling/core/ids.hpp"

namespace {

namespace net = signaling::net;
using signaling::LogLevel;

constexpr std::size_t min_token_bytes = 16;
constexpr std::size_t default_rooms = 1000;
constexpr std::size_t max_rooms = 10'000;
// Of the administration alone. Whoever reaches its listener gets none for long without the token.
constexpr std::size_t max_connections = 1024;
constexpr std::chrono::seconds handshake_timeout{2};

std::string read_token(const std::filesystem::path& path) {
  std::string token = read_secret(path);
  if (token.size() < min_token_bytes) {
    throw std::runtime_error(path.native() + ": the token has less than " + std::to_string(min_token_bytes) +
                             " bytes");
  }
  return token;
}

/// An object, member by member.
class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(json_, value);
    return *this;
  }
  JsonObject& number(std::string_view name, std::uint64_t value) { return raw(name, std::to_string(value)); }
  JsonObject& raw(std::string_view name, std::string_view json) {
    key(name);
    json_ += json;
    return *this;
  }
  std::string finish() { return json_ + '}'; }

 private:
  void key(std::string_view name) {
    if (json_.size() > 1) json_ += ',';
    append_json_string(json_, name);
    json_ += ':';
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
  if (reason.size() <= signaling::max_why_bytes) return reason;
  refuse(responder, 400, "bad_request",
         "The parameter reason has more than " + std::to_string(signaling::max_why_bytes) + " bytes.");
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

std::string room_json(const signaling::Room& room) {
  return JsonObject()
      .text("room", room.id())
      .number("peers", room.size())
      .number("version", room.version())
      .finish();
}

std::string member_json(const signaling::Member& member) {
  return JsonObject()
      .text("peer", member.id)
      .text("node", member.node)
      .text("metadata", member.metadata.view())
      .number("joinedAt", member.joined_at)
      .finish();
}

net::ServerOptions server_options(const AdminTargets& targets) {
  net::ServerOptions options;
  options.executors = {targets.executor};
  options.max_connections = max_connections;
  options.handshake_timeout = handshake_timeout;
  options.log = targets.log;
  return options;
}

}  // namespace

Admin::Admin(const Options& options, AdminTargets targets)
    : targets_(std::move(targets)),
      token_file_(options.admin_token_file),
      refused_(targets_.log, LogLevel::warning, "admin-refused") {
  if (options.admin_listen.empty()) return;
  token_ = read_token(token_file_);
  server_ = std::make_unique<net::Server>(targets_.router, server_options(targets_));
  route("GET", "/rooms", &Admin::list_rooms);
  route("GET", "/peers", &Admin::list_peers);
  route("POST", "/kick", &Admin::kick);
  route("POST", "/close-room", &Admin::close_room);
  route("POST", "/drain", &Admin::drain);
  route("GET", "/metrics",
        metrics_handler({targets_.router, targets_.server, targets_.socketio, targets_.store, *targets_.log},
                        MetricsFor::everybody));
}

void Admin::route(std::string_view method, std::string_view path, Handler handler) {
  route(method, path, [this, handler](const Request& request, const Responder& responder) {
    (this->*handler)(request, responder);
  });
}

void Admin::route(std::string_view method, std::string_view path, net::HttpHandler handler) {
  server_->route(
      method, path, [this, handler = std::move(handler)](const Request& request, const Responder& responder) {
        if (is_authorized(request)) return handler(request, responder);
        refused_.write({{"address", request.remote_address}});
        net::HttpResponse response = net::HttpResponse::json(
            401, JsonObject().text("error", "unauthorized").text("message", "Show the token.").finish());
        response.headers.emplace_back("WWW-Authenticate", "Bearer");
        response.close = true;
        responder.send(std::move(response));
      });
}

bool Admin::is_authorized(const Request& request) const {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view field = request.header("authorization");
  const std::lock_guard lock(mutex_);
  return field.starts_with(scheme) && signaling::equal_secrets(field.substr(scheme.size()), token_);
}

net::ListenResult Admin::listen(std::string_view address, std::uint16_t port) {
  return server_->listen(address, port);
}

void Admin::reload() {
  if (!server_) return;
  std::string token = read_token(token_file_);
  {
    const std::lock_guard lock(mutex_);
    token_ = std::move(token);
  }
  say(*targets_.log, LogLevel::info, "admin-token-reloaded");
}

void Admin::stop(signaling::Callback<void()> done) {
  if (!server_) return done();
  server_->stop(std::chrono::seconds(1), std::move(done));
}

void Admin::list_rooms(const Request& request, const Responder& responder) {
  const auto limit = room_limit(request);
  if (!limit) return refuse(responder, 400, "bad_request", "The parameter limit is no number above 0.");
  const auto behind = readable(request, responder, "after");
  if (!behind) return;
  const std::string after = behind->value_or("");
  auto rooms = targets_.router.rooms();
  std::erase_if(rooms, [&](const auto& room) { return room->id() <= after || room->size() == 0; });
  std::ranges::sort(rooms, {}, [](const auto& room) -> const std::string& { return room->id(); });
  std::vector<std::string> items;
  for (std::size_t i = 0; i < std::min(*limit, rooms.size()); ++i) items.push_back(room_json(*rooms[i]));
  responder.send(net::HttpResponse::json(200, JsonObject()
                                                  .text("node", targets_.router.node())
                                                  .number("left", rooms.size() - items.size())
                                                  .raw("rooms", array(items))
                                                  .finish()));
}

void Admin::list_peers(const Request& request, const Responder& responder) {
  const auto room = required(request, responder, "room");
  if (!room) return;
  targets_.router.members(
      *room, [responder, room = *room](std::error_code error, const std::vector<signaling::Member>& members) {
        if (error) return refuse(responder, 503, "store_unavailable", "The store does not answer.");
        std::vector<std::string> items;
        items.reserve(members.size());
        for (const signaling::Member& member : members) items.push_back(member_json(member));
        responder.send(net::HttpResponse::json(
            200, JsonObject().text("room", room).raw("peers", array(items)).finish()));
      });
}

void Admin::kick(const Request& request, const Responder& responder) {
  const auto id = required(request, responder, "peer");
  if (!id) return;
  const auto room = readable(request, responder, "room");
  if (!room) return;
  const auto reason = reason_of(request, responder);
  if (!reason) return;
  const bool is_here = targets_.router.find_peer(*id) != nullptr;
  say(*targets_.log, LogLevel::info, "admin-kick",
      {{"peer", *id}, {"room", room->value_or("")}, {"reason", *reason}});
  const std::error_code error = targets_.router.kick(*id, room->value_or(""), *reason);
  if (error == signaling::errc::not_joined) {
    return refuse(responder, 404, "not_joined", "The peer is not in that room.");
  }
  if (error == signaling::errc::peer_not_found) {
    return refuse(responder, 404, "peer_not_found", "No peer has that id.");
  }
  if (error) return refuse(responder, 503, "store_unavailable", "The other nodes cannot be asked.");
  JsonObject answer;
  answer.text("peer", *id);
  if (*room) answer.text("room", **room);
  responder.send(net::HttpResponse::json(is_here ? 200 : 202, answer.finish()));
}

void Admin::close_room(const Request& request, const Responder& responder) {
  const auto name = required(request, responder, "room");
  if (!name) return;
  const auto reason = reason_of(request, responder);
  if (!reason) return;
  targets_.router.members(
      *name, [this, responder, name = *name, reason = *reason](std::error_code error, const auto& members) {
        if (error) return refuse(responder, 503, "store_unavailable", "The store does not answer.");
        if (members.empty()) return refuse(responder, 404, "room_not_found", "Nobody is in that room.");
        say(*targets_.log, LogLevel::info, "admin-close-room",
            {{"room", name}, {"peers", std::to_string(members.size())}, {"reason", reason}});
        if (targets_.router.close_room(name, reason)) {
          return refuse(responder, 503, "store_unavailable", "Members on other nodes are still there.");
        }
        const auto here = std::ranges::count(members, targets_.router.node(), &signaling::Member::node);
        responder.send(net::HttpResponse::json(200, JsonObject()
                                                        .text("room", name)
                                                        .number("kicked", here)
                                                        .number("elsewhere", members.size() - here)
                                                        .finish()));
      });
}

void Admin::drain(const Request& /*request*/, const Responder& responder) {
  say(*targets_.log, LogLevel::info, "admin-drain");
  targets_.drain();
  responder.send(net::HttpResponse::json(202, R"({"draining":true})"));
}
