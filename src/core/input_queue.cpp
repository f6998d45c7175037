#include "core/input_queue.hpp"

#include <algorithm>
#include <utility>

namespace signaling {
namespace {

// Whoever has to wait waits for so many messages at once, so that a peer over its rate does not wake its loop for each.
constexpr std::uint64_t turns_per_second = 20;

}  // namespace

void InputQueue::push(Item item) {
  bytes_ += item.bytes;
  if (!is_running_) {
    items_.push_back(std::move(item));
  } else {
    items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(added_++), std::move(item));
  }
}

void InputQueue::run_front() {
  Item item = std::move(items_.front());
  items_.pop_front();
  bytes_ -= item.bytes;
  struct Running {
    explicit Running(InputQueue& owner) : queue(owner) {
      queue.is_running_ = true;
      queue.added_ = 0;
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { queue.is_running_ = false; }
    InputQueue& queue;
  };
  const Running running(*this);
  item.run();
}

void InputQueue::clear() {
  items_.clear();
  bytes_ = added_ = 0;
}

std::chrono::milliseconds InputRate::take(const Limits& limits, std::size_t bytes, TimePoint now) noexcept {
  const std::uint64_t rate = limits.messages_per_second;
  const std::uint64_t burst = limits.message_burst;
  const auto for_bytes = bytes_.time_until(limits.bytes_per_second, limits.byte_burst, now, bytes);
  if (for_bytes.count() == 0 && messages_.take(rate, burst, now)) {
    bytes_.charge(limits.bytes_per_second, bytes);
    return std::chrono::milliseconds(0);
  }
  const std::uint64_t turn =
      std::clamp<std::uint64_t>(rate / turns_per_second, 1, std::max<std::uint64_t>(burst, 1));
  return std::chrono::ceil<std::chrono::milliseconds>(
      std::max(for_bytes, messages_.time_until(rate, burst, now, turn)));
}

}  // namespace signaling
