#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>

#include "signaling/core/error.hpp"
#include "signaling/core/event.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

class PeerSession;

/// Options of Router::connect_local.
struct SIGNALING_API LocalPeerOptions {
  /// The callbacks run on it. It must run one function at a time.
  boost::asio::any_io_executor executor;
  /// The peer id. Empty: a random id. If the id is in use, the peer is closed with `errc::id_in_use`.
  PeerId id;
  Identity identity;  ///< who the peer is; the library passes it on without using it
  /// Gets every event of this peer, one at a time, on `executor`. May call the peer and the router, and destroy the
  /// LocalPeer. An exception leaves the executor's run function, like that of any posted handler; later events are
  /// still delivered.
  std::function<void(const Event&)> on_event;
  /// Called once, on `executor`, when the peer has been closed before its LocalPeer was destroyed; no event follows.
  /// May be empty.
  std::function<void(CloseReason)> on_closed;
};

/// A peer of the host itself, with callbacks instead of a socket. Made by Router::connect_local.
///
/// Ownership: the host owns it. Destroying it ends the peer, which leaves its rooms; no callback runs afterwards, so
/// callbacks may refer to the owner of this object.
/// Threads: destroy and move it on the peer's executor, or while that executor does not run; for the rest see Peer.
class SIGNALING_API LocalPeer {
 public:
  /// An empty local peer.
  LocalPeer() noexcept = default;
  LocalPeer(LocalPeer&& other) noexcept = default;
  /// Ends the peer that this object had.
  LocalPeer& operator=(LocalPeer&& other) noexcept;
  ~LocalPeer();

  /// False: empty.
  explicit operator bool() const noexcept { return session_ != nullptr; }
  /// The peer; must not be called on an empty one. After `on_closed` it is a closed peer.
  Peer& operator*() const noexcept;
  /// The same.
  Peer* operator->() const noexcept { return &**this; }

 private:
  friend class Router;
  explicit LocalPeer(std::shared_ptr<PeerSession> session) noexcept : session_(std::move(session)) {}
  void end() noexcept;

  std::shared_ptr<PeerSession> session_;
};

}  // namespace signaling
