#include "core/peer_admission.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <charconv>
#include <utility>

#include "core/answer.hpp"
#include "core/initiation.hpp"
#include "core/peer_session.hpp"

namespace signaling {
namespace {

constexpr std::uint64_t max_keep_seconds = 86'400;

std::optional<std::uint64_t> read_number(std::string_view digits) noexcept {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::string_view word_for(EndedSessions::Why why) noexcept {
  switch (why) {
    case EndedSessions::Why::expired: return "expired";
    case EndedSessions::Why::replaced: return "replaced";
    default: return "ended";
  }
}

}  // namespace

bool is_same_user(const Admission& admission, const Peer& peer) noexcept {
  return admission.identity.subject == peer.identity().subject &&
         (!admission.peer_id || *admission.peer_id == peer.id());
}

std::unique_ptr<Identity> identity_of(const Admission& admission) {
  const Identity& identity = admission.identity;
  const bool is_anonymous =
      identity.subject.empty() && identity.attributes.empty() && !identity.context.has_value();
  return is_anonymous ? nullptr : std::make_unique<Identity>(identity);
}

void authenticate(const std::shared_ptr<RouterServices>& services, const ConnectInfo& info,
                  const boost::asio::any_io_executor& executor, const void* asker,
                  Callback<void(const Admission&)> decided) {
  const Initiation initiation(asker);
  services->policy().authenticate(
      info, Answer(
                [executor, asker, decided = std::move(decided)](Admission admission) mutable {
                  continue_on(executor, asker,
                              [decided = std::move(decided), admission = std::move(admission)]() mutable {
                                decided(admission);
                              });
                },
                [services](auto& answer) {
                  if (!services->is_closed()) answer(Admission{Decision::refuse({}, errc::internal), {}, {}});
                }));
}

PeerAdmission::PeerAdmission(std::shared_ptr<RouterServices> services, std::shared_ptr<Loop> loop)
    : services_(std::move(services)),
      loop_(std::move(loop)),
      deadline_(loop_->deadlines()),
      other_node_(loop_->deadlines()) {}

void PeerAdmission::begin(const ConnectInfo& info, const std::shared_ptr<Protocol>& protocol,
                          std::shared_ptr<ClientLink> link, Callback<void(Result)> done) {
  fresh_id_ = protocol->make_peer_id(*services_->options().random);
  done_ = std::move(done);
  link_ = std::move(link);
  protocol_ = protocol;
  if (protocol->tells_resume_secret()) language_ = protocol->name();
  if (!read_wish(info)) return;
  if (!services_->has_policy()) return decided({});
  authenticate(services_, info, loop_->executor(), this,
               [self = shared_from_this()](const Admission& admission) { self->decided(admission); });
  wait();
}

bool PeerAdmission::read_wish(const ConnectInfo& info) {
  wish_.id = info.wished_id;
  wish_.resume = info.resume;
  if (language_.empty()) return true;
  if (!info.keep.empty()) {
    const auto seconds = read_number(info.keep);
    if (!seconds || *seconds > max_keep_seconds) {
      refuse(errc::bad_request, "The time to keep the peer must be a whole number of seconds, at most 86400.",
             CloseReason::bad_request);
      return false;
    }
    wish_.keep = std::chrono::seconds(*seconds);
  }
  if (!info.received.empty()) {
    wish_.received = read_number(info.received);
    if (!wish_.received) {
      refuse(errc::bad_request, "The number of received messages must be a whole number.",
             CloseReason::bad_request);
      return false;
    }
  }
  return true;
}

void PeerAdmission::begin_local(PeerId id, Identity identity, Callback<void(Result)> done) {
  done_ = std::move(done);
  Admission admission;
  admission.identity = std::move(identity);
  if (!id.empty()) admission.peer_id = std::move(id);
  decided(admission);
}

void PeerAdmission::abandon() noexcept {
  done_ = {};
  deadline_.cancel();
  other_node_.cancel();
}

void PeerAdmission::wait() {
  const auto timeout = services_->limits().decision_timeout;
  if (is_over() || deadline_.is_set() || timeout.count() <= 0) return;
  deadline_.set(timeout, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->is_over()) return;
    self->deadline_.passed();
    self->refuse(errc::internal, took_too_long, CloseReason::internal);
  });
}

