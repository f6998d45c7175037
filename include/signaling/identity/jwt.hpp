#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include "signaling/core/export.hpp"
#include "signaling/identity/authenticator.hpp"
#include "signaling/identity/key_set.hpp"

namespace signaling::identity {

/// What a JSON Web Token has to say. Read when the authenticator is made and not later.
struct SIGNALING_API JwtOptions {
  /// Who this server is: one of the token's `aud`. Empty: a token that has an `aud` is for somebody else (RFC 7519 4.1.3).
  std::string audience;
  /// The token's `iss`. Empty: any.
  std::string issuer;
  /// How much the clocks of issuer and server may differ: added to `exp`, taken from `nbf`. Default 30 s, at
  /// most a day.
  std::chrono::seconds leeway{30};
  /// Default 8192; 0: no bound. A longer token is refused unread.
  std::size_t max_token_bytes = 8192;
  WallClock wall_clock;  ///< what `exp` and `nbf` are compared with
};

/// Admits the bearers of signed tokens: JWT (RFC 7519) in the compact form of JWS (RFC 7515), by the rules of RFC 8725.
///
/// The claim `signaling` says what the bearer may do; docs/security.md describes it. A token without it grants nothing. The
/// claims become Identity::attributes, `sub` becomes Identity::subject, and the connection ends at `exp` and leeway.
/// Threads: every call from any thread.
/// Errors: all tokens are refused alike; the verdict's word says why.
/// Complexity: one verification of a signature.
class SIGNALING_API JwtAuthenticator final : public Authenticator {
 public:
  /// Throws std::invalid_argument if the leeway is out of its range.
  explicit JwtAuthenticator(KeySet keys, JwtOptions options = {});

  void authenticate(const ConnectInfo& info, Callback<void(Verdict)> done) override;
  /// The verdict on one token, in the compact form of JWS.
  Verdict verify(std::string_view token) const;

  /// For tokens that come from now on. Who is connected stays, until its token expires.
  void replace_keys(KeySet keys);

 private:
  KeySet keys() const;

  const JwtOptions options_;
  mutable std::mutex mutex_;
  KeySet keys_;
};

}  // namespace signaling::identity
