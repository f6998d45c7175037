// Path 4/8: a message is decoded, and what it asks for is done under limits and policy. Next: core/peer_send.cpp
#include "core/peer_session.hpp"

#include <algorithm>
#include <utility>

#include "core/json_checks.hpp"
#include "text/per_thread.hpp"

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

constexpr auto id_of_room = [](const auto& membership) -> std::string_view { return membership.room->id(); };

}  // namespace

PeerSession::PeerSession(std::shared_ptr<RouterServices> services, Transport& transport,
                         std::unique_ptr<Protocol> protocol)
    : services_(std::move(services)),
      protocol_(std::move(protocol)),
      mailbox_(*this, services_->loops().of(transport.executor()), transport, protocol_->encoder(),
               services_->protocol_names().number_of(language()), services_->current_limits()),
      input_(*this, mailbox_, services_->current_limits(), *services_->options().clock) {}

PeerSession::PeerSession(std::shared_ptr<RouterServices> services, const std::shared_ptr<Loop>& loop,
                         std::shared_ptr<Protocol> protocol)
    : services_(std::move(services)),
      protocol_(std::move(protocol)),
      mailbox_(*this, loop, protocol_->encoder(), services_->protocol_names().number_of(language()),
               services_->current_limits()),
      input_(*this, mailbox_, services_->current_limits(), *services_->options().clock) {}

PeerSession::PeerSession(std::shared_ptr<RouterServices> services,
                         const boost::asio::any_io_executor& executor,
                         std::shared_ptr<EventReceiver> receiver)
    : services_(std::move(services)),
      mailbox_(*this, services_->loops().of(executor), std::move(receiver),
               services_->protocol_names().number_of(language()), services_->current_limits()),
      input_(*this, mailbox_, services_->current_limits(), *services_->options().clock) {}

PeerSession::~PeerSession() {
  if (admission_) admission_->abandon();
}

const PeerId& PeerSession::id() const noexcept {
  static const PeerId none;
  return is_admitted() ? mailbox_.id() : none;
}

const Identity& PeerSession::identity() const noexcept {
  static const Identity anonymous;
  const Identity* const shown = shown_identity_.load(std::memory_order_acquire);
  return shown != nullptr ? *shown : anonymous;
}

std::string_view PeerSession::language() const noexcept { return protocol_ ? protocol_->name() : "local"; }

void PeerSession::receive(const MessageView& message) {
  if (state_ == State::gone) return;
  const std::uint64_t count = mailbox_.traffic().received(message.bytes.size());
  if (grace_ && protocol_->is_counted(message)) grace_->count(message.bytes.size());
  const std::size_t max_bytes = protocol_->max_message_bytes(services_->limits());
  if (max_bytes != 0 && message.bytes.size() > max_bytes) {
    refuse(errc::message_too_large, {}, CloseReason::message_too_large);
    return;
  }
  if (!input_.must_wait() && input_.take_turn(message.bytes.size())) {
    return count % messages_per_measurement == 0 ? handle_measured(message) : handle(message);
  }
  defer({message.bytes.size(), InputQueue::Received{message.kind, std::string(message.bytes)}});
}

void PeerSession::handle_measured(const MessageView& message) {
  const TimePoint start = services_->now();
  handle(message);
  services_->counters().route.add(services_->now() - start);
}

void PeerSession::handle(const MessageView& message) {
  obey([&](std::vector<Command>& commands) { protocol_->decode(message, commands); });
}

void PeerSession::open_protocol() {
  obey([this](std::vector<Command>& commands) {
    protocol_->open(id(), *services_->options().clock, commands);
  });
}

template <class Ask>
void PeerSession::obey(Ask ask) {
  // Kept for its memory; commands are done with before the next message is decoded, except that a command may have to
  // wait, which copies what it needs.
  auto& reused = text::PerThread<std::vector<Command>, struct ReusedCommands>::get();
  std::vector<Command> commands = std::move(reused);
  commands.clear();
  ask(commands);
  for (const Command& command : commands) {
    if (state_ == State::gone) break;
    execute(command);
  }
  reused = std::move(commands);
  follow_deadline();
}

void PeerSession::follow_deadline() {
  const auto when = protocol_->deadline();
  if (!when || state_ == State::gone) return wake_up_.reset();
  if (wake_up_ && wake_up_->when == *when) return;
  wake_up_.reset(new WakeUp{*when, ScopedDeadline(loop().deadlines())});
  const auto delay = std::max(*when - services_->now(), std::chrono::nanoseconds(0));
  wake_up_->deadline.set(std::chrono::ceil<std::chrono::milliseconds>(delay), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->on_deadline();
  });
}

