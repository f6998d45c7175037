// Path 5/8: a message from another node -> its room here. Next: core/room_view.cpp
#include "core/remote_messages.hpp"

#include <optional>
#include <utility>

#include "core/room_view.hpp"
#include "core/router_core.hpp"

namespace signaling {

void RemoteMessages::deliver(const Envelope& envelope) {
  {
    const std::scoped_lock lock(mutex_);
    const auto [sender, is_first] = senders_.try_emplace(std::string(envelope.from));
    if (!is_first) {
      sender->second.emplace_back(envelope);
      return;
    }
  }
  give(envelope);
}

void RemoteMessages::processed(std::string_view sender) {
  std::optional<HeldEnvelope> next;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = senders_.find(std::string(sender));
    if (found == senders_.end()) return;
    if (found->second.empty()) {
      senders_.erase(found);
      return;
    }
    next.emplace(std::move(found->second.front()));
    found->second.pop_front();
  }
  give(next->view());
}

void RemoteMessages::give(const Envelope& envelope) {
  const auto room = core_.find_room(envelope.room);
  RoomChange message = room_change::RemoteMessage(envelope);
  // Without members here it is for nobody.
  if (!room || !room->submit(message)) processed(envelope.from);
}

}  // namespace signaling
