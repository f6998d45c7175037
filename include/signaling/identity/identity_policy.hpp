#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "signaling/core/export.hpp"
#include "signaling/core/log.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/identity/authenticator.hpp"
#include "signaling/identity/ice_servers.hpp"

namespace signaling::identity {

/// Read when the policy is made and not later.
struct SIGNALING_API IdentityOptions {
  /// Asked in turn until one admits. Empty: everybody is admitted and may do everything.
  std::vector<std::shared_ptr<Authenticator>> authenticators;
  IceOptions ice;  ///< what peers are told of STUN and TURN servers
  /// Where the timer runs that ends connections and renews credentials; runs one thing at a time. Its context must outlive
  /// the policy. Empty: the host calls `on_time`.
  boost::asio::any_io_executor executor;
  WallClock wall_clock;  ///< tells when credentials and admissions end
  /// Null: nothing is logged. Gets a record for each client that is refused, with the address and a word for the reason.
  std::shared_ptr<LogSink> log;
};

/// A policy by credentials: a client shows one when it connects, and may do what it grants, until it expires.
///
/// All refusals look the same to a client: `unauthorized` on connecting, `forbidden` later, whether or not there is such a
/// room. A message that names a room needs the grant of that room; one that names only its addressee, who may be met in
/// any of them, needs the grant of all the rooms that its sender is in. If it reaches beyond these (Envelope::reach), it needs
/// the grant of all the rooms that its sender may join.
/// Threads: every call from any thread.
/// TURN credentials are for those who may join a room: whoever may only connect gets the other servers.
/// A host may derive from it to add rules of its own; a hook that it overrides calls this one's.
class SIGNALING_API IdentityPolicy : public Policy {
 public:
  /// Throws std::invalid_argument if `ice` is wrong: a URL that is none of stun, stuns, turn, turns; TURN URLs without a
  /// secret; a lifetime out of its range.
  explicit IdentityPolicy(IdentityOptions options);
  ~IdentityPolicy() override;
  IdentityPolicy(const IdentityPolicy&) = delete;
  IdentityPolicy& operator=(const IdentityPolicy&) = delete;

  /// What `peer` may do. Null: it was not admitted by a policy of this kind, as local peers are not.
  static const Grants* grants_of(const Peer& peer);
  /// The same for what `authenticate` gave.
  static const Grants* grants_of(const Identity& identity);

  /// For peers that come from now on, and for the others when their credentials are renewed. Throws as the constructor
  /// does, and then nothing has changed.
  void set_ice(IceOptions ice);

  /// When `on_time` has something to do; nothing: not until another peer comes.
  std::optional<std::chrono::system_clock::time_point> next_deadline() const;
  /// Closes the peers whose time is over, and renews credentials. May be called at any time.
  void on_time();

  void authenticate(const ConnectInfo& info, Callback<void(Admission)> done) override;
  void authorize_join(const Peer& peer, const JoinAttempt& attempt, Callback<void(Decision)> done) override;
  Decision authorize_update(const Peer& peer, const JoinAttempt& attempt) override;
  std::string ice_servers(const Peer& peer) override;
  Decision authorize_send(const Peer& peer, const Envelope& envelope) override;
  void connected(const std::shared_ptr<Peer>& peer) override;
  /// Forgets the peer.
  void disconnected(const Peer& peer, CloseReason reason) override;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace signaling::identity
