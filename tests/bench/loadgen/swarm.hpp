#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "client.hpp"
#include "dialect.hpp"
#include "letter.hpp"
#include "loop.hpp"
#include "measure.hpp"

namespace bench {

class Swarm;

/// One peer: its connection, and what it may expect from the others in its room.
class Member final : public ClientHandler {
 public:
  Member(Swarm& swarm, Loop& loop, const Target& target, std::uint32_t index);

  void on_open(Client& client) override;
  void on_message(Client& client, std::string_view message) override;
  void on_closed(Client& client, std::string_view why) override;

  const std::uint32_t index;
  Party party;
  Client client;
  Letter letter;
  std::uint32_t next_sequence = 0;
  std::vector<std::uint32_t> expected;  ///< the next sequence number, by the sender's place in the room
  bool joined = false;
  bool leaving = false;   ///< its end is wanted
  bool resuming = false;  ///< its connection is to go on where the last one broke

 private:
  Swarm& swarm_;
};

/// What a workload does when something happens.
class Workload {
 public:
  virtual ~Workload() = default;
  virtual void on_joined(Member& /*member*/) {}
  virtual void on_resumed(Member& /*member*/) {}
  virtual void on_letter(Member& receiver, Member& sender, const Stamp& stamp) = 0;
  virtual void on_gone(Member& /*member*/) {}
};

/// All peers, room by room: the members of room r are those from r * size_of_room. Every letter that arrives is
/// checked before the workload hears of it.
class Swarm {
 public:
  Swarm(Loop& loop, const Target& target, const Dialect& dialect, std::size_t rooms,
        std::size_t size_of_room);

  void set_workload(Workload& workload) { workload_ = &workload; }
  /// Connects these members and waits until they have joined; throws if they do not.
  void join(std::size_t first, std::size_t count, std::size_t concurrency);
  void join_all() { join(0, size(), 32); }
  /// From nothing: connects, and joins its room.
  void start(Member& member);
  /// With a new connection, after the last one broke.
  void resume(Member& member);
  /// Makes its letter; all who are addressed must have joined.
  void prepare(Member& member, const Payload& payload, bool to_room);
  void send(Member& member, std::uint64_t time);

  std::size_t size() const { return members_.size(); }
  std::size_t size_of_room() const { return size_of_room_; }
  Member& member(std::size_t index) { return *members_[index]; }
  /// Of a room of two.
  Member& partner(const Member& member) { return *members_[member.index ^ 1U]; }
  const Faults& faults() const { return faults_; }
  void add_lost(std::uint64_t count) { faults_.lost += count; }
  const Dialect& dialect() const { return dialect_; }
  Loop& loop() { return loop_; }

 private:
  friend class Member;
  void received(Member& receiver, std::string_view message);
  void received_letter(Member& receiver, std::string_view message, const Stamp& stamp);
  void received_other(Member& receiver, std::string_view message);
  void closed(Member& member, std::string_view why);
  bool in_order(Member& receiver, const Stamp& stamp);

  Loop& loop_;
  const Dialect& dialect_;
  std::size_t size_of_room_;
  Workload* workload_ = nullptr;
  std::vector<std::unique_ptr<Member>> members_;
  std::size_t joined_ = 0;
  Faults faults_;
};

}  // namespace bench
