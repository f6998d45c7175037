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
    const auto longest = static_cast<std::size_t>(options.longest_keep.count());
    const seconds keep(dice_.percent(options.keepers) ? 2 + dice_.below(longest) : 0);
    people_.push_back({"c" + std::to_string(is_twin ? 0 : i),
                       std::make_unique<Client>(scheduler, cluster, oracle, dice_.fork(), keep),
                       {},
                       {}});
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
    if (!person.client->is_online() || person.client->is_ready()) continue;
    if (person.since + welcome_patience < scheduler_.now())
      person.client->lose(milliseconds(0), milliseconds(0));
  }
}

void Crowd::notice() {
  for (Person& person : people_) person.client->notice();
}

void Crowd::act(Person& person) {
  if (!person.client->is_online()) {
    if (scheduler_.now() >= person.offline_until) come(person);
    return;
  }
  if (!person.client->is_ready() || !oracle_.knows_rooms(person.client->life())) return;
  person.id = oracle_.id_of(person.client->life());
  const std::size_t choice = dice_.below(100);
  if (oracle_.rooms_of(person.client->life()).empty() || choice < 8) return join(person);
  if (choice < 74) return talk(person);
  if (choice < 80) return update(person);
  if (choice < 85) return leave(person);
  if (choice < 89) return ask_members(person);
  if (choice < 91) return close(person);
  if (choice < 97) return lose(person);
  if (choice < 98) return person.client->stick();
  take_over(person);
}

void Crowd::come(Person& person) {
  Process* const process = process_for(person);
  if (process == nullptr) return;
  person.since = scheduler_.now();
  if (dice_.percent(3)) return steal(person, *process);
  const bool knows = person.client->has_lived() && !oracle_.secrets_of(person.client->life()).empty();
  if (!knows || !dice_.percent(88)) return person.client->come(*process, person.id, {});
  come_back(person, *process);
  // Once more, before the first is answered: whose answer then gets lost.
  Process* const other = dice_.percent(10) ? process_for(person) : nullptr;
  if (other != nullptr) come_back(person, *other);
}

void Crowd::come_back(Person& person, Process& process) {
  const std::uint32_t life = person.client->life();
  const std::string old = oracle_.old_secret_of(life);
  const bool shows_old = dice_.percent(4) && !old.empty();
  person.client->come_back(process, shows_old ? old : oracle_.secrets_of(life).back(),
                           dice_.percent(90) ? Client::Count::shown : Client::Count::forgotten);
}

// With nothing, with a guess, or with what was a secret once.
void Crowd::steal(Person& person, Process& process) {
  const Person& victim = dice_.pick(people_);
  std::string secret = dice_.percent(50) ? std::string(50, 'A') : std::string();
  if (victim.client->has_lived() && dice_.percent(50)) secret = oracle_.old_secret_of(victim.client->life());
  person.client->come(process, victim.id, secret);
}

// Most come back to where they were, as through a load balancer with affinity.
Process* Crowd::process_for(const Person& person) {
  Process* const any = cluster_.process(dice_.below(cluster_.size()));
  if (!person.client->has_lived() || !dice_.percent(60)) return any;
  Process* const former = cluster_.find(oracle_.node_of(person.client->life()));
  return former != nullptr ? former : any;
}

void Crowd::close(Person& person) {
  person.client->close();
  person.offline_until = scheduler_.now() + dice_.between(seconds(0), seconds(6));
}

// At once, soon, late, or after the grace.
void Crowd::lose(Person& person) {
  const auto client_notices = dice_.percent(50) ? milliseconds(0) : dice_.between(seconds(0), seconds(2));
  const auto process_notices = dice_.percent(40) ? milliseconds(0) : dice_.between(seconds(0), seconds(20));
  person.client->lose(client_notices, process_notices);
  const auto longest = dice_.percent(75) ? milliseconds(seconds(2)) : 2 * options_.longest_keep;
  person.offline_until = scheduler_.now() + client_notices +
                         (dice_.percent(30) ? milliseconds(0) : dice_.between(seconds(0), longest));
}

// Comes back on another connection before the system knows that the old one is over.
void Crowd::take_over(Person& person) {
  person.client->lose(milliseconds(0), dice_.between(seconds(0), seconds(5)));
  come(person);
}

std::string Crowd::metadata_of(const Person& person, std::string_view membership) {
  return '"' + std::to_string(person.client->life()) + "." + std::string(membership) + "." +
         std::to_string(++tags_) + '"';
}

std::vector<RoomId> Crowd::rooms_of(const Person& person) const {
  std::vector<RoomId> rooms;
  for (const auto& [name, membership] : oracle_.rooms_of(person.client->life())) {
    if (membership.state == Membership::State::in) rooms.push_back(name);
  }
  return rooms;
}

void Crowd::join(Person& person) {
  const RoomId room = "r" + std::to_string(dice_.below(options_.rooms));
  const std::uint32_t life = person.client->life();
  if (oracle_.rooms_of(life).contains(room)) return;
  const std::string tag = next_tag('j');
  const std::string metadata = metadata_of(person, tag.substr(1));
  oracle_.asks(life, "join", room, tag, metadata);
  person.client->say(tag + " join " + room + " " + metadata);
}

void Crowd::leave(Person& person) {
  auto rooms = rooms_of(person);
  if (rooms.empty()) return;
  const RoomId room = dice_.pick(rooms);
  const std::string tag = next_tag('l');
  oracle_.asks(person.client->life(), "leave", room, tag);
  person.client->say(tag + " leave " + room);
}

// One at a time, so that it is known which one the room has.
void Crowd::update(Person& person) {
  auto rooms = rooms_of(person);
  if (rooms.empty()) return;
  const RoomId room = dice_.pick(rooms);
  const std::uint32_t life = person.client->life();
  if (oracle_.is_updating(life, room)) return;
  const std::string tag = next_tag('u');
  const std::string metadata = metadata_of(person, std::to_string(oracle_.rooms_of(life).at(room).number));
  oracle_.asks(life, "update", room, tag, metadata);
  person.client->say(tag + " update " + room + " " + metadata);
}

void Crowd::ask_members(Person& person) {
  auto rooms = rooms_of(person);
  if (rooms.empty()) return;
  const RoomId room = dice_.pick(rooms);
  const std::string tag = next_tag('m');
  oracle_.asks(person.client->life(), "members", room, tag);
  person.client->say(tag + " members " + room);
}

void Crowd::talk(Person& person) {
  auto rooms = rooms_of(person);
  if (rooms.empty()) return;
  const RoomId room = dice_.pick(rooms);
  std::vector<PeerId> others;
  for (const auto& [id, metadata] : oracle_.rooms_of(person.client->life()).at(room).view)
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
  const std::string number = std::to_string(oracle_.sends(person.client->life(), room, to, bytes, names));
  person.client->say("s" + number + " send " + (names == Oracle::Names::room ? room : "-") + " " +
                     (to.empty() ? "-" : to) + " " + number + "." + std::string(bytes, 'x'));
}

void Crowd::talk_once() {
  for (Person& person : people_) {
    if (!person.client->is_ready()) continue;
    for (const RoomId& room : rooms_of(person)) say(person, room, {}, 0);
  }
}

void Crowd::go_home() {
  for (Person& person : people_) {
    if (!person.client->is_online()) continue;
    if (person.client->is_ready() && dice_.percent(50)) {
      person.client->close();
    } else {
      person.client->lose(milliseconds(0), milliseconds(0));
    }
  }
}

}  // namespace signaling::simulation
