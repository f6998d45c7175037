// What becomes of messages.
#include <algorithm>
#include <string>

#include "simulation/oracle.hpp"
#include "simulation/wire_language.hpp"

namespace signaling::simulation {
namespace {

using std::chrono::seconds;

// A message that is not there after that long is not on its way any more, unless something was wrong meanwhile.
constexpr seconds patience{10};

std::uint32_t life_number(std::string_view metadata) {
  return static_cast<std::uint32_t>(number_in(metadata.substr(1)));
}

std::uint64_t stay_number(std::string_view metadata) {
  return number_in(metadata.substr(metadata.find('.') + 1));
}

}  // namespace

std::uint64_t Oracle::sends(std::uint32_t life, const RoomId& room, const PeerId& to, std::size_t bytes,
                            Names names) {
  Message& message = messages_.emplace_back();
  message.number = messages_.size() - 1;
  message.from = life;
  message.room = room;
  message.membership = lives_[life].rooms.at(room).number;
  message.to = to;
  message.bytes = bytes;
  message.names = names;
  message.said = now();
  message.ways[room] = {message.membership};
  for (const auto& [other, membership] : lives_[life].rooms) {
    if (names == Names::room || membership.state == Membership::State::leaving) continue;
    message.ways[other] = {membership.number, membership.state == Membership::State::in};
  }
  lives_[life].requests["s" + std::to_string(message.number)] = {"send", room, {}, now()};
  return message.number;
}

// Whom the sender sees in the room at this moment gets it, or somebody is told.
void Oracle::accept(LifeRecord& life, std::uint64_t number) {
  Message& message = messages_[number];
  message.at = now();
  const auto room = life.rooms.find(message.room);
  if (room == life.rooms.end()) return fail(life, "sends to a room that it is not in", message.room);
  for (const auto& [id, seen] : room->second.view) {
    if (!message.to.empty() && message.to != id) continue;
    const std::uint32_t receiver = life_number(seen.metadata);
    if (message.names == Names::peer && sees_another(life, id, receiver)) continue;
    const LifeRecord& other = lives_[receiver];
    const auto membership = other.rooms.find(message.room);
    const bool is_in = membership != other.rooms.end() && membership->second.state == Membership::State::in;
    if (!has_gone(other) && is_in && !message.received.contains(receiver))
      message.missing.push_back(receiver);
  }
  if (!message.missing.empty()) unsettled_.push_back(number);
}

// Of a peer that has come back to one room, and is still seen in another as it was before, either may be meant.
bool Oracle::sees_another(const LifeRecord& life, const PeerId& id, std::uint32_t number) {
  return std::ranges::any_of(life.rooms, [&](const auto& room) {
    const auto seen = room.second.view.find(id);
    return seen != room.second.view.end() && life_number(seen->second.metadata) != number;
  });
}

void Oracle::hear_message(LifeRecord& life, const Words& words) {
  const std::string_view from = words[1];
  const std::uint64_t number = number_in(words[4]);
  const std::string text = std::to_string(number);
  if (number >= messages_.size()) return fail(life, "a message that nobody has sent", text);
  Message& message = messages_[number];
  const LifeRecord& sender = lives_[message.from];
  if (sender.id != from) fail(life, "a message under a wrong name", text);
  const std::string_view room =
      message.names == Names::room ? std::string_view(message.room) : std::string_view();
  if (room != words[2] || message.to != words[3] || (!message.to.empty() && message.to != life.id)) {
    fail(life, "a message for somebody else", text);
  }
  if (words[4].size() != text.size() + 1 + message.bytes) fail(life, "a message is cut", text);
  if (!message.received.insert(life.number).second) return fail(life, "a message comes twice", text);
  // What has waited may be older than the lists that came in place of what was lost.
  const bool is_old = message.said <= life.begun_again_at;
  if (!is_old && message.names == Names::room && member(life, words[2]) == nullptr) return;
  if (!is_old && !may_hear(life, message)) return fail(life, "a message of somebody who is not there", text);
  std::uint64_t& last = life.last_heard[message.from];
  if (last > number) return fail(life, "messages overtake each other", std::to_string(last) + " > " + text);
  last = number;
  std::erase(message.missing, life.number);
}

// One that names no room is for its receiver wherever that is; but if both are in one room, it does not come before its
// sender's join or after its leave.
bool Oracle::may_hear(const LifeRecord& life, const Message& message) const {
  bool shares_room = false;
  for (const auto& [room, way] : message.ways) {
    const auto membership = life.rooms.find(room);
    if (membership == life.rooms.end() || membership->second.state == Membership::State::joining) continue;
    shares_room = shares_room || way.is_sure;
    const auto seen = membership->second.view.find(lives_[message.from].id);
    if (seen != membership->second.view.end() && life_number(seen->second.metadata) == message.from &&
        stay_number(seen->second.metadata) == way.membership) {
      return true;
    }
  }
  return message.names == Names::peer && !shares_room;
}

bool Oracle::is_calm_since(TimePoint time) const { return disturbed_until_ < time; }

bool Oracle::is_excused(const Message& message, const LifeRecord& receiver) const {
  const LifeRecord& sender = lives_[message.from];
  const auto since = [&](TimePoint time) { return time >= message.said; };
  const auto saw = [&](const LifeRecord& observer, std::uint32_t whom) {
    return std::ranges::any_of(observer.saw_leave, [&](const Seen& seen) {
      return since(seen.at) && seen.room == message.room && seen.life == whom;
    });
  };
  const auto has_left = [&](const LifeRecord& member) {
    return has_gone(member) || std::ranges::any_of(member.left, [&](const Seen& seen) {
             return since(seen.at) && seen.room == message.room;
           });
  };
  // Who is on the same node gets it whatever else happens.
  if (has_left(receiver) || since(receiver.begun_again_at)) return true;
  // It went through one of several rooms that they share, which the receiver has just left.
  const bool has_left_the_way =
      message.names == Names::peer && std::ranges::any_of(receiver.left, [&](const Seen& seen) {
        return since(seen.at) && message.ways.contains(seen.room);
      });
  if (has_left_the_way && std::ranges::any_of(sender.told_of_loss, since)) return true;
  const bool has_moved = since(sender.moved_at) || since(receiver.moved_at);
  if (sender.node == receiver.node && !has_moved) return false;
  if (saw(sender, receiver.number) || std::ranges::any_of(sender.told_of_full, since)) return true;
  if (is_calm_since(message.said - seconds(20))) return false;
  // Nobody is there to be told.
  if (sender.ended || sender.offline_since) return true;
  // Nodes that cannot see each other may have given the sender's id away a second time.
  const bool was_unseen = std::ranges::any_of(receiver.saw_leave, [&](const Seen& seen) {
    return since(seen.at + patience) && seen.room == message.room && lives_[seen.life].id == sender.id;
  });
  return was_unseen || std::ranges::any_of(sender.told_of_loss, since) ||
         std::ranges::any_of(receiver.told_of_loss, since);
}

bool Oracle::is_settled(Message& message) {
  std::erase_if(message.missing, [&](std::uint32_t life) { return is_excused(message, lives_[life]); });
  if (message.missing.empty()) return true;
  // It waits for them.
  const bool is_away = std::ranges::any_of(message.missing, [&](std::uint32_t number) {
    const LifeRecord& receiver = lives_[number];
    return receiver.offline_since || receiver.welcomed_at + patience > now();
  });
  if (is_away) return false;
  if (!is_calm_since(now() - patience)) return false;
  const LifeRecord& receiver = lives_[message.missing.front()];
  fail(receiver, "a message is lost, and nobody was told",
       std::to_string(message.number) + " of L" + std::to_string(message.from) + " in " + message.room);
  return true;
}

void Oracle::check_messages() {
  std::erase_if(unsettled_, [&](std::uint64_t number) {
    Message& message = messages_[number];
    if (message.missing.empty()) return true;
    return message.at + patience < now() && is_settled(message);
  });
}

}  // namespace signaling::simulation
