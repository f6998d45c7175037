// Clients of `signaling.v1` that lose their connections at random, with what was on the way, and resume.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>

#include "protocols/json_client.hpp"
#include "signaling/core/memory_store.hpp"
#include "support/script_world.hpp"
#include "support/session_counts.hpp"

using namespace signaling;
using namespace signaling::testing;
using protocols::test::field;
using protocols::test::make_json;
using std::chrono::milliseconds;

namespace {

constexpr int client_count = 4;

/// The ids in a list of members.
std::set<std::string> ids_in(const std::string& line) {
  std::set<std::string> ids;
  for (auto place = line.find("{\"id\":\""); place != std::string::npos;
       place = line.find("{\"id\":\"", place + 1)) {
    const auto begin = place + 7;
    ids.insert(line.substr(begin, line.find('"', begin) - begin));
  }
  return ids;
}

struct Client {
  std::string id;
  std::string secret;
  std::unique_ptr<ScriptClient> link;
  bool is_dying = false;  // what it says gets lost
  bool is_welcome = false;
  std::deque<std::string> on_way;  // written by the server, not read yet
  SessionCounts counts;
  std::map<std::string, int> next_to;                  // number of the next message
  std::map<std::string, int> last_from;                // number of the last message
  std::map<std::string, std::set<std::string>> rooms;  // what it believes
  std::map<std::string, std::uint64_t> versions;
};

class RandomWorld {
 public:
  RandomWorld(unsigned seed, bool is_tight, std::size_t nodes) : random_(seed), is_tight_(is_tight) {
    const auto store = std::make_shared<MemoryStore>();
    while (routers_.size() < nodes) {
      RouterOptions its_options = options(is_tight);
      its_options.store = store;
      its_options.clock = &clock_;
      its_options.random = &ids_;
      routers_.push_back(std::make_unique<Router>(std::move(its_options)));
    }
    for (int i = 0; i < client_count; ++i) clients_[static_cast<std::size_t>(i)].id = "p" + std::to_string(i);
    for (Client& client : clients_) connect(client);
    run_all();
    for (Client& client : clients_) {
      read(client, 1);
      say(client, R"({"type":"join","room":"all"})");
    }
  }

  void step() {
    Client& client = clients_[dice(client_count)];
    switch (dice(10)) {
      case 0:
      case 1:
      case 2: speak(client); break;
      case 3:
        say(client, R"({"type":")" + std::string(dice(2) == 0 ? "join" : "leave") + R"(","room":"r"})");
        break;
      case 4: client.is_dying = client.is_dying || dice(3) == 0; break;
      case 5:
        if (dice(2) == 0) lose(client);
        break;
      case 6: acknowledge(client); break;
      case 7: wait(milliseconds(dice(1500))); break;
      default: read(client, dice(8)); break;
    }
    run();
    if (client.link == nullptr && dice(3) == 0) connect(client);
  }

