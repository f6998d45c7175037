// Path 3/8: whether a message is handled at once, or waits. Next: core/peer_session.cpp
#include "core/peer_input.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace signaling {
namespace {

// Each thing that waits costs something even when it carries no bytes.
constexpr std::size_t pending_overhead = 64;

// So much may wait before the transport is asked to stop reading.
constexpr std::size_t max_read_ahead = std::size_t{64} * 1024;

// Whose turn has not come waits so long, again and again.
constexpr std::chrono::milliseconds turn_interval = Mailbox::least_hold;

// A peer that sends to one for which too much waits may not be faster than this.
constexpr std::uint64_t crowded_bytes_per_second = 1024 * 1024;

// Whoever has sent more than this to such peers leaves room for others there.
constexpr std::uint64_t pressing_bytes_per_second = std::uint64_t{16} * 1024;
constexpr std::uint64_t pressing_byte_burst = std::uint64_t{256} * 1024;

}  // namespace

PeerInput::PeerInput(Owner& owner, Mailbox& mailbox, const CurrentLimits& limits, const Clock& clock)
    : owner_(owner), mailbox_(mailbox), limits_(limits), clock_(clock) {}

bool PeerInput::take_turn(std::size_t bytes) {
  if (turn_) return false;
  const auto wait = time_to_turn(bytes);
  if (wait.count() == 0) return true;
  turn_ = mailbox_.loop()->deadlines()->set(wait, [weak = std::weak_ptr(owner_.input())] {
    const auto self = weak.lock();
    if (!self) return;
    self->turn_.reset();
    self->resume();
  });
  return false;
}

std::chrono::milliseconds PeerInput::time_to_turn(std::size_t bytes) {
  if (const auto hold = mailbox_.take_hold(); hold.count() != 0) return time_held_back(hold, bytes);
  if (must_wait_for_answers()) return turn_interval;
  const Limits& limits = limits_.get();
  // The clock is asked only where there is a limit: it costs as much as looking up a peer.
  const std::size_t caused = mailbox_.take_caused();
  const bool is_limited = limits.messages_per_second != 0 || limits.bytes_per_second != 0 ||
                          (limits.caused_bytes_per_second != 0 && (caused != 0 || rate_.is_in_debt()));
  return is_limited ? rate_.take(limits, bytes, caused, clock_.now()) : std::chrono::milliseconds(0);
}

std::chrono::milliseconds PeerInput::time_held_back(std::chrono::milliseconds hold, std::size_t bytes) {
  mailbox_.set_pressing(
      !to_crowded_.take(pressing_bytes_per_second, pressing_byte_burst, clock_.now(), bytes));
  return std::max(hold, std::chrono::milliseconds(1000 * bytes / crowded_bytes_per_second));
}

// What it asks for needs room in its own mailbox, and what it asked of rooms, time. What others have put there only slows
// it: it may have to tell them something.
bool PeerInput::must_wait_for_answers() {
  if (bytes_in_rooms_.load(std::memory_order_relaxed) > read_ahead()) return true;
  const bool is_first_time = mailbox_.is_crowded() && !has_waited_;
  has_waited_ = is_first_time;
  return is_first_time || mailbox_.is_over_messages();
}

bool PeerInput::push(InputQueue::Item item) {
  if (!has_room()) return false;
  item.bytes += pending_overhead;
  if (!queue_) queue_ = std::make_unique<InputQueue>();
  queue_->push(std::move(item));
  update_reading();
  return true;
}

std::optional<PendingBytes> PeerInput::charge(std::size_t bytes) {
  if (!has_room()) return std::nullopt;
  return PendingBytes(std::shared_ptr<std::atomic<std::size_t>>(owner_.input(), &bytes_in_rooms_),
                      bytes + pending_overhead);
}

bool PeerInput::has_room() const noexcept {
  const std::size_t limit = limits_.get().max_pending_bytes;
  const std::size_t waiting =
      (queue_ ? queue_->bytes() : 0) + bytes_in_rooms_.load(std::memory_order_relaxed);
  return limit == 0 || waiting <= limit;
}

std::size_t PeerInput::read_ahead() const noexcept {
  const std::size_t limit = limits_.get().max_pending_bytes;
  return limit == 0 ? max_read_ahead : std::min(max_read_ahead, limit / 2);
}

void PeerInput::resume() {
  if (!queue_ || queue_->is_running()) return;
  while (!is_awaiting_ && !queue_->is_empty()) {
    const auto* const received = queue_->front().received();
    if (received != nullptr && !take_turn(received->bytes.size())) break;
    queue_->run_front([this](const MessageView& message) { owner_.handle(message); });
  }
  if (queue_->is_empty()) queue_.reset();
  update_reading();
}

void PeerInput::resume_behind(Callback<void()> first) {
  if (!queue_) return first();
  queue_->push_front({0, std::move(first)});
  resume();
}

void PeerInput::close() {
  if (turn_) mailbox_.loop()->deadlines()->cancel(*std::exchange(turn_, std::nullopt));
  if (queue_) queue_->clear();
}

void PeerInput::adopt(std::vector<InputQueue::Received> messages) {
  if (messages.empty()) return;
  if (!queue_) queue_ = std::make_unique<InputQueue>();
  for (auto& message : messages) {
    const std::size_t bytes = message.bytes.size() + pending_overhead;
    queue_->push({bytes, std::move(message)});
  }
}

std::vector<InputQueue::Received> PeerInput::take_received() {
  return queue_ ? queue_->take_received() : std::vector<InputQueue::Received>();
}

void PeerInput::attached() {
  is_reading_ = true;
  update_reading();
}

void PeerInput::update_reading() {
  const bool wanted = !turn_ && (!queue_ || queue_->bytes() <= read_ahead());
  if (mailbox_.transport() == nullptr || std::exchange(is_reading_, wanted) == wanted) return;
  mailbox_.transport()->set_reading(wanted);
}

}  // namespace signaling
