#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "signaling/core/error.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/core/transport.hpp"

namespace signaling {

class PeerSession;

/// One connection of a client, between its transport and the peer that it belongs to: first the one that is being
/// admitted, and, if the client resumes, the one that it had before.
///
/// States: linked -> left by its peer, which does without it -> disconnected, of which the second may be skipped.
/// Threads: the transport's executor.
class ClientLink {
 public:
  explicit ClientLink(Transport& transport) noexcept : transport_(&transport) {}

  /// Null: disconnected.
  Transport* transport() const noexcept { return transport_; }
  const std::shared_ptr<PeerSession>& peer() const noexcept { return peer_; }
  void link(std::shared_ptr<PeerSession> peer) noexcept { peer_ = std::move(peer); }
  /// Its peer does without it.
  void leave() noexcept { peer_.reset(); }
  void close(CloseReason reason) {
    if (transport_ != nullptr) transport_->close(reason);
  }

  void receive(const MessageView& message);
  void written(std::size_t bytes);
  void alive();
  void disconnect(CloseReason reason);

 private:
  Transport* transport_;
  std::shared_ptr<PeerSession> peer_;
};

}  // namespace signaling
