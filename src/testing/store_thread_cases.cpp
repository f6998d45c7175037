// Calls from several threads, and from inside of handlers and listeners.
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "testing/store_cases.hpp"
#include "testing/store_world.hpp"
#include "testing/threads.hpp"

namespace signaling::testing {
namespace {

const std::string room = "room";

/// A node, and peers of it that are in no room yet.
struct Crowd {
  StoreNode* node = nullptr;
  std::vector<Someone> peers;
};

Crowd gather(StoreWorld& w, int number, int peers) {
  Crowd crowd{&w.node(), {}};
  for (int i = 0; i < peers; ++i) {
    crowd.peers.push_back(w.arrive(*crowd.node, std::to_string(number) + "." + std::to_string(i)));
  }
  return crowd;
}

void threads_at_once(StoreWorld& w) {
  constexpr int rounds = 40;
  std::vector<Crowd> crowds;
  crowds.reserve(3);
  for (int i = 0; i < 3; ++i) crowds.push_back(gather(w, i, rounds));
  for (const Crowd& crowd : crowds) crowd.node->ignore_news();
  std::vector<std::vector<Pending<StateStore::Joined>>> joins(crowds.size());
  {
    ThreadGroup threads;
    for (std::size_t i = 0; i < crowds.size(); ++i) {
      threads.start([&crowd = crowds[i], &mine = joins[i]] {
        for (const Someone& who : crowd.peers) {
          mine.push_back(crowd.node->start_join(room, who));
          (void)crowd.node->publish(to_room(room, "hello"));
          (void)crowd.node->start_snapshot(room);
          (void)crowd.node->start_claim(who.id);
        }
      });
    }
  }
  std::vector<Version> versions;
  for (const auto& mine : joins) {
    for (const auto& join : mine) versions.push_back(w.succeed(join, "join").version);
  }
  std::ranges::sort(versions);
  for (std::size_t i = 0; i < versions.size(); ++i) {
    require(versions[i] == i + 1, "joins from several threads repeated or skipped a version");
  }
  require(w.snapshot(*crowds.front().node, room).members.size() == versions.size(),
          "joins from several threads were lost");
}

/// What a node has heard when each of its operations was answered. Threads: any.
class Witness {
 public:
  enum class Operation { update, snapshot };
  struct Heard {
    Operation operation;
    std::error_code error;
    Version version;   // of the answer
    std::size_t told;  // changes by other nodes, up to then
  };

  void answered(Operation operation, std::error_code error, Version version) {
    const std::scoped_lock lock(mutex_);
    heard_.push_back({operation, error, version, told_});
    latest_ = std::max(latest_, version);
  }
  void told(const MembershipChange& change) {
    const std::scoped_lock lock(mutex_);
    ++told_;
    latest_ = std::max(latest_, change.version);
  }
  /// The greatest version that the node has heard of.
  Version latest() const {
    const std::scoped_lock lock(mutex_);
    return latest_;
  }
  std::size_t changes() const {
    const std::scoped_lock lock(mutex_);
    return told_;
  }
  std::vector<Heard> heard() const {
    const std::scoped_lock lock(mutex_);
    return heard_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Heard> heard_;
  std::size_t told_ = 0;
  Version latest_ = 0;
};

/// A node whose two members are moved by a thread each, while it is told what the others do.
struct Mover {
  static constexpr int rounds = 60;
  StoreNode* node;
  std::vector<Someone> members;
  std::shared_ptr<Witness> witness;

