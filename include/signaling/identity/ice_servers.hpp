#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/text/export.hpp"

namespace signaling::identity {

/// One entry of `iceServers`: a STUN server, or a TURN server with credentials that do not expire.
struct SIGNALING_API IceServer {
  /// "stun:stun.example.com:3478", "turns:turn.example.com:5349?transport=tcp" (RFC 7064, RFC 7065).
  std::vector<std::string> urls;
  std::string username;    ///< empty for STUN
  std::string credential;  ///< empty for STUN
};

/// The ICE servers of a host.
struct SIGNALING_API IceOptions {
  /// Sent to every client unmodified.
  std::vector<IceServer> servers;
  /// TURN servers that share `turn_secret` with this server: coturn with `use-auth-secret` and `static-auth-secret`.
  /// Each peer gets its own credentials.
  std::vector<std::string> turn_urls;
  std::string turn_secret;  ///< shared with the TURN servers; required if there are any
  /// The lifetime of credentials, rounded down to a whole second of their end. Default one hour; at least 4 s. After
  /// nearly three quarters of it the peer gets new ones. They never outlive the peer's admission.
  std::chrono::seconds turn_lifetime{3600};
};

/// The credentials of a client for a TURN server.
struct SIGNALING_API TurnCredentials {
  std::string username;  ///< contains the time of expiry
  std::string password;  ///< valid until that time
};

/// Credentials for coturn with `use-auth-secret`: the username is `expires:user`, the password base64(HMAC-SHA1(secret,
/// username)) (draft-uberti-behave-turn-rest-00, 2.2).
SIGNALING_API TurnCredentials make_turn_credentials(std::string_view secret, std::string_view user,
                                                    std::chrono::system_clock::time_point expires);

}  // namespace signaling::identity
