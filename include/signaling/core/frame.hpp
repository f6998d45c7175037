#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "signaling/text/export.hpp"

namespace signaling {

/// Whether a message is UTF-8 text or binary.
enum class MessageKind : std::uint8_t { text, binary };

/// What a protocol tells its client at the end of a connection: the code and the reason of a WebSocket Close frame (RFC
/// 6455 7.4).
struct SIGNALING_API CloseStatus {
  std::uint16_t code = 0;   ///< 1000 to 4999, as RFC 6455 allows
  std::string_view reason;  ///< for people; UTF-8
};

/// What becomes of a message whose client lost its connection before it confirmed the message, and then resumes.
enum class FrameUse : std::uint8_t {
  message,  ///< both sides count it, and it is sent again
  change,   ///< the same, but a list of the room's members replaces it
  room,     ///< the same, but such lists come behind it: an answer about the client's own place in a room
  link,     ///< belongs to the connection, such as a welcome: not counted, and never sent again
};

/// An encoded message for any number of peers: shared and immutable.
///
/// The block has space in front of the message for the header of an unmasked WebSocket frame (RFC 6455 5.2), which
/// depends only on kind and length. So one block serves every receiver: a WebSocket transport writes `wire()`, any
/// other transport writes `message()`.
///
/// Ownership: a copy shares the block; the last one frees it. Views live as long as any copy.
/// Threads: copies may be used and destroyed on different threads; the bytes never change.
class SIGNALING_API Frame {
 public:
  Frame() noexcept = default;
  Frame(const Frame& other) noexcept;
  Frame(Frame&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Frame& operator=(Frame other) noexcept;
  ~Frame();

  /// Copies the message into a text frame.
  static Frame text(std::string_view message);
  /// Copies the message into a binary frame.
  static Frame binary(std::span<const std::byte> message);

  /// No message: the last of the frames of a reply or an event, it closes the connection of each peer that gets it
  /// (CloseReason::normal), behind everything before it. `reason`: the first 123 bytes are used.
  static Frame close(std::uint16_t code, std::string_view reason = {});

  /// No message: the only frame of an event, it has the transport of each peer that gets it check that the client lives
  /// (Transport::probe).
  static Frame probe(std::chrono::milliseconds time);

  /// False: default-constructed, or moved from.
  explicit operator bool() const noexcept { return block_ != nullptr; }

  /// Text or binary; the frame must not be empty.
  MessageKind kind() const noexcept;
  /// 0, or a number that the encoder gives to messages that describe a whole state. While such a frame waits for a
  /// peer, and no frame waits behind it, a newer frame with the same number replaces it.
  std::uint8_t state() const noexcept;
  /// Of a frame that `close` made; nothing: it is a message.
  std::optional<CloseStatus> close_status() const noexcept;
  /// Of a frame that `probe` made; nothing: it is a message.
  std::optional<std::chrono::milliseconds> probe_time() const noexcept;
  /// What the encoder has passed to FrameBuilder::finish.
  FrameUse use() const noexcept;
  /// The size of the message without the WebSocket header, in bytes; all outbound limits count this.
  std::size_t size() const noexcept;
  /// The bytes of the message.
  std::span<const std::byte> message() const noexcept;
  /// The message as characters; for binary messages the same bytes.
  std::string_view text_view() const noexcept;
  /// Header and message as one unmasked, unfragmented WebSocket frame.
  std::span<const std::byte> wire() const noexcept;

 private:
  friend class FrameBuilder;
  struct Block;
  explicit Frame(Block* block) noexcept : block_(block) {}

  Block* block_ = nullptr;
};

/// Writes a message piece by piece, directly into the block of its frame.
class SIGNALING_API FrameBuilder {
 public:
  /// `expected_size`: the probable size of the message in bytes; the block grows as needed.
  explicit FrameBuilder(std::size_t expected_size);
  FrameBuilder(const FrameBuilder&) = delete;
  FrameBuilder& operator=(const FrameBuilder&) = delete;
  ~FrameBuilder();

  /// Appends to the message.
  FrameBuilder& append(std::string_view text);
  /// Appends one byte.
  FrameBuilder& append(char character) { return append(std::string_view(&character, 1)); }
  /// The number of bytes written so far.
  std::size_t size() const noexcept { return size_; }
  /// Completes the message. The builder is then empty and must not be used. `state`: as Frame::state.
  Frame finish(MessageKind kind, std::uint8_t state = 0, FrameUse use = FrameUse::message);

 private:
  Frame::Block* block_;
  std::size_t size_ = 0;
};

}  // namespace signaling
