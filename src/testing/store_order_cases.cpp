// One order of changes for all, whatever happens at once.
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

#include "testing/store_cases.hpp"
#include "testing/store_world.hpp"

namespace signaling::testing {
namespace {

const std::string room = "room";

/// A node that looks on from the beginning, and knows what it has itself done.
struct Observer {
  StoreNode* node = nullptr;
  std::vector<Someone> peers;
  std::map<Version, std::string> own{};
};

Observer observe(StoreWorld& w, Version version, int peers) {
  Observer observer{&w.node(), {}};
  const std::string name = "o" + std::to_string(version);
  const Someone self = w.arrive(*observer.node, name);
  w.join(*observer.node, room, self, version);
  for (int i = 0; i < peers; ++i) {
    observer.peers.push_back(w.arrive(*observer.node, name + "." + std::to_string(i)));
  }
  return observer;
}

// "room v12 joined ..." -> 12
Version version_of(const std::string& line) { return std::stoull(line.substr(line.find(" v") + 2)); }

using History = std::map<Version, std::string>;

// What a node was told and what it has done itself, in order and without a gap.
History check_history(const Observer& observer, Version first, Version last) {
  History history = observer.own;
  Version before = 0;
  for (const std::string& line : observer.node->take()) {
    const Version version = version_of(line);
    require(version > before, "out of order: " + line + " after version " + std::to_string(before));
    require(history.emplace(version, line).second, "got a version of this node's own change: " + line);
    before = version;
  }
  for (Version version = first; version <= last; ++version) {
    require(history.contains(version),
            quote(observer.node->id()) + " did not get version " + std::to_string(version));
  }
  return history;
}

// The members that follow from a history.
RoomState picture_of(RoomState state, const History& history, const std::map<std::string, Someone>& people) {
  for (const auto& [version, line] : history) {
    if (version <= state.version) continue;
    state.version = version;
    for (const auto& [id, who] : people) {
      if (line == joined(room, version, who)) state.members.push_back(who.member(version));
      if (line == left(room, version, who))
        std::erase_if(state.members, [&gone = id](const auto& member) { return member.id == gone; });
    }
  }
  return state;
}

void wait_for_history(StoreWorld& w, const Observer& observer, std::size_t changes) {
  w.run_until([&] { return observer.node->told() + observer.own.size() >= changes; },
              quote(observer.node->id()) + " has got all changes");
}

// Joins of all, at once; then every second one leaves, at once.
void crowd_moves(StoreWorld& w, std::vector<Observer>& observers) {
  for (int step = 0; step < 2; ++step) {
    std::vector<Pending<StateStore::Joined>> joins;
    std::vector<Pending<Version>> leaves;
    for (Observer& observer : observers) {
      for (std::size_t i = 0; i < observer.peers.size(); ++i) {
        if (step == 0) joins.push_back(observer.node->start_join(room, observer.peers[i]));
        if (step == 1 && i % 2 == 0) leaves.push_back(observer.node->start_leave(room, observer.peers[i]));
      }
    }
    std::size_t next = 0;
    for (Observer& observer : observers) {
      for (std::size_t i = 0; i < observer.peers.size(); ++i) {
        const Someone& who = observer.peers[i];
        if (step == 0) {
          const Version version = w.succeed(joins[next++], "join").version;
          observer.own.emplace(version, joined(room, version, who));
        } else if (i % 2 == 0) {
          const Version version = w.succeed(leaves[next++], "leave");
          observer.own.emplace(version, left(room, version, who));
        }
      }
    }
  }
}

void one_order_for_all(StoreWorld& w) {
  constexpr int nodes = 3;
  constexpr int peers = 8;
  std::vector<Observer> observers;
  for (std::size_t number = 1; number <= nodes; ++number) observers.push_back(observe(w, number, peers));
  const RoomState begin = w.snapshot(*observers.front().node, room);
  for (std::size_t number = 1; number < nodes; ++number) {
    wait_for_history(w, observers[number - 1], nodes - number);
    observers[number - 1].node->take();
  }
  crowd_moves(w, observers);
  constexpr std::size_t changes = nodes * (peers + peers / 2);
  constexpr Version last = nodes + changes;
  std::map<std::string, Someone> people;
  for (const Observer& observer : observers) {
    for (const Someone& who : observer.peers) people.emplace(who.id, who);
  }
  History first;
  for (const Observer& observer : observers) {
    wait_for_history(w, observer, changes);
    const History history = check_history(observer, nodes + 1, last);
    if (first.empty()) first = history;
    require(history == first, "two nodes got different changes for the same version");
  }
  const RoomState end = w.snapshot(*observers.back().node, room);
  require(to_line(end) == to_line(picture_of(begin, first, people)),
          "the snapshot " + to_line(end) + " does not follow from the changes");
}

// An answer says which version it is; so it is known how many changes of the other node stand before it.
void answers_in_order(StoreWorld& w) {
  struct Heard {
    std::mutex mutex;
    std::vector<std::pair<Version, std::size_t>> answers;  // version, changes told up to then
  };
  constexpr Version rounds = 20;
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  const Someone a = w.arrive(one, "a");
  const Someone b = w.arrive(two, "b");
  w.join(one, room, a, 1);
  w.join(two, room, b, 2);
  w.expect(one, {joined(room, 2, b)});
  const auto heard = std::make_shared<Heard>();
  std::vector<Pending<Version>> foreign;
  for (Version round = 0; round < rounds; ++round) {
    foreign.push_back(two.start_update(room, b, std::to_string(round)));
    one.store().update({room, a.id, a.epoch, Payload(std::to_string(round))},
                       [heard, &one](std::error_code error, Version version) {
                         const std::scoped_lock lock(heard->mutex);
                         heard->answers.emplace_back(error ? 0 : version, one.told());
                       });
  }
  for (const auto& update : foreign) w.succeed(update, "update");
  const auto all_are_there = [&] {
    const std::scoped_lock lock(heard->mutex);
    return heard->answers.size() == rounds;
  };
  w.run_until(all_are_there, "all updates are answered");
  for (std::size_t own = 0; own < rounds; ++own) {
    const auto [version, told] = heard->answers[own];
    // Two joins stand before, and the updates of this node itself.
    require(version == 3 + own + told, "version " + std::to_string(version) + " was answered after " +
                                           std::to_string(told) + " changes of the other node");
  }
  w.ignore_news();
}

}  // namespace

void add_order_cases(StoreCases& cases) {
  cases.insert(
      cases.end(),
      {{"one_order_for_all", "All nodes get concurrent changes in one order, with consecutive versions.",
        one_order_for_all},
       {"answers_in_order",
        "An answer comes after the changes of other nodes that precede it, and before those that follow.",
        answers_in_order}});
}

}  // namespace signaling::testing