void PeerAdmission::decided(const Admission& admission) {
  if (is_over()) return;
  // Before an id is claimed, which might be taken from another node.
  if (services_->is_shutting_down()) return refuse(errc::closed, {}, CloseReason::going_away);
  if (!admission.decision.allowed()) {
    const errc code = admission.decision.code();
    const CloseReason reason = code == errc::internal ? CloseReason::internal : CloseReason::unauthorized;
    return refuse(code, admission.decision.reason(), reason);
  }
  admitted_.identity = identity_of(admission);
  const auto longest = std::chrono::floor<std::chrono::seconds>(services_->limits().max_resume);
  admitted_.max_away = admission.max_resume.value_or(std::chrono::seconds::max());
  if (wish_.keep) wish_.keep = std::min({*wish_.keep, longest, admission.max_resume.value_or(longest)});
  admitted_.keep = wish_.keep.value_or(std::chrono::seconds(0));
  is_wish_only_ = !admission.peer_id;
  const bool wants_to_resume = !wish_.id.empty() && !wish_.resume.empty();
  wants_to_resume ? resume(admission) : go_on(admission);
}

void PeerAdmission::resume(const Admission& admission) {
  const auto peer = services_->directory().find(wish_.id).peer;
  if (language_.empty()) return go_on(admission);
  if (!peer) return look_elsewhere(admission);
  if (peer->is_local() || peer->language() != language_) return explain(admission);
  if (&peer->loop() != loop_.get()) return replace(peer, admission);
  switch (peer->check(wish_.resume)) {
    case ResumeSecrets::Proof::good:
      if (peer->is_departing()) return refuse_for_now();
      return peer->when_arrived(
          [self = shared_from_this(), peer, admission] { self->came_here(peer, admission); });
    case ResumeSecrets::Proof::outdated: return go_on_as_other(admission, "replaced");
    // The id may have gone to another node, which this one was not told of yet: the store decides.
    case ResumeSecrets::Proof::wrong: return explain(admission);
  }
}

void PeerAdmission::resume(PeerSession& peer, const Admission& admission) {
  if (!is_same_user(admission, peer)) return refuse_user();
  const auto newcomer = link_->peer();  // has this admission, and is left by the link
  const bool is_resumed =
      peer.resume(link_, {wish_.resume, wish_.received, wish_.keep, std::move(admitted_.identity)});
  if (!is_resumed) {
    return refuse(errc::bad_request, "More messages are acknowledged than were sent.",
                  CloseReason::bad_request);
  }
  finish(Resumed{peer.shared_from_this()});
}

void PeerAdmission::refuse_user() {
  refuse(errc::forbidden, "The peer belongs to another user.", CloseReason::kicked);
}

// The node that has claimed the id is asked, if there is one.
void PeerAdmission::look_elsewhere(const Admission& admission) {
  const bool is_known =
      services_->ended_sessions()
          .find(ResumeSecrets::session_of(wish_.resume), services_->now(), services_->limits().max_resume)
          .has_value();
  const bool is_another = admission.peer_id && *admission.peer_id != wish_.id;
  const bool may_move = services_->store().can_move_members();
  if (is_known || is_another || !may_move) return explain(admission);
  SessionMoves& moves = services_->session_moves();
  // An earlier connection has asked for it already.
  Callback<void()> again = [weak = weak_from_this(), admission] {
    const auto self = weak.lock();
    if (!self) return;
    boost::asio::post(self->loop_->executor(), [self, admission] {
      if (!self->is_over()) self->resume(admission);
    });
  };
  if (moves.hold(wish_.id, again)) return wait();
  const std::uint64_t number =
      moves.ask([weak = weak_from_this(), admission](const handover::Answer& answer) {
        const auto self = weak.lock();
        if (!self) return;
        boost::asio::post(self->loop_->executor(), [self, answer, admission] {
          if (!self->is_over()) self->found_elsewhere(answer, admission);
        });
      });
  NodeCommand command;
  command.kind = NodeCommand::Kind::move;
  command.peer = wish_.id;
  command.data = handover::pack(
      {number, services_->node(), wish_.resume, admission.identity.subject, std::string(language_)});
  if (services_->store().command(services_->node(), command)) {
    moves.forget(number);
    return explain(admission);
  }
  wait();
  other_node_.set(handover::patience, [weak = weak_from_this(), number, admission] {
    const auto self = weak.lock();
    if (!self || self->is_over()) return;
    self->other_node_.passed();
    self->services_->session_moves().forget(number);
    self->explain(admission);
  });
}

