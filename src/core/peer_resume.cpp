// How a peer outlives its connection: it stays for its grace, and goes on with the next connection of its client.
#include <algorithm>
#include <iterator>
#include <utility>

#include "core/close_intent.hpp"
#include "core/peer_session.hpp"

namespace signaling {
namespace {

constexpr std::chrono::seconds time_to_come_back{2};

EndedSessions::Why why_of(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::timeout: return EndedSessions::Why::expired;
    case CloseReason::kicked: return EndedSessions::Why::kicked;
    case CloseReason::replaced: return EndedSessions::Why::replaced;
    default: return EndedSessions::Why::ended;
  }
}

}  // namespace

// The counts begin behind the welcome.
void PeerSession::grant(std::chrono::seconds time) {
  if (!grace_ && time.count() == 0) return;
  if (!grace_) {
    PeerGrace::Owner& owner = *this;
    grace_ = std::make_unique<PeerGrace>(owner, loop().deadlines());
    mailbox_.set_log(true);
  }
  grace_->set_time(time);
  has_session_.store(time.count() != 0, std::memory_order_relaxed);
}

bool PeerSession::may_be_resumed_elsewhere() const noexcept {
  return has_session_.load(std::memory_order_relaxed) && services_->awaits_other_nodes();
}

// Nobody counts any more.
void PeerSession::end_grace() {
  grace_.reset();
  has_session_.store(false, std::memory_order_relaxed);
  mailbox_.set_log(false);
}

bool PeerSession::outlives(CloseReason reason) const noexcept {
  if (state_ != State::open || is_away() || !grace_ || grace_->time().count() == 0) return false;
  const bool is_sent_away = reason == CloseReason::going_away && was_sent_away();
  if (!is_unintended(reason) && !is_sent_away) return false;
  return !services_->is_shutting_down() || may_be_resumed_elsewhere();
}

void PeerSession::set_away(bool is_away) noexcept {
  if (is_away_.exchange(is_away, std::memory_order_relaxed) == is_away) return;
  auto& peers_away = services_->counters().peers_away;
  is_away ? peers_away.fetch_add(1, std::memory_order_relaxed)
          : peers_away.fetch_sub(1, std::memory_order_relaxed);
}

void PeerSession::go_away(CloseReason reason) {
  mailbox_.detach();
  state_ = State::away;
  begin_away(reason);
}

void PeerSession::begin_away(CloseReason reason) {
  set_away(true);
  services_->counters().closed(reason);
  // Who is asked to come back later is expected then.
  const bool is_sent_away = reason == CloseReason::going_away;
  grace_->begin_away(is_sent_away ? reconnect_after_ + time_to_come_back : services_->limits().away_after);
  services_->policy().away(*this, reason);
  services_->log(LogLevel::debug, "peer-away", {{"peer", mailbox_.id()}, {"reason", to_string(reason)}});
}

void PeerSession::tell_away() {
  for (const Membership& membership : rooms_) membership.room->set_away(mailbox_, true);
}

void PeerSession::come_back() {
  set_away(false);
  if (!grace_ || !grace_->end_away()) return;
  for (const Membership& membership : rooms_) membership.room->set_away(mailbox_, false);
}

void PeerSession::acknowledge() {
  const event::Acknowledged received{grace_->take_received()};
  if (state_ == State::open) tell(received);
}

void PeerSession::confirm_welcome() noexcept {
  secrets_.confirm();
  if (grace_) grace_->restarted_with.reset();
}

void PeerSession::acknowledged(std::uint64_t received, std::string_view request) {
  SessionLog* const log = mailbox_.log();
  if (log == nullptr || log->acknowledge(received)) return;
  tell_error(errc::bad_request, "The field 'received' is greater than the number of messages that were sent.",
             request);
}

