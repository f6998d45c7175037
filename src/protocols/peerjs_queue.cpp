#include "protocols/peerjs_queue.hpp"

#include <algorithm>
#include <utility>

namespace signaling::protocols {
namespace {

bool is_within(std::size_t value, std::size_t limit) noexcept { return limit == 0 || value <= limit; }

}  // namespace

PeerjsQueue::Absent* PeerjsQueue::find(std::string_view id) noexcept {
  const auto found = std::ranges::find(absent_, id, &Absent::id);
  return found == absent_.end() ? nullptr : &*found;
}

bool PeerjsQueue::holds(std::string_view id) const noexcept {
  return std::ranges::any_of(
      absent_, [id](const Absent& absent) { return absent.id == id && !absent.messages.empty(); });
}

std::vector<std::string> PeerjsQueue::ids() const {
  std::vector<std::string> ids;
  for (const Absent& absent : absent_) {
    if (!absent.messages.empty()) ids.push_back(absent.id);
  }
  return ids;
}

bool PeerjsQueue::has_room(const Absent& absent, std::size_t bytes) const noexcept {
  if (!is_within(absent.messages.size() + 1, options_.max_waiting_messages)) return false;
  if (!is_within(absent.bytes + bytes, options_.max_waiting_bytes)) return false;
  std::size_t total = bytes;
  std::size_t ids = absent.messages.empty() ? 1 : 0;
  for (const Absent& other : absent_) {
    total += other.bytes;
    if (!other.messages.empty()) ++ids;
  }
  return is_within(total, options_.max_total_waiting_bytes) && is_within(ids, options_.max_absent_ids);
}

bool PeerjsQueue::add(std::string_view id, PeerjsMessage message, TimePoint now) {
  Absent* absent = find(id);
  if (absent == nullptr) {
    if (absent_.size() >= max_known_ids || id.size() > max_id_bytes) return false;
    absent = &absent_.emplace_back(Absent{std::string(id), now + options_.expire_timeout, 0, {}});
  }
  const std::size_t bytes = message.text.size();
  if (!has_room(*absent, bytes)) return true;
  absent->bytes += bytes;
  absent->messages.push_back(std::move(message));
  return true;
}

std::vector<PeerjsMessage> PeerjsQueue::take(std::string_view id) {
  const auto found = std::ranges::find(absent_, id, &Absent::id);
  if (found == absent_.end()) return {};
  auto messages = std::move(found->messages);
  absent_.erase(found);
  return messages;
}

std::vector<std::string> PeerjsQueue::expire(TimePoint now) {
  std::vector<std::string> ids;
  const auto first_alive =
      std::ranges::find_if(absent_, [now](const Absent& absent) { return absent.expires > now; });
  for (auto absent = absent_.begin(); absent != first_alive; ++absent) ids.push_back(std::move(absent->id));
  absent_.erase(absent_.begin(), first_alive);
  return ids;
}

}  // namespace signaling::protocols
