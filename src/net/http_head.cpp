#include "net/http_head.hpp"

#include <algorithm>
#include <charconv>

#include "signaling/text/hex.hpp"
#include "signaling/text/http_field.hpp"

namespace signaling::net {
namespace {

// Beast counts the bytes of a field in 16 bits, and its earlier versions throw when they do not suffice.
constexpr std::size_t max_field_bytes = 65'000;

HttpStatus check_version(std::string_view version) {
  const bool well_formed = version.size() == 8 && version.starts_with("HTTP/") &&
                           text::is_digit(version[5]) && version[6] == '.' && text::is_digit(version[7]);
  if (!well_formed) return 400;
  return version == "HTTP/1.1" || version == "HTTP/1.0" ? http_ok : 505;
}

// request-line = method SP request-target SP HTTP-version, with exactly one space each (RFC 9112 3).
HttpStatus check_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return 400;
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const auto allowed = [](char c) { return c > ' ' && c < 0x7f && c != '#'; };
  if (!text::is_token(line.substr(0, first)) || target.empty()) return 400;
  if (!std::all_of(target.begin(), target.end(), allowed)) return 400;
  return check_version(line.substr(last + 1));
}

std::size_t count_fields(const HttpHead& head, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(head.fields.begin(), head.fields.end(),
                                                [name](const auto& field) { return field.first == name; }));
}

// The length of the body must be beyond doubt: whoever reads it in another way sees another next request
// (RFC 9112 6.1, 6.3).
bool read_body_length(HttpHead& head) {
  const std::size_t encodings = count_fields(head, "transfer-encoding");
  const std::size_t lengths = count_fields(head, "content-length");
  if (encodings + lengths == 0) return true;
  if (encodings + lengths > 1) return false;
  if (encodings == 1) {
    head.chunked = text::equal_ignoring_case(head.field("transfer-encoding"), "chunked");
    return head.chunked && head.minor_version == 1;
  }
  const std::string_view text = head.field("content-length");
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return false;
  head.content_length = length;
  return true;
}

// RFC 9112 3.2: origin-form; absolute-form, whose authority has to be the Host; "*" for OPTIONS.
bool normalise_target(HttpHead& head) {
  if (head.target.front() == '/') return true;
  if (head.target == "*") return head.method == "OPTIONS";
  const std::size_t separator = head.target.find("://");
  if (separator == std::string::npos) return false;
  const std::string_view scheme = std::string_view(head.target).substr(0, separator);
  if (!text::equal_ignoring_case(scheme, "http") && !text::equal_ignoring_case(scheme, "https")) return false;
  const std::size_t start = separator + 3;
  const std::size_t end = std::min(head.target.find_first_of("/?", start), head.target.size());
  const std::string_view authority = std::string_view(head.target).substr(start, end - start);
  if (!text::equal_ignoring_case(authority, head.field("host"))) return false;
  head.target.erase(0, end);
  if (!head.target.starts_with('/')) head.target.insert(head.target.begin(), '/');
  return true;
}

bool is_valid_port(std::string_view port) noexcept {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && number <= 65535;
}

}  // namespace

// field-line = field-name ":" OWS field-value OWS. No space before the colon, no folding (RFC 9112 5.1, 5.2).
bool is_field_line(std::string_view line) noexcept {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !text::is_token(line.substr(0, colon))) return false;
  const std::string_view value = line.substr(colon + 1);
  return std::none_of(value.begin(), value.end(), [](char c) { return text::is_control(c) && c != '\t'; });
}

bool lists_token(const HttpFields& fields, std::string_view name, std::string_view token) {
  const auto differs = [token](std::string_view element) {
    return !text::equal_ignoring_case(element, token);
  };
  return std::ranges::any_of(fields, [&](const auto& field) {
    return field.first == name && !text::visit_list(field.second, differs);
  });
}

std::string_view HttpHead::field(std::string_view name) const noexcept {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [name](const auto& field) { return field.first == name; });
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

HttpStatus check_raw_head(std::string_view head, std::size_t max_fields) {
  const std::size_t first_end = head.find("\r\n");
  if (const HttpStatus status = check_request_line(head.substr(0, first_end)); status != http_ok)
    return status;
  head.remove_prefix(first_end + 2);
  for (std::size_t count = 1; !head.starts_with("\r\n"); ++count) {
    const std::size_t end = head.find("\r\n");
    if (end == std::string_view::npos || !is_field_line(head.substr(0, end))) return 400;
    if (end > max_field_bytes) return 431;
    if (max_fields != 0 && count > max_fields) return 431;
    head.remove_prefix(end + 2);
  }
  return http_ok;
}

bool is_valid_host(std::string_view host) noexcept {
  std::size_t end = host.find(':');
  if (host.starts_with('[')) {
    const std::size_t bracket = host.find(']');
    if (bracket == std::string_view::npos || bracket == 1) return false;
    const std::string_view inside = host.substr(1, bracket - 1);
    const auto allowed = [](char c) { return text::hex_value(c) >= 0 || c == ':' || c == '.'; };
    if (!std::ranges::all_of(inside, allowed)) return false;
    end = bracket + 1;
    if (end != host.size() && host[end] != ':') return false;
  } else {
    const std::string_view name = host.substr(0, end);
    const auto allowed = [](char c) {
      return (text::is_token_char(c) && c != '#' && c != '^' && c != '`' && c != '|') ||
             std::string_view("();=,").find(c) != std::string_view::npos;
    };
    if (name.empty() || !std::all_of(name.begin(), name.end(), allowed)) return false;
  }
  if (end >= host.size()) return true;
  const std::string_view port = host.substr(end + 1);
  return port.empty() || is_valid_port(port);
}

HttpStatus check_fields(HttpHead& head) {
  const std::size_t hosts = count_fields(head, "host");
  if (hosts > 1 || (hosts == 0 && head.minor_version == 1)) return 400;
  if (hosts == 1 && !is_valid_host(head.field("host"))) return 400;
  // RFC 6454 7.3: one origin. With two, this server and a proxy in front of it might each look at another one.
  if (count_fields(head, "origin") > 1) return 400;
  if (!read_body_length(head) || !normalise_target(head)) return 400;
  head.keep_alive = head.minor_version == 1 && !lists_token(head.fields, "connection", "close");
  if (const std::string_view expect = head.field("expect"); !expect.empty()) {
    if (!text::equal_ignoring_case(expect, "100-continue")) return 417;
    head.expects_continue = head.minor_version == 1;
  }
  return http_ok;
}

}  // namespace signaling::net
