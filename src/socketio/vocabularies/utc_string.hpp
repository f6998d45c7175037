#pragma once

#include <chrono>
#include <string>

namespace signaling::socketio {

/// "Tue, 05 Nov 2024 08:49:37 GMT" (ECMA-262 21.4.4.43, Date.prototype.toUTCString).
std::string to_utc_string(std::chrono::system_clock::time_point time);

}  // namespace signaling::socketio
