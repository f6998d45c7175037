#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "signaling/text/export.hpp"

namespace signaling::text {

/// Decodes percent-encoding once (RFC 3986 2.1). Nothing: a `%` is not followed by two hexadecimal digits. The result
/// may be any bytes, and need not be UTF-8.
SIGNALING_API std::optional<std::string> percent_decode(std::string_view text);

/// Decodes a name or a value of a form or a query, like URLSearchParams (URL Standard 5.1): `+` is a space, and a `%`
/// without two hexadecimal digits is unchanged.
SIGNALING_API std::string form_decode(std::string_view text);

/// Percent-encodes everything except letters, digits and `marks`, with upper case digits (RFC 3986 2.1). The default
/// marks leave the unreserved characters (RFC 3986 2.3), so that the result fits any part of a URL.
SIGNALING_API std::string percent_encode(std::string_view text, std::string_view marks = "-._~");

}  // namespace signaling::text
