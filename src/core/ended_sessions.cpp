#include "core/ended_sessions.hpp"

namespace signaling {

void EndedSessions::add(std::string_view session, Why why, TimePoint now) {
  const std::scoped_lock lock(mutex_);
  const bool is_new = ends_.insert_or_assign(std::string(session), End{why, now}).second;
  if (is_new) order_.emplace_back(session);
  if (order_.size() <= max_sessions) return;
  ends_.erase(order_.front());
  order_.pop_front();
}

std::optional<EndedSessions::Why> EndedSessions::find(std::string_view session, TimePoint now,
                                                      std::chrono::milliseconds memory) const {
  const std::scoped_lock lock(mutex_);
  const auto found = ends_.find(session);
  if (found == ends_.end() || now - found->second.when > memory) return std::nullopt;
  return found->second.why;
}

}  // namespace signaling
