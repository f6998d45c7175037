// How a peer goes from one node to another, where its client has connected and shows its secret.
//
// There: asked -> departing (nothing is done for the client any more) -> displaced (the id is the other node's) -> gone, as
// soon as every room has the peer on the other node. Up to then what others send is kept here; from then on it goes to the
// other node, and what was kept follows as History.
// Here: the id is claimed -> arriving (a peer without a connection, which takes its places in the rooms and waits for the
// history) -> the connection resumes it like any other peer that is away.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "core/peer_session.hpp"

namespace signaling {
namespace {

using Verdict = handover::Answer::Verdict;

// A policy, or a store, may owe the peer an answer.
constexpr std::chrono::milliseconds departure_interval{20};
constexpr int max_departure_attempts = 75;
// Then the other node, or the store, has failed: before it has the id, or before it has the rooms.
constexpr std::chrono::seconds max_time_to_claim{3};
constexpr std::chrono::seconds max_time_to_move{5};
// The other nodes tell a room's new node which of their members are away.
constexpr std::chrono::seconds time_to_hear_of_away{1};

}  // namespace

// From here to another node.

// Nobody else may know it any more: the deadline keeps it.
template <class Function>
void PeerSession::departs_in(std::chrono::milliseconds time, Function function) {
  departure_->deadline.cancel();
  departure_->deadline.set(time, [self = shared_from_this(), function] {
    if (!self->departure_) return;
    self->departure_->deadline.passed();
    function(*self);
  });
}

void PeerSession::ask_to_move(handover::Request request) {
  boost::asio::post(executor(), [self = shared_from_this(), request = std::move(request)]() mutable {
    if (self->is_departing()) return self->answer_move(request, Verdict::busy);
    if (self->departure_) self->answer_move(self->departure_->request, Verdict::busy);
    self->departure_.reset(new Departure{std::move(request), ScopedDeadline(self->loop().deadlines())});
    self->try_to_depart();
  });
}

handover::Answer::Verdict PeerSession::judge(const handover::Request& request) const noexcept {
  const bool is_here = state_ == State::open || state_ == State::away;
  if (!is_here || is_local() || language() != request.language || !aliases_.empty()) {
    return Verdict::unknown;
  }
  switch (secrets_.check(request.secret)) {
    case ResumeSecrets::Proof::wrong: return Verdict::unknown;
    case ResumeSecrets::Proof::outdated: return Verdict::outdated;
    case ResumeSecrets::Proof::good: break;
  }
  return identity().subject == request.subject ? Verdict::good : Verdict::other_user;
}

void PeerSession::try_to_depart() {
  const Verdict verdict = judge(departure_->request);
  if (verdict == Verdict::good && input_.is_movable()) return depart();
  if (verdict == Verdict::good && ++departure_->attempts < max_departure_attempts) {
    return departs_in(departure_interval, [](PeerSession& self) { self.try_to_depart(); });
  }
  const auto departure = std::exchange(departure_, nullptr);
  answer_move(departure->request, verdict == Verdict::good ? Verdict::busy : verdict);
}

void PeerSession::answer_move(const handover::Request& request, handover::Answer::Verdict verdict) const {
  handover::Answer answer{request.number};
  answer.verdict = verdict;
  answer_move(request, answer);
}

void PeerSession::answer_move(const handover::Request& request, const handover::Answer& answer) const {
  NodeCommand command;
  command.kind = NodeCommand::Kind::move_answer;
  command.node = request.node;
  command.data = handover::pack(answer);
  (void)services_->store().command(services_->node(), command);
}

void PeerSession::depart() {
  if (const auto earlier = std::exchange(link_, nullptr)) {
    services_->counters().closed(CloseReason::replaced);
    earlier->leave();
    mailbox_.detach();
    earlier->close(CloseReason::replaced);
  }
  if (state_ == State::open) {
    state_ = State::away;
    set_away(true);
  }
  if (grace_) grace_->close();  // meanwhile it does not end
  input_.await();
  departure_->is_under_way = true;
  departure_->has_newest = secrets_.is_newest(departure_->request.secret);
  handover::Answer answer{departure_->request.number, Verdict::good, services_->node(), epoch()};
  if (grace_) answer.keep = grace_->time();
  for (const Membership& membership : rooms_) {
    answer.rooms.push_back({membership.room->id(), membership.metadata});
  }
  answer_move(departure_->request, answer);
  departs_in(max_time_to_claim, [](PeerSession& self) { self.stay(); });
}

bool PeerSession::is_departing() const noexcept { return departure_ && departure_->is_under_way; }

// It has not gone, and is a peer without a connection.
void PeerSession::stay() {
  departure_.reset();
  input_.answered();
  if (!grace_) return end(CloseReason::lost);
  grace_->begin_away(services_->limits().away_after);
  input_.resume();
}

void PeerSession::displaced() {
  if (!is_departing()) return end_replaced();
  departure_->is_displaced = true;
  services_->directory().remove(mailbox_);  // who asks for it here is sent to the other node
  departs_in(max_time_to_move, [](PeerSession& self) { self.end_replaced(); });
  hand_over_history();
}

void PeerSession::moved_from(const RoomId& room, const RoomPicture& picture) {
  boost::asio::post(executor(), [self = shared_from_this(), left = handover::History::Room{room, picture}] {
    self->left_for_other_node(left);
  });
}

void PeerSession::left_for_other_node(const handover::History::Room& room) {
  const Membership* const membership = membership_of(room.id);
  if (membership == nullptr) return;
  if (departure_) {
    for (Member& member : membership->room->members()) {
      if (member.is_away && member.id != id()) departure_->away.push_back({room.id, std::move(member.id)});
    }
    departure_->rooms.push_back(room);
  }
  rooms_.erase(rooms_.begin() + (membership - rooms_.data()));
  services_->policy().left(*this, room.id, LeaveReason::disconnect);
  hand_over_history();
}

void PeerSession::hand_over_history() {
  if (!is_departing() || !departure_->is_displaced || !rooms_.empty()) return;
  handover::History history;
  if (SessionLog* const log = mailbox_.log(); log != nullptr && !has_gap_) {
    history.is_counted = true;
    history.unacknowledged = log->take_kept();
    history.sent = log->count();
    history.received = grace_->received();
    if (!departure_->has_newest) history.restarted_with = grace_->restarted_with;
  }
  history.dropped = mailbox_.dropped();
  history.waiting = mailbox_.take_waiting();
  history.input = input_.take_received();
  history.away = std::move(departure_->away);
  history.rooms = std::move(departure_->rooms);
  NodeCommand command;
  command.kind = NodeCommand::Kind::history;
  command.node = departure_->request.node;
  command.peer = id();
  command.data = handover::pack(history);
  (void)services_->store().command(services_->node(), command);
  services_->log(LogLevel::debug, "peer-moved", {{"peer", id()}, {"node", command.node}});
  secrets_ = {};  // the session has not ended
  end(CloseReason::replaced);
}

// From another node to here.

void PeerSession::arrive(Arrival arrival, Callback<void()> done) {
  secrets_ = ResumeSecrets(std::string(ResumeSecrets::session_of(arrival.secret)));
  secrets_.renew(arrival.secret, services_->new_id());
  set_identity(std::move(arrival.identity));
  mailbox_.address(std::move(arrival.id), arrival.epoch);
  has_id_.store(true, std::memory_order_release);
  const auto& answer = arrival.answer;
  arriving_.reset(
      new Arriving{{}, answer.rooms.size(), false, {}, {}, {}, ScopedDeadline(loop().deadlines())});
  arriving_->waiting.push_back(std::move(done));
  state_ = State::away;
  set_away(true);
  input_.await();
  const auto former = services_->directory().put(entry(), 0);
  if (*former) former->peer->replace();
  services_->session_moves().arrived(id());
  if (services_->is_shutting_down()) return end(CloseReason::going_away);
  const auto longest = std::chrono::floor<std::chrono::seconds>(services_->limits().max_resume);
  grant(std::min(answer.keep, longest));
  if (grace_) grace_->begin_away(services_->limits().away_after);
  services_->counters().connects.fetch_add(1, std::memory_order_relaxed);
  services_->policy().connected(shared_from_this());
  services_->log(LogLevel::debug, "peer-connected", {{"peer", id()}, {"protocol", language()}});
  for (const auto& room : answer.rooms) move_into(room, answer.epoch, answer.node);
  if (!arriving_) return;
  arriving_->deadline.set(handover::patience, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || !self->arriving_) return;
    self->arriving_->deadline.passed();
    self->has_gap_ = true;
    self->arriving_->has_history = true;
    for (const Membership& membership : self->rooms_) membership.room->hear(room_news::Settled{self->id()});
    self->end_arrival_if_complete();
  });
}

