// A peer's beginning and end: admission, the id, the last flush.
#include <boost/asio/post.hpp>
#include <utility>

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

}  // namespace

void PeerSession::admit(ConnectInfo info) {
  Wish wish{std::move(info.wished_id), std::move(info.resume)};
  if (!core_->has_policy()) return on_admission(Admission{}, wish);
  info.wished_id = wish.id;
  info.resume = wish.resume;
  busy_ = true;
  Initiation initiation(this);
  core_->policy().authenticate(
      info, [self = shared_from_this(), wish = std::move(wish)](Admission admission) mutable {
        self->on_executor([self, admission = std::move(admission), wish = std::move(wish)]() mutable {
          self->busy_ = false;
          if (self->state_ == State::gone) return;
          self->on_admission(admission, wish);
          self->resume();
        });
      });
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
    return refuse(admission.decision.code(), admission.decision.reason(), CloseReason::unauthorized);
  }
  const Identity& identity = admission.identity;
  if (!identity.subject.empty() || !identity.attributes.empty() || identity.context.has_value()) {
    identity_ = std::make_unique<Identity>(identity);
  }
  auto id = choose_id(admission, wish);
  if (!id) return refuse(errc::bad_id, {}, CloseReason::unauthorized);
  claim(std::move(*id), wish.resume);
}

std::optional<PeerId> PeerSession::choose_id(const Admission& admission, const Wish& wish) const {
  if (admission.peer_id) return valid_id(*admission.peer_id) ? admission.peer_id : std::nullopt;
  if (!wish.id.empty()) {
    if (core_->options().client_ids == ClientIds::accept) {
      return valid_id(wish.id) ? std::optional(wish.id) : std::nullopt;
    }
    // Nobody chooses an id here, but who proves to be its owner keeps it.
    const auto holder = core_->find_peer(wish.id);
    if (holder && holder->proves(wish.resume)) return wish.id;
  }
  return core_->new_id();
}

void PeerSession::claim(PeerId id, std::string_view resume) {
  busy_ = true;
  // An earlier connection of the same client to this node leaves its rooms first.
  const auto holder = resume.empty() ? nullptr : core_->find_peer(id);
  if (holder && holder->id() == id && holder->proves(resume)) {
    return holder->replace([self = shared_from_this(), id = std::move(id)]() mutable {
      boost::asio::post(self->loop_->executor(),
                        [self, id = std::move(id)]() mutable { self->claim(std::move(id), {}); });
    });
  }
  secret_ = core_->new_id();
  const Initiation initiation(this);
  core_->store().claim({core_->options().node, id, secret_, resume},
                       [self = shared_from_this(), id](std::error_code error, Epoch epoch) mutable {
                         self->on_executor([self, error, epoch, id = std::move(id)]() mutable {
                           self->on_claimed(error, epoch, std::move(id));
                         });
                       });
}

void PeerSession::on_claimed(std::error_code error, Epoch epoch, PeerId id) {
  busy_ = false;
  if (state_ == State::gone) {
    if (!error) core_->store().release(id, epoch);
    return;
  }
  if (error == errc::id_in_use) return refuse(errc::id_in_use, {}, CloseReason::unauthorized);
  if (error) return refuse(errc::store_unavailable, {}, CloseReason::internal);
  id_ = std::move(id);
  epoch_ = epoch;
  switch (core_->add_peer(shared_from_this())) {
    case RouterCore::Added::yes: break;
    case RouterCore::Added::full:
      core_->store().release(id_, epoch_);
      return refuse(errc::too_many_peers, {}, CloseReason::overloaded);
    case RouterCore::Added::shutting_down:
      core_->store().release(id_, epoch_);
      return refuse(errc::closed, {}, CloseReason::going_away);
  }
  state_ = State::open;
  const std::string ice_servers = is_local() ? std::string() : core_->policy().ice_servers(*this);
  tell(event::Welcome{id_, secret_, ice_servers});
  core_->policy().connected(shared_from_this());
  core_->log(LogLevel::debug, "peer-connected", {{"peer", id_}, {"protocol", protocol_->name()}});
  std::vector<Command> commands;
  protocol_->open(id_, commands);
  for (const Command& command : commands) execute(command);
  resume();
}

bool PeerSession::proves(std::string_view secret) const noexcept {
  return !secret_.empty() && equal_secrets(secret_, secret);
}

void PeerSession::replace(Callback<void()> done) {
  boost::asio::post(loop_->executor(), [self = shared_from_this(), done = std::move(done)]() mutable {
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

void PeerSession::kick(std::string_view room) {
  boost::asio::post(loop_->executor(), [self = shared_from_this(), room = std::string(room)] {
    const Membership* joined = self->membership_of(room);
    if (joined == nullptr) return;
    const auto left = joined->room;
    self->remove_room(room);
    self->leave_room(left, LeaveReason::kicked, {});
  });
}

void PeerSession::set_ice_servers(std::string_view servers) {
  std::vector<Frame> frames;
  encoder_->encode_ice_servers(servers, frames);
  if (!frames.empty()) (void)push(frames, Delivery::reliable);
}

void PeerSession::close(CloseReason reason) {
  if (reason == CloseReason::expired) tell_error(errc::expired, {}, {});
  if (outbox_.close(reason)) loop_->schedule(shared_from_this());
}

bool PeerSession::send_away(std::chrono::milliseconds reconnect_after) {
  if (sent_away_.exchange(true, std::memory_order_relaxed)) return false;
  tell(event::GoingAway{reconnect_after});
  close(CloseReason::going_away);
  return true;
}

void PeerSession::disconnected(CloseReason reason) {
  transport_ = nullptr;
  outbox_.shut();
  end(reason);
}

void PeerSession::end(CloseReason reason) {
  const bool was_open = state_ == State::open;
  if (std::exchange(state_, State::gone) == State::gone) return;
  core_->counters().closed(reason);
  pending_.reset();
  for (const Membership& membership : std::exchange(rooms_, {})) {
    leave_room(membership.room, leave_reason(reason), {});
  }
  if (!was_open) return;
  core_->remove_peer(*this);
  for (const auto& alias : aliases_) {
    core_->remove_alias(alias->name, *this);
    core_->store().release(alias->name, alias->epoch);
  }
  core_->store().release(id_, epoch_);
  core_->policy().disconnected(*this, reason);
  core_->log(LogLevel::debug, "peer-disconnected", {{"peer", id_}, {"reason", to_string(reason)}});
}

void PeerSession::flush(std::vector<Frame>& frames) {
  const auto closing = outbox_.take(frames);
  if (transport_ != nullptr && !frames.empty()) {
    std::size_t bytes = 0;
    for (const Frame& frame : frames) bytes += frame.size();
    loop_->traffic(protocol_number_).sent(frames.size(), bytes);
    transport_->write(frames);
  }
  if (!closing) return;
  end(*closing);
  if (transport_ != nullptr) transport_->close(*closing);
}

}  // namespace signaling
