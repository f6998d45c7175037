#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "signaling/websocket/frame.hpp"

namespace signaling::websocket {

/// A control frame that waits to be written.
struct ControlFrame {
  std::span<const std::byte> unsent() const noexcept { return std::span(bytes).first(size).subspan(sent); }

  std::array<std::byte, max_header_bytes + max_control_payload> bytes{};
  std::uint8_t size = 0;
  std::uint8_t sent = 0;
  Opcode opcode = Opcode::pong;
};

}  // namespace signaling::websocket
