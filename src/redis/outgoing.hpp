#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "redis/backend.hpp"
#include "signaling/core/clock.hpp"
#include "signaling/core/message.hpp"

namespace signaling::redis {

/// What a node still has to bring to the database, in order: messages, and the ends of what it has begun there.
///
/// Messages stay until they are known to have happened, and are sent again in a new session. Whatever else is not known to
/// have happened when a session ends is given back.
/// Invariant: what is published before a member leaves stands before that leave.
class Outgoing {
 public:
  struct Leave {
    RoomId room;
    PeerId peer;
    Epoch epoch = 0;
    LeaveReason reason = LeaveReason::leave;
  };
  struct Update {
    RoomId room;
    PeerId peer;
    Epoch epoch = 0;
    Payload metadata;
  };
  struct Release {
    PeerId peer;
    Epoch epoch = 0;
  };
  struct Messages {
    Batch batch;
    std::size_t bytes = 0;
    TimePoint since;
  };
  struct Item {
    std::variant<Leave, Update, Release, Messages> what;
    /// For leaves and updates: who waits for the answer. Empty when it has been given.
    Callback<void(std::error_code, Version)> done;
    bool finished = false;
  };
  using ItemPointer = std::shared_ptr<Item>;

  /// Appends behind everything that was gathered.
  void push(std::variant<Leave, Update, Release, Messages> what,
            Callback<void(std::error_code, Version)> done);

  /// Gathers a message. `targets` as in StateStore::publish.
  void gather(const Message& message, const Route& route, std::span<const NodeId> targets, TimePoint now);
  void gather(const NodeCommand& command, TimePoint now);
  /// Makes an item of what was gathered.
  void seal();
  /// The same, unless enough of them are on their way, in which case it grows.
  void seal_if_few_in_flight();

  /// The first item that was not sent, and is sent now; null: there is none.
  ItemPointer take_unsent();
  void finish(Item& item);
  /// Those with messages that are not finished, sent or not.
  std::vector<ItemPointer> unfinished_messages() const;
  /// When the youngest of the messages that are not finished came; none: there are none.
  std::optional<TimePoint> youngest() const noexcept;
  /// The session is over: messages that were sent in it must be sent again. Gives all else that was not answered.
  std::vector<ItemPointer> end_session();

  std::size_t queued_bytes() const noexcept { return bytes_; }
  /// The least number of a batch that is not finished; that of the next, if all are.
  std::uint64_t first_unanswered() const noexcept {
    return unanswered_.empty() ? last_batch_ + 1 : *unanswered_.begin();
  }

 private:
  void begin_gathering(TimePoint now) noexcept;
  void append(Batch::Part& part, const auto&... publication);
  Batch::Part& part_for(std::string_view node, std::string_view peer, std::string_view room);

  std::deque<ItemPointer> items_;
  std::size_t sent_ = 0;  // of these, from the first on
  Messages gathered_;
  std::uint64_t last_batch_ = 0;
  std::set<std::uint64_t> unanswered_;  // batches, by number
  TimePoint last_gathered_{};
  std::size_t bytes_ = 0;
};

}  // namespace signaling::redis