// What has become of one of its rooms.
struct PeerSession::Moved {
  handover::Answer::Room room;
  errc error = errc::ok;
  std::shared_ptr<RoomView> view;
  RoomPicture picture;
  bool is_new_stay = false;
};

void PeerSession::move_into(const handover::Answer::Room& room, Epoch former, const NodeId& node) {
  room_change::Join join;
  join.peer = mailbox();
  join.metadata = room.metadata;
  join.answer = command::Join::Answer::none;
  join.moves_from = former;
  join.former_node = node;
  join.done = [self = shared_from_this(), room, is_new_stay = former == 0](
                  errc error, const std::shared_ptr<RoomView>& view, const RoomPicture& picture) {
    boost::asio::post(self->executor(), [self, moved = Moved{room, error, view, picture, is_new_stay}] {
      self->moved_into(moved);
    });
  };
  RoomView::submit_join(services_, room.id, std::move(join));
}

void PeerSession::moved_into(const Moved& moved) {
  const RoomId& id = moved.room.id;
  if (state_ == State::gone) {
    if (moved.view) tell_room_of_leave(moved.view, LeaveReason::disconnect, {}, {});
    return;
  }
  if (moved.error != errc::ok || moved.is_new_stay) has_gap_ = true;
  // Without the store nobody can be moved, but a new stay may begin.
  if (moved.error == errc::store_unavailable && !moved.is_new_stay) return move_into(moved.room, 0, {});
  if (moved.view) {
    if (!arriving_ || arriving_->has_history) moved.view->hear(room_news::Settled{this->id()});
    if (arriving_) arriving_->come.push_back({id, moved.picture});
    add_room(moved.view, moved.room.metadata);
  } else {
    services_->counters().error(moved.error);
    tell(event::Left{id, LeaveReason::disconnect, {}, {}});
  }
  if (!arriving_) return;
  --arriving_->rooms_left;
  end_arrival_if_complete();
}

