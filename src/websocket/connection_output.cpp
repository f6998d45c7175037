// Path 7/8: message -> frame, for connections that mask or compress. Next: net/websocket_session.cpp
#include <algorithm>
#include <array>

#include "signaling/text/utf8.hpp"
#include "signaling/websocket/connection.hpp"
#include "text/per_thread.hpp"
#include "websocket/assembly.hpp"
#include "websocket/control_frame.hpp"
#include "websocket/deflate_codec.hpp"

namespace signaling::websocket {

namespace {

constexpr std::size_t max_pongs = 32;

// Where a compressed message lies until its frame is written; the connections of a thread share it.
std::vector<std::byte>& compression_buffer() {
  auto& buffer = text::PerThread<std::vector<std::byte>, struct CompressionBuffer>::get();
  buffer.clear();
  return buffer;
}

// The longest beginning of `text` that fits and does not end within a character; nothing if it is no UTF-8.
std::string_view cut_reason(std::string_view text) noexcept {
  constexpr std::size_t max_bytes = max_control_payload - 2;
  const std::string_view reason = text::utf8_prefix(text, max_bytes);
  return text::is_utf8(reason) ? reason : std::string_view();
}

}  // namespace

std::span<const std::byte> Connection::output() const noexcept {
  if (output_.empty()) return {};
  return output_.front().unsent();
}

void Connection::consume_output(std::size_t bytes) noexcept {
  while (bytes > 0 && !output_.empty()) {
    ControlFrame& frame = output_.front();
    const std::size_t count = std::min(bytes, frame.unsent().size());
    frame.sent = static_cast<std::uint8_t>(frame.sent + count);
    bytes -= count;
    if (frame.unsent().empty()) output_.erase(output_.begin());
  }
  if (output_.empty()) std::vector<ControlFrame>().swap(output_);
}

bool Connection::encodes() const noexcept { return role_ == Role::client || deflate_ != nullptr; }

int Connection::shared_window_bits() const noexcept {
  return deflate_ && is_server() ? deflate_->shared_window_bits() : 0;
}

bool Connection::encode_message(MessageKind kind, std::span<const std::byte> payload,
                                std::vector<std::byte>& out) {
  if (state_ != ConnectionState::open) return false;
  FrameHeader header;
  header.opcode = kind == MessageKind::text ? Opcode::text : Opcode::binary;
  header.compressed = compresses(payload.size());
  if (header.compressed) {
    // Its size, and with it that of the header, is known only when it is done.
    std::vector<std::byte>& compressed = compression_buffer();
    deflate_->deflate(payload, compressed);
    payload = compressed;
  }
  header.payload_bytes = payload.size();
  if (role_ == Role::client) {
    header.masked = true;
    header.key = next_key();
  }
  std::array<std::byte, max_header_bytes> bytes{};
  const std::size_t header_bytes = encode_header(header, bytes);
  out.insert(out.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header_bytes));
  out.insert(out.end(), payload.begin(), payload.end());
  if (header.masked) apply_mask(std::span(out).last(payload.size()), header.key);
  return true;
}

void Connection::ping(std::span<const std::byte> payload) {
  if (state_ != ConnectionState::open) return;
  queue(Opcode::ping, payload.first(std::min(payload.size(), max_control_payload)));
}

void Connection::close(CloseCode code, std::string_view reason) {
  if (state_ != ConnectionState::open) return;
  queue_close(code, reason);
  state_ = ConnectionState::closing;
  if (deflate_) deflate_->abandon();
}

MaskingKey Connection::next_key() {
  MaskingKey key{};
  random_->fill(key);
  return key;
}

// At most max_pongs + 3 frames wait: one that is partly sent, the Pongs, one Ping and one Close. An endpoint "MAY elect to
// send a Pong frame for only the most recently processed Ping frame" (RFC 6455 5.5.3); of pings that come while many
// answers wait, the last is answered.
void Connection::queue(Opcode opcode, std::span<const std::byte> payload) {
  FrameHeader header;
  header.opcode = opcode;
  header.payload_bytes = payload.size();
  if (role_ == Role::client) {
    header.masked = true;
    header.key = next_key();
  }
  ControlFrame frame;
  frame.opcode = opcode;
  const std::size_t header_bytes = encode_header(header, std::span(frame.bytes).first<max_header_bytes>());
  const auto body = std::span(frame.bytes).subspan(header_bytes, payload.size());
  std::copy(payload.begin(), payload.end(), body.begin());
  if (header.masked) apply_mask(body, header.key);
  frame.size = static_cast<std::uint8_t>(header_bytes + payload.size());

  const auto is_waiting = [&](const ControlFrame& other) {
    return other.opcode == opcode && other.sent == 0;
  };
  const std::size_t max_waiting = opcode == Opcode::pong ? max_pongs : 1;
  const auto waiting = static_cast<std::size_t>(std::count_if(output_.begin(), output_.end(), is_waiting));
  if (waiting < max_waiting) {
    output_.push_back(frame);
  } else {
    *std::find_if(output_.rbegin(), output_.rend(), is_waiting) = frame;
  }
}

void Connection::queue_close(CloseCode code, std::string_view reason) {
  std::array<std::byte, max_control_payload> payload{};
  std::size_t size = 0;
  if (is_valid_on_wire(code)) {
    const auto number = static_cast<unsigned>(code);
    payload[size++] = static_cast<std::byte>(number >> 8U);
    payload[size++] = static_cast<std::byte>(number & 0xFFU);
    for (const char c : cut_reason(reason)) payload[size++] = static_cast<std::byte>(c);
  }
  queue(Opcode::close, std::span(payload).first(size));
}

}  // namespace signaling::websocket
