// Path 5/8: what the router gives away on any thread -> the engine, on its executor. Next: redis/store_engine.cpp
#include "redis/call_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "redis/publication_codec.hpp"

namespace signaling::redis {

bool CallQueue::accepts(const StoreHealth& shown, std::size_t max_bytes) const noexcept {
  return shown.connected && (max_bytes == 0 || bytes_ + shown.queued_bytes < max_bytes);
}

std::error_code CallQueue::publish(const Message& message, const Route& route,
                                   std::span<const NodeId> targets, const StoreHealth& shown,
                                   std::size_t max_bytes) {
  if (!accepts(shown, max_bytes)) return errc::store_unavailable;
  append(targets, message, route);
  return {};
}

std::error_code CallQueue::command(const NodeCommand& command, const StoreHealth& shown,
                                   std::size_t max_bytes) {
  const bool is_owed = command.kind == NodeCommand::Kind::lost;
  if (!is_owed && !accepts(shown, max_bytes)) return errc::store_unavailable;
  append({}, command);
  return {};
}

void CallQueue::append(std::span<const NodeId> targets, const auto&... publication) {
  if (items_.empty() || !std::holds_alternative<Publications>(items_.back())) {
    items_.emplace_back(Publications());
  }
  auto& publications = std::get<Publications>(items_.back());
  const std::size_t before = publications.bytes.size();
  redis::append(publications.bytes, publication...);
  // As the engine counts them: else it would refuse what was taken here.
  bytes_ += (publications.bytes.size() - before) * std::max<std::size_t>(1, targets.size());
  publications.targets.insert(publications.targets.end(), targets.begin(), targets.end());
  publications.target_counts.push_back(static_cast<std::uint32_t>(targets.size()));
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
    hand_over(std::get<Publications>(item), open);
  }
}

void CallQueue::hand_over(const Publications& publications, const Open& open) {
  std::string_view rest = publications.bytes;
  std::span<const NodeId> targets = publications.targets;
  for (const std::uint32_t count : publications.target_counts) {
    const auto publication = take_publication(rest);
    if (!publication) return;
    if (const auto* const command = std::get_if<NodeCommand>(&*publication)) {
      if (open.engine->command(*command)) open.listener->undelivered(*command, errc::store_unavailable);
    } else {
      const auto& [message, route] = std::get<PublishedMessage>(*publication);
      const auto error = open.engine->publish(message, route, targets.first(count));
      if (error) open.listener->undelivered(message, route, errc::store_unavailable);
    }
    targets = targets.subspan(count);
  }
}

}  // namespace signaling::redis
