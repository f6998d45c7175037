#include "signaling/core/local_peer.hpp"

#include <utility>

#include "core/peer_session.hpp"

namespace signaling {

void LocalPeer::end() noexcept {
  try {
    if (const auto session = std::exchange(session_, nullptr)) session->disconnected(CloseReason::normal);
  } catch (...) {  // NOLINT(bugprone-empty-catch): of memory, or of the host's hooks; nobody is left to tell
  }
}

LocalPeer& LocalPeer::operator=(LocalPeer&& other) noexcept {
  if (this != &other) {
    end();
    session_ = std::move(other.session_);
  }
  return *this;
}

LocalPeer::~LocalPeer() { end(); }

Peer& LocalPeer::operator*() const noexcept { return *session_; }

}  // namespace signaling
