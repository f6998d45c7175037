#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <variant>
#include <vector>

#include "core/token_bucket.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/core/limits.hpp"
#include "signaling/core/protocol.hpp"

namespace signaling {

/// What one peer wants and what has to wait, in order.
///
/// While an item runs, the queue counts as empty: what the item adds comes ahead of what waits already.
class InputQueue {
 public:
  /// A message of the client, which is not charged to its rates yet.
  struct Received {
    MessageKind kind = MessageKind::text;
    std::string bytes;

    MessageView view() const noexcept { return {kind, bytes}; }
  };
  struct Item {
    /// What it holds while it waits.
    std::size_t bytes = 0;
    std::variant<Received, Callback<void()>> work;

    const Received* received() const noexcept { return std::get_if<Received>(&work); }
  };

  bool must_wait() const noexcept { return is_running_ ? added_ != 0 : !items_.empty(); }
  bool is_running() const noexcept { return is_running_; }
  bool is_empty() const noexcept { return items_.empty(); }
  std::size_t bytes() const noexcept { return bytes_; }
  const Item& front() const noexcept { return items_.front(); }
  bool has_only_received() const noexcept;

  void push(Item item);
  /// Ahead of all that waits. Not while an item runs.
  void push_front(Item item);
  /// `handle`: what is done with a message of the client.
  template <class Handle>
  void run_front(Handle handle);
  /// Takes the messages of the client; nothing else waits.
  std::vector<Received> take_received();
  void clear();

 private:
  class Running;
  Item pop_front();

  std::deque<Item> items_;
  std::size_t bytes_ = 0;
  std::size_t added_ = 0;  // by the item that runs
  bool is_running_ = false;
};

class InputQueue::Running {
 public:
  explicit Running(InputQueue& queue) noexcept : queue_(queue) {
    queue_.is_running_ = true;
    queue_.added_ = 0;
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { queue_.is_running_ = false; }

 private:
  InputQueue& queue_;
};

template <class Handle>
void InputQueue::run_front(Handle handle) {
  Item item = pop_front();
  const Running running(*this);
  if (const Received* const received = item.received()) {
    handle(received->view());
  } else {
    std::get<Callback<void()>>(item.work)();
  }
}

/// How fast a client may send, in messages and in bytes, and what it may cause to be sent.
class InputRate {
 public:
  /// Charges a message: zero. If its turn has not come, charges nothing and says how long to wait. `caused`: bytes that
  /// the peer has caused to be sent since the last call, which are charged in any case.
  std::chrono::milliseconds take(const Limits& limits, std::size_t bytes, std::size_t caused,
                                 TimePoint now) noexcept;
  /// It has caused more than it may, and waits for that.
  bool is_in_debt() const noexcept { return caused_.is_in_debt() || at_once_.is_in_debt(); }

 private:
  std::chrono::nanoseconds time_for_caused(const Limits& limits, std::size_t caused, TimePoint now) noexcept;

  TokenBucket messages_;
  TokenBucket bytes_;
  TokenBucket caused_;
  TokenBucket at_once_;  // of what it causes
};

}  // namespace signaling
