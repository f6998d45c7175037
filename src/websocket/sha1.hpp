#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace signaling::websocket {

/// SHA-1 (FIPS 180-4 6.1), for Sec-WebSocket-Accept, where nothing hangs on its strength.
std::array<std::uint8_t, 20> sha1(std::string_view message) noexcept;

}  // namespace signaling::websocket
