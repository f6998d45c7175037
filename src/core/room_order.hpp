#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/room_picture.hpp"
#include "core/sender_order.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/core/command.hpp"
#include "signaling/core/message.hpp"
#include "signaling/core/payload.hpp"
#include "signaling/core/state_store.hpp"

namespace signaling {

class Mailbox;
class RoomView;

/// Bytes that count as pending of a peer until this is destroyed.
class PendingBytes {
 public:
  PendingBytes() noexcept = default;
  PendingBytes(std::shared_ptr<std::atomic<std::size_t>> counter, std::size_t bytes) noexcept
      : counter_(std::move(counter)), bytes_(bytes) {
    counter_->fetch_add(bytes_, std::memory_order_relaxed);
  }
  PendingBytes(PendingBytes&& other) noexcept = default;
  PendingBytes& operator=(PendingBytes&& other) noexcept {
    std::swap(counter_, other.counter_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~PendingBytes() {
    if (counter_) counter_->fetch_sub(bytes_, std::memory_order_relaxed);
  }

 private:
  std::shared_ptr<std::atomic<std::size_t>> counter_;
  std::size_t bytes_ = 0;
};

/// What local peers want of a room.
namespace room_change {

struct Join {
  std::shared_ptr<Mailbox> peer;
  Payload metadata;
  std::string request;
  std::size_t capacity = 0;
  command::Join::Answer answer = command::Join::Answer::joined;
  /// One that is destroyed uncalled, because of an exception, has to say `internal` by itself.
  Callback<void(errc, std::shared_ptr<RoomView>, const RoomPicture&)> done;
  NodeId former_node = {};   // of one that moves
  Epoch moves_from = 0;      // as StateStore::Join::moves_from
  RoomPicture picture = {};  // of one that has moved: what is known here as it comes
};
struct Leave {
  std::shared_ptr<Mailbox> peer;
  LeaveReason reason = LeaveReason::leave;
  std::string request;
  std::string why;  // the host's word to the peer
};
struct Update {
  std::shared_ptr<Mailbox> peer;
  Payload metadata;
  /// A join of somebody who is in the room already has its answer from the `List` that follows.
  enum class Answer : std::uint8_t { updated, none } answer = Answer::updated;
  std::string request;
  PendingBytes pending;
};
/// Tells one member who is there. In the queue, so that what it sees afterwards fits to it.
struct List {
  std::shared_ptr<Mailbox> peer;
  enum class Answer : std::uint8_t { members, joined } answer = Answer::members;
  std::string request;
  PendingBytes pending;
};

}  // namespace room_change

using RoomChange =
    std::variant<room_change::Join, room_change::Leave, room_change::Update, room_change::List>;

/// What the store tells a room.
namespace room_news {

/// The store has decided about the change that the room has asked it for.
struct Answer {
  /// Which change: the number that RoomOrder has given it.
  std::uint64_t number = 0;
  std::error_code error;
  StateStore::Joined joined;  // of other changes only the version
};
/// Another node's change, message, or that some were missed.
struct Change {
  MembershipChange change;
};
struct Message {
  OwnedMessage owned;
  SenderTicket ticket;
};
/// Another node's member has lost its connection, or has one again.
struct Away {
  PeerId peer;
  Epoch epoch = 0;
  bool is_away = false;
};
/// A member that has come from another node is told there of nothing more.
struct Settled {
  PeerId peer;
};
struct Resync {
  Missed missed = Missed::changes;
  /// More came than may wait, and was dropped.
  bool is_overflow = false;
};

}  // namespace room_news

using RoomNews = std::variant<room_news::Answer, room_news::Change, room_news::Message, room_news::Away,
                              room_news::Settled, room_news::Resync>;

/// What a room does next.
namespace room_action {

/// Nothing, until something comes.
struct Rest {};
/// Nothing any more: nobody is left here, and nothing waits.
struct Retire {};
/// Ask the store for a change. It stays where it is until its answer.
struct Ask {
  std::uint64_t number = 0;
  RoomChange* change = nullptr;
};
/// The store has answered.
struct Finish {
  RoomChange change;
  room_news::Answer answer;
};
struct Handle {
  RoomNews news;
};
/// The snapshot has come, or cannot.
struct See {
  std::error_code error;
  RoomState state;
  /// So many of the news that wait came before it.
  std::size_t news_before = 0;
};

}  // namespace room_action

using RoomAction = std::variant<room_action::Rest, room_action::Retire, room_action::Ask, room_action::Finish,
                                room_action::Handle, room_action::See>;

/// In which order a room does what local peers want and what the store tells. Sans-I/O: takes what comes, and says what is
/// to be done next.
///
/// Changes wait until the store has answered the one before. News wait for nothing but a snapshot, or a message that has
/// to wait for its turn among its sender's; the answer to the change under way is one of them.
/// States: open -> looking (for a snapshot) or halted (by a message) -> open ...; retired is final.
/// Bounded: changes by Limits::max_pending_bytes of the peers that want them; news by `max_news_bytes`. If more come, all
/// that comes is dropped until the room asks for a snapshot, and its members are told that messages were lost, once.
/// Threads: none of its own; RoomView has the lock, and one thread at a time does what `next` says.
class RoomOrder {
 public:
  enum class State : std::uint8_t { open, looking, halted, retired };

  State state() const noexcept { return state_; }
  /// True: it was nobody's turn, and now it is the caller's to call `next` until it says Rest or Retire.
  bool take_turn() noexcept { return !std::exchange(is_running_, true); }
  /// The turn ends early, by an exception. What waits is done with the next that comes.
  void break_off() noexcept { is_running_ = false; }

  /// False: it is retired, and the change is untouched.
  bool submit(RoomChange& change);
  /// `max_news_bytes`: 0: no bound.
  void hear(RoomNews news, std::size_t max_news_bytes);
  /// Is there nothing that a message would have to wait for?
  bool is_free() const noexcept;
  /// Would a message of so many bytes be too much?
  bool is_full_for(std::size_t bytes, std::size_t max_news_bytes) const noexcept;
  /// It is dropped.
  void overflow();
  /// Nothing is done until the snapshot has come, and `saw` was called after it.
  /// Gives the number of the snapshot.
  std::uint64_t look() noexcept;
  void snapshot_came(std::uint64_t number, std::error_code error, RoomState state) noexcept;
  void saw() noexcept;
  /// The message that it halts for has its turn.
  void resume() noexcept;
  void retire() noexcept { state_ = State::retired; }

  /// `is_turn(message)`: may it be dealt with now?
  template <class IsTurn>
  RoomAction next(bool has_local_members, IsTurn is_turn);

  /// How many news wait.
  std::size_t news() const noexcept { return news_.size(); }
  /// News that must not wait for the snapshot: the next that is due, of the `count` oldest, from `place` on. None from a
  /// local peer's join on, since that peer must hear the rest.
  using Place = std::list<RoomNews>::iterator;
  Place first_news() noexcept { return news_.begin(); }
  template <class IsDue>
  std::optional<RoomNews> take_due(Place& place, std::size_t& count, IsDue is_due);

 private:
  RoomNews take_news(Place place);
  RoomAction ask_next() noexcept;
  bool merge(const RoomChange& change) const;

  State state_ = State::open;
  bool is_running_ = false;
  bool has_overflown_ = false;  // and the snapshot that makes up for it is not asked for yet
  // Lists, since they are empty for most of the time, and then take nothing.
  std::list<RoomChange> changes_;
  std::list<RoomChange> asked_;  // the one that the store's answer is awaited for
  std::uint64_t asked_number_ = 0;
  std::list<RoomNews> news_;
  std::size_t news_bytes_ = 0;
  std::uint64_t snapshot_number_ = 0;
  bool awaits_snapshot_ = false;
  std::optional<room_action::See> seen_;
};

template <class IsTurn>
RoomAction RoomOrder::next(bool has_local_members, IsTurn is_turn) {
  if (seen_) return *std::exchange(seen_, std::nullopt);
  const bool is_open = state_ == State::open || (state_ == State::retired && !awaits_snapshot_);
  while (is_open && !news_.empty()) {
    if (const auto* const message = std::get_if<room_news::Message>(&news_.front());
        message != nullptr && !is_turn(*message)) {
      if (state_ == State::open) state_ = State::halted;
      break;
    }
    RoomNews news = take_news(news_.begin());
    auto* const answer = std::get_if<room_news::Answer>(&news);
    if (answer == nullptr) return room_action::Handle{std::move(news)};
    if (asked_.empty() || asked_number_ != answer->number) continue;  // answered already
    RoomChange asked = std::move(asked_.front());
    asked_.clear();
    return room_action::Finish{std::move(asked), std::move(*answer)};
  }
  const bool is_idle = is_open && state_ != State::halted && asked_.empty();
  if (is_idle && !changes_.empty()) return ask_next();
  is_running_ = false;
  const bool is_over = is_idle && !has_local_members;
  if (!is_over) return room_action::Rest{};
  state_ = State::retired;
  return room_action::Retire{};
}

template <class IsDue>
std::optional<RoomNews> RoomOrder::take_due(Place& place, std::size_t& count, IsDue is_due) {
  for (; count > 0; --count) {
    const Place one = place++;
    if (std::holds_alternative<room_news::Answer>(*one)) break;
    if (!is_due(std::as_const(*one))) continue;
    --count;
    return take_news(one);
  }
  count = 0;
  return std::nullopt;
}

}  // namespace signaling
