#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "signaling/net/http.hpp"

namespace signaling::net {

/// How the connection goes on, and what the head says of the body.
struct ResponseFraming {
  std::string_view date;
  /// Absent: there is no body and no length is told (204, 304).
  std::optional<std::uint64_t> content_length;
  bool keep_alive = true;
};

/// True if every field can be written as it is: names are tokens, values hold no control characters.
bool are_valid_fields(const HttpFields& fields) noexcept;

/// The head of a response. Fields that this function adds itself are left out of `fields`.
std::string write_head(unsigned status, const HttpFields& fields, const ResponseFraming& framing);

/// "Not Found". For a status without a name: "Status".
std::string_view reason_phrase(unsigned status) noexcept;

/// True if a response with that status has a body (RFC 9110 6.4.1).
constexpr bool has_body(unsigned status) noexcept { return status >= 200 && status != 204 && status != 304; }

}  // namespace signaling::net
