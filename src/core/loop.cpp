// Path 8/8: once per batch, each peer's gathered frames go to its transport. Next: net/, or the host's Transport
#include "core/loop.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "core/peer_session.hpp"

namespace signaling {

void Loop::schedule(std::shared_ptr<PeerSession> peer) {
  {
    const std::scoped_lock lock(mutex_);
    ready_.push_back(std::move(peer));
    if (std::exchange(woken_, true)) return;
  }
  boost::asio::post(executor_, [self = shared_from_this()] { self->drain(); });
}

void Loop::drain() {
  {
    const std::scoped_lock lock(mutex_);
    woken_ = false;
    draining_.swap(ready_);
  }
  for (const auto& peer : draining_) {
    frames_.clear();
    peer->flush(frames_);
  }
  frames_.clear();
  draining_.clear();
}

}  // namespace signaling
