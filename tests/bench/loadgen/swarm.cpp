#include "swarm.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace bench {
namespace {

constexpr std::uint64_t patience = 30'000'000'000;  // nanoseconds

// What is strange is shown, but not a million times.
void complain(std::string_view what, std::string_view message) {
  static int left = 5;
  if (left-- <= 0) return;
  const auto shown = static_cast<int>(std::min<std::size_t>(message.size(), 200));
  std::fprintf(stderr, "loadgen: %.*s: %.*s\n", static_cast<int>(what.size()), what.data(), shown,
               message.data());
}

}  // namespace

Member::Member(Swarm& swarm, Loop& loop, const Target& target, std::uint32_t place)
    : index(place), client(loop, target, *this, place), swarm_(swarm) {}

void Member::on_open(Client& /*client*/) {
  if (resuming) return;
  const std::string greeting = swarm_.dialect_.greeting(party);
  if (!greeting.empty()) client.send(greeting);
}

void Member::on_message(Client& /*client*/, std::string_view message) { swarm_.received(*this, message); }

void Member::on_closed(Client& /*client*/, std::string_view why) { swarm_.closed(*this, why); }

Swarm::Swarm(Loop& loop, const Target& target, const Dialect& dialect, std::size_t rooms,
             std::size_t size_of_room)
    : loop_(loop), dialect_(dialect), size_of_room_(size_of_room) {
  for (std::size_t i = 0; i < rooms * size_of_room; ++i) {
    members_.push_back(std::make_unique<Member>(*this, loop, target, static_cast<std::uint32_t>(i)));
    members_.back()->party.name = "p" + std::to_string(i);
    members_.back()->party.room = "room" + std::to_string(i / size_of_room);
  }
}

void Swarm::join(std::size_t first, std::size_t count, std::size_t concurrency) {
  std::size_t next = first;
  const std::size_t wanted = joined_ + count;
  const std::uint64_t ended = faults_.closed;
  const auto more = [&] {
    while (next < first + count && next - first < count - (wanted - joined_) + concurrency)
      start(*members_[next++]);
    return joined_ < wanted && faults_.closed == ended;
  };
  if (!loop_.run_while(more, now_ns() + patience) || joined_ < wanted) {
    throw std::runtime_error("not all peers could join");
  }
}

void Swarm::start(Member& member) {
  member.joined = member.leaving = false;
  member.next_sequence = 0;
  member.expected.assign(size_of_room_, 0);
  member.client.connect();
}

void Swarm::resume(Member& member) {
  member.resuming = true;
  member.client.set_path(dialect_.path_to_resume(member.party));
  member.client.connect();
}

void Swarm::prepare(Member& member, const Payload& payload, bool to_room) {
  const Wrapping around =
      to_room ? dialect_.to_room(member.party) : dialect_.direct(member.party, partner(member).party);
  member.letter = Letter(member.index, around.before, around.after, payload);
}

void Swarm::send(Member& member, std::uint64_t time) {
  member.client.send(member.letter.write(member.next_sequence++, time));
}

void Swarm::received(Member& receiver, std::string_view message) {
  if (const auto stamp = find_stamp(message)) {
    const std::string receipt = dialect_.receipt(receiver.party);
    if (!receipt.empty()) receiver.client.send(receipt);
    return received_letter(receiver, message, *stamp);
  }
  received_other(receiver, message);
}

void Swarm::received_letter(Member& receiver, std::string_view message, const Stamp& stamp) {
  const bool known =
      stamp.sender < members_.size() && stamp.sender / size_of_room_ == receiver.index / size_of_room_;
  if (!known || (stamp.sender == receiver.index && !dialect_.echoes())) {
    ++faults_.strange;
    return complain("for somebody else", message);
  }
  Member& sender = *members_[stamp.sender];
  if (!sender.letter.is_in(message, stamp)) {
    ++faults_.damaged;
    return complain("damaged", message);
  }
  if (in_order(receiver, stamp)) workload_->on_letter(receiver, sender, stamp);
}

bool Swarm::in_order(Member& receiver, const Stamp& stamp) {
  std::uint32_t& expected = receiver.expected[stamp.sender % size_of_room_];
  if (stamp.sequence < expected) {
    ++faults_.late;
    return false;
  }
  faults_.lost += stamp.sequence - expected;
  expected = stamp.sequence + 1;
  return true;
}

void Swarm::received_other(Member& receiver, std::string_view message) {
  std::string answer;
  const Progress progress = dialect_.read(message, receiver.party, answer);
  if (!answer.empty()) receiver.client.send(answer);
  if (progress == Progress::refused) {
    ++faults_.strange;
    complain("unexpected", message);
  }
  if (progress == Progress::resumed && workload_ != nullptr) workload_->on_resumed(receiver);
  if (progress != Progress::joined || receiver.joined) return;
  receiver.joined = true;
  ++joined_;
  if (workload_ != nullptr) workload_->on_joined(receiver);
}

void Swarm::closed(Member& member, std::string_view why) {
  if (!member.leaving) {
    ++faults_.closed;
    complain("connection ended", why);
  }
  if (member.joined) --joined_;
  member.joined = false;
  if (workload_ != nullptr) workload_->on_gone(member);
}

}  // namespace bench
