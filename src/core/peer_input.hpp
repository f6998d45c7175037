#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include "core/current_limits.hpp"
#include "core/deadlines.hpp"
#include "core/input_queue.hpp"
#include "core/mailbox.hpp"
#include "core/room_order.hpp"

namespace signaling {

/// What of a peer has to wait, and whether its transport reads: while an answer is awaited, or a message's turn under the
/// rates, later messages and commands wait in a queue, so that they take effect in the order in which they came.
///
/// Bounded: by Limits::max_pending_bytes, with what waits in rooms. The transport is asked to stop reading long before, so
/// that TCP holds the client back.
/// Threads: the peer's executor.
class PeerInput {
 public:
  /// The peer that it is part of.
  class Owner {
   public:
    virtual std::shared_ptr<PeerInput> input() noexcept = 0;
    /// A message of the client that had to wait has its turn.
    virtual void handle(const MessageView& message) = 0;

   protected:
    ~Owner() = default;
  };

  /// The others outlive it.
  PeerInput(Owner& owner, Mailbox& mailbox, const CurrentLimits& limits, const Clock& clock);

  bool must_wait() const noexcept { return is_awaiting_ || (queue_ && queue_->must_wait()); }
  /// An answer is awaited. `resume` follows `answered`.
  void await() noexcept { is_awaiting_ = true; }
  void answered() noexcept { is_awaiting_ = false; }
  bool is_awaiting() const noexcept { return is_awaiting_; }

  /// False: a message has to wait for its turn, and goes on with `resume` when that comes.
  bool take_turn(std::size_t bytes);
  /// False: more waits than may.
  bool push(InputQueue::Item item);
  /// Counts a change that goes to a room as waiting until the room is done with it. Nothing: more waits than may.
  std::optional<PendingBytes> charge(std::size_t bytes);
  /// Does what waits, as far as it may.
  void resume();
  /// The same, but `first`, and what it asks for, before it.
  void resume_behind(Callback<void()> first);
  /// The peer is gone: nothing is done any more.
  void close();
  /// Nothing waits but messages of the client, and no answer is awaited: another peer could deal with them.
  bool is_movable() const noexcept { return !is_awaiting_ && (!queue_ || queue_->has_only_received()); }
  /// Messages of the client that wait behind all others.
  void adopt(std::vector<InputQueue::Received> messages);
  /// Another peer deals with the messages of the client that wait.
  std::vector<InputQueue::Received> take_received();
  /// There is a new transport, which reads.
  void attached();

 private:
  std::chrono::milliseconds time_to_turn(std::size_t bytes);
  std::chrono::milliseconds time_held_back(std::chrono::milliseconds hold, std::size_t bytes);
  bool must_wait_for_answers();
  bool has_room() const noexcept;
  std::size_t read_ahead() const noexcept;
  void update_reading();

  Owner& owner_;
  Mailbox& mailbox_;
  const CurrentLimits& limits_;
  const Clock& clock_;
  bool is_awaiting_ = false;
  bool is_reading_ = true;             // what the transport was asked for
  bool has_waited_ = false;            // for what is in its own mailbox
  std::unique_ptr<InputQueue> queue_;  // null: nothing waits
  std::optional<Deadlines::Id> turn_;
  std::atomic<std::size_t> bytes_in_rooms_{0};  // of changes that wait there
  InputRate rate_;
  TokenBucket to_crowded_;  // bytes
};

}  // namespace signaling
