#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "signaling/core/frame.hpp"

namespace signaling::socketio {

/// The events of one client in one namespace that may have to be sent again, and the offsets that the client says them by.
///
/// An offset is the last argument of an event, and no two events of a process have the same: a client that has lost its
/// connection shows the last that it has received. Events that ask for an acknowledgement have none and are not kept, as in
/// the reference implementation.
/// Invariant: `kept_` holds the events behind the first `dropped()`, in order, each followed by its attachments.
/// Bounded: the oldest are dropped beyond a number of bytes, but never the newest, however large. While all are confirmed,
/// it holds no memory.
/// Threads: none of its own.
class KeptEvents {
 public:
  /// The frames for the client: the same, with an offset in each event that is kept. 0: no bound.
  std::vector<Frame> add(std::span<const Frame> frames, std::string_view nsp, std::size_t max_bytes);
  /// How many events had an offset.
  std::uint64_t count() const noexcept { return count_; }
  /// How many of them, the oldest, are not kept.
  std::uint64_t dropped() const noexcept { return dropped_; }
  /// The client has so many, the oldest.
  void confirm(std::uint64_t count) noexcept;
  /// How many events the client has that shows this offset; an empty one: none. Nothing: it has missed more than is kept,
  /// or the offset was never one of its own.
  std::optional<std::uint64_t> find(std::string_view offset) const noexcept;
  /// What a client that has so many must still get.
  std::vector<Frame> behind(std::uint64_t count);

 private:
  struct Kept {
    Frame frame;
    std::uint64_t offset;  // 0: an attachment of the event before it
  };

  void keep(const Frame& frame, std::uint64_t offset);
  void drop_first() noexcept;

  std::vector<Kept> kept_;
  std::size_t first_ = 0;  // those before it in `kept_` are gone
  std::size_t bytes_ = 0;  // of what is kept
  std::uint64_t count_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t last_dropped_ = 0;  // its offset
};

}  // namespace signaling::socketio
