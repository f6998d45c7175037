#pragma once

#include <chrono>
#include <string>

#include "signaling/identity/jwt.hpp"

namespace signaling::identity {

/// Checks the claims of a token whose signature is right (RFC 7519 4, 7.2), and takes from them what its bearer may do.
Verdict read_claims(std::string claims, const JwtOptions& options, std::chrono::system_clock::time_point now);

}  // namespace signaling::identity