void PeerSession::take_history(handover::History history) {
  boost::asio::post(executor(), [self = shared_from_this(), history = std::move(history)]() mutable {
    self->adopt(std::move(history));
  });
}

void PeerSession::adopt(handover::History history) {
  if (!arriving_ || arriving_->has_history) return;
  arriving_->has_history = true;
  arriving_->left = std::move(history.rooms);
  SessionLog* const log = mailbox_.log();
  if (history.is_counted && log != nullptr) {
    log->adopt(history.sent, std::move(history.unacknowledged));
    grace_->go_on_from(history.received);
    grace_->restarted_with = history.restarted_with;
  } else {
    has_gap_ = true;
  }
  arriving_->away = std::move(history.away);
  mailbox_.adopt(std::move(history.waiting), history.dropped);
  input_.adopt(std::move(history.input));
  end_arrival_if_complete();
}

// Its former node may not have known, or not had the time to tell. Who is away is told at once; that somebody is back only
// when this node would know if it were not so.
void PeerSession::tell_who_is_away() {
  for (const Membership& membership : rooms_) {
    for (const Member& member : membership.room->members()) {
      const bool is_told = std::ranges::any_of(arriving_->away, [&](const handover::History::Away& one) {
        return one.room == membership.room->id() && one.peer == member.id;
      });
      if (!member.is_away || is_told || member.id == id()) continue;
      const MemberView view{member.id, member.metadata.view(), member.joined_at, true};
      tell(event::PeerAway{membership.room->id(), membership.room->version(), view});
    }
  }
  if (arriving_->away.empty()) return;
  loop().deadlines()->set(time_to_hear_of_away, [weak = weak_from_this(), away = std::move(arriving_->away)] {
    if (const auto self = weak.lock()) self->tell_who_is_back(away);
  });
}

void PeerSession::tell_who_is_back(const std::vector<handover::History::Away>& away) {
  for (const auto& one : away) {
    const Membership* const membership = membership_of(one.room);
    if (membership == nullptr) continue;
    const auto members = membership->room->members();
    const auto member = std::ranges::find(members, one.peer, &Member::id);
    if (member == members.end() || member->is_away) continue;
    const MemberView view{member->id, member->metadata.view(), member->joined_at};
    tell(event::PeerBack{one.room, membership->room->version(), view});
  }
}

void PeerSession::end_arrival_if_complete() {
  if (arriving_->rooms_left != 0 || !arriving_->has_history) return;
  if (!has_seen_all()) has_gap_ = true;
  if (state_ != State::gone) tell_who_is_away();
  const auto arrived = std::exchange(arriving_, nullptr);
  input_.answered();
  for (auto& done : arrived->waiting) done();
  if (state_ != State::gone) input_.resume();
}

// Of each room, what the client was told there is what is told here.
bool PeerSession::has_seen_all() const {
  return std::ranges::all_of(arriving_->come, [this](const handover::History::Room& here) {
    const auto there = std::ranges::find(arriving_->left, here.id, &handover::History::Room::id);
    return there != arriving_->left.end() && there->picture == here.picture;
  });
}

void PeerSession::when_arrived(Callback<void()> done) {
  arriving_ ? arriving_->waiting.push_back(std::move(done)) : done();
}

void PeerSession::end_without_grace() {
  if (state_ == State::away && !grace_) end(CloseReason::lost);
}

}  // namespace signaling
