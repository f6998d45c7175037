#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "signaling/core/frame.hpp"
#include "signaling/text/utf8.hpp"
#include "signaling/websocket/frame.hpp"

namespace signaling::websocket {

/// What a connection has received of something that is not whole yet: a header, a frame, a fragmented
/// message. Exists only then.
struct Assembly {
  bool is_empty() const noexcept { return header_size == 0 && !in_frame && !in_message; }

  // The first bytes of a header.
  std::array<std::byte, max_header_bytes> header_bytes{};
  std::uint8_t header_size = 0;

  // The frame whose payload is being received.
  bool in_frame = false;
  FrameHeader frame;
  std::uint64_t frame_received = 0;

  // The message that it belongs to, or that it interrupts if it is a control frame.
  bool in_message = false;
  bool compressed = false;
  MessageKind kind = MessageKind::text;
  std::uint32_t fragments = 0;
  std::uint64_t announced_bytes = 0;  // by the headers of all its frames
  text::Utf8Validator utf8;
  std::vector<std::byte> message;

  std::array<std::byte, max_control_payload> control{};
};

}  // namespace signaling::websocket
