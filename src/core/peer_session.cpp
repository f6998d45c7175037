// Path 4/8: limits and policy. Next: core/room_view.cpp
#include "core/peer_session.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "core/initiation.hpp"
#include "core/router_core.hpp"

namespace signaling {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;  // clang 16 does not deduce aggregates

// Looking at the clock twice costs a good part of what a message costs.
constexpr std::uint64_t messages_per_measurement = 128;

// Each thing that waits costs something even when it carries no bytes.
constexpr std::size_t pending_overhead = 64;

// So much may wait before the transport is asked to stop reading.
constexpr std::size_t max_read_ahead = std::size_t{64} * 1024;

// Whose turn has not come waits so long, again and again.
constexpr std::chrono::milliseconds turn_interval{20};

// Who sends to a peer for which too much waits may not be faster than this.
constexpr std::uint64_t crowded_bytes_per_second = 1024 * 1024;

std::chrono::milliseconds time_to_hold_back(std::size_t bytes) {
  return std::max(turn_interval, std::chrono::milliseconds(1000 * bytes / crowded_bytes_per_second));
}

constexpr auto id_of_room = [](const auto& membership) -> std::string_view { return membership.room->id(); };

}  // namespace

PeerSession::PeerSession(std::shared_ptr<RouterCore> core, Transport& transport,
                         std::unique_ptr<Protocol> protocol, PeerOrigin origin)
    : core_(std::move(core)),
      protocol_(std::move(protocol)),
      origin_(origin),
      mailbox_(*this, core_->loop_for(transport.executor()), transport, protocol_->encoder(),
               core_->protocol_names().number_of(protocol_->name()), core_->current_limits()) {}

PeerSession::~PeerSession() = default;

const PeerId& PeerSession::id() const noexcept {
  static const PeerId none;
  return has_id_.load(std::memory_order_acquire) ? mailbox_.id() : none;
}

const Identity& PeerSession::identity() const noexcept {
  static const Identity anonymous;
  return has_id_.load(std::memory_order_acquire) && identity_ ? *identity_ : anonymous;
}

void PeerSession::receive(const MessageView& message) {
  if (state_ == State::gone) return;
  const std::uint64_t count = mailbox_.traffic().received(message.bytes.size());
  const Limits& limits = core_->limits();
  const std::size_t max_bytes = protocol_->max_message_bytes(limits);
  if (max_bytes != 0 && message.bytes.size() > max_bytes) {
    refuse(errc::message_too_large, {}, CloseReason::message_too_large);
    return;
  }
  if (!must_wait() && take_turn(message.bytes.size())) {
    return count % messages_per_measurement == 0 ? handle_measured(message) : handle(message);
  }
  const std::size_t bytes = message.bytes.size();
  defer({bytes, bytes, [this, kind = message.kind, copy = std::string(message.bytes)] {
           handle({kind, copy});
         }});
}

bool PeerSession::take_turn(std::size_t bytes) {
  if (turn_) return false;
  const auto wait = time_to_turn(bytes);
  if (wait.count() == 0) return true;
  turn_ = deadlines().set(wait, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->turn_.reset();
    self->resume();
  });
  return false;
}

std::chrono::milliseconds PeerSession::time_to_turn(std::size_t bytes) {
  if (mailbox_.take_hold()) return time_to_hold_back(bytes);
  // What it asks for needs room in its own mailbox, and what it asked of rooms, time.
  if (mailbox_.is_crowded() || bytes_in_rooms_.load(std::memory_order_relaxed) > read_ahead())
    return turn_interval;
  const Limits& limits = core_->limits();
  // The clock is asked only where there is a limit: it costs as much as looking up a peer.
  if (limits.messages_per_second == 0 && limits.bytes_per_second == 0) return std::chrono::milliseconds(0);
  return rate_.take(limits, bytes, core_->now());
}

void PeerSession::handle_measured(const MessageView& message) {
  const TimePoint start = core_->now();
  handle(message);
  core_->counters().route.add(core_->now() - start);
}