void PeerAdmission::found_elsewhere(const handover::Answer& answer, const Admission& admission) {
  using Verdict = handover::Answer::Verdict;
  other_node_.cancel();
  switch (answer.verdict) {
    case Verdict::good: return take_from_node(answer, admission);
    case Verdict::outdated: return go_on_as_other(admission, "replaced");
    case Verdict::other_user: return refuse_user();
    case Verdict::busy: return refuse_for_now();
    case Verdict::unknown:
      // It may have come here meanwhile, for another connection.
      return services_->directory().find(wish_.id) ? resume(admission) : explain(admission);
  }
}

// From the claim on, all that goes to the peer and through no room comes here. Even if the client is gone by now: without
// its peer, it could not resume again.
void PeerAdmission::take_from_node(const handover::Answer& answer, const Admission& admission) {
  const std::string_view session = ResumeSecrets::session_of(wish_.resume);
  services_->session_moves().expect(wish_.id);
  services_->store().claim(
      {services_->node(), wish_.id, session, session, true},
      [self = shared_from_this(), answer, admission](std::error_code error, Epoch epoch) {
        boost::asio::post(self->loop_->executor(), [self, error, epoch, answer, admission] {
          if (!error) return self->bring_here(epoch, answer, admission);
          self->services_->session_moves().arrived(self->wish_.id);
          if (self->is_over()) return;
          const bool is_lost = error == errc::id_in_use || error == errc::peer_not_found;
          is_lost ? self->explain(admission) : self->refuse_for_now();
        });
      });
}

void PeerAdmission::bring_here(Epoch epoch, const handover::Answer& answer, const Admission& admission) {
  const auto peer = std::make_shared<PeerSession>(services_, loop_, protocol_);
  auto identity = admitted_.identity ? std::make_unique<Identity>(*admitted_.identity) : nullptr;
  peer->arrive({wish_.id, epoch, wish_.resume, std::move(identity), answer},
               [self = shared_from_this(), peer, admission] { self->came_here(peer, admission); });
}

void PeerAdmission::came_here(const std::shared_ptr<PeerSession>& peer, const Admission& admission) {
  if (is_over()) return peer->end_without_grace();
  peer->is_gone() ? explain(admission) : resume(*peer, admission);
}

// The peer that the client wants to be is not here.
void PeerAdmission::explain(const Admission& admission) {
  const auto why = services_->ended_sessions().find(ResumeSecrets::session_of(wish_.resume), services_->now(),
                                                    services_->limits().max_resume);
  if (why == EndedSessions::Why::kicked) {
    return refuse(errc::forbidden, "The host has ended the connection.", CloseReason::kicked);
  }
  const bool is_restarted = services_->has_own_store() && services_->is_of_other_run(wish_.resume);
  const std::string_view reason = why ? word_for(*why) : is_restarted ? "restarted" : "unknown";
  admitted_.resumption = event::Resumption{event::Resumption::Kind::none, reason};
  go_on(admission);
}

// Another connection has the peer, which the client could not prove to be its own.
void PeerAdmission::go_on_as_other(const Admission& admission, std::string_view reason) {
  wish_.id.clear();
  wish_.resume.clear();
  admitted_.resumption = event::Resumption{event::Resumption::Kind::none, reason};
  go_on(admission);
}