void PeerSession::on_deadline() {
  wake_up_.reset();
  if (state_ == State::gone) return;
  obey([this](std::vector<Command>& commands) { protocol_->on_deadline(commands); });
}

void PeerSession::alive() {
  if (state_ != State::open) return;
  obey([this](std::vector<Command>& commands) { protocol_->alive(commands); });
}

void PeerSession::execute(const Command& command) {
  std::visit(Overloaded{
                 [&](const command::Join& c) { join(c); },
                 [&](const command::Leave& c) { leave(c.room, c.request); },
                 [&](const command::Update& c) { update(c.room, c.metadata, c.request); },
                 [&](const command::Members& c) { members(c.room, c.request); },
                 [&](const command::Send& c) { send_now(c.message, c.request); },
                 [&](const command::Ping& c) {
                   if (!accepts_commands(c.request)) return;
                   if (c.received) acknowledged(*c.received, c.request);
                   event::Pong pong{c.request};
                   if (grace_) pong.received = grace_->take_received();
                   tell(pong);
                 },
                 [&](const command::Acknowledge& c) {
                   if (!is_early_) confirm_welcome();
                   acknowledged(c.received, {});
                 },
                 [&](const command::Invalid& c) {
                   if (accepts_commands(c.request)) tell_error(c.code, c.message, c.request);
                 },
                 [&](const command::Reply& c) { (void)mailbox_.push(c.frames, IfFull::close); },
                 [&](const command::Goodbye&) { close(CloseReason::normal); },
             },
             command);
}

bool PeerSession::accepts_commands(std::string_view request) {
  if (state_ == State::gone) return false;
  const std::size_t limit = services_->limits().max_id_bytes;
  if (limit == 0 || request.size() <= limit) return true;
  tell_error(errc::bad_request, "The id of the request is too long.", {});
  return false;
}

void PeerSession::defer(InputQueue::Item item) {
  if (!input_.push(std::move(item))) refuse_overload();
}

bool PeerSession::refuse_overload() {
  refuse(errc::overloaded, {}, CloseReason::overloaded);
  return false;
}

void PeerSession::await(std::weak_ptr<PeerJoin> join) {
  input_.await();
  join_ = std::move(join);
}

void PeerSession::join(std::string_view room, std::optional<std::string_view> metadata,
                       std::string_view request) {
  command::Join command;
  command.room = room;
  command.metadata = metadata;
  command.request = request;
  join(command);
}

void PeerSession::join(JoinRequest request) {
  if (!accepts_commands(request.request)) return;
  const std::size_t bytes = request.bytes();
  const auto begin = [this](JoinRequest& wanted) {
    std::make_shared<PeerJoin>(shared_from_this(), std::move(wanted))->begin();
  };
  if (!input_.must_wait()) return begin(request);
  defer(bytes, [begin, request = std::move(request)]() mutable { begin(request); });
}

bool PeerSession::take_join() {
  const Limits& limits = services_->limits();
  return joins_.take(limits.joins_per_second, room_limits().join_burst, services_->now());
}

RoomLimits PeerSession::room_limits() const noexcept {
  const Limits& limits = services_->limits();
  return protocol_ ? protocol_->room_limits(limits)
                   : RoomLimits{limits.max_rooms_per_peer, limits.max_id_bytes, limits.join_burst};
}

bool PeerSession::is_room_name(std::string_view room) const noexcept {
  const std::size_t max_bytes = room_limits().max_name_bytes;
  return !room.empty() && (max_bytes == 0 || room.size() <= max_bytes);
}

void PeerSession::leave(std::string_view room, std::string_view request) { leave(room, request, {}); }

void PeerSession::leave(std::string_view room, std::string_view request,
                        Callback<void(std::error_code)> done) {
  if (!accepts_commands(request)) return;
  if (input_.must_wait()) {
    return defer(room.size() + request.size(),
                 [this, room = std::string(room), request = std::string(request),
                  done = std::move(done)]() mutable { leave(room, request, std::move(done)); });
  }
  errc error = errc::ok;
  if (!leave_room(room, LeaveReason::leave, std::string(request), {})) {
    error = is_room_name(room) ? errc::not_joined : errc::bad_id;
  }
  if (done) return done(error == errc::ok ? std::error_code() : error);
  if (error != errc::ok) tell_error(error, {}, request);
}

bool PeerSession::leave_room(std::string_view id, LeaveReason reason, const std::string& request,
                             const std::string& why) {
  const Membership* const joined = membership_of(id);
  if (joined == nullptr) return false;
  const auto room = joined->room;
  rooms_.erase(rooms_.begin() + (joined - rooms_.data()));
  services_->policy().left(*this, room->id(), reason);
  tell_room_of_leave(room, reason, request, why);
  return true;
}

