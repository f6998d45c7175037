// Path 8/8: once per batch, each peer's gathered frames go to its transport. Next: net/, or the host's Transport
#include "core/loop.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "core/peer_session.hpp"

namespace signaling {

// An io_context that ends with handlers unrun destroys them: then the peers must go, as they keep their loop.
class Loop::Drain {
 public:
  explicit Drain(std::shared_ptr<Loop> loop) noexcept : loop_(std::move(loop)) {}
  Drain(Drain&&) noexcept = default;
  Drain& operator=(Drain&&) = delete;
  ~Drain() {
    if (loop_) loop_->abandon();
  }
  void operator()() { std::exchange(loop_, nullptr)->drain(); }

 private:
  std::shared_ptr<Loop> loop_;
};

void Loop::schedule(std::shared_ptr<PeerSession> peer) {
  {
    const std::scoped_lock lock(mutex_);
    ready_.push_back(std::move(peer));
    if (std::exchange(woken_, true)) return;
  }
  boost::asio::post(executor_, Drain(shared_from_this()));
}

void Loop::abandon() {
  std::vector<std::shared_ptr<PeerSession>> dropped;
  const std::scoped_lock lock(mutex_);
  dropped.swap(ready_);
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
