#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "signaling/core/log.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/identity/authenticator.hpp"
#include "signaling/identity/ice_servers.hpp"
#include "signaling/text/export.hpp"

namespace signaling::identity {

/// The policy reads these options when it is constructed and not later.
struct SIGNALING_API IdentityOptions {
  /// Asked in turn until one admits the client. Empty: every client is admitted and may do everything.
  std::vector<std::shared_ptr<Authenticator>> authenticators;
  IceOptions ice;  ///< the STUN and TURN servers for peers
  /// The executor of the timer that ends connections and renews credentials; it must run one function at a time. Its
  /// context must outlive the policy. Empty: the host calls `on_time`.
  boost::asio::any_io_executor executor;
  WallClock wall_clock;  ///< the clock for the expiry of credentials and admissions
  /// Null: nothing is logged. Gets a record for each refused client, with the address and the reason.
  std::shared_ptr<LogSink> log;
};

/// A policy based on credentials: a client sends one when it connects, and may do what it grants, until it expires.
///
/// All refusals look the same to a client: `unauthorized` on connecting, `forbidden` later, whether or not there is
/// such a room. A message that names a room needs the grant of that room. A message that names only its receiver, which
/// may be in any of the sender's rooms, needs the grants of all of them. If it reaches beyond these (Message::reach),
/// it needs the grants of all rooms that its sender may join.
/// Threads: any, for every call.
/// TURN credentials are for clients that may join a room: clients that may only connect get the other servers.
/// A host may derive from it to add rules of its own; an override must call the overridden hook.
class SIGNALING_API IdentityPolicy : public Policy {
 public:
  /// Throws std::invalid_argument if `ice` is invalid: a URL without stun, stuns, turn or turns; TURN URLs without a
  /// secret; a lifetime out of range.
  explicit IdentityPolicy(IdentityOptions options);
  ~IdentityPolicy() override;
  IdentityPolicy(const IdentityPolicy&) = delete;
  IdentityPolicy& operator=(const IdentityPolicy&) = delete;

  /// The permissions of `peer`. Null: it was not admitted by a policy of this kind, for example a local peer.
  static const Grants* grants_of(const Peer& peer);
  /// The same for an identity from `authenticate`.
  static const Grants* grants_of(const Identity& identity);

  /// Applies to new peers at once, and to the others when their credentials are renewed. Throws like the constructor,
  /// and then nothing has changed.
  void set_ice(IceOptions ice);

  /// When to call `on_time`; nothing: not before another peer connects.
  std::optional<std::chrono::system_clock::time_point> next_deadline() const;
  /// Closes the peers whose admission has expired, and renews credentials. May be called at any time.
  void on_time();

  void authenticate(const ConnectInfo& info, Callback<void(Admission)> done) override;
  void authorize_join(const Peer& peer, const JoinAttempt& attempt, Callback<void(Decision)> done) override;
  Decision authorize_update(const Peer& peer, const JoinAttempt& attempt) override;
  std::string ice_servers(const Peer& peer) override;
  Decision authorize_send(const Peer& peer, const Message& message) override;
  bool may_stay(const Peer& peer, std::string_view room) override;
  void connected(const std::shared_ptr<Peer>& peer) override;
  /// The new credential's rights and expiry hold from now on.
  void resumed(const std::shared_ptr<Peer>& peer) override;
  /// Forgets the peer.
  void disconnected(const Peer& peer, CloseReason reason) override;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace signaling::identity
