// Path 3/8: message -> packet of Engine.IO. Next: socketio/engine_session.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "signaling/core/export.hpp"
#include "signaling/core/frame.hpp"

namespace signaling::socketio {

/// What an Engine.IO packet is for; the values are the digits on the wire.
enum class EnginePacketType : std::uint8_t {
  open = 0,     ///< server: the handshake
  close = 1,    ///< the session ends
  ping = 2,     ///< server: are you there? Client: the probe of an upgrade
  pong = 3,     ///< the answer to either
  message = 4,  ///< what the session is there for
  upgrade = 5,  ///< client: from now on over the WebSocket
  noop = 6,     ///< server: ends a pending poll
};

/// Stands between two packets of a polling payload, and nowhere else (Engine.IO v4, packet encoding).
inline constexpr char packet_separator = '\x1e';

/// One packet. Lifetime: `data` points into what was decoded.
struct SIGNALING_API EnginePacket {
  EnginePacketType type = EnginePacketType::message;  ///< what it is for
  /// Binary packets are messages always.
  MessageKind kind = MessageKind::text;
  /// Without the digit in front, decoded from base64.
  std::string_view data;
};

/// Reads the packet that a WebSocket text message is. Nothing: it is none.
SIGNALING_API std::optional<EnginePacket> decode_engine_packet(std::string_view text) noexcept;

/// Takes the packets of a polling payload one after the other. Each is checked when its turn comes: `b` stands before
/// base64 (RFC 4648 4, padded), a digit before text, and text is UTF-8.
///
/// Ownership: the payload stays the caller's; base64 is decoded where it lies. Views live as long as it does.
/// Errors: after `error`, and after `end`, there is nothing more.
/// Complexity: linear, no allocation.
class SIGNALING_API PayloadReader {
 public:
  /// What came next.
  enum class Step : std::uint8_t { packet, end, error };

  /// Decodes in place.
  explicit PayloadReader(std::span<char> payload) noexcept : rest_(payload) {}

  /// Goes to the next packet.
  [[nodiscard]] Step next(EnginePacket& packet) noexcept;

 private:
  std::span<char> rest_;
  bool ended_ = false;
};

/// How many packets a payload has, valid or not. An empty payload has one, which is not valid.
SIGNALING_API std::size_t count_packets(std::string_view payload) noexcept;

/// Appends one packet to a polling payload: `frame` is a whole text packet, its digit included, or a binary message.
/// Text must not contain the separator; JSON text never does (RFC 8259 7).
SIGNALING_API void append_to_payload(std::string& payload, const Frame& frame);

}  // namespace signaling::socketio
