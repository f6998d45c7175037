#include "net/http_writer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "signaling/text/http_field.hpp"

namespace signaling::net {
namespace {

bool is_added_here(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 5> names{"date", "server", "connection", "content-length",
                                                         "transfer-encoding"};
  return std::any_of(names.begin(), names.end(),
                     [name](auto added) { return text::equal_ignoring_case(added, name); });
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool are_valid_fields(const HttpFields& fields) noexcept {
  return std::all_of(fields.begin(), fields.end(), [](const auto& field) {
    const std::string& value = field.second;
    return text::is_token(field.first) &&
           std::none_of(value.begin(), value.end(), [](char c) { return text::is_control(c); });
  });
}

std::string write_head(unsigned status, const HttpFields& fields, const ResponseFraming& framing) {
  std::string out;
  out.reserve(256);
  out.append("HTTP/1.1 ")
      .append(std::to_string(status))
      .append(" ")
      .append(reason_phrase(status))
      .append("\r\n");
  append_field(out, "Date", framing.date);
  append_field(out, "Server", "signaling");
  for (const auto& [name, value] : fields) {
    if (!is_added_here(name)) append_field(out, name, value);
  }
  if (framing.content_length) append_field(out, "Content-Length", std::to_string(*framing.content_length));
  // RFC 9110 7.8: whoever sends Upgrade names it in Connection.
  const bool upgrade = std::any_of(fields.begin(), fields.end(), [](const auto& field) {
    return text::equal_ignoring_case(field.first, "upgrade");
  });
  if (upgrade) append_field(out, "Connection", framing.keep_alive ? "Upgrade" : "Upgrade, close");
  if (!upgrade && !framing.keep_alive) append_field(out, "Connection", "close");
  out.append("\r\n");
  return out;
}

std::string_view reason_phrase(unsigned status) noexcept {
  static constexpr std::array<std::pair<unsigned, std::string_view>, 33> phrases{{
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {421, "Misdirected Request"},
      {422, "Unprocessable Content"},
      {426, "Upgrade Required"},
      {428, "Precondition Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
  }};
  const auto found =
      std::find_if(phrases.begin(), phrases.end(), [status](auto& p) { return p.first == status; });
  return found == phrases.end() ? "Status" : found->second;
}

}  // namespace signaling::net
