#include "identity/ice_list.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "identity/digest.hpp"
#include "signaling/text/ascii.hpp"
#include "signaling/text/base64.hpp"
#include "signaling/text/json_writer.hpp"

namespace signaling::identity {
namespace {

void check_urls(const std::vector<std::string>& urls) {
  if (urls.empty()) throw std::invalid_argument("signaling: an ICE server has no URL");
  for (const std::string& url : urls) {
    const std::string_view scheme = std::string_view(url).substr(0, url.find(':'));
    const bool known = scheme == "stun" || scheme == "stuns" || scheme == "turn" || scheme == "turns";
    if (!known || scheme.size() + 1 >= url.size()) {
      throw std::invalid_argument(
          "signaling: an ICE server's URL must begin with stun:, stuns:, turn: or turns:");
    }
  }
}

// A peer id may hold any byte, a username in STUN none that is not text, and everything after the first colon is the user.
std::string username_part(std::string_view peer) {
  std::string user(peer);
  std::ranges::replace_if(
      user,
      [](char c) { return !text::is_letter(c) && !text::is_digit(c) && c != '-' && c != '_' && c != '.'; },
      '_');
  return user;
}

void write_server(text::JsonWriter& out, const std::vector<std::string>& urls, std::string_view username,
                  std::string_view credential) {
  out.raw(R"({"urls":)").raw(urls.size() == 1 ? "" : "[");
  for (const std::string& url : urls) out.raw(&url == urls.data() ? "" : ",").string(url);
  out.raw(urls.size() == 1 ? "" : "]");
  if (!username.empty()) {
    out.raw(R"(,"username":)").string(username).raw(R"(,"credential":)").string(credential);
  }
  out.raw("}");
}

}  // namespace

TurnCredentials make_turn_credentials(std::string_view secret, std::string_view user,
                                      std::chrono::system_clock::time_point expires) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(expires.time_since_epoch()).count();
  std::string username = std::to_string(seconds) + ':' + std::string(user);
  std::string password = text::to_base64(as_text(hmac_sha1(secret, username)));
  return {std::move(username), std::move(password)};
}

IceList::IceList(IceOptions options) : options_(std::move(options)) {
  for (const IceServer& server : options_.servers) check_urls(server.urls);
  if (options_.turn_urls.empty()) return;
  check_urls(options_.turn_urls);
  if (options_.turn_secret.empty())
    throw std::invalid_argument("signaling: IceOptions::turn_secret is empty");
  if (options_.turn_lifetime < std::chrono::seconds(4) ||
      options_.turn_lifetime > std::chrono::hours(24 * 365)) {
    throw std::invalid_argument("signaling: IceOptions::turn_lifetime must be between 4 s and one year");
  }
}

std::string IceList::json(std::string_view peer, Time now, std::optional<Time> end, WithTurn turn) const {
  const bool has_turn = turn == WithTurn::yes && !options_.turn_urls.empty();
  if (options_.servers.empty() && !has_turn) return {};
  std::string list;
  text::JsonWriter out(list);
  out.raw("[");
  for (const IceServer& server : options_.servers) {
    if (&server != options_.servers.data()) out.raw(",");
    write_server(out, server.urls, server.username, server.credential);
  }
  if (has_turn) {
    const Time expires = std::min(now + options_.turn_lifetime, end.value_or(Time::max()));
    const auto credentials = make_turn_credentials(options_.turn_secret, username_part(peer), expires);
    if (!options_.servers.empty()) out.raw(",");
    write_server(out, options_.turn_urls, credentials.username, credentials.password);
  }
  out.raw("]");
  return list;
}

std::optional<std::chrono::seconds> IceList::refresh_after() const {
  if (options_.turn_urls.empty()) return std::nullopt;
  // Usernames hold whole seconds, so credentials may end up to one second before their lifetime.
  return (options_.turn_lifetime - std::chrono::seconds(1)) * 3 / 4;
}

}  // namespace signaling::identity
