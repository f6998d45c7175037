// A peer's beginning and end: admission, the id, what it leaves.
#include <boost/asio/post.hpp>
#include <utility>

#include "core/answer.hpp"
#include "core/initiation.hpp"
#include "core/peer_session.hpp"
#include "core/router_core.hpp"

namespace signaling {
namespace {

LeaveReason leave_reason(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::timeout: return LeaveReason::timeout;
    case CloseReason::kicked: return LeaveReason::kicked;
    default: return LeaveReason::disconnect;
  }
}

// After an end that nobody has meant, the client tries to come back.
bool may_come_back(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::lost:
    case CloseReason::timeout:
    case CloseReason::slow_consumer:
    case CloseReason::going_away:
    case CloseReason::overloaded:
    case CloseReason::internal: return true;
    default: return false;
  }
}

}  // namespace

std::string_view cut_why(std::string_view why) noexcept {
  if (why.size() <= max_why_bytes) return why;
  std::size_t end = max_why_bytes;
  // RFC 3629 3: these bytes continue a character, three at most.
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(why[at]) & 0xC0U) == 0x80U;
  };
  while (end > max_why_bytes - 3 && continues(end)) --end;
  return why.substr(0, end);
}

void PeerSession::admit(ConnectInfo info) {
  Wish wish{std::move(info.wished_id), std::move(info.resume)};
  if (!core_->has_policy()) return on_admission(Admission{}, wish);
  info.wished_id = wish.id;
  info.resume = wish.resume;
  busy_ = true;
  {
    const Initiation initiation(this);
    core_->policy().authenticate(
        info,
        Answer(
            [self = shared_from_this(), wish = std::move(wish)](Admission admission) mutable {
              self->on_executor([self, admission = std::move(admission), wish = std::move(wish)]() mutable {
                if (self->state_ == State::gone) return;
                self->busy_ = false;
                self->on_admission(admission, wish);
                self->resume();
              });
            },
            [core = core_](auto& answer) {
              if (!core->is_closed()) answer(Admission{Decision::refuse({}, errc::internal), {}, {}});
            }));
  }
  if (state_ == State::admitting) await_answer({});
}

void PeerSession::admit_local(PeerId id, Identity identity, std::unique_ptr<Transport> transport) {
  own_transport_ = std::move(transport);
  Admission admission;
  admission.identity = std::move(identity);
  if (!id.empty()) admission.peer_id = std::move(id);
  on_admission(admission, {});
}

void PeerSession::on_admission(const Admission& admission, const Wish& wish) {
  if (!admission.decision.allowed()) {
    const errc code = admission.decision.code();
    const CloseReason reason = code == errc::internal ? CloseReason::internal : CloseReason::unauthorized;
    return refuse(code, admission.decision.reason(), reason);
  }
  const Identity& identity = admission.identity;
  if (!identity.subject.empty() || !identity.attributes.empty() || identity.context.has_value()) {
    identity_ = std::make_unique<Identity>(identity);
  }
  auto id = choose_id(admission, wish);
  if (!id) {
    const std::string_view wanted = admission.peer_id ? *admission.peer_id : wish.id;
    const bool is_alias = wanted.starts_with(alias_mark);
    const std::string_view message = is_alias ? "A peer id does not begin with the byte 0x1F." : "";
    return refuse(errc::bad_id, message, CloseReason::unauthorized);
  }
  claim(std::move(*id), wish.resume);
}

std::optional<PeerId> PeerSession::choose_id(const Admission& admission, const Wish& wish) {
  if (admission.peer_id) return valid_peer_id(*admission.peer_id) ? admission.peer_id : std::nullopt;
  if (!wish.id.empty()) {
    if (core_->options().client_ids == ClientIds::accept) {
      has_wished_id_ = true;
      return valid_peer_id(wish.id) ? std::optional(wish.id) : std::nullopt;
    }
    // Nobody chooses an id here, but who proves to be its owner keeps it.
    const auto holder = core_->directory().find_peer(wish.id);
    if (holder && holder->proves(wish.resume)) return wish.id;
  }
  return core_->new_id();
}

void PeerSession::claim(PeerId id, std::string_view resume) {
  busy_ = true;
  if (!resume.empty()) core_->end_reservation(id, resume);
  // An earlier connection of the same client to this node leaves its rooms first.
  const auto holder = resume.empty() ? nullptr : core_->directory().find_peer(id);
  if (holder && holder->proves(resume)) {
    await_answer({});
    return holder->replace([self = shared_from_this(), id = std::move(id)]() mutable {
      boost::asio::post(self->executor(),
                        [self, id = std::move(id)]() mutable { self->claim(std::move(id), {}); });
    });
  }
  secret_ = core_->new_id();
  {
    const Initiation initiation(this);
    core_->store().claim({core_->options().node, id, secret_, resume},
                         [self = shared_from_this(), id](std::error_code error, Epoch epoch) mutable {
                           self->on_executor([self, error, epoch, id = std::move(id)]() mutable {
                             self->on_claimed(error, epoch, std::move(id));
                           });
                         });
  }
  if (state_ == State::admitting) await_answer({});
}

// An answer that was given at once needs no deadline.
void PeerSession::await_answer(std::string_view request) {
  if (!busy_ || deadline_) return;
  const auto timeout = core_->limits().decision_timeout;
  if (timeout.count() <= 0) return;
  deadline_ = deadlines().set(timeout, [weak = weak_from_this(), request = std::string(request)] {
    if (const auto self = weak.lock()) self->on_no_answer(request);
  });
}

