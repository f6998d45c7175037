#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "simulation/client.hpp"
#include "simulation/cluster.hpp"
#include "simulation/dice.hpp"
#include "simulation/oracle.hpp"

namespace signaling::simulation {

/// The clients: they come, join, talk, leave, are cut off and come back.
class Crowd {
 public:
  struct Options {
    std::size_t people = 8;
    std::size_t rooms = 3;
    /// Two people who wish for the same id.
    bool has_twins = false;
    /// Chance of each to do something in a step, in percent.
    std::size_t liveliness = 12;
    bool sends_much = false;
    /// Chance of each to ask for a grace, in percent.
    std::size_t keepers = 50;
    /// The longest that they ask for.
    std::chrono::seconds longest_keep{0};
    /// Chance that what is for one peer names no room, as in languages that know none, in percent.
    std::size_t roomless = 20;
  };
  Crowd(Scheduler& scheduler, Cluster& cluster, Oracle& oracle, Dice dice, Options options);

  /// Each does something, or nothing.
  void step();
  /// Those who wait too long for their welcome give up. Part of `step`.
  void give_up_waiting();
  /// Everybody whose connection is broken knows it.
  void notice();
  /// Everybody says something to each of their rooms.
  void talk_once();
  /// Everybody goes.
  void go_home();

 private:
  struct Person {
    PeerId id;
    std::unique_ptr<Client> client;
    TimePoint since{};
    TimePoint offline_until{};
  };
  using Membership = Oracle::Membership;

  void act(Person& person);
  void come(Person& person);
  void come_back(Person& person, Process& process);
  /// Tries to get the id of another.
  void steal(Person& person, Process& process);
  void close(Person& person);
  void lose(Person& person);
  void take_over(Person& person);
  void join(Person& person);
  void leave(Person& person);
  void update(Person& person);
  void ask_members(Person& person);
  void talk(Person& person);
  void say(Person& person, const RoomId& room, const PeerId& to, std::size_t bytes,
           Oracle::Names names = Oracle::Names::room);
  Process* process_for(const Person& person);
  /// Rooms that the person is in, and has not asked to leave.
  std::vector<RoomId> rooms_of(const Person& person) const;
  std::string next_tag(char kind) { return kind + std::to_string(++tags_); }
  /// As the oracle wants it.
  std::string metadata_of(const Person& person, std::string_view membership);

  Scheduler& scheduler_;
  Cluster& cluster_;
  Oracle& oracle_;
  Dice dice_;
  const Options options_;
  std::vector<Person> people_;
  std::size_t tags_ = 0;
};

}  // namespace signaling::simulation
