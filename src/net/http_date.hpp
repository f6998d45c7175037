#pragma once

#include <ctime>
#include <string>

namespace signaling::net {

/// "Sun, 06 Nov 1994 08:49:37 GMT", in every locale (RFC 9110 5.6.7).
std::string format_http_date(std::time_t time);

}  // namespace signaling::net
