#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "signaling/net/http.hpp"

namespace signaling::net {

/// The head of one request, after all checks.
struct HttpHead {
  std::string method;
  /// In origin-form, or "*".
  std::string target;
  /// The minor version of HTTP/1.
  unsigned minor_version = 1;
  /// Names in lower case, values trimmed.
  HttpFields fields;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  bool keep_alive = true;
  bool expects_continue = false;

  /// The first field of that name; empty if there is none.
  std::string_view field(std::string_view name) const noexcept;
};

/// A response status; `http_ok` where nothing is wrong.
using HttpStatus = unsigned;
inline constexpr HttpStatus http_ok = 0;

/// Looks at the bytes of a head for what Beast's parser repairs, or reads in its own way, so that nobody in
/// front of this server reads them in another (RFC 9112 11.2): spaces before a colon, folded lines, control
/// characters, a fragment in the target. `head` ends with the empty line, and its line ends were checked.
HttpStatus check_raw_head(std::string_view head, std::size_t max_fields);

/// Checks what the fields say together and fills in what they decide: Host, length of the body, connection.
/// The rest of `head` is set.
HttpStatus check_fields(HttpHead& head);

/// True if a field of that name (lower case) lists the token, in any case (RFC 9110 5.6.1).
bool lists_token(const HttpFields& fields, std::string_view name, std::string_view token);

/// True for one line of a header or trailer, without its line end.
bool is_field_line(std::string_view line) noexcept;

/// True for a Host header's value: a name, IPv4 or bracketed IPv6 address, and maybe a port (RFC 9110 7.2).
bool is_valid_host(std::string_view host) noexcept;

}  // namespace signaling::net
