#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "signaling/core/frame.hpp"

namespace signaling {

/// What of the messages to a client may have to be sent again: those that it has not acknowledged. Both sides count the
/// messages, so none of them carries a number.
///
/// Invariant: `kept_` holds the messages behind `begin_`, in order, up to the last that was sent.
/// Bounded: the oldest are dropped beyond a number of bytes, but never the newest, however large. While all are acknowledged,
/// it holds no memory.
/// Threads: none of its own.
class SessionLog {
 public:
  /// Those of the frames that count are on their way to the client. `max_bytes`: 0: no bound.
  void sent(std::span<const Frame> frames, std::size_t max_bytes) noexcept;
  /// How many were sent since the count began.
  std::uint64_t count() const noexcept { return begin_ + kept_.size() - first_; }
  /// The client has the first `received` messages. False: no such number was sent, and nothing changes.
  bool acknowledge(std::uint64_t received) noexcept;
  /// How many of those behind the first `received` are not kept any more.
  std::uint64_t missing_behind(std::uint64_t received) const noexcept {
    return received < begin_ ? begin_ - received : 0;
  }
  /// Takes what the client with these has still to get; the count is then that of the client.
  std::vector<Frame> rewind(std::uint64_t received);
  /// All that is kept, in order; `count` less so many came before.
  std::vector<Frame> take_kept() { return rewind(begin_); }
  /// Goes on where another one has stopped: `kept` behind the first `before` messages.
  void adopt(std::uint64_t before, std::vector<Frame> kept);
  /// The count begins again at 0, and nothing is kept.
  void restart() noexcept { *this = SessionLog(); }

 private:
  void drop_first() noexcept;
  void drop_all() noexcept;

  std::vector<Frame> kept_;
  std::size_t first_ = 0;    // those before it in `kept_` are gone
  std::size_t bytes_ = 0;    // of what is kept
  std::uint64_t begin_ = 0;  // so many messages came before the first that is kept
};

/// Takes the frames whose use is FrameUse::room out of `frames`.
std::vector<Frame> take_room_frames(std::vector<Frame>& frames);

}  // namespace signaling
