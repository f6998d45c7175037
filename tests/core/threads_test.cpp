#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <chrono>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "support/script_client.hpp"
#include "testing/threads.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

// Checks the promises on everything that one client hears, as it comes.
class Witness {
 public:
  void hear(const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    std::string first;
    std::string second;
    std::string third;
    words >> verb >> first >> second >> third;
    if (verb == "joined") {
      members_.clear();
      version_ = number(second.substr(1));
      in_room_ = true;
      std::string rest = line.substr(line.find('[') + 1);
      std::istringstream names(rest.substr(0, rest.find(']')));
      for (std::string name; names >> name;) members_.insert(name);
    } else if (verb == "left") {
      in_room_ = false;
    } else if (verb == "+peer" || verb == "-peer") {
      expect(in_room_, line);
      const unsigned long version = number(second.substr(1));
      expect(version == version_ + 1, line);  // one order, without a gap
      version_ = version;
      expect(verb == "+peer" ? members_.insert(third).second : members_.erase(third) == 1, line);
    } else if (verb == "msg") {
      expect(!in_room_ || members_.contains(first), line);  // never before its join or after its leave
      const unsigned long sequence = number(second);
      expect(sequence > last_[first], line);  // in order, never twice
      last_[first] = sequence;
      ++messages_;
    }
  }
  const std::set<std::string>& members() const { return members_; }
  bool in_room() const { return in_room_; }
  std::size_t messages() const { return messages_; }
  const std::string& broken() const { return broken_; }

 private:
  static unsigned long number(std::string_view text) {
    unsigned long value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }
  void expect(bool true_, const std::string& line) {
    if (!true_ && broken_.empty()) broken_ = line;
  }

  bool in_room_ = false;
  unsigned long version_ = 0;
  std::set<std::string> members_;
  std::map<std::string, unsigned long> last_;
  std::size_t messages_ = 0;
  std::string broken_;
};

// One thread with clients that live, talk and die on it.
class Crowd {
 public:
  Crowd(Router& router, unsigned seed) : router_(router), random_(seed) {}

  void start(Rendezvous& together) {
    thread_ = std::thread([this, &together] {
      boost::asio::post(io_, [this] { step(); });
      // Ends when all steps are done and nothing is left to flush. What others did for peers of this thread, such as a
      // kick, may have consequences for theirs, hence some rounds.
      for (int round = 0; round < 6; ++round) {
        io_.restart();
        io_.run();
        together.arrive_and_wait();
      }
      for (auto& client : clients_) listen(*client);
    });
  }
  void join() { thread_.join(); }

  struct Client {
    Client(Router& router, boost::asio::io_context& io) : script(router, io.get_executor()) {}
    ScriptClient script;
    Witness witness;
    unsigned long sequence = 0;
  };
  std::vector<std::unique_ptr<Client>>& clients() { return clients_; }
  std::string broken;

 private:
  void listen(Client& client) {
    for (const std::string& line : client.script.heard()) client.witness.hear(line);
    if (broken.empty()) broken = client.witness.broken();
  }

  void step() {
    act();
    if (++steps_ < 1500) boost::asio::post(io_, [this] { step(); });
  }

  void act() {
    if (clients_.size() < 4 || (clients_.size() < 8 && random_() % 20 == 0)) {
      clients_.push_back(std::make_unique<Client>(router_, io_));
      return;
    }
    const std::size_t index = random_() % clients_.size();
    Client& client = *clients_[index];
    listen(client);
    const auto& members = client.witness.members();
    switch (random_() % 12) {
      case 0:
      case 1:
      case 2: client.script.say("join room"); break;
      case 3: client.script.say("leave room"); break;
      case 4: die(index); break;
      case 5: client.script.say("members room"); break;
      case 6: kick_somebody(members); break;
      case 7: client.script.say("cast room " + std::to_string(++client.sequence)); break;
      default:
        if (!members.empty()) {
          const auto to = std::next(members.begin(), static_cast<long>(random_() % members.size()));
          client.script.say("send " + *to + " " + std::to_string(++client.sequence));
        }
    }
  }

  void die(std::size_t index) {
    clients_[index]->script.cut(random_() % 2 == 0 ? CloseReason::lost : CloseReason::timeout);
    clients_.erase(clients_.begin() + static_cast<long>(index));
  }

  // From this thread, whichever thread the peer lives on.
  void kick_somebody(const std::set<std::string>& members) {
    if (members.empty() || random_() % 4 != 0) return;
    const auto peer = router_.find_peer(*members.begin());
    if (!peer) return;
    if (random_() % 2 == 0) {
      peer->kick("room");
    } else {
      peer->close(CloseReason::kicked);
    }
  }

  Router& router_;
  std::mt19937 random_;
  boost::asio::io_context io_{1};
  std::thread thread_;
  std::vector<std::unique_ptr<Client>> clients_;
  int steps_ = 0;
};

}  // namespace

