// Path 8/8: once per batch, each mailbox gives its frames to the transport. Next: core/mailbox.cpp
#include "core/loop.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <utility>

#include "signaling/core/batch.hpp"

namespace signaling {
namespace {

// A handler that is destroyed as `post` throws has not gone with its executor: the mailboxes stay for the next.
thread_local const Loop* posting_of_thread = nullptr;

thread_local Batch* batch_of_thread = nullptr;

}  // namespace

// An io_context that ends with handlers unrun destroys them: then the mailboxes must go, as they keep their loop.
class Loop::Drain {
 public:
  explicit Drain(std::shared_ptr<Loop> loop) noexcept : loop_(std::move(loop)) {}
  Drain(Drain&&) noexcept = default;
  Drain& operator=(Drain&&) = delete;
  ~Drain() {
    if (loop_ && posting_of_thread != loop_.get()) loop_->abandon();
  }
  void operator()() { std::exchange(loop_, nullptr)->drain(); }

 private:
  std::shared_ptr<Loop> loop_;
};

FlushList::~FlushList() {
  while (!is_empty()) (void)pop_front();
}

void FlushList::push_back(std::shared_ptr<Flushable> item) noexcept {
  Flushable* const last = item.get();
  (is_empty() ? first_ : last_->next_) = std::move(item);
  last_ = last;
}

std::shared_ptr<Flushable> FlushList::pop_front() noexcept {
  auto item = std::move(first_);
  if (item) first_ = std::move(item->next_);
  return item;
}

void FlushList::take(FlushList& other) noexcept {
  if (other.is_empty()) return;
  (is_empty() ? first_ : last_->next_) = std::move(other.first_);
  last_ = other.last_;
}

bool Loop::schedule(std::shared_ptr<Flushable> item) noexcept {
  const std::scoped_lock lock(mutex_);
  ready_.push_back(std::move(item));
  return !std::exchange(is_woken_, true);
}

bool Loop::retry() noexcept {
  if (!has_failed_.load(std::memory_order_relaxed)) return false;
  const std::scoped_lock lock(mutex_);
  return has_failed_.exchange(false, std::memory_order_relaxed) && !std::exchange(is_woken_, true);
}

void Loop::wake() noexcept {
  if (!Batch::take(shared_from_this())) post_drain();
}

void Loop::post_drain() noexcept {
  const Loop* const outer = std::exchange(posting_of_thread, this);
  try {
    boost::asio::post(executor_, Drain(shared_from_this()));
  } catch (...) {
    const std::scoped_lock lock(mutex_);
    is_woken_ = false;
    has_failed_.store(true, std::memory_order_relaxed);
  }
  posting_of_thread = outer;
}

void Loop::abandon() noexcept {
  FlushList dropped;
  const std::scoped_lock lock(mutex_);
  dropped.take(ready_);
}

// The end of a turn, whether it came to its end or an exception ended it.
class Loop::Turn {
 public:
  explicit Turn(Loop& loop) noexcept : loop_(loop) {
    const std::scoped_lock lock(loop_.mutex_);
    loop_.is_woken_ = false;
    if (std::exchange(loop_.is_draining_, true)) return;
    is_mine_ = true;
    // Those that come meanwhile have to wait for the next turn, as there may be no end of them.
    items_.take(loop_.ready_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (!is_mine_) return;
    loop_.frames_.clear();
    {
      const std::scoped_lock lock(loop_.mutex_);
      items_.take(loop_.ready_);
      loop_.ready_.take(items_);
      loop_.is_draining_ = false;
      // Those that are left have not had their turn, or came while a turn inside this one took their wake-up.
      if (loop_.ready_.is_empty() || std::exchange(loop_.is_woken_, true)) return;
    }
    loop_.wake();
  }

  /// Null if there is none left, or another call is at it.
  std::shared_ptr<Flushable> next() noexcept { return items_.pop_front(); }

 private:
  Loop& loop_;
  bool is_mine_ = false;
  FlushList items_;
};

void Loop::drain() {
  Turn turn(*this);
  while (const auto item = turn.next()) {
    frames_.clear();
    item->flush(frames_);
  }
}

Wakes::~Wakes() {
  while (const auto loop = std::move(first_)) {
    first_ = std::move(loop->next_to_wake_);
    loop->wake();
  }
}

void Wakes::schedule(const std::shared_ptr<Loop>& loop, std::shared_ptr<Flushable> item) noexcept {
  if (loop->schedule(std::move(item))) add(loop);
}

void Wakes::retry(const std::shared_ptr<Loop>& loop) noexcept {
  if (loop->retry()) add(loop);
}

void Wakes::add(const std::shared_ptr<Loop>& loop) noexcept {
  loop->next_to_wake_ = std::move(first_);
  first_ = loop;
}

std::shared_ptr<Loop> Loops::of(const boost::asio::any_io_executor& executor) {
  const std::scoped_lock lock(mutex_);
  if (count_ >= remove_at_) remove_unused();
  auto& loops = by_context_[&executor.context()];
  const auto end = loops.rbegin() + static_cast<std::ptrdiff_t>(std::min(loops.size(), searched));
  const auto found =
      std::find_if(loops.rbegin(), end, [&](const auto& loop) { return loop->executor() == executor; });
  if (found != end) return *found;
  auto deadlines = std::make_shared<Deadlines>(executor, clock_, driver_);
  loops.push_back(std::make_shared<Loop>(executor, std::move(deadlines)));
  ++count_;
  return loops.back();
}

std::vector<std::shared_ptr<Loop>> Loops::all() const {
  std::vector<std::shared_ptr<Loop>> all;
  const std::scoped_lock lock(mutex_);
  all.reserve(count_);
  for (const auto& [context, loops] : by_context_) all.insert(all.end(), loops.begin(), loops.end());
  return all;
}

// Executors come and go with strands. Looking at all of them is paid for by those that have come since.
void Loops::remove_unused() {
  for (auto& [context, loops] : by_context_) {
    count_ -= std::erase_if(loops, [this](const auto& loop) {
      if (loop.use_count() != 1 || !loop->deadlines()->is_empty()) return false;
      for (std::size_t i = 0; i < past_.size(); ++i) loop->traffic()[i].add_to(past_[i]);
      return true;
    });
  }
  boost::unordered::erase_if(by_context_, [](const auto& entry) { return entry.second.empty(); });
  remove_at_ = 2 * count_ + searched;
}

void Loops::add_traffic(std::size_t protocol, ProtocolTraffic& traffic) const {
  const std::scoped_lock lock(mutex_);
  const ProtocolTraffic& past = past_[protocol];
  traffic.messages_in += past.messages_in;
  traffic.bytes_in += past.bytes_in;
  traffic.messages_out += past.messages_out;
  traffic.bytes_out += past.bytes_out;
  for (const auto& [context, loops] : by_context_) {
    for (const auto& loop : loops) loop->traffic()[protocol].add_to(traffic);
  }
}

Batch::Batch(boost::asio::any_io_executor executor)
    : executor_(std::move(executor)), outer_(std::exchange(batch_of_thread, this)) {}

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
