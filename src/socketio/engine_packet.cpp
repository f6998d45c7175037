// Path 3/8: message -> packet of Engine.IO. Next: socketio/engine_session.cpp
#include "signaling/socketio/engine_packet.hpp"

#include <algorithm>

#include "signaling/text/base64.hpp"
#include "signaling/text/utf8.hpp"

namespace signaling::socketio {
std::optional<EnginePacket> decode_engine_packet(std::string_view text) noexcept {
  if (text.empty() || text[0] < '0' || text[0] > '6') return std::nullopt;
  return EnginePacket{static_cast<EnginePacketType>(text[0] - '0'), MessageKind::text, text.substr(1)};
}

PayloadReader::Step PayloadReader::next(EnginePacket& packet) noexcept {
  if (ended_) return Step::end;
  const auto separator = std::find(rest_.begin(), rest_.end(), packet_separator);
  const std::span<char> encoded(rest_.begin(), separator);
  ended_ = separator == rest_.end();
  rest_ = ended_ ? std::span<char>() : std::span<char>(separator + 1, rest_.end());

  if (!encoded.empty() && encoded[0] == 'b') {
    char* const bytes = encoded.data() + 1;
    if (const auto size = text::decode_base64({bytes, encoded.size() - 1}, bytes)) {
      packet = {EnginePacketType::message, MessageKind::binary, {bytes, *size}};
      return Step::packet;
    }
  } else if (const auto decoded = decode_engine_packet({encoded.data(), encoded.size()})) {
    // A WebSocket has checked that already; an HTTP body is any bytes.
    if (text::is_utf8(decoded->data)) {
      packet = *decoded;
      return Step::packet;
    }
  }
  ended_ = true;
  return Step::error;
}

std::size_t count_packets(std::string_view payload) noexcept {
  return static_cast<std::size_t>(std::count(payload.begin(), payload.end(), packet_separator)) + 1;
}

void append_to_payload(std::string& payload, const Frame& frame) {
  if (!payload.empty()) payload += packet_separator;
  if (frame.kind() == MessageKind::text) {
    payload += frame.text_view();
  } else {
    payload += 'b';
    text::append_base64(payload, frame.text_view());
  }
}

}  // namespace signaling::socketio
