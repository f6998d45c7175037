// Path 2/8: what a transport tells of its client. Next: core/peer_session.cpp
#include "signaling/core/link.hpp"

#include <utility>

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

void ClientLink::alive() {
  if (const auto peer = peer_) peer->alive();
}

void ClientLink::disconnect(CloseReason reason) {
  transport_ = nullptr;
  if (const auto peer = std::exchange(peer_, nullptr)) peer->disconnected(reason);
}

Link& Link::operator=(Link&& other) noexcept {
  if (this != &other) {
    end();
    link_ = std::move(other.link_);
  }
  return *this;
}

Link::~Link() { end(); }

void Link::end() noexcept {
  try {
    disconnect(CloseReason::lost);
  } catch (...) {  // NOLINT(bugprone-empty-catch): of memory, or of the host's hooks; nobody is left to tell
  }
}

void Link::receive(const MessageView& message) {
  if (const auto link = link_) link->receive(message);
}

void Link::written(std::size_t bytes) {
  if (link_) link_->written(bytes);
}

void Link::alive() {
  if (const auto link = link_) link->alive();
}

void Link::disconnect(CloseReason reason) {
  if (const auto link = std::exchange(link_, nullptr)) link->disconnect(reason);
}

bool Link::suspend(CloseReason reason, std::chrono::seconds longest) {
  const auto peer = link_ ? link_->peer() : nullptr;
  return peer && peer->suspend(reason, longest);
}

void Link::resume(const ConnectInfo& info, Callback<void(const Decision& decision)> done) {
  if (link_ && link_->peer()) link_->peer()->readmit(info, std::move(done));
}

std::shared_ptr<Peer> Link::peer() const noexcept {
  if (!link_ || !link_->peer() || !link_->peer()->is_admitted()) return nullptr;
  return link_->peer();
}

}  // namespace signaling
