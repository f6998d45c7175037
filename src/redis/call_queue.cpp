// Path 5/8: what the router gives away on any thread -> the engine, on its executor. Next: redis/store_engine.cpp
#include "redis/call_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/orders.hpp"
#include "redis/envelope_codec.hpp"

namespace signaling::redis {

std::error_code CallQueue::publish(const Envelope& envelope, std::span<const NodeId> targets,
                                   const StoreHealth& shown, std::size_t max_bytes) {
  const bool is_full = max_bytes != 0 && bytes_ + shown.queued_bytes >= max_bytes;
  if ((!shown.connected || is_full) && !is_notice_of_loss(envelope)) return errc::store_unavailable;
  if (items_.empty() || !std::holds_alternative<Messages>(items_.back())) items_.emplace_back(Messages());
  auto& messages = std::get<Messages>(items_.back());
  const std::size_t before = messages.envelopes.size();
  append_envelope(messages.envelopes, envelope);
  // As the engine counts them: else it would refuse what was taken here.
  bytes_ += (messages.envelopes.size() - before) * std::max<std::size_t>(1, targets.size());
  messages.targets.insert(messages.targets.end(), targets.begin(), targets.end());
  messages.target_counts.push_back(static_cast<std::uint32_t>(targets.size()));
  return {};
}

void CallQueue::append(CallQueue later) {
  items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(std::exchange(next_, 0)));
  items_.insert(items_.end(), std::make_move_iterator(later.items_.begin()),
                std::make_move_iterator(later.items_.end()));
  bytes_ += later.bytes_;
}

void CallQueue::run(Item& item, const Open& open) {
  if (auto* const call = std::get_if<Call>(&item)) {
    (*call)(open.engine);
  } else if (open.engine != nullptr) {
    hand_over(std::get<Messages>(item), open);
  }
}

void CallQueue::hand_over(const Messages& messages, const Open& open) {
  std::string_view rest = messages.envelopes;
  std::span<const NodeId> targets = messages.targets;
  for (const std::uint32_t count : messages.target_counts) {
    Envelope envelope;
    if (!take_envelope(rest, envelope)) return;
    const auto error = open.engine->publish(envelope, targets.first(count));
    if (error) open.listener->undelivered(envelope, errc::store_unavailable);
    targets = targets.subspan(count);
  }
}

}  // namespace signaling::redis
