#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "core/token_bucket.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/core/limits.hpp"

namespace signaling {

/// What one peer wants and what has to wait, in order.
///
/// While an item runs, the queue counts as empty: what the item adds comes ahead of what waits already.
class InputQueue {
 public:
  struct Item {
    /// A message of the client that was not charged to its rates yet has so many bytes.
    std::optional<std::size_t> message_bytes;
    /// What it holds while it waits.
    std::size_t bytes = 0;
    Callback<void()> run;
  };

  bool must_wait() const noexcept { return is_running_ ? added_ != 0 : !items_.empty(); }
  bool is_running() const noexcept { return is_running_; }
  bool is_empty() const noexcept { return items_.empty(); }
  std::size_t bytes() const noexcept { return bytes_; }
  const Item& front() const noexcept { return items_.front(); }

  void push(Item item);
  void run_front();
  void clear();

 private:
  std::deque<Item> items_;
  std::size_t bytes_ = 0;
  std::size_t added_ = 0;  // by the item that runs
  bool is_running_ = false;
};

/// How fast a client may send, in messages and in bytes.
class InputRate {
 public:
  /// Charges a message: zero. If its turn has not come, charges nothing and says how long to wait.
  std::chrono::milliseconds take(const Limits& limits, std::size_t bytes, TimePoint now) noexcept;

 private:
  TokenBucket messages_;
  TokenBucket bytes_;
};

}  // namespace signaling
