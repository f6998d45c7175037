#include "rooms.hpp"

#include <algorithm>

using signaling::Decision;

namespace {

constexpr std::size_t max_room_bytes = 100;  // the id of the server's peer has the room's name in it
constexpr std::size_t max_rooms = 1'000;

}  // namespace

void Rooms::close() {
  rooms_.clear();
  context_.reset();
}

void Rooms::sweep() {
  std::erase_if(rooms_, [](const auto& entry) { return entry.second->is_empty(); });
}

std::vector<std::string> Rooms::names() const {
  std::vector<std::string> names;
  for (const auto& [name, room] : rooms_) names.push_back(name);
  return names;
}

void Rooms::authorize_join(const signaling::Peer& peer, const signaling::JoinAttempt& attempt,
                           signaling::Callback<void(Decision)> done) {
  const bool is_in_it = std::ranges::count(peer.rooms(), attempt.room) > 0;
  done(is_in_it ? Decision::allow() : decide(std::string(attempt.room)));
}

Decision Rooms::decide(const std::string& room) {
  using signaling::errc;
  if (!context_) return Decision::refuse("The server stops.", errc::closed);
  if (room.size() > max_room_bytes)
    return Decision::refuse("The name of the room is too long.", errc::bad_id);
  auto found = rooms_.find(room);
  if (found == rooms_.end()) {
    if (rooms_.size() >= max_rooms)
      return Decision::refuse("The server has too many rooms.", errc::overloaded);
    // The server joins before the one who asked: it makes the offers.
    found = rooms_.emplace(room, std::make_unique<MediaRoom>(*context_, room)).first;
  }
  const auto members = context_->router.find_room(room);
  if (members && members->size() > capacity_) {  // one of them is the server
    return Decision::refuse("This call is full: it has " + std::to_string(capacity_) + " places.",
                            errc::room_full);
  }
  return Decision::allow();
}
