// A peer's beginning and end: what it gets when it is admitted, and what it leaves.
#include <boost/asio/post.hpp>
#include <stdexcept>
#include <utility>

#include "core/close_intent.hpp"
#include "core/json_checks.hpp"
#include "core/peer_session.hpp"
#include "signaling/text/utf8.hpp"

namespace signaling {
namespace {

LeaveReason leave_reason(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::timeout: return LeaveReason::timeout;
    case CloseReason::kicked: return LeaveReason::kicked;
    default: return LeaveReason::disconnect;
  }
}

// Its client tries to come back.
bool may_come_back(CloseReason reason) noexcept {
  return is_unintended(reason) || reason == CloseReason::going_away;
}

}  // namespace

std::string_view cut_why(std::string_view why) noexcept { return text::utf8_prefix(why, max_why_bytes); }

void PeerSession::admit(const ConnectInfo& info, std::shared_ptr<ClientLink> link) {
  const auto admission = admission_ = std::make_shared<PeerAdmission>(services_, mailbox_.loop());
  link_ = link;
  link->link(shared_from_this());
  input_.await();
  admission->begin(info, protocol_, std::move(link),
                   [this](PeerAdmission::Result result) { on_admission(std::move(result)); });
}

void PeerSession::admit_local(PeerId id, Identity identity) {
  const auto admission = admission_ = std::make_shared<PeerAdmission>(services_, mailbox_.loop());
  input_.await();
  admission->begin_local(std::move(id), std::move(identity),
                         [this](PeerAdmission::Result result) { on_admission(std::move(result)); });
}

void PeerSession::on_admission(PeerAdmission::Result result) {
  const auto self = shared_from_this();
  admission_.reset();
  input_.answered();
  if (const auto* const refused = std::get_if<PeerAdmission::Refused>(&result)) {
    return refuse(refused->code, refused->message, refused->reason);
  }
  if (const auto* const resumed = std::get_if<PeerAdmission::Resumed>(&result))
    return move_to(*resumed->peer);
  admitted(std::get<PeerAdmission::Admitted>(std::move(result)));
}

// The client is another peer's, which has the connection now.
void PeerSession::move_to(PeerSession& peer) {
  state_ = State::gone;
  link_.reset();
  mailbox_.disconnect();
  const auto early = input_.take_received();
  input_.close();
  peer.is_early_ = true;
  for (const InputQueue::Received& message : early) peer.receive(message.view());
  peer.is_early_ = false;
}

void PeerSession::admitted(PeerAdmission::Admitted admission) {
  secrets_ = ResumeSecrets(std::move(admission.secret));
  set_identity(std::move(admission.identity));
  has_wished_id_ = admission.is_wished;
  max_away_ = admission.max_away;
  mailbox_.address(std::move(admission.id), admission.epoch);
  has_id_.store(true, std::memory_order_release);
  if (!enter_directory()) return services_->store().release(mailbox_.id(), this->epoch());
  state_ = State::open;
  if (protocol_ && protocol_->tells_resume_secret()) grant(admission.keep);
  if (admission.resumption) services_->counters().resumed(admission.resumption->kind);
  const std::string servers = own_ice_servers();
  const auto keep = grace_ ? grace_->time() : std::chrono::seconds(0);
  tell(event::Welcome{this->id(), secrets_.newest(), servers, keep, admission.resumption});
  services_->policy().connected(shared_from_this());
  services_->log(LogLevel::debug, "peer-connected", {{"peer", mailbox_.id()}, {"protocol", language()}});
  if (!protocol_) return input_.resume();
  // Messages that came before the admission wait for what the protocol asks for first.
  input_.resume_behind([this] {
    if (state_ == State::open) open_protocol();  // the policy may have ended the peer just now
  });
}

std::string PeerSession::own_ice_servers() {
  if (is_local()) return {};
  std::string servers = services_->policy().ice_servers(*this);
  if (servers.empty() || is_ice_servers(servers)) return servers;
  services_->counters().error(errc::internal);
  services_->log(LogLevel::error, "policy-ice-servers-invalid", {{"peer", mailbox_.id()}});
  return {};
}

