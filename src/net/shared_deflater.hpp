#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "signaling/core/clock.hpp"
#include "signaling/core/frame.hpp"
#include "signaling/websocket/connection.hpp"

namespace signaling::net {

/// Compresses messages for the WebSockets of one worker: each message once per window, however many receive it, and only
/// as many bytes a second as leave the worker time for everything else. What does not fit is sent as it is.
///
/// Ownership: the compressed frames and the messages that they were made of, until `clear`, which the worker calls once per
/// turn of its loop.
/// Threads: one.
class SharedDeflater {
 public:
  /// 0: no bound.
  explicit SharedDeflater(std::size_t bytes_per_second) noexcept : bytes_per_second_(bytes_per_second) {}

  /// The frame to write for `message` on `connection`, which must have a shared window. The view lives until `clear`, and as
  /// long as `message`.
  std::span<const std::byte> wire(websocket::Connection& connection, const Frame& message, TimePoint now);
  bool empty() const noexcept { return entries_.empty(); }
  void clear() noexcept { entries_.clear(); }

 private:
  /// Where a message lies in memory, which is its alone as long as its entry holds it; and the window.
  using Key = std::pair<std::uintptr_t, int>;
  struct Entry {
    Frame message;
    std::vector<std::byte> wire;
  };

  bool take(std::size_t bytes, TimePoint now) noexcept;

  std::map<Key, Entry> entries_;
  std::size_t bytes_per_second_;
  double budget_ = 0;
  TimePoint refilled_at_{};
};

}  // namespace signaling::net
