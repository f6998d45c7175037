// Path 8/8: once per batch, each peer's gathered frames go to its transport. Next: core/peer_lifecycle.cpp
#include "core/loop.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "core/peer_session.hpp"
#include "signaling/core/batch.hpp"

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
  if (!Batch::take(shared_from_this())) post_drain();
}

void Loop::post_drain() { boost::asio::post(executor_, Drain(shared_from_this())); }

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

namespace {
thread_local Batch* batch_of_thread = nullptr;
}  // namespace

Batch::Batch(boost::asio::any_io_executor executor)
    : executor_(std::move(executor)), outer_(std::exchange(batch_of_thread, this)) {}

// NOLINTNEXTLINE(bugprone-exception-escape)
Batch::~Batch() {
  batch_of_thread = outer_;
  if (loop_) loop_->post_drain();
}

// A second loop on the same executor is that of another router.
bool Batch::take(const std::shared_ptr<Loop>& loop) {
  Batch* const batch = batch_of_thread;
  if (batch == nullptr || batch->loop_ || batch->executor_ != loop->executor()) return false;
  batch->loop_ = loop;
  return true;
}

void Batch::flush() {
  if (const auto loop = std::exchange(loop_, nullptr)) loop->drain();
}

}  // namespace signaling
