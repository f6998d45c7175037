#include "core/sender_order.hpp"

#include <algorithm>
#include <utility>

#include "core/room_view.hpp"

namespace signaling {

bool SenderOrder::is_waiting(std::string_view sender) const {
  const std::scoped_lock lock(mutex_);
  return senders_.contains(sender);
}

std::uint64_t SenderOrder::arrived(std::string_view sender) {
  const std::scoped_lock lock(mutex_);
  return senders_[std::string(sender)].arrived++;
}

bool SenderOrder::is_next(std::string_view sender, std::uint64_t number) const {
  const std::scoped_lock lock(mutex_);
  return senders_.find(sender)->second.done == number;
}

bool SenderOrder::is_turn(std::string_view name, std::uint64_t number, std::weak_ptr<RoomView> room) {
  const std::scoped_lock lock(mutex_);
  Sender& sender = senders_.find(name)->second;
  if (sender.done == number) return true;
  sender.waiting.emplace_back(number, std::move(room));
  return false;
}

void SenderOrder::done(std::string_view name) {
  std::shared_ptr<RoomView> room;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = senders_.find(name);
    Sender& sender = found->second;
    if (++sender.done == sender.arrived) {
      senders_.erase(found);
      return;
    }
    const auto next =
        std::ranges::find(sender.waiting, sender.done, [](const auto& one) { return one.first; });
    if (next == sender.waiting.end()) return;
    room = next->second.lock();
    sender.waiting.erase(next);
  }
  if (room) room->resume();
}

}  // namespace signaling
