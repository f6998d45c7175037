#pragma once

#include <any>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/core/callback.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/message.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

class Peer;
class Router;

/// The data of a connecting client. Everything except `remote_address` comes from the client.
struct SIGNALING_API ConnectInfo {
  /// Address without port, as text: "192.0.2.7", "::1". Empty for transports that have none.
  std::string remote_address;
  /// The request target of the handshake: path and query.
  std::string target;
  std::string origin;  ///< the field `Origin` of the handshake; empty: none
  /// The credential, wherever the protocol transports it.
  std::string token;
  /// Raw JSON with which the client identifies itself; empty if none.
  std::string credentials;
  /// The requested id, and the secret from the welcome of an earlier connection.
  std::string wished_id;
  std::string resume;  ///< secret from an earlier welcome; empty: none
  /// How long the client wants its peer to stay after a lost connection, in whole seconds; empty: not at all, or, if it
  /// resumes, as long as before.
  std::string keep;
  /// How many messages a client that resumes has received, in decimal; empty: unknown.
  std::string received;
  /// Header fields of the handshake, names in lower case.
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Who the host says a peer is. The library passes it on without using it.
struct SIGNALING_API Identity {
  std::string subject;  ///< the user in the host's terms: a user name, an account number
  /// Any data that the host wants to find again, for example the token's claims as JSON.
  std::string attributes;
  /// Data in the policy's own form, for its later decisions about this peer.
  std::any context;
};

/// What a policy says of a join that it allows. What is absent is as without a policy.
struct SIGNALING_API JoinTerms {
  /// Raw JSON text, in place of the metadata that the peer has given. If it is not JSON, the join fails with `internal`,
  /// and the log gets `policy-metadata-invalid`.
  std::optional<std::string> metadata = {};
  /// The most members that the room may have with this one, on all nodes; 0: any number. In place of
  /// Limits::max_peers_per_room: beyond it, the join fails with `room_full`. Those who are in the room already stay.
  std::optional<std::size_t> capacity = {};
};

/// A yes, or a no with a reason that the peer gets.
class SIGNALING_API Decision {
 public:
  /// Yes.
  static Decision allow() { return Decision(errc::ok, {}); }
  /// Yes to a join, on these terms.
  static Decision allow(JoinTerms terms) {
    Decision decision = allow();
    decision.terms_ = std::move(terms);
    return decision;
  }
  /// A no: the peer gets `code` as error code and `reason` as its message; if `reason` is empty, the code's own
  /// description.
  static Decision refuse(std::string reason, errc code = errc::forbidden) {
    return {code, std::move(reason)};
  }

  /// True for a yes.
  bool allowed() const noexcept { return code_ == errc::ok; }
  /// `errc::ok` for a yes.
  errc code() const noexcept { return code_; }
  /// The message for the peer; empty for a yes.
  const std::string& reason() const noexcept { return reason_; }
  /// Of a yes to a join.
  const JoinTerms& terms() const noexcept { return terms_; }

 private:
  Decision(errc code, std::string reason) : code_(code), reason_(std::move(reason)) {}
  errc code_;
  std::string reason_;
  JoinTerms terms_;
};

/// The answer to a connecting client.
struct SIGNALING_API Admission {
  Decision decision = Decision::allow();  ///< if refused, the connection closes
  Identity identity;                      ///< kept with the peer
  /// The peer's id. Absent: 128 random bits.
  std::optional<PeerId> peer_id;
  /// The longest time that the peer may stay after a lost connection. Absent: Limits::max_resume.
  std::optional<std::chrono::seconds> max_resume = {};
};

/// A peer's request to join a room.
struct SIGNALING_API JoinAttempt {
  std::string_view room;  ///< the room that it wants to join
  /// Raw JSON text, or empty.
  std::string_view metadata;
};

/// The host's rules. Every hook has a default that allows everything and chooses nothing.
///
/// Threads: hooks for one peer run on that peer's executor; hooks for different peers may run concurrently. Never under
/// a lock of the library.
/// Order: `connected`, then for each room `joined` and one `left`, then `disconnected`; between them any number of `away`
/// and `resumed`. A peer whose id a connection to another node takes over leaves its rooms like any other peer.
/// Re-entrancy: a hook may call the router. A completion handler may be called before the hook returns or later, from
/// any thread, and is called at most once. A handler that is destroyed uncalled, or not called within
/// Limits::decision_timeout, is a refusal with `errc::internal`. A handler keeps the peer alive, and with it the inner
/// part of the router. Views are valid until the hook returns.
/// Errors: hooks must not throw.
/// Local peers belong to the host: no hook decides on them, but `connected`, `joined`, `left` and `disconnected` are
/// called for them too.
class SIGNALING_API Policy {
 public:
  virtual ~Policy() = default;
  /// The first call, from the constructor of each router that this policy is given to: `router` is valid until its
  /// destructor begins. For policies that look up peers, move them or send to them. Default: does nothing.
  virtual void attached(Router& router);

  /// Decides whether this client may connect, who it is, and which id it gets. Its messages wait for the answer.
  virtual void authenticate(const ConnectInfo& info, Callback<void(Admission)> done);

  /// Decides whether `peer` may join. The peer's later messages wait for the answer.
  virtual void authorize_join(const Peer& peer, const JoinAttempt& attempt, Callback<void(Decision)> done);

  /// Decides whether `peer`, which is in `attempt.room`, may replace its metadata there.
  virtual Decision authorize_update(const Peer& peer, const JoinAttempt& attempt);

  /// Decides whether `peer`, which has resumed with a new credential, may stay in `room`. Default: yes.
  virtual bool may_stay(const Peer& peer, std::string_view room);

  /// Returns the `iceServers` of this peer, a JSON array as text, which its welcome contains. Empty: those of its
  /// protocol, as for text that is not a JSON array, which the log gets as `policy-ice-servers-invalid`. The peer already
  /// has its id. `Peer::set_ice_servers` replaces them later.
  virtual std::string ice_servers(const Peer& peer);

  /// Decides whether `peer` may send this. Called for every message, so it must be fast: decide from what
  /// `authenticate` and `authorize_join` have found out.
  virtual Decision authorize_send(const Peer& peer, const Message& message);

  /// A peer was admitted. This and the following hooks are notifications, for the host's own records.
  virtual void connected(const std::shared_ptr<Peer>& peer);
  /// The peer has lost its connection and may come back until its grace ends: it stays in its rooms.
  virtual void away(const Peer& peer, CloseReason reason);
  /// The peer has another connection, and the identity that `authenticate` has given to that. Also called for a peer
  /// that was not away: its client has replaced the connection.
  virtual void resumed(const std::shared_ptr<Peer>& peer);
  /// The peer has disconnected, or its grace has ended.
  virtual void disconnected(const Peer& peer, CloseReason reason);
  /// The peer is in the room.
  virtual void joined(const Peer& peer, std::string_view room);
  /// A join that `authorize_join` has allowed failed: the room is full, for example (`room_full`), or the peer has
  /// disconnected meanwhile (`closed`, possibly after `disconnected`). Not called for a room that the peer is already
  /// in.
  virtual void join_failed(const Peer& peer, std::string_view room, errc error);
  /// The peer has left the room, or is about to leave it.
  virtual void left(const Peer& peer, std::string_view room, LeaveReason reason);
};

}  // namespace signaling
