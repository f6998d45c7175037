#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "signaling/core/callback.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/identity/grants.hpp"
#include "signaling/text/export.hpp"

namespace signaling::identity {

/// The source of date and time; tests replace it to stop the time. Empty: the machine's. Any thread may call it,
/// concurrently.
using WallClock = std::function<std::chrono::system_clock::time_point()>;

/// The permissions of an authenticated client.
struct SIGNALING_API Pass {
  /// Becomes Identity::subject and Identity::attributes.
  std::string subject;
  std::string attributes;  ///< the claims of a token as JSON, for example
  /// The required peer id. Absent: no requirement.
  std::optional<PeerId> peer_id;
  Grants grants;  ///< the granted permissions
  /// When the connection is closed with `CloseReason::expired`. Absent: never.
  std::optional<std::chrono::system_clock::time_point> expires;
};

/// The answer to a credential: a pass, or a refusal with a reason for the host's log. The client never gets the reason.
class SIGNALING_API Verdict {
 public:
  /// Yes, with this pass.
  static Verdict admit(Pass pass) {
    Verdict verdict;
    verdict.pass_ = std::move(pass);
    return verdict;
  }
  /// `why` is a literal, such as "expired": it contains nothing from the client and has static lifetime.
  static Verdict refuse(std::string_view why) {
    Verdict verdict;
    verdict.refusal_ = why;
    return verdict;
  }

  /// True for a yes.
  bool admitted() const noexcept { return pass_.has_value(); }
  /// Requires a yes.
  Pass& pass() noexcept { return *pass_; }
  /// Requires a yes.
  const Pass& pass() const noexcept { return *pass_; }
  /// The reason of a refusal; empty for a yes.
  std::string_view refusal() const noexcept { return refusal_; }

 private:
  Verdict() = default;
  std::optional<Pass> pass_;
  std::string_view refusal_;
};

/// Turns the credential of a connecting client into permissions. Use one of those here, or the host's own, which may
/// query a database.
///
/// Threads: any thread may call it, concurrently.
/// Re-entrancy and errors: as `Policy::authenticate`. Data from the client must not become part of a log or an error.
class SIGNALING_API Authenticator {
 public:
  virtual ~Authenticator() = default;
  /// `info` is valid until `done` was called or destroyed.
  virtual void authenticate(const ConnectInfo& info, Callback<void(Verdict)> done) = 0;
};

}  // namespace signaling::identity
