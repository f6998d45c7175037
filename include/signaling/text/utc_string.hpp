#pragma once

#include <chrono>
#include <string>

#include "signaling/text/export.hpp"

namespace signaling::text {

/// "Tue, 05 Nov 2024 08:49:37 GMT": the date of HTTP (RFC 9110 5.6.7), and what scripts get from
/// Date.prototype.toUTCString (ECMA-262 21.4.4.43).
SIGNALING_API std::string to_utc_string(std::chrono::system_clock::time_point time);

}  // namespace signaling::text
