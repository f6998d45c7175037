// Path 2/8: from the connection to the peer that it belongs to. Next: core/peer_session.cpp
#include "core/client_link.hpp"

#include "core/peer_session.hpp"

namespace signaling {

// The host may disconnect inside a hook of the policy.
void ClientLink::receive(const MessageView& message) {
  if (const auto peer = peer_) peer->receive(message);
}

void ClientLink::written(std::size_t bytes) {
  if (peer_) peer_->written(bytes);
}

void ClientLink::disconnect(CloseReason reason) {
  transport_ = nullptr;
  if (const auto peer = std::exchange(peer_, nullptr)) peer->disconnected(reason);
}

}  // namespace signaling
