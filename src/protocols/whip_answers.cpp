#include "protocols/whip_answers.hpp"

#include <algorithm>
#include <array>

#include "protocols/sdp.hpp"
#include "signaling/text/ascii.hpp"
#include "signaling/text/http_field.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/json_scanner.hpp"
#include "signaling/text/json_writer.hpp"

namespace signaling::protocols {
namespace {

using text::JsonKind;
using text::JsonScanner;
using text::JsonValue;

std::string_view title_of(unsigned status) noexcept {
  static constexpr std::array<std::pair<unsigned, std::string_view>, 14> titles{{
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {409, "Conflict"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {422, "Unprocessable Content"},
      {428, "Precondition Required"},
      {429, "Too Many Requests"},
      {503, "Service Unavailable"},
  }};
  const auto found = std::ranges::find(titles, status, [](const auto& title) { return title.first; });
  if (found != titles.end()) return found->second;
  return status == 504 ? "Gateway Timeout" : "Error";
}

// RFC 9110 5.6.4.
std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

// What would not fit into a field is left out with its server.
bool is_usable(std::string_view url) noexcept {
  return sdp::is_line(url) && url.find_first_of("<> \"") == std::string_view::npos;
}

// Nothing: the member is no text that fits.
std::optional<std::string> credential(const JsonValue& value) {
  auto text = value.as_string();
  return text && sdp::is_line(*text) ? std::move(text) : std::nullopt;
}

std::string credentials_of(const JsonValue& server) {
  const auto [username, password] = text::members_of(server.text, {"username", "credential"});
  const auto user = credential(username);
  const auto secret = credential(password);
  if (!user || !secret) return {};
  return "; username=" + quoted(*user) + "; credential=" + quoted(*secret) + "; credential-type=\"password\"";
}

}  // namespace

WhipAnswer whip_problem(unsigned status, std::string_view detail) {
  WhipAnswer answer{status, {{"Content-Type", "application/problem+json"}}, {}};
  text::JsonWriter out(answer.body);
  out.raw(R"({"type":"about:blank","title":)").string(title_of(status));
  out.raw(R"(,"status":)").number(status);
  if (!detail.empty()) out.raw(R"(,"detail":)").string(detail);
  out.raw("}");
  return answer;
}

WhipAnswer whip_retry(unsigned status, std::string_view detail, std::chrono::seconds after) {
  WhipAnswer answer = whip_problem(status, detail);
  answer.headers.emplace_back("Retry-After", std::to_string(after.count()));
  return answer;
}

bool is_content_type(std::string_view field, std::string_view type) noexcept {
  return text::equal_ignoring_case(text::trim(field.substr(0, field.find(';'))), type);
}

Match match(std::string_view if_match, std::string_view etag) noexcept {
  Match result = Match::other;
  // The list ends at the first that fits; entity tags of ours have no comma in them.
  text::visit_list(if_match, [&](std::string_view element) {
    if (element == "*" || element == "\"*\"") result = Match::any;
    if (element == etag) result = Match::same;
    return result == Match::other;
  });
  return result;
}

void append_links(std::string_view servers, std::vector<std::pair<std::string, std::string>>& headers) {
  JsonScanner list(servers);
  JsonValue server;
  while (list.next_element(server) == JsonScanner::Step::member) {
    if (server.kind != JsonKind::object) continue;
    const std::string credentials = credentials_of(server);
    const auto add = [&](const JsonValue& value) {
      const auto url = value.as_string();
      if (!url || !is_usable(*url)) return;
      headers.emplace_back("Link", "<" + *url + ">; rel=\"ice-server\"" + credentials);
    };
    const auto [urls] = text::members_of(server.text, {"urls"});
    if (urls.kind == JsonKind::string) add(urls);
    if (urls.kind != JsonKind::array) continue;
    JsonScanner each(urls.text);
    JsonValue url;
    while (each.next_element(url) == JsonScanner::Step::member) add(url);
  }
}

std::string make_etag(Random& random) { return '"' + make_id(random) + '"'; }

}  // namespace signaling::protocols
