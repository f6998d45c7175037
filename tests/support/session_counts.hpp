#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

namespace signaling::testing {

/// A client's half of a session: what it has received, and what it has said that nobody has confirmed.
class SessionCounts {
 public:
  /// Of the server's messages that count.
  std::uint64_t received() const noexcept { return received_; }
  void receives() noexcept { ++received_; }
  /// Kept until it is confirmed.
  void says(std::string message) { unconfirmed_.push_back(std::move(message)); }
  const std::deque<std::string>& unconfirmed() const noexcept { return unconfirmed_; }
  /// The server has received the first `count` messages. False: that cannot be.
  [[nodiscard]] bool confirm(std::uint64_t count) {
    if (count < confirmed_ || count - confirmed_ > unconfirmed_.size()) return false;
    for (; confirmed_ < count; ++confirmed_) unconfirmed_.pop_front();
    return true;
  }
  /// Both counts begin at 0. What is not confirmed is to be sent again.
  void begin_again() noexcept { received_ = confirmed_ = 0; }

 private:
  std::uint64_t received_ = 0;
  std::uint64_t confirmed_ = 0;
  std::deque<std::string> unconfirmed_;
};

}  // namespace signaling::testing
