// Path 8/8: everything that waits for one socket leaves in one write.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "net/channel.hpp"
#include "signaling/core/frame.hpp"

namespace signaling::net {

/// Bytes that belong to one connection alone: HTTP, control frames, compressed messages.
struct OwnBytes {
  std::vector<std::byte> bytes;
  /// What they count as in the outbound limits: the size of the message that they carry.
  std::size_t message_bytes = 0;
};

/// What waits for a socket that did not take it: a shared frame, or else bytes of its own.
struct Output {
  Frame frame;
  OwnBytes own;
};

/// Lays what is to be written side by side for one system call: small pieces are copied together, which is
/// cheaper than a vector element each; large ones are pointed at.
class Gather {
 public:
  /// `scratch` receives the copies. For TLS all is one piece, of one record.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): a piece is written before it is read
  Gather(std::span<std::byte> scratch, bool secure) noexcept : scratch_(scratch), secure_(secure) {}

  /// False: full; of this piece maybe a part was taken.
  bool add(std::span<const std::byte> piece) noexcept;
  std::span<const iovec> pieces() const noexcept { return std::span(pieces_).first(count_); }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  bool add_secure(std::span<const std::byte> piece) noexcept;
  void copy(std::span<const std::byte> piece) noexcept;
  void point_at(std::span<const std::byte> piece) noexcept;

  std::span<std::byte> scratch_;
  bool secure_;
  std::array<iovec, 32> pieces_;
  std::size_t count_ = 0;
  std::size_t copied_ = 0;
  std::size_t bytes_ = 0;
};

/// How far a write got.
struct WriteProgress {
  IoStatus status = IoStatus::ok;
  /// Entirely written, from the front.
  std::size_t items = 0;
  /// Of messages, those that are written in part included.
  std::size_t message_bytes = 0;
  /// Written of the item behind them.
  std::size_t offset = 0;
};

/// Writes until everything is gone or the socket takes no more. `offset`: bytes of the first item written
/// before.
WriteProgress write_all(Channel& channel, std::span<std::byte> scratch, std::span<const Frame> frames,
                        std::size_t offset);
WriteProgress write_all(Channel& channel, std::span<std::byte> scratch, std::span<const Output> outputs,
                        std::size_t offset);

/// What waits for one socket, in order. Holds no memory while nothing waits.
class OutputQueue {
 public:
  bool empty() const noexcept { return items_.empty(); }
  /// Puts copies at the end; of the first one `written` bytes have left already.
  void push(std::span<const Frame> frames, std::size_t written);
  void push(std::span<const std::byte> bytes, std::size_t message_bytes);
  /// Puts it in front, but behind what the socket may have taken a part of.
  void push_first(const Frame& frame);
  WriteProgress write(Channel& channel, std::span<std::byte> scratch);
  void clear() noexcept { *this = {}; }

 private:
  std::vector<Output> items_;
  std::size_t head_ = 0;    // items before it have left
  std::size_t offset_ = 0;  // bytes of the item at head_ that have left
};

}  // namespace signaling::net
