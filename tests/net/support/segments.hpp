#pragma once

#include <cstdint>

namespace signaling::net::testing {

/// How many segments with data have come: over the loopback, how many writes there were. (In a file of its own, as the
/// kernel's header and that of the C library, which knows less of tcp_info, cannot be included together.)
std::uint32_t received_segments(int socket);

}  // namespace signaling::net::testing