void PeerSession::stop_waiting() {
  if (const auto deadline = std::exchange(deadline_, std::nullopt)) deadlines().cancel(*deadline);
}

void PeerSession::on_no_answer(std::string_view request) {
  static constexpr std::string_view message = "The server took too long to decide.";
  deadline_.reset();
  if (state_ == State::gone) return;
  if (state_ == State::admitting) return refuse(errc::internal, message, CloseReason::internal);
  ++decision_;  // it may come later, and is not waited for any more
  busy_ = false;
  tell_error(errc::internal, message, request);
  resume();
}

void PeerSession::on_claimed(std::error_code error, Epoch epoch, PeerId id) {
  busy_ = false;
  stop_waiting();
  if (state_ == State::gone) {
    if (!error) core_->store().release(id, epoch);
    return;
  }
  if (error == errc::id_in_use) return refuse(errc::id_in_use, {}, CloseReason::unauthorized);
  if (error) return refuse(errc::store_unavailable, {}, CloseReason::internal);
  mailbox_.address(std::move(id), epoch);
  has_id_.store(true, std::memory_order_release);
  switch (core_->add_peer(shared_from_this())) {
    case RouterCore::Added::yes: break;
    case RouterCore::Added::full:
      core_->store().release(mailbox_.id(), this->epoch());
      return refuse(errc::too_many_peers, {}, CloseReason::overloaded);
    case RouterCore::Added::shutting_down:
      core_->store().release(mailbox_.id(), this->epoch());
      return refuse(errc::closed, {}, CloseReason::going_away);
  }
  state_ = State::open;
  const std::string ice_servers = is_local() ? std::string() : core_->policy().ice_servers(*this);
  tell(event::Welcome{this->id(), secret_, ice_servers});
  core_->policy().connected(shared_from_this());
  core_->log(LogLevel::debug, "peer-connected", {{"peer", mailbox_.id()}, {"protocol", protocol_->name()}});
  std::vector<Command> commands;
  protocol_->open(this->id(), commands);
  for (const Command& command : commands) execute(command);
  resume();
}

bool PeerSession::proves(std::string_view secret) const noexcept {
  return !secret_.empty() && equal_secrets(secret_, secret);
}

void PeerSession::replace(Callback<void()> done) {
  boost::asio::post(executor(), [self = shared_from_this(), done = std::move(done)]() mutable {
    self->close(CloseReason::replaced);
    self->end(CloseReason::replaced);
    done();
  });
}

void PeerSession::refuse(errc code, std::string_view message, CloseReason reason) {
  tell_error(code, message, {});
  close(reason);
  end(reason);
}

void PeerSession::kick(std::string_view room, std::string_view why) {
  boost::asio::post(executor(),
                    [self = shared_from_this(), room = std::string(room), why = std::string(cut_why(why))] {
                      if (self->leave_room(room, LeaveReason::kicked, {}, why)) return;
                      if (self->joining_ && self->joining_->room == room) self->joining_->kicked_for = why;
                    });
}

void PeerSession::set_ice_servers(std::string_view servers) {
  std::vector<Frame> frames;
  mailbox_.encoder()->encode_ice_servers(servers, frames);
  if (!frames.empty()) (void)mailbox_.push(frames, IfFull::close);
}

void PeerSession::close(CloseReason reason, std::string_view why) {
  if (reason == CloseReason::expired) tell_end(errc::expired, why);
  if (reason == CloseReason::kicked) tell_end(errc::kicked, why);
  mailbox_.close(reason);
}

// It may be lost: a peer that does not read ends for the reason that was given, and not as a slow one.
void PeerSession::tell_end(errc code, std::string_view why) {
  core_->counters().error(code);
  mailbox_.tell(event::Error{code, why.empty() ? describe(code) : cut_why(why), {}}, IfFull::drop_early);
}

bool PeerSession::send_away(std::chrono::milliseconds reconnect_after) {
  if (sent_away_.exchange(true, std::memory_order_relaxed)) return false;
  tell(event::GoingAway{reconnect_after});
  close(CloseReason::going_away);
  return true;
}

void PeerSession::disconnected(CloseReason reason) {
  mailbox_.disconnect();
  end(reason);
}

void PeerSession::end(CloseReason reason) {
  const bool was_open = state_ == State::open;
  if (std::exchange(state_, State::gone) == State::gone) return;
  core_->counters().closed(reason);
  stop_waiting();
  if (turn_) deadlines().cancel(*std::exchange(turn_, std::nullopt));
  if (input_) input_->clear();
  for (const Membership& membership : std::exchange(rooms_, {})) {
    core_->policy().left(*this, membership.room->id(), leave_reason(reason));
    tell_room_of_leave(membership.room, leave_reason(reason), {}, {});
  }
  if (!was_open) return;
  Directory& directory = core_->directory();
  directory.remove(*this);
  for (const std::string& name : aliases_) {
    const Epoch unused = directory.remove_alias(name, *this);
    if (unused != 0) core_->store().release(name, unused);
  }
  release_id(reason);
  core_->policy().disconnected(*this, reason);
  core_->log(LogLevel::debug, "peer-disconnected", {{"peer", mailbox_.id()}, {"reason", to_string(reason)}});
}

void PeerSession::release_id(CloseReason reason) {
  const bool is_owed = has_wished_id_ && protocol_->tells_resume_secret() && may_come_back(reason);
  if (is_owed && core_->reserve_id(mailbox_.id(), epoch(), secret_, *mailbox_.loop())) return;
  core_->store().release(mailbox_.id(), this->epoch());
}

}  // namespace signaling
