// How a peer is away while its transport stays: the transport of a protocol whose clients say themselves, in that
// protocol, what they have received.
#include <algorithm>
#include <utility>

#include "core/close_intent.hpp"
#include "core/peer_session.hpp"

namespace signaling {
namespace {

/// Asks the policy about the new connection of a suspended peer. It has Limits::decision_timeout.
class Readmission final : public std::enable_shared_from_this<Readmission> {
 public:
  Readmission(std::shared_ptr<PeerSession> peer, Callback<void(const Decision&)> done)
      : peer_(std::move(peer)), done_(std::move(done)), deadline_(peer_->loop().deadlines()) {}

  void begin(const ConnectInfo& info) {
    const auto services = peer_->services().shared_from_this();
    if (!services->has_policy()) return decided({});
    authenticate(services, info, peer_->executor(), this,
                 [self = shared_from_this()](const Admission& admission) { self->decided(admission); });
    const auto timeout = services->limits().decision_timeout;
    if (!done_ || timeout.count() <= 0) return;
    deadline_.set(timeout, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self || !self->done_) return;
      self->deadline_.passed();
      self->finish(Decision::refuse(std::string(took_too_long), errc::internal));
    });
  }

 private:
  void decided(const Admission& admission) {
    if (!done_ || peer_->is_gone()) return;
    if (!admission.decision.allowed()) return finish(admission.decision);
    if (!is_same_user(admission, *peer_))
      return finish(Decision::refuse("The peer belongs to another user."));
    peer_->end_suspension(identity_of(admission));
    if (!peer_->is_gone()) finish(Decision::allow());
  }

  void finish(const Decision& decision) {
    deadline_.cancel();
    std::exchange(done_, {})(decision);
  }

  const std::shared_ptr<PeerSession> peer_;
  Callback<void(const Decision&)> done_;  // empty: over
  ScopedDeadline deadline_;
};

}  // namespace

bool PeerSession::suspend(CloseReason reason, std::chrono::seconds longest) {
  const auto limit = std::chrono::floor<std::chrono::seconds>(services_->limits().max_resume);
  const auto time = std::min({longest, limit, max_away_});
  if (state_ != State::open || is_away() || time.count() <= 0 || !is_unintended(reason)) return false;
  // A client with a session resumes that.
  if (grace_ || services_->is_shutting_down()) return false;
  PeerGrace::Owner& owner = *this;
  grace_ = std::make_unique<PeerGrace>(owner, loop().deadlines());
  grace_->set_time(time);
  mailbox_.set_suspended(true);
  begin_away(reason);
  return true;
}

void PeerSession::readmit(const ConnectInfo& info, Callback<void(const Decision&)> done) {
  std::make_shared<Readmission>(shared_from_this(), std::move(done))->begin(info);
}

void PeerSession::end_suspension(std::unique_ptr<Identity> identity) {
  set_identity(std::move(identity));
  mailbox_.set_suspended(false);
  come_back();
  grace_.reset();
  services_->counters().resumed(event::Resumption::Kind::exact);
  services_->policy().resumed(shared_from_this());
  services_->log(LogLevel::debug, "peer-resumed", {{"peer", mailbox_.id()}, {"resumed", "exact"}});
  leave_forbidden_rooms();
}

// The transport ends its client's part first, while the peer is still in its rooms.
void PeerSession::grace_over() {
  is_suspended() ? link_->close(CloseReason::timeout) : end(CloseReason::timeout);
}

}  // namespace signaling
