#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "signaling/text/hex.hpp"
#include "signaling/websocket/connection.hpp"

namespace signaling::websocket::test {

using Bytes = std::vector<std::byte>;

/// "81 05 48" -> three bytes.
inline Bytes hex(std::string_view digits) {
  Bytes bytes;
  unsigned value = 0;
  int count = 0;
  for (const char c : digits) {
    const int digit = text::hex_value(c);
    if (digit < 0) continue;
    value = value * 16 + static_cast<unsigned>(digit);
    if (++count % 2 != 0) continue;
    bytes.push_back(static_cast<std::byte>(value));
    value = 0;
  }
  return bytes;
}

inline std::string to_hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    if (!text.empty()) text += ' ';
    text += text::hex_digit(std::to_integer<unsigned>(byte) >> 4U);
    text += text::hex_digit(std::to_integer<unsigned>(byte) & 0xFU);
  }
  return text;
}

inline Bytes to_bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

inline std::string to_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// One frame as the end without a mask (the server) writes it. The first byte is given raw: FIN, reserved
/// bits, opcode.
inline Bytes server_frame(unsigned first_byte, const Bytes& payload) {
  FrameHeader header;
  header.payload_bytes = payload.size();
  std::array<std::byte, max_header_bytes> bytes{};
  const std::size_t size = encode_header(header, bytes);
  bytes[0] = static_cast<std::byte>(first_byte);
  return Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)) + payload;
}

/// The same, masked.
inline Bytes client_frame(unsigned first_byte, Bytes payload) {
  FrameHeader header;
  header.payload_bytes = payload.size();
  header.masked = true;
  header.key = {std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};
  std::array<std::byte, max_header_bytes> bytes{};
  const std::size_t size = encode_header(header, bytes);
  bytes[0] = static_cast<std::byte>(first_byte);
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] ^= header.key[i % 4];
  return Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)) + payload;
}

inline Bytes client_frame(unsigned first_byte, std::string_view payload) {
  return client_frame(first_byte, to_bytes(payload));
}

inline Bytes server_frame(unsigned first_byte, std::string_view payload) {
  return server_frame(first_byte, to_bytes(payload));
}

/// A source of masking keys that is the same in every run.
class CountingRandom final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(next_++);
  }

 private:
  unsigned next_ = 1;
};

/// An event as one line: "text Hello", "binary 01 02", "ping x", "pong x", "closed 1000 bye by peer", "error
/// 1002".
inline std::string describe(const Event& event) {
  struct Describe {
    std::string operator()(const Message& message) const {
      return message.kind == MessageKind::text ? "text " + to_text(message.payload)
                                               : "binary " + to_hex(message.payload);
    }
    std::string operator()(const Ping& ping) const { return "ping " + to_text(ping.payload); }
    std::string operator()(const Pong& pong) const { return "pong " + to_text(pong.payload); }
    std::string operator()(const Closed& closed) const {
      return "closed " + std::to_string(static_cast<unsigned>(closed.code)) + " " +
             std::string(closed.reason) + (closed.initiator == CloseInitiator::peer ? " by peer" : " by us") +
             (closed.clean ? "" : " unclean");
    }
    std::string operator()(const ProtocolError& error) const {
      return "error " + std::to_string(static_cast<unsigned>(error.code));
    }
  };
  return std::visit(Describe{}, event);
}

using Lines = std::vector<std::string>;

/// As one text, which a failed check can print.
inline std::string to_block(const Lines& lines) {
  std::string block;
  for (const std::string& line : lines) block += line + '\n';
  return block;
}

/// Gives `bytes` in one read, from a buffer that is overwritten afterwards, and appends what happened to
/// `lines`.
inline void receive(Connection& connection, Bytes bytes, Lines& lines) {
  connection.receive(bytes);
  while (const auto event = connection.poll_event()) lines.push_back(describe(*event));
  std::fill(bytes.begin(), bytes.end(), std::byte{0xEE});
}

inline Lines receive(Connection& connection, const Bytes& bytes) {
  Lines lines;
  receive(connection, bytes, lines);
  return lines;
}

inline Bytes take_output(Connection& connection) {
  Bytes bytes;
  while (!connection.output().empty()) {
    const auto next = connection.output();
    bytes.insert(bytes.end(), next.begin(), next.end());
    connection.consume_output(next.size());
  }
  return bytes;
}

}  // namespace signaling::websocket::test