bool PeerSession::resume(const std::shared_ptr<ClientLink>& link, Resumption resumption) {
  if (has_gap_) resumption.received.reset();
  // Of what came behind a welcome that it has not received the client has received nothing.
  const bool is_repeated = grace_ && grace_->restarted_with && !secrets_.is_newest(resumption.secret);
  if (is_repeated) resumption.received = 0;
  const SessionLog* const log = mailbox_.log();
  if (log != nullptr && resumption.received && *resumption.received > log->count()) return false;
  if (const auto earlier = std::exchange(link_, nullptr)) {
    services_->counters().closed(CloseReason::replaced);
    earlier->leave();
    mailbox_.detach();
    earlier->close(CloseReason::replaced);
  }
  const event::Resumption answer = is_repeated ? repeated_answer() : how_to_resume(resumption.received);
  if (resumption.keep) grant(*resumption.keep);
  if (grace_) grace_->restarted_with.reset();
  secrets_.renew(resumption.secret, services_->new_id());
  set_identity(std::move(resumption.identity));
  mailbox_.attach(*link->transport(), first_frames(answer, resumption.received));
  link_ = link;
  link->link(shared_from_this());
  state_ = State::open;
  services_->counters().resumed(answer.kind);
  input_.attached();
  come_back();
  if (grace_ && grace_->time().count() == 0) end_grace();
  services_->policy().resumed(shared_from_this());
  services_->log(LogLevel::debug, "peer-resumed",
                 {{"peer", mailbox_.id()},
                  {"resumed", answer.kind == event::Resumption::Kind::exact ? "exact" : "rooms"}});
  leave_forbidden_rooms();
  return true;
}

// The counts are still those of the answer that has not arrived; what was lost since then is lost, too.
event::Resumption PeerSession::repeated_answer() const {
  event::Resumption answer = *grace_->restarted_with;
  if (answer.lost) *answer.lost += mailbox_.log()->missing_behind(0) + mailbox_.dropped();
  return answer;
}

event::Resumption PeerSession::how_to_resume(std::optional<std::uint64_t> received) const {
  event::Resumption answer{event::Resumption::Kind::rooms};
  const SessionLog* const log = mailbox_.log();
  if (log == nullptr || has_gap_) return answer;
  answer.received = grace_->received();
  if (!received) return answer;
  const std::uint64_t lost = log->missing_behind(*received) + mailbox_.dropped();
  if (lost == 0) {
    answer.kind = event::Resumption::Kind::exact;
  } else {
    answer.lost = lost;
  }
  return answer;
}

// After a loss the client gets the members of each room, behind the answers to its own joins and leaves, and hears of no
// change that the lists contain: from the moment at which a room's list is made, its changes wait behind the list.
std::vector<Frame> PeerSession::first_frames(const event::Resumption& answer,
                                             std::optional<std::uint64_t> received) {
  const bool is_exact = answer.kind == event::Resumption::Kind::exact;
  SessionLog* const log = mailbox_.log();
  std::vector<Frame> again;
  if (log != nullptr && received) again = log->rewind(*received);
  std::vector<Frame> frames;
  const std::string servers = own_ice_servers();
  const auto keep = grace_ ? grace_->time() : std::chrono::seconds(0);
  mailbox_.encoder()->encode(event::Welcome{id(), secrets_.newest(), servers, keep, answer}, frames);
  if (!is_exact) {
    for (const Membership& membership : rooms_) membership.room->hold_changes(mailbox_);
    std::erase_if(again, [](const Frame& frame) { return frame.use() == FrameUse::change; });
    std::ranges::move(take_room_frames(again), std::back_inserter(frames));
    std::ranges::move(mailbox_.take_ahead_of_lists(), std::back_inserter(frames));
    for (const Membership& membership : rooms_) membership.room->list_members(mailbox_, frames);
    if (log != nullptr) log->restart();
    has_gap_ = false;
    if (grace_) {
      grace_->restart_count();
      grace_->restarted_with = answer;
    }
  }
  std::ranges::move(again, std::back_inserter(frames));
  return frames;
}

void PeerSession::set_identity(std::unique_ptr<Identity> identity) {
  former_identity_ = std::exchange(identity_, std::move(identity));
  shown_identity_.store(identity_.get(), std::memory_order_release);
}

void PeerSession::leave_forbidden_rooms() {
  if (!services_->has_policy()) return;
  for (const RoomId& room : rooms()) {
    if (!services_->policy().may_stay(*this, room)) (void)leave_room(room, LeaveReason::kicked, {}, {});
  }
}

void PeerSession::remember_end(CloseReason reason) {
  if (secrets_.session().empty() || (!grace_ && reason != CloseReason::kicked)) return;
  services_->ended_sessions().add(secrets_.session(), why_of(reason), services_->now());
}

}  // namespace signaling