// A peer stays on its executor: here its client is a new peer, under the same id.
void PeerAdmission::replace(const std::shared_ptr<PeerSession>& peer, const Admission& admission) {
  wait();
  boost::asio::post(peer->executor(), [self = shared_from_this(), peer, secret = wish_.resume, admission] {
    const bool is_proved = peer->check(secret) == ResumeSecrets::Proof::good;
    const bool is_allowed = !is_proved || is_same_user(admission, *peer);
    if (is_proved && is_allowed) peer->end_replaced();
    boost::asio::post(self->loop_->executor(), [self, admission, is_proved, is_allowed] {
      if (self->is_over()) return;
      if (!is_allowed) return self->refuse_user();
      self->is_proved_ = is_proved;
      self->admitted_.resumption = event::Resumption{event::Resumption::Kind::none, "unknown"};
      self->go_on(admission);
    });
  });
}

void PeerAdmission::go_on(const Admission& admission) {
  auto id = choose_id(admission);
  if (id) return claim(*id);
  const std::string_view wanted = admission.peer_id ? *admission.peer_id : wish_.id;
  const bool is_alias = wanted.starts_with(alias_mark);
  refuse(errc::bad_id, is_alias ? "A peer id does not begin with the byte 0x1F." : "",
         CloseReason::unauthorized);
}

std::optional<PeerId> PeerAdmission::choose_id(const Admission& admission) {
  const auto if_valid = [&](const PeerId& id) {
    return services_->is_peer_id(id) ? std::optional(id) : std::nullopt;
  };
  if (admission.peer_id) return if_valid(*admission.peer_id);
  if (!wish_.id.empty()) {
    admitted_.is_wished = services_->options().client_ids == ClientIds::accept;
    if (admitted_.is_wished) return if_valid(wish_.id);
    // Nobody chooses an id here, but its owner keeps it: the store knows whether the secret is that of another node's peer.
    const bool may_be_its_own = is_proved_ || (admitted_.resumption && !wish_.resume.empty());
    if (may_be_its_own && services_->is_peer_id(wish_.id)) {
      is_take_over_ = !is_proved_;
      return wish_.id;
    }
  }
  return fresh_id_.empty() ? services_->new_id() : std::exchange(fresh_id_, {});
}

void PeerAdmission::claim(const PeerId& id) {
  if (wish_.resume.empty()) return ask_store(id, {});
  const std::string_view session = ResumeSecrets::session_of(wish_.resume);
  services_->end_reservation(id, session);
  ask_store(id, session);
}

void PeerAdmission::ask_store(const PeerId& id, std::string_view resume) {
  admitted_.secret = services_->new_secret();
  {
    const Initiation initiation(this);
    services_->store().claim({services_->node(), id, admitted_.secret, resume, is_take_over_},
                             [self = shared_from_this(), id](std::error_code error, Epoch epoch) {
                               continue_on(self->loop_->executor(), self.get(),
                                           [self, error, epoch, id] { self->claimed(error, epoch, id); });
                             });
  }
  wait();
}

void PeerAdmission::claimed(std::error_code error, Epoch epoch, PeerId id) {
  if (is_over()) {
    if (!error) services_->store().release(id, epoch);
    return;
  }
  if (error == errc::id_in_use || error == errc::peer_not_found) {
    // Of a client that has shown a secret, which does not fit.
    if (is_wish_only_ && admitted_.resumption) return claim_another();
    return refuse(errc::id_in_use, {}, CloseReason::unauthorized);
  }
  if (error) return refuse_for_now();
  admitted_.id = std::move(id);
  admitted_.epoch = epoch;
  finish(std::move(admitted_));
}

void PeerAdmission::claim_another() {
  is_take_over_ = false;
  wish_.resume.clear();
  admitted_.is_wished = false;
  claim(services_->new_id());
}

// The client keeps its secret and tries again.
void PeerAdmission::refuse_for_now() { refuse(errc::store_unavailable, {}, CloseReason::overloaded); }

void PeerAdmission::refuse(errc code, std::string_view message, CloseReason reason) {
  finish(Refused{code, std::string(message), reason});
}

void PeerAdmission::finish(Result result) {
  deadline_.cancel();
  other_node_.cancel();
  std::exchange(done_, {})(std::move(result));
}

}  // namespace signaling
