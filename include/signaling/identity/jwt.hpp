#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include "signaling/identity/authenticator.hpp"
#include "signaling/identity/key_set.hpp"
#include "signaling/text/export.hpp"

namespace signaling::identity {

/// Requirements on JSON Web Tokens, read when the authenticator is constructed and not later.
struct SIGNALING_API JwtOptions {
  /// The name of this server: one of the token's `aud`. Empty: a token with an `aud` was issued for another service and
  /// is refused (RFC 7519 4.1.3).
  std::string audience;
  /// The required `iss` of tokens. Empty: any.
  std::string issuer;
  /// The allowed difference between the clocks of issuer and server: added to `exp`, subtracted from `nbf`. Default 30
  /// s, at most a day.
  std::chrono::seconds leeway{30};
  /// The maximum size of a token in bytes. Default 8192; 0: no limit. A longer token is refused unread.
  std::size_t max_token_bytes = 8192;
  WallClock wall_clock;  ///< the clock for `exp` and `nbf`
};

/// Admits the bearers of signed tokens: JWT (RFC 7519) in JWS compact serialization (RFC 7515), by the rules of RFC
/// 8725.
///
/// The claim `signaling` holds the bearer's permissions; docs/security.md describes it. A token without it grants
/// nothing. The claims become Identity::attributes, `sub` becomes Identity::subject, and the connection ends at `exp`
/// plus leeway.
/// Threads: any, for every call.
/// Errors: clients get the same refusal for every invalid token; the verdict holds the reason.
/// Complexity: one verification of a signature.
class SIGNALING_API JwtAuthenticator final : public Authenticator {
 public:
  /// Throws std::invalid_argument if the leeway is out of range.
  explicit JwtAuthenticator(KeySet keys, JwtOptions options = {});

  void authenticate(const ConnectInfo& info, Callback<void(Verdict)> done) override;
  /// The verdict on one token in JWS compact serialization.
  Verdict verify(std::string_view token) const;

  /// Applies to new tokens. Connected clients stay until their tokens expire.
  void replace_keys(KeySet keys);

 private:
  KeySet keys() const;

  const JwtOptions options_;
  mutable std::mutex mutex_;
  KeySet keys_;
};

}  // namespace signaling::identity