bool PeerSession::enter_directory() {
  const auto refused = [this](errc code, CloseReason reason) {
    refuse(code, {}, reason);
    return false;
  };
  if (services_->is_shutting_down()) return refused(errc::closed, CloseReason::going_away);
  const auto displaced = services_->directory().put(entry(), is_local() ? 0 : services_->limits().max_peers);
  if (!displaced) return refused(errc::too_many_peers, CloseReason::overloaded);
  services_->counters().connects.fetch_add(1, std::memory_order_relaxed);
  // The id had gone to another node and has come back, and this node has not been told yet.
  if (*displaced) displaced->peer->replace();
  // A shutdown may have listed the peers just before this one came in.
  if (services_->is_shutting_down()) close(CloseReason::going_away);
  return true;
}

void PeerSession::replace() {
  boost::asio::post(executor(), [self = shared_from_this()] { self->displaced(); });
}

void PeerSession::end_replaced() {
  close(CloseReason::replaced);
  end(CloseReason::replaced);
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
                      if (const auto join = self->join_.lock()) join->kick(room, why);
                    });
}

void PeerSession::set_ice_servers(std::string_view servers) {
  if (!is_ice_servers(servers)) {
    throw std::invalid_argument("signaling: the ICE servers are not a JSON array");
  }
  if (is_local()) return;
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
  services_->counters().error(code);
  mailbox_.tell(event::Error{code, why.empty() ? describe(code) : cut_why(why), {}}, IfFull::drop_early);
}

bool PeerSession::send_away(std::chrono::milliseconds reconnect_after) {
  if (sent_away_.exchange(true, std::memory_order_relaxed)) return false;
  reconnect_after_ = reconnect_after;  // read behind `close`
  tell(event::GoingAway{reconnect_after});
  may_be_resumed_elsewhere() ? mailbox_.end_link(CloseReason::going_away) : close(CloseReason::going_away);
  return true;
}

void PeerSession::disconnected(CloseReason reason) {
  link_.reset();
  if (outlives(reason)) return go_away(reason);
  mailbox_.disconnect();
  end(reason);
}

void PeerSession::ended(CloseReason reason) {
  if (!outlives(reason)) return end(reason);
  const auto link = std::exchange(link_, nullptr);
  link->leave();
  go_away(reason);
  link->close(reason);
}

void PeerSession::end(CloseReason reason) {
  const State before = std::exchange(state_, State::gone);
  if (before == State::gone) return;
  const bool was_open = before != State::admitting;
  if (!is_away()) services_->counters().closed(reason);
  set_away(false);
  if (grace_) grace_->close();
  if (before == State::away) mailbox_.disconnect();
  if (const auto admission = std::exchange(admission_, nullptr)) admission->abandon();
  if (const auto join = join_.lock()) join->abandon();
  input_.close();
  wake_up_.reset();
  departure_.reset();
  for (const Membership& membership : std::exchange(rooms_, {})) {
    services_->policy().left(*this, membership.room->id(), leave_reason(reason));
    tell_room_of_leave(membership.room, leave_reason(reason), {}, {});
  }
  if (!was_open) return;
  remember_end(reason);
  if (protocol_) protocol_->closed();
  Directory& directory = services_->directory();
  directory.remove(mailbox_);
  for (const std::string& name : aliases_) {
    const Epoch unused = directory.remove_alias(name, mailbox_);
    if (unused != 0) services_->store().release(name, unused);
  }
  release_id(reason);
  services_->policy().disconnected(*this, reason);
  services_->log(LogLevel::debug, "peer-disconnected",
                 {{"peer", mailbox_.id()}, {"reason", to_string(reason)}});
  if (const auto arrival = std::exchange(arriving_, nullptr)) {
    for (auto& done : arrival->waiting) done();
  }
}

void PeerSession::release_id(CloseReason reason) {
  const bool is_owed =
      has_wished_id_ && protocol_ && protocol_->tells_resume_secret() && may_come_back(reason);
  if (is_owed && services_->reserve_id(mailbox_.id(), epoch(), secrets_.session(), *mailbox_.loop())) return;
  services_->store().release(mailbox_.id(), this->epoch());
}

}  // namespace signaling