void PeerSession::tell_room_of_leave(const std::shared_ptr<RoomView>& room, LeaveReason reason,
                                     const std::string& request, const std::string& why) {
  RoomChange change = room_change::Leave{mailbox(), reason, request, why};
  if (room->submit(change)) return;
  // Another life of this peer has pushed it out, and the room here has gone with its last member.
  services_->store().leave({room->id(), mailbox_.id(), epoch(), reason}, [](std::error_code, Version) {});
  tell(event::Left{room->id(), reason, request, why});
}

void PeerSession::update(std::string_view room, std::string_view metadata, std::string_view request) {
  if (!accepts_commands(request)) return;
  if (input_.must_wait()) {
    return defer(room.size() + metadata.size() + request.size(),
                 [this, room = std::string(room), metadata = std::string(metadata),
                  request = std::string(request)] { update(room, metadata, request); });
  }
  if (membership_of(room) == nullptr) {
    return tell_error(is_room_name(room) ? errc::not_joined : errc::bad_id, {}, request);
  }
  const std::size_t limit = services_->limits().max_metadata_bytes;
  if (limit != 0 && metadata.size() > limit) return tell_error(errc::metadata_too_large, {}, request);
  if (!is_metadata(metadata)) return tell_error(errc::bad_json, metadata_is_not_json, request);
  const Decision decision = may_update(room, metadata);
  if (!decision.allowed()) return tell_error(decision.code(), decision.reason(), request);
  (void)replace_metadata(room, Payload(metadata), room_change::Update::Answer::updated, request);
}

Decision PeerSession::may_update(std::string_view room, std::string_view metadata) {
  if (!services_->has_policy() || is_local()) return Decision::allow();
  return services_->policy().authorize_update(*this, {room, metadata});
}

bool PeerSession::replace_metadata(std::string_view room, Payload metadata,
                                   room_change::Update::Answer answer, std::string_view request) {
  auto pending = input_.charge(metadata.size() + request.size());
  if (!pending) return refuse_overload();
  Membership& joined = *membership_of(room);
  joined.metadata = std::move(metadata);
  RoomChange change =
      room_change::Update{mailbox(), joined.metadata, answer, std::string(request), std::move(*pending)};
  joined.room->submit(change);
  return true;
}

void PeerSession::members(std::string_view room, std::string_view request) {
  if (!accepts_commands(request)) return;
  if (input_.must_wait()) {
    return defer(room.size() + request.size(), [this, room = std::string(room),
                                                request = std::string(request)] { members(room, request); });
  }
  if (membership_of(room) == nullptr) {
    return tell_error(is_room_name(room) ? errc::not_joined : errc::bad_id, {}, request);
  }
  (void)list(room, room_change::List::Answer::members, request);
}

bool PeerSession::list(std::string_view room, room_change::List::Answer answer, std::string_view request) {
  auto pending = input_.charge(request.size());
  if (!pending) return refuse_overload();
  RoomChange change = room_change::List{mailbox(), answer, std::string(request), std::move(*pending)};
  membership_of(room)->room->submit(change);
  return true;
}

std::vector<RoomId> PeerSession::rooms() const {
  std::vector<RoomId> ids;
  ids.reserve(rooms_.size());
  for (const Membership& membership : rooms_) ids.push_back(membership.room->id());
  return ids;
}

PeerSession::Membership* PeerSession::membership_of(std::string_view room) {
  const auto place = std::ranges::lower_bound(rooms_, room, {}, id_of_room);
  return place != rooms_.end() && place->room->id() == room ? &*place : nullptr;
}

void PeerSession::add_room(std::shared_ptr<RoomView> room, Payload metadata) {
  const auto place = std::ranges::lower_bound(rooms_, std::string_view(room->id()), {}, id_of_room);
  const RoomView& added = *room;
  rooms_.insert(place, Membership{std::move(room), std::move(metadata)});
  if (grace_ && grace_->is_told()) membership_of(added.id())->room->set_away(mailbox_, true);
  services_->policy().joined(*this, added.id());
}

bool PeerSession::has_alias(std::string_view name) const {
  return services_->directory().find(name).peer.get() == this;
}

std::size_t PeerSession::alias_count() {
  std::erase_if(aliases_, [&](const std::string& name) { return !has_alias(name); });
  return aliases_.size();
}

void PeerSession::add_alias(std::string_view name) {
  if (std::ranges::find(aliases_, name) == aliases_.end()) aliases_.emplace_back(name);
}

}  // namespace signaling
