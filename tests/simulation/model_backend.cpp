#include "simulation/model_backend.hpp"

#include <algorithm>
#include <utility>

namespace signaling::simulation {
namespace {

using redis::Session;
using std::chrono::microseconds;

// After this long without an answer a client takes the connection for dead.
constexpr milliseconds patience{2'000};

/// For operations that answer with an error code alone.
struct Nothing {};

Callback<void(std::error_code, Nothing)> without_value(Callback<void(std::error_code)> done) {
  return [done = std::move(done)](std::error_code error, Nothing) mutable { done(error); };
}

std::string about(const RoomId& room, const PeerId& peer, Epoch epoch) {
  return room + " " + peer + " " + std::to_string(epoch);
}

}  // namespace

ModelBackend::ModelBackend(World world, Dice dice, Enter enter)
    : world_(world), dice_(dice), enter_(std::move(enter)) {}

std::chrono::nanoseconds ModelBackend::delay() {
  const auto most = static_cast<std::size_t>(microseconds(world_.wire.max_delay).count());
  return microseconds(50 + dice_.below(most));
}

void ModelBackend::at_database(Callback<void()> what) {
  if (world_.wire.hangs) {
    world_.wire.backlog.push_back(std::move(what));
  } else {
    what();
  }
}

template <class Value, class Operation>
void ModelBackend::call(std::string what, Operation operation, Callback<void(std::error_code, Value)> done) {
  auto result = std::make_shared<Result<Value>>();
  auto command = std::make_shared<Command>();
  command->apply = [result, operation = std::move(operation), what = std::move(what), &trace = world_.trace] {
    *result = operation();
    trace.line("database", result->error ? what + ": " + result->error.message() : what);
  };
  command->finish = [result, done = std::move(done)](std::error_code lost) mutable {
    if (lost) {
      done(lost, {});
    } else {
      done(result->error, std::move(result->value));
    }
  };
  send(command);
}

// A node that knows nothing of its gaps counts without them.
template <class Value, class Operation>
void ModelBackend::call_about_room(std::string what, Operation operation,
                                   Callback<void(std::error_code, Value)> done) {
  call<Value>(std::move(what), std::move(operation),
              [weak = weak_from_this(), done = std::move(done)](std::error_code error, Value value) mutable {
                if (const auto self = weak.lock()) value.place -= std::min(value.place, self->hidden_);
                done(error, std::move(value));
              });
}

void ModelBackend::send(const std::shared_ptr<Command>& command) {
  const bool is_refused = reach_ == Reach::refused || !world_.wire.is_up;
  if (is_refused || world_.scheduler.now() < broken_until_) return fail(command);
  outstanding_.push_back(command);
  give_up_after_timeout(command, connection_);
  if (reach_ == Reach::black_hole) {
    command->is_lost = true;
    return;
  }
  last_arrival_ = std::max(last_arrival_, world_.scheduler.now() + delay());
  // Should the node end meanwhile, what it has sent is still on its way.
  world_.scheduler.at(last_arrival_, [self = shared_from_this(), command, connection = connection_] {
    self->at_database([self, command, connection] { self->arrive(command, connection); });
  });
}

void ModelBackend::arrive(const std::shared_ptr<Command>& command, std::uint64_t connection) {
  if (command->is_lost || !world_.wire.is_up) return;
  const bool is_late = connection != connection_;
  if (!is_late && dice_.once_in(world_.wire.fails_before)) return break_connection();
  command->has_arrived = true;
  command->apply();
  if (is_late) return;
  if (dice_.once_in(world_.wire.fails_after)) return break_connection();
  last_answer_ = std::max(last_answer_, world_.scheduler.now() + delay());
  world_.scheduler.at(last_answer_, [weak = weak_from_this(), command, connection] {
    if (const auto self = weak.lock()) self->answer(command, connection);
  });
}

void ModelBackend::answer(const std::shared_ptr<Command>& command, std::uint64_t connection) {
  if (connection != connection_ || !enter_ || !is_reachable()) return;
  std::erase(outstanding_, command);
  enter_([command] { command->finish({}); });
}

void ModelBackend::give_up_after_timeout(const std::shared_ptr<Command>& command, std::uint64_t connection) {
  world_.scheduler.after(patience, [weak = weak_from_this(), command, connection] {
    const auto self = weak.lock();
    if (!self || !self->enter_ || connection != self->connection_) return;
    if (std::ranges::find(self->outstanding_, command) != self->outstanding_.end()) self->break_connection();
  });
}

// Failures are told in the order of the commands, and not before those of a connection that has just broken.
void ModelBackend::fail(const std::shared_ptr<Command>& command) {
  last_answer_ = std::max({last_answer_, broken_until_, world_.scheduler.now() + delay()});
  world_.scheduler.at(last_answer_, [weak = weak_from_this(), command] {
    const auto self = weak.lock();
    if (self && self->enter_) self->enter_([command] { command->finish(errc::store_unavailable); });
  });
}

void ModelBackend::break_connection() {
  ++connection_;
  broken_until_ = world_.scheduler.now() + dice_.between(milliseconds(0), milliseconds(200));
  for (const auto& command : std::exchange(outstanding_, {})) {
    if (!command->has_arrived && !command->is_lost) {
      command->is_lost = dice_.percent(50);
      if (!command->is_lost) apply_late(command);
    }
    fail(command);
  }
}

// The planned arrival passes by; this one comes instead, perhaps when the node has long gone on.
void ModelBackend::apply_late(const std::shared_ptr<Command>& command) {
  command->is_lost = true;
  last_late_ =
      std::max(last_late_, world_.scheduler.now() + dice_.between(milliseconds(0), milliseconds(800)));
  world_.scheduler.at(last_late_, [self = shared_from_this(), command] {
    self->at_database([self, command] {
      if (self->world_.wire.is_up) command->apply();
    });
  });
}

void ModelBackend::set_reach(Reach reach) {
  const bool was_black_hole = std::exchange(reach_, reach) == Reach::black_hole;
  // Nothing is answered behind what has vanished.
  if (was_black_hole && !outstanding_.empty()) break_connection();
  if (reach == Reach::refused) cut_off();
  if (reach == Reach::black_hole && read_) deaf_ = true;
}

void ModelBackend::cut_off() {
  break_connection();
  if (read_ && !deaf_) finish_read(read_->number, errc::store_unavailable, {});
}

void ModelBackend::die() {
  enter_ = nullptr;
  ++connection_;
  read_.reset();
  for (const auto& command : std::exchange(outstanding_, {})) command->finish = {};
}

void ModelBackend::open(const NodeId& node, redis::InboxPlace next,
                        Callback<void(std::error_code, Opened)> done) {
  calls_ = 0;
  next = real_place(next);
  auto& database = world_.database;
  // What the database says of its run comes with the answer.
  auto run = std::make_shared<std::uint64_t>(run_);
  call<Opened>(
      node + " opens at " + std::to_string(next.number),
      [&database, node, next, run] {
        auto opened = database.open(node, next, *run);
        *run = database.run();
        return opened;
      },
      [weak = weak_from_this(), run, done = std::move(done)](std::error_code error, Opened opened) mutable {
        const auto self = weak.lock();
        if (self && !error) self->run_ = *run;
        done(error, opened);
      });
}

void ModelBackend::renew(const NodeId& node, Session session, std::uint64_t probe,
                         Callback<void(std::error_code, std::uint64_t)> done) {
  auto& database = world_.database;
  const SessionCall who = next_call(node, session);
  call<std::uint64_t>(
      node + " renews", [&database, who, probe] { return database.renew(who, probe); }, std::move(done));
}

void ModelBackend::reap(const NodeId& node, Session session, Callback<void(std::error_code, bool)> done) {
  auto& database = world_.database;
  const SessionCall who = next_call(node, session);
  call<bool>(
      node + " reaps", [&database, who] { return database.reap(who); }, std::move(done));
}

void ModelBackend::claim(const NodeId& node, Session session, Claim claim,
                         Callback<void(std::error_code, Epoch)> done) {
  auto& database = world_.database;
  const SessionCall who = next_call(node, session);
  call<Epoch>(
      node + " claims " + claim.peer + " " + std::to_string(claim.epoch) +
          (claim.resume.empty() ? "" : " again"),
      [&database, who, claim] { return database.claim(who, claim); }, std::move(done));
}

void ModelBackend::release(const NodeId& node, Session session, std::string peer, Epoch epoch,
                           Callback<void(std::error_code)> done) {
  auto& database = world_.database;
  const SessionCall who = next_call(node, session);
  call<Nothing>(
      node + " releases " + peer + " " + std::to_string(epoch),
      [&database, who, peer, epoch] { return Result<Nothing>{database.release(who, peer, epoch)}; },
      without_value(std::move(done)));
}

void ModelBackend::join(Session session, Join request, Callback<void(std::error_code, Joined)> done) {
  auto& database = world_.database;
  const SessionCall who = next_call(request.member.node, session);
  call_about_room<Joined>(
      request.member.node + " joins " + about(request.room, request.member.id, request.member.epoch),
      [&database, who, request] { return database.join(who, request); }, std::move(done));
}

void ModelBackend::leave(const NodeId& node, Session session, RoomId room, PeerId peer, Epoch epoch,
                         LeaveReason reason, Callback<void(std::error_code, Changed)> done) {
  auto& database = world_.database;
  const SessionCall who = next_call(node, session);
  call_about_room<Changed>(
      node + " leaves " + about(room, peer, epoch),
      [&database, who, room, peer, epoch, reason] { return database.leave(who, room, peer, epoch, reason); },
      std::move(done));
}

void ModelBackend::update(const NodeId& node, Session session, RoomId room, PeerId peer, Epoch epoch,
                          Payload metadata, Callback<void(std::error_code, Changed)> done) {
  auto& database = world_.database;
  const SessionCall who = next_call(node, session);
  call_about_room<Changed>(
      node + " updates " + about(room, peer, epoch) + " " + std::string(metadata.view()),
      [&database, who, room, peer, epoch, metadata] {
        return database.update(who, room, peer, epoch, metadata);
      },
      std::move(done));
}

void ModelBackend::snapshot(const NodeId& node, Session session, RoomId room, Version known_version,
                            Callback<void(std::error_code, Seen)> done) {
  auto& database = world_.database;
  const SessionCall who = next_call(node, session);
  call_about_room<Seen>(
      node + " looks at " + room + " " + std::to_string(known_version),
      [&database, who, room, known_version] { return database.snapshot(who, room, known_version); },
      std::move(done));
}

void ModelBackend::publish(const NodeId& node, Session session, redis::Batch batch,
                           Callback<void(std::error_code, std::vector<std::uint32_t>)> done) {
  auto& database = world_.database;
  const SessionCall who = next_call(node, session);
  call<std::vector<std::uint32_t>>(
      node + " publishes " + std::to_string(batch.number),
      [&database, who, batch] { return database.publish(who, batch); }, std::move(done));
}

void ModelBackend::own(const NodeId& node, Session session, Callback<void(std::error_code, Owned)> done) {
  auto& database = world_.database;
  const SessionCall who = next_call(node, session);
  call<Owned>(
      node + " asks what it has", [&database, who] { return database.own(who); }, std::move(done));
}

void ModelBackend::goodbye(const NodeId& node, Session session, Callback<void(std::error_code)> done) {
  auto& database = world_.database;
  const SessionCall who = next_call(node, session);
  call<Nothing>(
      node + " says goodbye", [&database, who] { return Result<Nothing>{database.goodbye(who)}; },
      without_value(std::move(done)));
}

}  // namespace signaling::simulation
