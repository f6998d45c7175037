#include "simulation/oracle.hpp"

#include <algorithm>
#include <utility>

#include "simulation/wire_language.hpp"

namespace signaling::simulation {
namespace {

/// Which membership it is, by its metadata: `"17.41` of `"17.41.58"`.
std::string_view stay_in(std::string_view metadata) { return metadata.substr(0, metadata.rfind('.')); }

}  // namespace

void Oracle::fail(std::string what) {
  if (!failure_.empty()) return;
  failure_ = std::move(what);
  trace_.line("oracle", failure_);
}

void Oracle::fail(const LifeRecord& life, std::string_view what, std::string_view line) {
  fail("L" + std::to_string(life.number) + " (" + life.id + " on " + life.node + "): " + std::string(what) +
       ": " + std::string(line));
}

void Oracle::ends(std::uint32_t life) {
  if (!lives_[life].ended) lives_[life].ended = now();
}

void Oracle::asks(std::uint32_t number, std::string_view verb, const RoomId& room, const std::string& tag,
                  const std::string& metadata) {
  LifeRecord& life = lives_[number];
  life.requests[tag] = {std::string(verb), room, metadata, now()};
  if (verb == "join") {
    life.rooms[room] = {
        Membership::State::joining, number_in(std::string_view(tag).substr(1)), {}, 0, {}, {metadata}};
  }
  if (verb == "leave") life.rooms[room].state = Membership::State::leaving;
  if (verb == "update") life.rooms[room].metadata.insert(metadata);
}

bool Oracle::is_updating(std::uint32_t life, std::string_view room) const {
  return std::ranges::any_of(lives_[life].requests, [&](const auto& request) {
    return request.second.verb == "update" && request.second.room == room;
  });
}

void Oracle::hears(std::uint32_t number, std::string_view line) {
  LifeRecord& life = lives_[number];
  trace_.line("L" + std::to_string(number) + "(" + life.id + ")", line.substr(0, 120));
  hear(life, line);
}

void Oracle::hear(LifeRecord& life, std::string_view line) {
  const Words words = words_of(line);
  const std::string_view verb = words[0];
  if (verb == "+" || verb == "-" || verb == "~") {
    hear_change(life, words);
  } else if (verb == "away" || verb == "back") {
    hear_presence(life, words);
  } else if (verb == "message") {
    hear_message(life, words);
  } else if (verb == "error") {
    hear_error(life, words);
  } else if (verb != "going-away") {
    hear_answer(life, words);
  }
}

void Oracle::hear_answer(LifeRecord& life, const Words& words) {
  if (words[0] == "joined") return hear_joined(life, words);
  if (words[0] == "members")
    return words[3].empty() ? hear_list_again(life, words) : hear_members(life, words);
  if (words[0] == "left") return hear_left(life, words);
  if (words[0] == "sent") {
    const auto request = take_request(life, words[1], "send");
    if (request && !request->is_optional) accept(life, number_in(words[1].substr(1)));
    return;
  }
  hear_updated(life, words);
}

void Oracle::hear_updated(LifeRecord& life, const Words& words) {
  const auto request = take_request(life, words[3], "update");
  if (!request) return;
  const auto room = life.rooms.find(words[1]);
  if (request->is_optional) {
    // It may be older than the lists that came in place of what was lost.
    if (room == life.rooms.end()) return;
    room->second.version = std::max(room->second.version, number_in(words[2]));
    return;
  }
  // An update may be answered when the member is leaving already.
  Membership* const membership = member(life, words[1]);
  if (membership == nullptr) return;
  advance(life, *membership, words[2]);
  membership->metadata = {request->metadata};
}

std::optional<Oracle::Request> Oracle::take_request(LifeRecord& life, std::string_view tag,
                                                    std::string_view verb) {
  const auto found = life.requests.find(tag);
  if (found == life.requests.end() || found->second.verb != verb) {
    fail(life, "an answer to nothing", tag);
    return std::nullopt;
  }
  return std::move(life.requests.extract(found).mapped());
}

Oracle::Membership* Oracle::member(LifeRecord& life, std::string_view room) {
  const auto found = life.rooms.find(room);
  const bool is_in = found != life.rooms.end() && found->second.state != Membership::State::joining;
  // No list of it came in place of what was lost, but the leave that it has asked for is not done yet.
  const bool is_leaving = std::ranges::any_of(life.requests, [&](const auto& request) {
    return request.second.verb == "leave" && request.second.room == room && request.second.is_optional;
  });
  if (!is_in && !is_leaving) fail(life, "hears of a room that it is not in", room);
  return is_in ? &found->second : nullptr;
}

void Oracle::advance(LifeRecord& life, Membership& membership, std::string_view version) {
  const Version next = number_in(version);
  if (next < membership.version) fail(life, "a version goes back", version);
  const bool is_next = next == membership.version + 1;
  if (!is_next && is_calm_since(now() - std::chrono::seconds(20)))
    fail(life, "a version is left out", version);
  membership.version = next;
}

void Oracle::hear_joined(LifeRecord& life, const Words& words) {
  if (!take_request(life, words[3], "join")) return;
  Membership& membership = life.rooms[RoomId(words[1])];
  membership.state = Membership::State::in;
  membership.version = number_in(words[2]);
  membership.since = now();
  membership.view = listed(life, words);
}

Oracle::View Oracle::listed(LifeRecord& life, const Words& words) {
  View view;
  for (std::size_t i = 5; i + 3 < words.size(); i += 4) {
    if (words[i] == life.id) fail(life, "sees itself among the others", words[1]);
    const Other other{std::string(words[i + 1]), words[i + 2] == "polite", words[i + 3] == "away"};
    const bool is_new = view.emplace(words[i], other).second;
    if (!is_new) fail(life, "sees somebody twice", words[i]);
  }
  return view;
}

void Oracle::hear_members(LifeRecord& life, const Words& words) {
  const auto request = take_request(life, words[3], "members");
  if (request && request->is_optional) return;
  Membership* const membership = request ? member(life, words[1]) : nullptr;
  if (membership == nullptr) return;
  View list = listed(life, words);
  const bool knows_who_is_away = life.moved_at + std::chrono::seconds(3) < now();
  if (!knows_who_is_away) {
    for (auto& [id, other] : list) {
      const auto seen = membership->view.find(id);
      if (seen != membership->view.end()) seen->second.is_away = other.is_away;
    }
  }
  if (list != membership->view) fail(life, "the list of members is not what the events have told", words[1]);
}

void Oracle::hear_left(LifeRecord& life, const Words& words) {
  // Whose move comes in the middle of an outage may find the store refuse it.
  const bool is_moving =
      words[3].empty() && words[2] == "disconnect" && life.moved_at + std::chrono::seconds(1) > now();
  if (is_moving && !is_calm_since(now() - std::chrono::seconds(20))) {
    life.missing_lists.erase(RoomId(words[1]));
    life.rooms.erase(RoomId(words[1]));
    life.left.push_back({now(), RoomId(words[1]), 0});
    return;
  }
  const auto request = take_request(life, words[3], "leave");
  if (!request) return;
  life.missing_lists.erase(RoomId(words[1]));
  const auto room = life.rooms.find(words[1]);
  const bool is_in = room != life.rooms.end() && room->second.state != Membership::State::joining;
  // It may have begun to join again.
  if (!is_in && request->is_optional) return;
  if (member(life, words[1]) == nullptr) return;
  life.rooms.erase(room);
  life.left.push_back({now(), RoomId(words[1]), 0});
}

void Oracle::hear_change(LifeRecord& life, const Words& words) {
  Membership* const membership = member(life, words[1]);
  if (membership == nullptr) return;
  advance(life, *membership, words[2]);
  const std::string_view id = words[3];
  const std::string_view metadata = words[4];
  const auto seen = membership->view.find(id);
  if (words[0] == "+") {
    if (id == life.id) fail(life, "sees itself join", words[1]);
    if (seen != membership->view.end()) return fail(life, "sees somebody join who is there", id);
    membership->view.emplace(id, Other{std::string(metadata), words[5] == "polite", false});
    return;
  }
  if (seen == membership->view.end()) return fail(life, "hears of somebody who is not there", id);
  if (stay_in(seen->second.metadata) != stay_in(metadata)) fail(life, "one stay goes over into another", id);
  if (words[0] == "~") {
    seen->second.metadata = metadata;
    return;
  }
  const auto number =
      static_cast<std::uint32_t>(number_in(std::string_view(seen->second.metadata).substr(1)));
  const LifeRecord& other = lives_[number];
  // Nodes that cannot see each other may have given its id away.
  const bool is_calm = is_calm_since(now() - std::chrono::seconds(20));
  if (is_calm && !may_leave(other, words[1], metadata)) fail(life, "sees somebody leave who stays", id);
  life.saw_leave.push_back({now(), RoomId(words[1]), number});
  membership->view.erase(seen);
  if (words[5] == "node_lost" && is_calm) {
    fail(life, "a node is lost that was well", id);
  }
}

void Oracle::hear_error(LifeRecord& life, const Words& words) {
  const std::string_view code = words[1];
  const std::string_view tag = words[2];
  // A node that stood still may have let the time for an admission pass.
  const bool may_be_late =
      life.requests.contains("welcome") && !is_calm_since(now() - std::chrono::seconds(20));
  if (code == "internal" && !may_be_late) fail(life, "an internal error", tag);
  if (tag.empty()) {
    const bool is_loss = code == "messages_lost" || code == "peer_not_found" || code == "store_unavailable";
    if (is_loss) life.told_of_loss.push_back(now());
    if (code == "slow_consumer") life.told_of_full.push_back(now());
    const bool is_calm = is_calm_since(now() - std::chrono::seconds(20));
    // What does not fit into the queue of one who does not read is lost to those of its node, if the sender cannot be told.
    const bool all_read = std::ranges::none_of(lives_, [&](const LifeRecord& other) {
      return !other.ended && (!other.reads || other.offline_since) && other.node == life.node;
    });
    if (is_calm && all_read && code == "messages_lost")
      fail(life, "is told of a loss without a reason", code);
    return;
  }
  const auto found = life.requests.find(tag);
  if (found == life.requests.end()) return fail(life, "an answer to nothing", tag);
  refuse(life, life.requests.extract(found).mapped(), code);
}

// A refused join changes nothing; a leave may not be refused; a refused update may have happened.
void Oracle::refuse(LifeRecord& life, const Request& request, std::string_view code) {
  const auto room = life.rooms.find(request.room);
  const bool is_joining = room != life.rooms.end() && room->second.state == Membership::State::joining;
  if (request.verb == "join" && is_joining) life.rooms.erase(room);
  if (request.is_optional) return;
  const bool is_away = request.verb == "join" && code == "store_unavailable";
  if (is_away && joins_ == Joins::always) fail(life, "may not join while the database is away", request.room);
  if (request.verb == "leave") fail(life, "a leave is refused", code);
}

}  // namespace signaling::simulation