  // One thread. A message says up to which version its sender knows the room.
  void move(const Someone& who) const {
    for (int round = 0; round < rounds; ++round) {
      node->store().update({room, who.id, who.epoch, Payload(std::to_string(round))},
                           [witness = witness](std::error_code error, Version version) {
                             witness->answered(Witness::Operation::update, error, version);
                           });
      (void)node->publish(to_room(room, std::to_string(witness->latest())));
      node->store().snapshot(room, 0, [witness = witness](std::error_code error, const RoomState& state) {
        witness->answered(Witness::Operation::snapshot, error, state.version);
      });
    }
  }
  bool is_done(std::size_t foreign) const {
    return witness->heard().size() == 2 * rounds * members.size() && witness->changes() == foreign;
  }
  std::set<Version> own() const {
    std::set<Version> versions;
    for (const Witness::Heard& heard : witness->heard()) {
      require(!heard.error, "an operation failed: " + to_line(heard.error));
      const bool is_new =
          heard.operation == Witness::Operation::snapshot || versions.insert(heard.version).second;
      require(is_new, "two updates made the same version");
    }
    return versions;
  }
};

std::vector<Mover> movers(StoreWorld& w) {
  std::vector<Mover> movers;
  Version version = 0;
  for (int i = 0; i < 3; ++i) {
    Crowd crowd = gather(w, i, 2);
    for (const Someone& who : crowd.peers) w.join(*crowd.node, room, who, ++version);
    movers.push_back({crowd.node, std::move(crowd.peers), std::make_shared<Witness>()});
  }
  for (std::size_t i = 0; i < movers.size(); ++i) {
    StoreNode& node = *movers[i].node;
    w.run_until([&] { return node.told() == 2 * (movers.size() - 1 - i); }, "all joins are reported");
    node.take();
    node.on_changed([witness = movers[i].witness](const MembershipChange& change) { witness->told(change); });
  }
  return movers;
}

// `foreign`: the versions that other nodes made, up to and with the last.
void check_answers(const Mover& mover, const std::set<Version>& foreign) {
  for (const Witness::Heard& heard : mover.witness->heard()) {
    const auto before =
        static_cast<std::size_t>(std::distance(foreign.begin(), foreign.upper_bound(heard.version)));
    require(heard.told == before, "version " + std::to_string(heard.version) + " was answered after " +
                                      std::to_string(heard.told) + " changes of other nodes, not " +
                                      std::to_string(before));
  }
}

// Lines of changes come in order; one of a message, not before what its sender knew.
void check_messages(const Mover& mover, const std::set<Version>& foreign, Version last) {
  std::map<std::string, Version> known;
  for (Version version = 0; version <= last; ++version) {
    known.emplace(to_line(to_room(room, std::to_string(version))), version);
  }
  auto next = foreign.begin();
  for (const std::string& line : mover.node->take()) {
    if (const auto message = known.find(line); message != known.end()) {
      require(next == foreign.end() || *next > message->second,
              "a message came before version " + std::to_string(*next) + ", which its sender had seen");
    } else {
      const bool is_next =
          next != foreign.end() && line.find(" v" + std::to_string(*next) + " ") != std::string::npos;
      require(is_next, "out of order: " + line);
      ++next;
    }
  }
}

void threads_answers_in_order(StoreWorld& w) {
  const std::vector<Mover> all = movers(w);
  {
    Rendezvous start(static_cast<std::ptrdiff_t>(2 * all.size()));
    ThreadGroup threads;
    for (const Mover& mover : all) {
      for (const Someone& who : mover.members) {
        threads.start([&start, &mover, &who] {
          start.arrive_and_wait();
          mover.move(who);
        });
      }
    }
  }
  constexpr std::size_t own = 2 * Mover::rounds;
  const std::size_t foreign = own * (all.size() - 1);
  for (const Mover& mover : all) {
    w.run_until([&] { return mover.is_done(foreign); },
                quote(mover.node->id()) + " has its answers, and every change of the other nodes");
  }
  const Version first = 2 * all.size() + 1;
  const Version last = first + own * all.size() - 1;
  std::set<Version> versions;
  for (const Mover& mover : all) versions.merge(mover.own());
  require(versions.size() == own * all.size() && *versions.begin() == first && *versions.rbegin() == last,
          "updates from several threads did not each raise the version by one");
  for (const Mover& mover : all) {
    std::set<Version> foreign_versions = versions;
    for (const Version version : mover.own()) foreign_versions.erase(version);
    check_answers(mover, foreign_versions);
    check_messages(mover, foreign_versions, last);
  }
  w.ignore_news();
}

// Should the case end early, the hook may still be called: it refers to nothing that is gone by then.
void calls_from_handlers(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  const Someone a = w.arrive(one, "a");
  w.join(two, room, w.arrive(two, "x"), 1);
  const Pending<RoomState> inside_listener;
  two.on_changed([&two, inside_listener](const MembershipChange& change) {
    two.store().snapshot(change.room, 0, inside_listener.handler());
  });
  const Pending<RoomState> inside_handler;
  one.store().join({room, a.member(), 0, 0},
                   [&one, inside_handler](std::error_code, const StateStore::Joined&) {
                     one.store().snapshot(room, 0, inside_handler.handler());
                   });
  require(w.succeed(inside_handler, "snapshot from a handler").members.size() == 2,
          "the joined peer is missing");
  require(w.succeed(inside_listener, "snapshot from a listener").members.size() == 2,
          "the joined peer is missing");
  w.expect(two, {joined(room, 2, a)});
}

}  // namespace

void add_thread_cases(StoreCases& cases) {
  cases.insert(
      cases.end(),
      {{"threads_at_once", "Any thread may call at any time.", threads_at_once},
       {"threads_answers_in_order",
        "With calls from several threads, too, an answer comes after the changes that precede it, and "
        "before those that follow.",
        threads_answers_in_order},
       {"calls_from_handlers", "Handlers and listeners may call the store.", calls_from_handlers}});
}

}  // namespace signaling::testing
