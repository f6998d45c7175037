#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "signaling/core/export.hpp"

namespace signaling {

/// Whether a message is UTF-8 text or just bytes.
enum class MessageKind : std::uint8_t { text, binary };

/// One message on its way to any number of peers: shared, immutable, encoded once.
///
/// The block keeps room in front of the message for the header of an unmasked WebSocket frame
/// (RFC 6455 5.2), which depends on the kind and the length alone. So the same block serves every
/// receiver: a WebSocket transport writes `wire()`, any other transport writes `message()`.
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

  /// Copies the message into a frame of text.
  static Frame text(std::string_view message);
  /// Copies the message into a binary frame.
  static Frame binary(std::span<const std::byte> message);

  /// False: made by the default constructor, or moved from.
  explicit operator bool() const noexcept { return block_ != nullptr; }

  /// Text or binary; of a frame that is not empty.
  MessageKind kind() const noexcept;
  /// Bytes of the message, without the WebSocket header: the unit of every outbound limit.
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

/// Writes a message piece by piece, straight into the block of the frame it becomes.
class SIGNALING_API FrameBuilder {
 public:
  /// `expected_size`: bytes the message will probably have; more are taken when needed.
  explicit FrameBuilder(std::size_t expected_size);
  FrameBuilder(const FrameBuilder&) = delete;
  FrameBuilder& operator=(const FrameBuilder&) = delete;
  ~FrameBuilder();

  /// Adds to the end.
  FrameBuilder& append(std::string_view text);
  /// Adds one byte to the end.
  FrameBuilder& append(char character) { return append(std::string_view(&character, 1)); }
  /// Bytes so far.
  std::size_t size() const noexcept { return size_; }
  /// Ends the message; the builder is empty and unusable afterwards.
  Frame finish(MessageKind kind);

 private:
  Frame::Block* block_;
  std::size_t size_ = 0;
};

}  // namespace signaling
