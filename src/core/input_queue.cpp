#include "core/input_queue.hpp"

#include <algorithm>
#include <utility>

namespace signaling {
namespace {

// Whoever has to wait waits for so many messages at once, so that a peer over its rate does not wake its loop for each.
constexpr std::uint64_t turns_per_second = 20;

// While a peer has much left of its burst of caused bytes, it causes so much at once, and so many times its rate: the
// others of its loop have their turns in between.
constexpr std::uint64_t most_caused_at_once = std::uint64_t{512} * 1024;
constexpr std::uint64_t burst_speed = 4;

// What is known only afterwards: the bucket goes into debt, and the time is that until it is out of it.
std::chrono::nanoseconds charge_late(TokenBucket& bucket, std::uint64_t rate, std::uint64_t burst,
                                     TimePoint now, std::size_t cost) noexcept {
  (void)bucket.time_until(rate, burst, now, 0);  // fills it up to now
  bucket.charge(rate, cost);
  return bucket.time_until(rate, burst, now, 0);
}

}  // namespace

void InputQueue::push(Item item) {
  bytes_ += item.bytes;
  if (!is_running_) {
    items_.push_back(std::move(item));
  } else {
    items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(added_++), std::move(item));
  }
}

bool InputQueue::has_only_received() const noexcept {
  return !is_running_ &&
         std::ranges::all_of(items_, [](const Item& item) { return item.received() != nullptr; });
}

void InputQueue::push_front(Item item) {
  bytes_ += item.bytes;
  items_.push_front(std::move(item));
}

InputQueue::Item InputQueue::pop_front() {
  Item item = std::move(items_.front());
  items_.pop_front();
  bytes_ -= item.bytes;
  return item;
}

std::vector<InputQueue::Received> InputQueue::take_received() {
  std::vector<Received> all;
  for (Item& item : items_) {
    if (auto* const received = std::get_if<Received>(&item.work)) all.push_back(std::move(*received));
  }
  clear();
  return all;
}

void InputQueue::clear() {
  items_.clear();
  bytes_ = added_ = 0;
}

std::chrono::milliseconds InputRate::take(const Limits& limits, std::size_t bytes, std::size_t caused,
                                          TimePoint now) noexcept {
  const auto for_caused = time_for_caused(limits, caused, now);
  const std::uint64_t rate = limits.messages_per_second;
  const std::uint64_t burst = limits.message_burst;
  const auto for_bytes = bytes_.time_until(limits.bytes_per_second, limits.byte_burst, now, bytes);
  if (for_bytes.count() == 0 && for_caused.count() == 0 && messages_.take(rate, burst, now)) {
    bytes_.charge(limits.bytes_per_second, bytes);
    return std::chrono::milliseconds(0);
  }
  const std::uint64_t turn =
      std::clamp<std::uint64_t>(rate / turns_per_second, 1, std::max<std::uint64_t>(burst, 1));
  return std::chrono::ceil<std::chrono::milliseconds>(
      std::max({for_bytes, for_caused, messages_.time_until(rate, burst, now, turn)}));
}

std::chrono::nanoseconds InputRate::time_for_caused(const Limits& limits, std::size_t caused,
                                                    TimePoint now) noexcept {
  if (caused == 0 && !is_in_debt()) return std::chrono::nanoseconds(0);
  const std::uint64_t rate = limits.caused_bytes_per_second;
  return std::max(charge_late(caused_, rate, limits.caused_byte_burst, now, caused),
                  charge_late(at_once_, burst_speed * rate, most_caused_at_once, now, caused));
}

}  // namespace signaling
