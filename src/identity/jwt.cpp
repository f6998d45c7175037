#include "signaling/identity/jwt.hpp"

#include <stdexcept>
#include <utility>

#include "identity/claims.hpp"
#include "identity/jws.hpp"
#include "signaling/core/clock.hpp"

namespace signaling::identity {
namespace {

JwtOptions complete(JwtOptions options) {
  if (options.leeway < std::chrono::seconds(0) || options.leeway > std::chrono::hours(24)) {
    throw std::invalid_argument("signaling: JwtOptions::leeway must be between 0 and one day");
  }
  if (!options.wall_clock) options.wall_clock = wall_time;
  return options;
}

}  // namespace

JwtAuthenticator::JwtAuthenticator(KeySet keys, JwtOptions options)
    : options_(complete(std::move(options))), keys_(std::move(keys)) {}

void JwtAuthenticator::authenticate(const ConnectInfo& info, Callback<void(Verdict)> done) {
  done(verify(info.token));
}

Verdict JwtAuthenticator::verify(std::string_view token) const {
  if (token.empty()) return Verdict::refuse("no-token");
  if (options_.max_token_bytes != 0 && token.size() > options_.max_token_bytes)
    return Verdict::refuse("too-large");
  JwsResult jws = verify_jws(token, keys());
  if (!jws.refusal.empty()) return Verdict::refuse(jws.refusal);
  return read_claims(std::move(jws.payload), options_, options_.wall_clock());
}

void JwtAuthenticator::replace_keys(KeySet keys) {
  const std::scoped_lock lock(mutex_);
  std::swap(keys_, keys);
}

KeySet JwtAuthenticator::keys() const {
  const std::scoped_lock lock(mutex_);
  return keys_;
}

}  // namespace signaling::identity
