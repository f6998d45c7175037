#pragma once

#include <any>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/core/callback.hpp"
#include "signaling/core/envelope.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/ids.hpp"

namespace signaling {

class Peer;

/// What is known of a client when it connects. All of it but `remote_address` was said by the client.
struct SIGNALING_API ConnectInfo {
  /// Address without port, as text: "192.0.2.7", "::1". Empty for transports that have none.
  std::string remote_address;
  /// The request target of the handshake: path and query.
  std::string target;
  std::string origin;  ///< the field `Origin` of the handshake; empty: none
  /// The credential, wherever the protocol carries it.
  std::string token;
  /// Raw JSON that the client gave along to identify itself; empty if none.
  std::string credentials;
  /// The id it would like to have, and the secret from the welcome of an earlier connection.
  std::string wished_id;
  std::string resume;  ///< secret from an earlier welcome; empty: none
  /// Header fields of the handshake, names in lower case.
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Who the host says a peer is. The library only carries it.
struct SIGNALING_API Identity {
  std::string subject;  ///< who it is to the host: a user name, an account number
  /// Anything the host wants to find again, for example the token's claims as JSON.
  std::string attributes;
  /// What the policy wants at hand when it is asked about this peer later, in a form of its own.
  std::any context;
};

/// Yes, or no with a reason that the peer is told.
class SIGNALING_API Decision {
 public:
  /// Yes.
  static Decision allow() { return Decision(errc::ok, {}); }
  /// Of a join: yes, with this metadata (raw JSON text) whatever the peer gave.
  static Decision allow_with_metadata(std::string metadata) {
    Decision decision = allow();
    decision.metadata_ = std::move(metadata);
    return decision;
  }
  /// `code` is what the peer gets as error code, `reason` as its message; an empty reason stands for the code's
  /// own description.
  static Decision refuse(std::string reason, errc code = errc::forbidden) {
    return {code, std::move(reason)};
  }

  /// True if it is a yes.
  bool allowed() const noexcept { return code_ == errc::ok; }
  /// `errc::ok` if it is a yes.
  errc code() const noexcept { return code_; }
  /// For the peer; empty if it is a yes.
  const std::string& reason() const noexcept { return reason_; }
  /// What the peer's metadata shall be; nothing: what it gave.
  const std::optional<std::string>& metadata() const noexcept { return metadata_; }

 private:
  Decision(errc code, std::string reason) : code_(code), reason_(std::move(reason)) {}
  errc code_;
  std::string reason_;
  std::optional<std::string> metadata_;
};

/// The answer to a connecting client.
struct SIGNALING_API Admission {
  Decision decision = Decision::allow();  ///< refused: the connection ends with it
  Identity identity;                      ///< kept with the peer
  /// The id the peer shall have. Absent: one of 128 random bits.
  std::optional<PeerId> peer_id;
};

/// What a peer wants to join with.
struct SIGNALING_API JoinAttempt {
  std::string_view room;  ///< the room it wants to be in
  /// Raw JSON text, or empty.
  std::string_view metadata;
};

/// The host's say in what happens. Every hook has a default that allows everything and chooses nothing.
///
/// Threads: hooks for one peer come on that peer's executor; possibly at once for different peers. Never under a lock of
/// the library.
/// Order: `connected`, then for each room `joined` and one `left`, then `disconnected`. A peer whose id another connection
/// takes over leaves its rooms like any other.
/// Re-entrancy: a hook may call the router. A completion handler may be called before the hook returns or later,
/// from any thread, and is called at most once. One that is destroyed uncalled is a refusal with `errc::internal`, and so
/// is one that is not called within Limits::decision_timeout. A handler keeps the peer alive, and with it the inner part of
/// the router. Views live until the hook returns.
/// Errors: hooks must not throw.
/// Local peers belong to the host: no hook decides on them, but `connected`, `joined`, `left` and `disconnected` come for them
/// too.
class SIGNALING_API Policy {
 public:
  virtual ~Policy() = default;

  /// May this client connect, who is it, and which id shall it have? Until the answer its messages wait.
  virtual void authenticate(const ConnectInfo& info, Callback<void(Admission)> done);

  /// May `peer` join? Until the answer the peer's later messages wait.
  virtual void authorize_join(const Peer& peer, const JoinAttempt& attempt, Callback<void(Decision)> done);

  /// May `peer`, which is in `attempt.room`, replace its metadata there?
  virtual Decision authorize_update(const Peer& peer, const JoinAttempt& attempt);

  /// The `iceServers` for this peer, a JSON array as text, given to it with its welcome. Empty: those of its protocol.
  /// The peer has its id by now. They are replaced later with `Peer::set_ice_servers`.
  virtual std::string ice_servers(const Peer& peer);

  /// May `peer` send this? Called for every message, so it has to be quick: decide from what `authenticate` and
  /// `authorize_join` have found out.
  virtual Decision authorize_send(const Peer& peer, const Envelope& envelope);

  /// What happened, for the host's own books.
  virtual void connected(const std::shared_ptr<Peer>& peer);
  /// The peer is gone.
  virtual void disconnected(const Peer& peer, CloseReason reason);
  /// The peer is in the room.
  virtual void joined(const Peer& peer, std::string_view room);
  /// A join that `authorize_join` has allowed came to nothing: the room is full, for instance (`room_full`), or the peer
  /// has gone meanwhile (`closed`, also after `disconnected`). Not for a room that the peer is in.
  virtual void join_failed(const Peer& peer, std::string_view room, errc error);
  /// The peer is no longer in the room, or is just leaving it.
  virtual void left(const Peer& peer, std::string_view room, LeaveReason reason);
};

}  // namespace signaling
