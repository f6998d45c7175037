// Path 5/8: what the router gives away on any thread -> the engine, on its executor. Next: redis/store_engine.cpp
#include "redis/call_queue.hpp"

#include <utility>

#include "redis/envelope_codec.hpp"

namespace signaling::redis {

void CallQueue::push(const Envelope& envelope, std::span<const NodeId> targets) {
  if (items_.empty() || !std::holds_alternative<Messages>(items_.back())) items_.emplace_back(Messages());
  auto& messages = std::get<Messages>(items_.back());
  const std::size_t before = messages.envelopes.size();
  append_envelope(messages.envelopes, envelope);
  bytes_ += messages.envelopes.size() - before;
  messages.targets.insert(messages.targets.end(), targets.begin(), targets.end());
  messages.target_counts.push_back(static_cast<std::uint32_t>(targets.size()));
}

void CallQueue::run(Item& item, const Open& open) {
  if (auto* const call = std::get_if<Call>(&item)) {
    (*call)(open.engine);
  } else if (open.engine != nullptr) {
    publish(std::get<Messages>(item), open);
  }
}

void CallQueue::publish(const Messages& messages, const Open& open) {
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
