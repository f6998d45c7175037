// What a room does next: what the store tells before what local peers want.
#include <algorithm>
#include <mutex>
#include <utility>

#include "core/room_view.hpp"
#include "core/router_core.hpp"

namespace signaling {

bool RoomView::submit(RoomChange& change) {
  std::unique_lock lock(mutex_);
  if (retired_) return false;
  changes_.push_back(std::move(change));
  take_turn(std::move(lock));
  return true;
}

void RoomView::hear(RoomNews news) {
  std::unique_lock lock(mutex_);
  // Whoever waits for an answer gets it.
  if (retired_ && !std::holds_alternative<room_news::Answer>(news)) return;
  news_.push_back(std::move(news));
  take_turn(std::move(lock));
}

void RoomView::hear(const Envelope& message) {
  std::unique_lock lock(mutex_);
  if (retired_) return;
  if (!is_free_for(message)) {
    news_.push_back(room_news::Message{HeldEnvelope(message), core_.sender_order().arrived(message.from)});
    return take_turn(std::move(lock));
  }
  running_ = true;
  lock.unlock();
  deliver_remote(message);
  run();
}

// Then it need not be kept.
bool RoomView::is_free_for(const Envelope& message) {
  return !running_ && !stopped_ && news_.empty() && !core_.sender_order().is_waiting(message.from);
}

void RoomView::resume() {
  std::unique_lock lock(mutex_);
  stopped_ = false;
  take_turn(std::move(lock));
}

void RoomView::take_turn(std::unique_lock<std::mutex> lock) {
  if (std::exchange(running_, true)) return;
  lock.unlock();
  run();
}

void RoomView::run() {
  for (;;) {
    std::unique_lock lock(mutex_);
    if (seen_) {
      auto seen = std::exchange(seen_, {});
      lock.unlock();
      seen();
    } else if (!stopped_ && !news_.empty() && !stops_for(news_.front())) {
      RoomNews news = std::move(news_.front());
      news_.pop_front();
      lock.unlock();
      std::visit([this](auto& one) { handle(one); }, news);
    } else if (!stopped_ && !awaiting_ && !changes_.empty()) {
      asked_ = std::move(changes_.front());
      changes_.pop_front();
      awaiting_ = true;
      lock.unlock();
      std::visit([this](auto& one) { start(one); }, asked_);
    } else {
      running_ = false;
      retired_ = retired_ || (!stopped_ && !awaiting_ && entries_.size() == remote_count_);
      if (!retired_) return;
      break;
    }
  }
  core_.remove_room(*this);
}

// Under the lock.
bool RoomView::stops_for(const RoomNews& news) {
  const auto* const message = std::get_if<room_news::Message>(&news);
  if (message == nullptr) return false;
  stopped_ = !core_.sender_order().is_turn(message->held.view().from, message->number, weak_from_this());
  return stopped_;
}

void RoomView::look(Callback<void(std::error_code, const RoomState&)> then) {
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
  }
  core_.store().snapshot(
      id_, version(),
      [self = shared_from_this(), then = std::move(then)](std::error_code error, RoomState state) mutable {
        std::unique_lock lock(self->mutex_);
        self->seen_ = [room = self.get(), then = std::move(then), error, state = std::move(state),
                       before = self->news_.size()]() mutable { room->see(error, state, before, then); };
        self->take_turn(std::move(lock));
      });
}

void RoomView::see(std::error_code error, const RoomState& state, std::size_t news_before,
                   Callback<void(std::error_code, const RoomState&)>& then) {
  if (!error) catch_up(state, news_before);
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = false;
  }
  then(error, state);
}

// Who was there, has said something and has left is not in the snapshot: all that is dealt with first. The rest waits for
// the snapshot, and so does what is behind a local peer's join, since that peer must hear it.
void RoomView::catch_up(const RoomState& state, std::size_t count) {
  std::unique_lock lock(mutex_);
  auto next = news_.begin();
  for (; count > 0; --count) {
    const auto one = next++;
    if (std::holds_alternative<room_news::Answer>(*one)) return;
    if (!is_due(*one, state)) continue;
    std::list<RoomNews> taken;
    taken.splice(taken.end(), news_, one);
    lock.unlock();
    if (auto* const message = std::get_if<room_news::Message>(&taken.front())) {
      handle(*message);
    } else {
      apply_remote(std::get<room_news::Change>(taken.front()).change);
    }
    lock.lock();
  }
}

// Under the lock.
bool RoomView::is_due(const RoomNews& news, const RoomState& state) {
  if (const auto* const message = std::get_if<room_news::Message>(&news)) {
    const Envelope envelope = message->held.view();
    return is_member(envelope) && core_.sender_order().is_next(envelope.from, message->number);
  }
  const auto* const change = std::get_if<room_news::Change>(&news);
  if (change == nullptr || change->change.version <= version_) return false;
  if (change->change.kind == MembershipChange::Kind::updated) return false;
  const StoreMember& member = change->change.member;
  const Entry* const entry = find(member.id);
  const bool is_known = entry != nullptr && entry->epoch == member.epoch;
  if (is_known != (change->change.kind == MembershipChange::Kind::left)) return false;
  return std::ranges::none_of(state.members, [&](const StoreMember& other) {
    return other.id == member.id && other.epoch == member.epoch && other.joined_at == member.joined_at;
  });
}

void RoomView::handle(room_news::Answer& answer) {
  RoomChange asked = std::move(asked_);
  {
    const std::scoped_lock lock(mutex_);
    awaiting_ = false;
  }
  std::visit([&](auto& change) { finish(change, answer); }, asked);
}

void RoomView::handle(room_news::Change& news) {
  MembershipChange& change = news.change;
  const Version known = version();
  if (change.version <= known) return;
  if (change.version == known + 1) return apply_remote(change);
  // What is between is lost. If it cannot be had now, this one counts nevertheless, and the gap stays.
  look([this, change = std::move(change), known](std::error_code error, const RoomState& state) mutable {
    if (!error) return reconcile(state, state.version);
    change.version = known;
    apply_remote(change);
  });
}

void RoomView::handle(room_news::Message& message) {
  const Envelope envelope = message.held.view();
  deliver_remote(envelope);
  core_.sender_order().done(envelope.from);
}

void RoomView::handle(room_news::Resync& resync) {
  look([this, missed = resync.missed](std::error_code error, const RoomState& state) {
    if (!error) reconcile(state, state.version);
    if (missed == Missed::messages) warn(errc::messages_lost);
  });
}

}  // namespace signaling