  void finish() {
    for (int round = 0; round < 4; ++round) {
      for (Client& client : clients_) {
        if (client.is_dying) lose(client);
        if (client.link == nullptr) connect(client);
      }
      settle();
      for (Client& client : clients_) read(client, 100'000);
      settle();
    }
    for (Client& client : clients_) check_end(client);
  }

  int exact = 0;
  int rooms = 0;
  int busy = 0;

 private:
  static RouterOptions options(bool is_tight) {
    RouterOptions options;
    options.client_ids = ClientIds::accept;
    options.limits.messages_per_second = 0;
    options.limits.joins_per_second = 0;
    if (is_tight) options.limits.max_unacknowledged_bytes = 600;
    return options;
  }

  std::uint32_t dice(std::uint32_t sides) { return static_cast<std::uint32_t>(random_() % sides); }
  /// Of several nodes only some of what is ready happens, so that the steps of a move mix with everything else.
  void run() {
    io_.restart();
    if (routers_.size() == 1) {
      io_.poll();
    } else {
      for (std::uint32_t left = dice(12); left > 0 && io_.poll_one() != 0; --left) {
      }
    }
    take_lines();
  }
  void run_all() {
    io_.restart();
    io_.poll();
    take_lines();
  }
  /// What waits for a node that does not answer, too.
  void settle() {
    for (int i = 0; i < 5; ++i) {
      run_all();
      if (routers_.size() > 1) wait(milliseconds(1000));
    }
    run_all();
  }
  void take_lines() {
    for (Client& client : clients_) {
      if (client.link == nullptr) continue;
      for (std::string& line : client.link->heard()) client.on_way.push_back(std::move(line));
    }
  }
  /// No node is so slow that others give it up.
  void wait(milliseconds time) {
    if (routers_.size() > 1) run_all();
    clock_.advance(time);
    for (const auto& router : routers_) router->on_time();
  }

  void connect(Client& client) {
    ConnectInfo info;
    info.wished_id = client.id;
    info.keep = "3600";
    info.resume = client.secret;
    if (!client.secret.empty() && dice(10) != 0) info.received = std::to_string(client.counts.received());
    client.link = std::make_unique<ScriptClient>(*routers_[dice(static_cast<std::uint32_t>(routers_.size()))],
                                                 io_.get_executor(), info, make_json());
    client.is_welcome = false;
  }
  /// With all that is on the way.
  void lose(Client& client) {
    if (client.link == nullptr) return;
    run();
    client.link->cut(CloseReason::lost);
    client.link.reset();
    client.on_way.clear();
    client.is_dying = client.is_welcome = false;
  }

  void say(Client& client, std::string message) {
    client.counts.says(message);
    pass_on(client, message);
  }
  void pass_on(Client& client, const std::string& message) {
    if (client.link != nullptr && client.is_welcome && !client.is_dying) client.link->say(message);
  }
  void speak(Client& client) {
    const std::string to = "p" + std::to_string(dice(client_count));
    if (to == client.id) return;
    say(client, R"({"type":"message","room":"all","to":")" + to + R"(","data":)" +
                    std::to_string(client.next_to[to]++) + "}");
  }
  void acknowledge(Client& client) {
    pass_on(client, R"({"type":"ack","received":)" + std::to_string(client.counts.received()) + "}");
  }

  void read(Client& client, std::size_t count) {
    for (; count > 0 && !client.on_way.empty(); --count) {
      const std::string line = std::move(client.on_way.front());
      client.on_way.pop_front();
      hear(client, line);
    }
  }

  void hear(Client& client, const std::string& line) {
    CAPTURE(client.id);
    CAPTURE(line);
    const std::string type = field(line, "type");
    const std::string room = field(line, "room");
    if (type == "welcome") return welcome(client, line);
    if (!client.is_welcome && type == "error") return refused(client, line);
    if (type == "ack" || type == "pong") return confirmed(client, std::stoull(field(line, "received")));
    client.counts.receives();
    if (type == "message") {
      int& last = client.last_from.try_emplace(field(line, "from"), -1).first->second;
      const int number = std::stoi(field(line, "data"));
      CHECK(number > last);
      if (!is_tight_ && !client_has_lost_) CHECK(number == last + 1);
      last = number;
    } else if (type == "joined" || type == "members") {
      list(client, line, room);
    } else if (type == "left") {
      client.rooms.erase(room);
    } else if (type == "peer-joined" || type == "peer-left") {
      change(client, line, room, type == "peer-joined");
    } else if (type == "error") {
      CHECK(field(line, "code") == "not_joined");  // it leaves a room twice
    } else {
      CHECK((type == "peer-away" || type == "peer-back"));
    }
  }

  /// The peer is on its way between two nodes.
  void refused(Client& client, const std::string& line) {
    CHECK(routers_.size() > 1);
    CHECK(field(line, "code") == "store_unavailable");
    ++busy;
    client.link.reset();
    client.on_way.clear();
  }

  void list(Client& client, const std::string& line, const std::string& room) {
    const std::uint64_t version = std::stoull(field(line, "version"));
    // One that has waited is older than the list that came instead of what was lost.
    if (client.rooms.contains(room) && version < client.versions[room]) return;
    client.rooms[room] = ids_in(line);
    client.versions[room] = version;
  }
  void change(Client& client, const std::string& line, const std::string& room, bool has_joined) {
    REQUIRE(client.rooms.contains(room));
    const std::uint64_t version = std::stoull(field(line, "version"));
    CHECK(version == client.versions[room] + 1);
    client.versions[room] = version;
    const std::string peer = has_joined ? *ids_in(line).begin() : field(line, "peer");
    if (room == "all") CHECK(has_joined);  // nobody sees anybody leave for a lost connection
    if (has_joined) {
      CHECK(client.rooms[room].insert(peer).second);
    } else {
      CHECK(client.rooms[room].erase(peer) == 1);
    }
  }

  void welcome(Client& client, const std::string& line) {
    const bool is_first = client.secret.empty();
    CHECK(field(line, "peer") == client.id);
    client.secret = field(line, "resume");
    client.is_welcome = true;
    const std::string resumed = field(line, "resumed");
    if (!is_first) {
      REQUIRE((resumed == "exact" || resumed == "rooms"));
      confirmed(client, std::stoull(field(line, "received")));
    }
    if (resumed == "exact") {
      ++exact;
    } else if (!is_first) {
      ++rooms;
      client_has_lost_ = true;
      client.counts.begin_again();
      client.rooms.clear();  // the lists follow
    }
    if (!is_first) acknowledge(client);
    for (const std::string& message : client.counts.unconfirmed()) pass_on(client, message);
  }
  void confirmed(Client& client, std::uint64_t count) { REQUIRE(client.counts.confirm(count)); }

  std::shared_ptr<Room> find_room(const std::string& name) {
    for (const auto& router : routers_) {
      if (auto room = router->find_room(name)) return room;
    }
    return nullptr;
  }
  void check_end(Client& client) {
    CAPTURE(client.id);
    REQUIRE(client.is_welcome);
    for (const auto& [room, members] : client.rooms) {
      const std::string name = room;
      CAPTURE(name);
      std::set<std::string> there;
      for (const Member& member : find_room(name)->members()) there.insert(member.id);
      CHECK(there.erase(client.id) == 1);
      CHECK(there == members);
    }
    if (client_has_lost_) return;
    for (Client& other : clients_) {
      if (&other == &client) continue;
      CHECK(client.last_from.try_emplace(other.id, -1).first->second == other.next_to[client.id] - 1);
    }
  }

  std::mt19937 random_;
  SeededRandom ids_{1};
  FakeClock clock_;
  boost::asio::io_context io_;
  std::vector<std::unique_ptr<Router>> routers_;
  const bool is_tight_;
  bool client_has_lost_ = false;
  std::array<Client, client_count> clients_;
};

}  // namespace

TEST_CASE("sessions: whatever gets lost with a connection, `exact` means exact, and the picture is right") {
  int exact = 0;
  int rooms = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    RandomWorld world(seed, seed % 3 == 0, 1);
    for (int i = 0; i < 300; ++i) world.step();
    world.finish();
    exact += world.exact;
    rooms += world.rooms;
  }
  CHECK(exact > 1000);
  CHECK(rooms > 100);
}

TEST_CASE(
    "session moves: whatever gets lost with a connection, and on which node ever the client comes back") {
  int exact = 0;
  int rooms = 0;
  int busy = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    RandomWorld world(seed, seed % 3 == 0, 3);
    for (int i = 0; i < 300; ++i) world.step();
    world.finish();
    exact += world.exact;
    rooms += world.rooms;
    busy += world.busy;
  }
  CHECK(exact > 1000);
  CHECK(rooms > 100);
  CHECK(busy < 100);
}