TEST_CASE(
    "threads: the promises hold with peers of four threads joining, talking, leaving and dying at once") {
  RouterOptions options;
  options.limits.messages_per_second = 0;
  options.limits.joins_per_second = 0;
  Router router(std::move(options));
  std::vector<std::unique_ptr<Crowd>> crowds;
  Rendezvous together(4);
  for (unsigned i = 0; i < 4; ++i) crowds.push_back(std::make_unique<Crowd>(router, i + 1));
  for (auto& crowd : crowds) crowd->start(together);
  for (auto& crowd : crowds) crowd->join();

  const auto in_it = [](const Crowd::Client& client) {
    return client.witness.in_room() && !client.script.closed();
  };
  std::set<std::string> in_room;
  std::size_t messages = 0;
  for (auto& crowd : crowds) {
    CHECK(crowd->broken == "");
    for (auto& client : crowd->clients()) {
      if (in_it(*client)) in_room.insert(client->script.id());
      messages += client->witness.messages();
    }
  }
  // All pictures of the room agree with each other and with the router's.
  for (auto& crowd : crowds) {
    for (auto& client : crowd->clients()) {
      if (!in_it(*client)) continue;
      std::set<std::string> all = client->witness.members();
      all.insert(client->script.id());
      CHECK(all == in_room);
    }
  }
  const auto room = router.find_room("room");
  CHECK((room ? room->size() : 0) == in_room.size());
  CHECK(messages > 0);
  crowds.clear();
  CHECK(router.find_room("room") == nullptr);
  CHECK(router.stats().peers == 0);
  CHECK(router.stats().joins == router.stats().leaves);
}

TEST_CASE("threads: local peers on several threads talk in many rooms") {
  constexpr int threads = 3;
  constexpr int rounds = 300;
  std::atomic<int> received{0};
  std::vector<std::unique_ptr<boost::asio::io_context>> loops;  // outlive the router
  Router router;
  std::vector<LocalPeer> peers;
  for (int i = 0; i < threads; ++i) {
    loops.push_back(std::make_unique<boost::asio::io_context>(1));
    LocalPeerOptions local;
    local.executor = loops.back()->get_executor();
    local.id = "p" + std::to_string(i);
    local.on_event = [&](const Event& event) {
      if (std::holds_alternative<event::Message>(event)) ++received;
    };
    peers.push_back(router.connect_local(std::move(local)));
    peers.back()->join("hall");
  }
  Rendezvous ready(threads);
  Rendezvous together(threads);
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      const auto self = static_cast<std::size_t>(i);
      loops[self]->run();
      ready.arrive_and_wait();
      for (int round = 0; round < rounds; ++round) {
        const std::string to = "p" + std::to_string((i + 1) % threads);
        CHECK(peers[self]->send(Message::text("1", {.to = to})).status != SendStatus::dropped);
        peers[self]->join("room " + std::to_string(round % 7));
        if (round % 3 == 0) peers[self]->leave("room " + std::to_string(round % 7));
      }
      for (int settle = 0; settle < 6; ++settle) {
        together.arrive_and_wait();
        loops[self]->restart();
        loops[self]->run();
      }
    });
  }
  for (auto& thread : running) thread.join();
  CHECK(received == threads * rounds);
}

TEST_CASE("threads: a router may end while its peers change and leave their rooms on other threads") {
  constexpr int rounds = 40;
  constexpr int threads = 3;
  constexpr int peers_each = 6;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::unique_ptr<boost::asio::io_context>> contexts;
    for (int i = 0; i < threads; ++i) contexts.push_back(std::make_unique<boost::asio::io_context>(1));
    auto router = std::make_unique<Router>();
    Rendezvous ready(threads + 1);
    std::atomic<bool> is_over{false};
    std::vector<std::thread> running;
    for (auto& context : contexts) {
      running.emplace_back([&, io = context.get()] {
        int closed = 0;
        std::vector<LocalPeer> peers;
        for (int i = 0; i < peers_each; ++i) {
          LocalPeerOptions options;
          options.executor = io->get_executor();
          options.on_closed = [&closed](CloseReason) { ++closed; };
          peers.push_back(router->connect_local(std::move(options)));
          peers.back()->join("r", "0");
        }
        ready.arrive_and_wait();
        for (int n = 0; !is_over; ++n) {
          for (const auto& peer : peers) {
            peer->update("r", std::to_string(n));
            if (n % 7 == 0) peer->leave("r");
            if (n % 7 == 1) peer->join("r");
          }
          io->restart();
          io->poll();
        }
        for (const auto& peer : peers) peer->close(CloseReason::normal);
        // Another thread, with an event for these peers, may have yet to wake this one.
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (closed < peers_each && std::chrono::steady_clock::now() < deadline) {
          io->restart();
          io->run_for(std::chrono::milliseconds(1));
        }
        for (const auto& peer : peers) CHECK(peer->send({}).error == errc::closed);
      });
    }
    ready.arrive_and_wait();
    router.reset();
    is_over = true;
    for (std::thread& thread : running) thread.join();
  }
}
