// What a room does next: what the store tells before what local peers want.
#include "core/room_order.hpp"

#include <algorithm>

namespace signaling {
namespace {

// Each costs something even when it carries no bytes.
constexpr std::size_t news_overhead = 256;

std::size_t cost_of(const RoomNews& news) noexcept {
  if (const auto* const message = std::get_if<room_news::Message>(&news)) {
    return OwnedMessage::bytes_of(message->owned.message(), message->owned.route()) + news_overhead;
  }
  const auto* const change = std::get_if<room_news::Change>(&news);
  return change == nullptr ? news_overhead : change->change.member.metadata.size() + news_overhead;
}

}  // namespace

bool RoomOrder::submit(RoomChange& change) {
  if (state_ == State::retired) return false;
  if (!merge(change)) changes_.push_back(std::move(change));
  return true;
}

// One list is as good as two at once.
bool RoomOrder::merge(const RoomChange& change) const {
  const auto* const list = std::get_if<room_change::List>(&change);
  if (list == nullptr || changes_.empty()) return false;
  const auto* const last = std::get_if<room_change::List>(&changes_.back());
  return last != nullptr && last->peer == list->peer && last->answer == list->answer &&
         last->request == list->request;
}

bool RoomOrder::is_free() const noexcept { return state_ == State::open && !is_running_ && news_.empty(); }

bool RoomOrder::is_full_for(std::size_t bytes, std::size_t max_news_bytes) const noexcept {
  if (has_overflown_) return true;
  // An empty queue takes anything: it was within the limit for messages.
  return max_news_bytes != 0 && news_bytes_ != 0 && news_bytes_ + bytes + news_overhead > max_news_bytes;
}

void RoomOrder::hear(RoomNews news, std::size_t max_news_bytes) {
  const bool is_answer = std::holds_alternative<room_news::Answer>(news);
  // Whoever waits for an answer gets it.
  if (state_ == State::retired && !is_answer) return;
  const std::size_t cost = cost_of(news);
  if (!is_answer && is_full_for(cost - news_overhead, max_news_bytes)) return overflow();
  news_.push_back(std::move(news));
  news_bytes_ += cost;
}

void RoomOrder::overflow() {
  if (has_overflown_) return;
  news_.emplace_back(room_news::Resync{Missed::messages, true});
  news_bytes_ += news_overhead;
  has_overflown_ = true;
}

std::uint64_t RoomOrder::look() noexcept {
  if (state_ == State::open) state_ = State::looking;
  awaits_snapshot_ = true;
  return ++snapshot_number_;
}

void RoomOrder::snapshot_came(std::uint64_t number, std::error_code error, RoomState state) noexcept {
  if (number != snapshot_number_ || !std::exchange(awaits_snapshot_, false)) return;
  seen_ = room_action::See{error, std::move(state), news_.size()};
}

void RoomOrder::saw() noexcept {
  if (state_ == State::looking) state_ = State::open;
}

RoomNews RoomOrder::take_news(Place place) {
  RoomNews news = std::move(*place);
  news_.erase(place);
  news_bytes_ -= cost_of(news);
  if (const auto* const resync = std::get_if<room_news::Resync>(&news); resync && resync->is_overflow) {
    has_overflown_ = false;
  }
  return news;
}

RoomAction RoomOrder::ask_next() noexcept {
  asked_.splice(asked_.end(), changes_, changes_.begin());
  return room_action::Ask{++asked_number_, &asked_.front()};
}

void RoomOrder::resume() noexcept {
  if (state_ == State::halted) state_ = State::open;
}

}  // namespace signaling