void PeerSession::handle(const MessageView& message) {
  // Kept for its memory; commands are done with before the next message is decoded, except that a command may have to
  // wait, which copies what it needs.
  thread_local std::vector<Command> reused;
  std::vector<Command> commands = std::move(reused);
  commands.clear();
  protocol_->decode(message, commands);
  for (const Command& command : commands) {
    if (state_ == State::gone) break;
    execute(command);
  }
  reused = std::move(commands);
}

void PeerSession::execute(const Command& command) {
  std::visit(Overloaded{
                 [&](const command::Join& c) { join(c); },
                 [&](const command::Leave& c) { leave(c.room, c.request); },
                 [&](const command::Update& c) { update(c.room, c.metadata, c.request); },
                 [&](const command::Members& c) { members(c.room, c.request); },
                 [&](const command::Send& c) { send_now(c.envelope, c.request); },
                 [&](const command::Ping& c) {
                   if (accepts_commands(c.request)) tell(event::Pong{c.request});
                 },
                 [&](const command::Invalid& c) {
                   if (accepts_commands(c.request)) tell_error(c.code, c.message, c.request);
                 },
                 [&](const command::Reply& c) { (void)mailbox_.push(c.frames, IfFull::close); },
                 [&](const command::Goodbye&) { close(CloseReason::normal); },
             },
             command);
}

bool PeerSession::may_update(std::string_view room, std::string_view metadata, std::string_view request) {
  if (!core_->has_policy() || is_local()) return true;
  const Decision decision = core_->policy().authorize_update(*this, {room, metadata});
  if (!decision.allowed()) tell_error(decision.code(), decision.reason(), request);
  return decision.allowed();
}

void PeerSession::list(const std::shared_ptr<RoomView>& room, room_change::List::Answer answer,
                       std::string request) {
  auto pending = charge(request.size());
  if (!pending) return;
  RoomChange list = room_change::List{mailbox(), answer, std::move(request), std::move(*pending)};
  room->submit(list);
}

void PeerSession::leave(std::string_view room, std::string_view request) {
  if (!accepts_commands(request)) return;
  if (must_wait()) {
    return defer(room.size() + request.size(),
                 [this, room = std::string(room), request = std::string(request)] { leave(room, request); });
  }
  if (!leave_room(room, LeaveReason::leave, std::string(request), {})) {
    tell_error(valid_id(room) ? errc::not_joined : errc::bad_id, {}, request);
  }
}

bool PeerSession::leave_room(std::string_view id, LeaveReason reason, const std::string& request,
                             const std::string& why) {
  const Membership* const joined = membership_of(id);
  if (joined == nullptr) return false;
  const auto room = joined->room;
  rooms_.erase(rooms_.begin() + (joined - rooms_.data()));
  core_->policy().left(*this, room->id(), reason);
  tell_room_of_leave(room, reason, request, why);
  return true;
}

void PeerSession::tell_room_of_leave(const std::shared_ptr<RoomView>& room, LeaveReason reason,
                                     const std::string& request, const std::string& why) {
  RoomChange change = room_change::Leave{mailbox(), reason, request, why};
  if (room->submit(change)) return;
  // Another life of this peer has pushed it out, and the room here has gone with its last member.
  core_->store().leave({room->id(), mailbox_.id(), epoch(), reason}, [](std::error_code, Version) {});
  tell(event::Left{room->id(), reason, request, why});
}

void PeerSession::update(std::string_view room, std::string_view metadata, std::string_view request) {
  if (!accepts_commands(request)) return;
  if (must_wait()) {
    return defer(room.size() + metadata.size() + request.size(),
                 [this, room = std::string(room), metadata = std::string(metadata),
                  request = std::string(request)] { update(room, metadata, request); });
  }
  Membership* joined = membership_of(room);
  if (joined == nullptr) return tell_error(valid_id(room) ? errc::not_joined : errc::bad_id, {}, request);
  const std::size_t limit = core_->limits().max_metadata_bytes;
  if (limit != 0 && metadata.size() > limit) return tell_error(errc::metadata_too_large, {}, request);
  if (!may_update(room, metadata, request)) return;
  auto pending = charge(metadata.size() + request.size());
  if (!pending) return;
  joined->metadata = Payload(metadata);
  RoomChange change = room_change::Update{mailbox(), joined->metadata, room_change::Update::Answer::updated,
                                          std::string(request), std::move(*pending)};
  joined->room->submit(change);
}

