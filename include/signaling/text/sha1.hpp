#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "signaling/text/export.hpp"

namespace signaling::text {

/// SHA-1 (FIPS 180-4 6.1), for formats that require it: Sec-WebSocket-Accept (RFC 6455 4.2.2), UUIDs of version 5 (RFC
/// 9562 5.5). Unsuitable for secrets and signatures.
SIGNALING_API std::array<std::uint8_t, 20> sha1(std::string_view message) noexcept;

}  // namespace signaling::text
