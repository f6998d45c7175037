#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

enum class Opcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Appends one whole frame, masked as a client's must be (RFC 6455 5.3).
void append_frame(std::string& out, Opcode opcode, std::string_view payload, std::uint32_t mask);

struct ReceivedFrame {
  Opcode opcode;
  std::string_view payload;
  std::size_t size;  ///< with its header
};
struct FrameResult {
  std::optional<ReceivedFrame> frame;  ///< none: more bytes are needed, or it is broken
  bool broken = false;  ///< masked, fragmented or with reserved bits: no server here sends such
};
FrameResult parse_frame(std::string_view bytes);

}  // namespace bench