void PeerSession::members(std::string_view room, std::string_view request) {
  if (!accepts_commands(request)) return;
  if (must_wait()) {
    return defer(room.size() + request.size(), [this, room = std::string(room),
                                                request = std::string(request)] { members(room, request); });
  }
  const Membership* joined = membership_of(room);
  if (joined == nullptr) return tell_error(valid_id(room) ? errc::not_joined : errc::bad_id, {}, request);
  list(joined->room, room_change::List::Answer::members, std::string(request));
}

std::vector<RoomId> PeerSession::rooms() const {
  std::vector<RoomId> ids;
  ids.reserve(rooms_.size());
  for (const Membership& membership : rooms_) ids.push_back(membership.room->id());
  return ids;
}

bool PeerSession::accepts_commands(std::string_view request) {
  if (state_ == State::gone) return false;
  const std::size_t limit = core_->limits().max_id_bytes;
  if (limit == 0 || request.size() <= limit) return true;
  tell_error(errc::bad_request, "The id of the request is too long.", {});
  return false;
}

bool PeerSession::valid_id(std::string_view id) const noexcept {
  const std::size_t limit = core_->limits().max_id_bytes;
  return !id.empty() && (limit == 0 || id.size() <= limit);
}

bool PeerSession::valid_peer_id(std::string_view id) const noexcept {
  return valid_id(id) && !id.starts_with(alias_mark);
}

PeerSession::Membership* PeerSession::membership_of(std::string_view room) {
  const auto place = std::ranges::lower_bound(rooms_, room, {}, id_of_room);
  return place != rooms_.end() && place->room->id() == room ? &*place : nullptr;
}

void PeerSession::add_room(std::shared_ptr<RoomView> room, Payload metadata) {
  const auto place = std::ranges::lower_bound(rooms_, std::string_view(room->id()), {}, id_of_room);
  rooms_.insert(place, Membership{std::move(room), std::move(metadata)});
}

void PeerSession::defer(InputQueue::Item item) {
  item.bytes += pending_overhead;
  if (!has_room()) return refuse(errc::overloaded, {}, CloseReason::overloaded);
  if (!input_) input_ = std::make_unique<InputQueue>();
  input_->push(std::move(item));
  update_reading();
}

std::size_t PeerSession::pending_bytes() const noexcept {
  return (input_ ? input_->bytes() : 0) + bytes_in_rooms_.load(std::memory_order_relaxed);
}

bool PeerSession::has_room() const noexcept {
  const std::size_t limit = core_->limits().max_pending_bytes;
  return limit == 0 || pending_bytes() <= limit;
}

std::size_t PeerSession::read_ahead() const noexcept {
  const std::size_t limit = core_->limits().max_pending_bytes;
  return limit == 0 ? max_read_ahead : std::min(max_read_ahead, limit / 2);
}

std::optional<PendingBytes> PeerSession::charge(std::size_t bytes) {
  if (!has_room()) {
    refuse(errc::overloaded, {}, CloseReason::overloaded);
    return std::nullopt;
  }
  return PendingBytes(std::shared_ptr<std::atomic<std::size_t>>(shared_from_this(), &bytes_in_rooms_),
                      bytes + pending_overhead);
}

void PeerSession::resume() {
  if (!input_ || input_->is_running()) return;
  while (!busy_ && state_ != State::gone && !input_->is_empty()) {
    const auto charge = input_->front().message_bytes;
    if (charge && !take_turn(*charge)) break;
    input_->run_front();
  }
  if (input_->is_empty()) input_.reset();
  update_reading();
}

// A client that sends faster than it may, or much while it waits for an answer, is held back by TCP.
void PeerSession::update_reading() {
  const bool wanted = !turn_ && (!input_ || input_->bytes() <= read_ahead());
  if (mailbox_.transport() == nullptr || std::exchange(is_reading_, wanted) == wanted) return;
  mailbox_.transport()->set_reading(wanted);
}

void PeerSession::on_executor(Callback<void()> function) {
  if (Initiation::complete_inline(this)) {
    function();
  } else {
    boost::asio::post(executor(), std::move(function));
  }
}

}  // namespace signaling
