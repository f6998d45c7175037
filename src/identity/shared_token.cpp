#include "signaling/identity/shared_token.hpp"

#include <stdexcept>
#include <utility>

#include "identity/digest.hpp"

namespace signaling::identity {

SharedToken::SharedToken(std::string_view token, Grants grants)
    : digest_(sha256(token)), grants_(std::move(grants)) {
  if (token.empty()) throw std::invalid_argument("signaling: the shared token is empty");
}

void SharedToken::authenticate(const ConnectInfo& info, Callback<void(Verdict)> done) {
  if (info.token.empty()) return done(Verdict::refuse("no-token"));
  if (!equal_digests(sha256(info.token), digest_)) return done(Verdict::refuse("wrong-token"));
  Pass pass;
  pass.grants = grants_;
  done(Verdict::admit(std::move(pass)));
}

}  // namespace signaling::identity
