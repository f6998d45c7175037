#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "signaling/core/export.hpp"

namespace signaling::websocket {

/// What a frame is for; the values are those of the wire (RFC 6455 5.2).
enum class Opcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA,
};

/// True for Close, Ping and Pong.
constexpr bool is_control(Opcode opcode) noexcept { return static_cast<std::uint8_t>(opcode) >= 0x8; }

/// Of a masked frame with a length of 64 bits.
inline constexpr std::size_t max_header_bytes = 14;
/// RFC 6455 5.5: the payload of Close, Ping and Pong.
inline constexpr std::size_t max_control_payload = 125;

/// Each byte masks every fourth of the payload.
using MaskingKey = std::array<std::byte, 4>;

/// What stands in front of every payload (RFC 6455 5.2).
struct SIGNALING_API FrameHeader {
  Opcode opcode = Opcode::text;  ///< what the frame is for
  /// FIN: the last frame of its message.
  bool final = true;
  /// RSV1: the message is compressed (RFC 7692 6). Whether that was negotiated is for the connection to
  /// check.
  bool compressed = false;
  /// Whether this end of the connection must mask is for the connection to check.
  bool masked = false;
  MaskingKey key{};                 ///< if it is masked
  std::uint64_t payload_bytes = 0;  ///< how long the payload is
};

/// Writes `header`; returns how many bytes it takes.
SIGNALING_API std::size_t encode_header(const FrameHeader& header,
                                        std::span<std::byte, max_header_bytes> out) noexcept;

/// What the first bytes of a frame are.
enum class HeaderStatus : std::uint8_t {
  complete,
  incomplete,          ///< right so far; more bytes are needed
  reserved_bit,        ///< RSV2 or RSV3
  reserved_opcode,     ///< 0x3 to 0x7, 0xB to 0xF
  fragmented_control,  ///< a control frame without FIN
  compressed_control,  ///< a control frame with RSV1
  long_control,        ///< a control frame over 125 bytes
  long_length_form,    ///< the length is not in its shortest form
  length_overflow,     ///< the most significant bit of a 64-bit length is set
};

/// What decode_header() found.
struct SIGNALING_API DecodedHeader {
  HeaderStatus status = HeaderStatus::incomplete;  ///< whether the rest is of use
  /// How many bytes it took; 0 unless complete.
  std::size_t bytes = 0;
  FrameHeader header;  ///< what was read, if complete
};

/// Reads a header from the first bytes of a frame. A violation is told as soon as its byte is there.
SIGNALING_API DecodedHeader decode_header(std::span<const std::byte> bytes) noexcept;

/// Masks or unmasks in place (RFC 6455 5.3). `offset`: how many bytes of the same payload came before these.
SIGNALING_API void apply_mask(std::span<std::byte> bytes, const MaskingKey& key,
                              std::size_t offset = 0) noexcept;

}  // namespace signaling::websocket
