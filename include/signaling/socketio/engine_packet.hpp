// Path 3/8: message -> packet of Engine.IO. Next: socketio/engine_session.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "signaling/core/frame.hpp"
#include "signaling/text/export.hpp"

namespace signaling::socketio {

/// The type of an Engine.IO packet; the values are the digits on the wire.
enum class EnginePacketType : std::uint8_t {
  open = 0,     ///< server: the handshake
  close = 1,    ///< the session ends
  ping = 2,     ///< server: keep-alive; client: the probe of an upgrade
  pong = 3,     ///< the answer to either
  message = 4,  ///< application data
  upgrade = 5,  ///< client: continue over the WebSocket
  noop = 6,     ///< server: ends a pending poll
};

/// Separates two packets of a polling payload (Engine.IO v4, packet encoding).
inline constexpr char packet_separator = '\x1e';

/// One packet. Lifetime: `data` points into the decoded input.
struct SIGNALING_API EnginePacket {
  EnginePacketType type = EnginePacketType::message;  ///< the packet type
  /// Binary packets are always messages.
  MessageKind kind = MessageKind::text;
  /// Without the leading digit, decoded from base64.
  std::string_view data;
};

/// Decodes a WebSocket text message. Nothing: it is not a packet.
SIGNALING_API std::optional<EnginePacket> decode_engine_packet(std::string_view text) noexcept;

/// Reads the packets of a polling payload one after another and checks each when it is read: `b` precedes base64 (RFC
/// 4648 4, padded), a digit precedes text, and text is UTF-8.
///
/// Ownership: the caller owns the payload; base64 is decoded in place. Views are valid as long as the payload.
/// Errors: no packets follow `error` or `end`.
/// Complexity: linear, no allocation.
class SIGNALING_API PayloadReader {
 public:
  /// The result of reading the next packet.
  enum class Step : std::uint8_t { packet, end, error };

  /// Decodes in place.
  explicit PayloadReader(std::span<char> payload) noexcept : rest_(payload) {}

  /// Reads the next packet.
  [[nodiscard]] Step next(EnginePacket& packet) noexcept;

 private:
  std::span<char> rest_;
  bool ended_ = false;
};

/// The number of packets in a payload, valid or not. An empty payload has one invalid packet.
SIGNALING_API std::size_t count_packets(std::string_view payload) noexcept;

/// Appends one packet to a polling payload: `frame` is a whole text packet, its digit included, or a binary message.
/// Text must not contain the separator; JSON text never does (RFC 8259 7).
SIGNALING_API void append_to_payload(std::string& payload, const Frame& frame);

}  // namespace signaling::socketio
