#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "signaling/text/export.hpp"

namespace signaling::websocket {

/// The type of a frame; the values are those of the wire (RFC 6455 5.2).
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

/// The size of the header of a masked frame with a 64-bit length.
inline constexpr std::size_t max_header_bytes = 14;
/// RFC 6455 5.5: the payload of Close, Ping and Pong.
inline constexpr std::size_t max_control_payload = 125;

/// Each byte masks every fourth of the payload.
using MaskingKey = std::array<std::byte, 4>;

/// The header of a frame (RFC 6455 5.2).
struct SIGNALING_API FrameHeader {
  Opcode opcode = Opcode::text;  ///< the frame type
  /// FIN: the last frame of its message.
  bool final = true;
  /// RSV1: the message is compressed (RFC 7692 6). The connection checks whether that was negotiated.
  bool compressed = false;
  /// The connection checks whether this end must mask.
  bool masked = false;
  MaskingKey key{};                 ///< if it is masked
  std::uint64_t payload_bytes = 0;  ///< size of the payload
};

/// Writes `header` and returns its size in bytes.
SIGNALING_API std::size_t encode_header(const FrameHeader& header,
                                        std::span<std::byte, max_header_bytes> out) noexcept;

/// The result of reading the first bytes of a frame.
enum class HeaderStatus : std::uint8_t {
  complete,
  incomplete,          ///< valid so far; more bytes are needed
  reserved_bit,        ///< RSV2 or RSV3
  reserved_opcode,     ///< 0x3 to 0x7, 0xB to 0xF
  fragmented_control,  ///< a control frame without FIN
  compressed_control,  ///< a control frame with RSV1
  long_control,        ///< a control frame over 125 bytes
  long_length_form,    ///< the length is not in its shortest form
  length_overflow,     ///< the most significant bit of a 64-bit length is set
};

/// The result of decode_header().
struct SIGNALING_API DecodedHeader {
  HeaderStatus status = HeaderStatus::incomplete;  ///< whether the other fields are valid
  /// The size of the header in bytes; 0 unless complete.
  std::size_t bytes = 0;
  FrameHeader header;  ///< the header, if complete
};

/// Reads a header from the first bytes of a frame. A violation is reported as soon as its byte has arrived.
SIGNALING_API DecodedHeader decode_header(std::span<const std::byte> bytes) noexcept;

/// Masks or unmasks in place (RFC 6455 5.3). `offset`: the number of preceding bytes of the same payload.
SIGNALING_API void apply_mask(std::span<std::byte> bytes, const MaskingKey& key,
                              std::size_t offset = 0) noexcept;

}  // namespace signaling::websocket
