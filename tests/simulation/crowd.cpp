#include "simulation/crowd.hpp"

#include <utility>

namespace signaling::simulation {
namespace {

using std::chrono::seconds;
constexpr seconds welcome_patience{8};

}  // namespace

Crowd::Crowd(Scheduler& scheduler, Cluster& cluster, Oracle& oracle, Dice dice, Options options)
    : scheduler_(scheduler), cluster_(cluster), oracle_(oracle), dice_(dice), options_(options) {
  for (std::size_t i = 0; i < options.people; ++i) {
    const bool is_twin = options.has_twins && i + 1 == options.people;
    people_.push_back({"c" + std::to_string(is_twin ? 0 : i), {}, {}, {}, {}});
  }
}

void Crowd::step() {
  give_up_waiting();
  for (Person& person : people_) {
    if (dice_.percent(options_.liveliness)) act(person);
  }
}

void Crowd::give_up_waiting() {
  for (Person& person : people_) {
    if (!is_online(person) || oracle_.is_welcome(person.life->number())) continue;
    if (person.since + welcome_patience < scheduler_.now()) go(person, milliseconds(0));
  }
}

void Crowd::act(Person& person) {
  if (!is_online(person)) {
    if (scheduler_.now() >= person.offline_until) come(person);
    return;
  }
  const std::uint32_t life = person.life->number();
  if (!oracle_.is_welcome(life)) return;
  person.id = oracle_.id_of(life);
  person.secret = oracle_.secret_of(life);
  const std::size_t choice = dice_.below(100);
  if (oracle_.rooms_of(life).empty() || choice < 8) return join(person);
  if (choice < 76) return talk(person);
  if (choice < 82) return update(person);
  if (choice < 88) return leave(person);
  if (choice < 92) return ask_members(person);
  if (choice < 95) return go(person, milliseconds(0));
  if (choice < 97) return go(person, dice_.between(seconds(0), seconds(20)));
  if (choice < 98) {
    person.life->stick();
    return oracle_.stopped_reading(life);
  }
  // Comes back on another connection before the system knows that the old one is over.
  go(person, dice_.between(seconds(0), seconds(5)));
  come(person);
}

void Crowd::come(Person& person) {
  Process* const process = cluster_.process(dice_.below(cluster_.size()));
  if (process == nullptr) return;
  person.since = scheduler_.now();
  person.life = cluster_.connect(*process, person.id, dice_.percent(85) ? person.secret : std::string());
}

void Crowd::go(Person& person, milliseconds unnoticed) {
  oracle_.ends(person.life->number());
  person.life->cut(scheduler_, unnoticed);
  person.offline_until = scheduler_.now() + dice_.between(seconds(0), seconds(6));
}

std::string Crowd::metadata_of(const Person& person, std::string_view membership) {
  return '"' + std::to_string(person.life->number()) + "." + std::string(membership) + "." +
         std::to_string(++tags_) + '"';
}

std::vector<RoomId> Crowd::rooms_of(const Person& person) const {
  std::vector<RoomId> rooms;
  for (const auto& [name, membership] : oracle_.rooms_of(person.life->number())) {
    if (membership.state == Membership::State::in) rooms.push_back(name);
  }
  return rooms;
}

void Crowd::join(Person& person) {
  const RoomId room = "r" + std::to_string(dice_.below(options_.rooms));
  const std::uint32_t life = person.life->number();
  if (oracle_.rooms_of(life).contains(room)) return;
  const std::string tag = next_tag('j');
  const std::string metadata = metadata_of(person, tag.substr(1));
  oracle_.asks(life, "join", room, tag, metadata);
  person.life->say(tag + " join " + room + " " + metadata);
}

void Crowd::leave(Person& person) {
  auto rooms = rooms_of(person);
  if (rooms.empty()) return;
  const RoomId room = dice_.pick(rooms);
  const std::string tag = next_tag('l');
  oracle_.asks(person.life->number(), "leave", room, tag);
  person.life->say(tag + " leave " + room);
}

// One at a time, so that it is known which one the room has.
void Crowd::update(Person& person) {
  auto rooms = rooms_of(person);
  if (rooms.empty()) return;
  const RoomId room = dice_.pick(rooms);
  const std::uint32_t life = person.life->number();
  if (oracle_.is_updating(life, room)) return;
  const std::string tag = next_tag('u');
  const std::string metadata = metadata_of(person, std::to_string(oracle_.rooms_of(life).at(room).number));
  oracle_.asks(life, "update", room, tag, metadata);
  person.life->say(tag + " update " + room + " " + metadata);
}

void Crowd::ask_members(Person& person) {
  auto rooms = rooms_of(person);
  if (rooms.empty()) return;
  const RoomId room = dice_.pick(rooms);
  const std::string tag = next_tag('m');
  oracle_.asks(person.life->number(), "members", room, tag);
  person.life->say(tag + " members " + room);
}

void Crowd::talk(Person& person) {
  auto rooms = rooms_of(person);
  if (rooms.empty()) return;
  const RoomId room = dice_.pick(rooms);
  std::vector<PeerId> others;
  for (const auto& [id, metadata] : oracle_.rooms_of(person.life->number()).at(room).view)
    others.push_back(id);
  const std::size_t burst = options_.sends_much && dice_.percent(20) ? 10 : 1;
  for (std::size_t i = 0; i < burst; ++i) {
    const bool is_for_all = others.empty() || dice_.percent(50);
    const PeerId to = is_for_all ? PeerId() : dice_.pick(others);
    const bool names_room = is_for_all || !dice_.percent(options_.roomless);
    const auto names = names_room ? Oracle::Names::room : Oracle::Names::peer;
    say(person, room, to, options_.sends_much ? dice_.below(1'500) : 0, names);
  }
}

void Crowd::say(Person& person, const RoomId& room, const PeerId& to, std::size_t bytes,
                Oracle::Names names) {
  const std::string number = std::to_string(oracle_.sends(person.life->number(), room, to, bytes, names));
  person.life->say("s" + number + " send " + (names == Oracle::Names::room ? room : "-") + " " +
                   (to.empty() ? "-" : to) + " " + number + "." + std::string(bytes, 'x'));
}

void Crowd::talk_once() {
  for (Person& person : people_) {
    if (!is_online(person)) continue;
    for (const RoomId& room : rooms_of(person)) say(person, room, {}, 0);
  }
}

void Crowd::go_home() {
  for (Person& person : people_) {
    if (is_online(person)) go(person, milliseconds(0));
  }
}

}  // namespace signaling::simulation
