#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "signaling/core/callback.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/identity/grants.hpp"

namespace signaling::identity {

/// The date and time; passed in, so that tests can stand still. Empty: the machine's. Called from any thread at once.
using WallClock = std::function<std::chrono::system_clock::time_point()>;

/// What somebody who was authenticated gets.
struct SIGNALING_API Pass {
  /// Becomes Identity::subject and Identity::attributes.
  std::string subject;
  std::string attributes;  ///< the claims of a token as JSON, for example
  /// The id the peer has to have. Absent: as if nobody had asked.
  std::optional<PeerId> peer_id;
  Grants grants;  ///< what it may do
  /// When the connection is closed with `CloseReason::expired`. Absent: never.
  std::optional<std::chrono::system_clock::time_point> expires;
};

/// The answer to a credential: a pass, or a refusal with a word for the host's log. The client never learns the word.
class SIGNALING_API Verdict {
 public:
  /// Yes, with this pass.
  static Verdict admit(Pass pass) {
    Verdict verdict;
    verdict.pass_ = std::move(pass);
    return verdict;
  }
  /// `why` is a literal, such as "expired": it holds nothing that a client sent, and lives forever.
  static Verdict refuse(std::string_view why) {
    Verdict verdict;
    verdict.refusal_ = why;
    return verdict;
  }

  /// True if it is a yes.
  bool admitted() const noexcept { return pass_.has_value(); }
  /// Only of one that admits.
  Pass& pass() noexcept { return *pass_; }
  /// Only of one that admits.
  const Pass& pass() const noexcept { return *pass_; }
  /// The word of a refusal; empty if it is a yes.
  std::string_view refusal() const noexcept { return refusal_; }

 private:
  Verdict() = default;
  std::optional<Pass> pass_;
  std::string_view refusal_;
};

/// Turns the credential of a connecting client into what its bearer may do. One of those here, or the host's own, which
/// may ask a database.
///
/// Threads: called from any thread at once.
/// Re-entrancy and errors: as `Policy::authenticate`. What the client sent must not become part of a log or an error.
class SIGNALING_API Authenticator {
 public:
  virtual ~Authenticator() = default;
  /// `info` lives until `done` was called or destroyed.
  virtual void authenticate(const ConnectInfo& info, Callback<void(Verdict)> done) = 0;
};

}  // namespace signaling::identity
