#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/export.hpp"

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
  /// Told to everybody as they are.
  std::vector<IceServer> servers;
  /// TURN servers that share `turn_secret` with this one: coturn with `use-auth-secret` and `static-auth-secret`. Each peer
  /// gets credentials of its own.
  std::vector<std::string> turn_urls;
  std::string turn_secret;  ///< shared with the TURN servers; needed if there are any
  /// How long credentials are good, cut to a whole second of their end. Default an hour; at least 4 s. After nearly three
  /// quarters of it the peer gets new ones. They never outlive the time for which the peer is admitted.
  std::chrono::seconds turn_lifetime{3600};
};

/// What a client logs in with at a TURN server.
struct SIGNALING_API TurnCredentials {
  std::string username;  ///< holds the time of its end
  std::string password;  ///< good until then
};

/// What coturn takes with `use-auth-secret`: the username is `expires:user`, the password base64(HMAC-SHA1(secret, username))
/// (draft-uberti-behave-turn-rest-00, 2.2).
SIGNALING_API TurnCredentials make_turn_credentials(std::string_view secret, std::string_view user,
                                                    std::chrono::system_clock::time_point expires);

}  // namespace signaling::identity
