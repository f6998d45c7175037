// Path 2/8: bytes -> frames. Next: connection.cpp
#include "signaling/websocket/frame.hpp"

#include <algorithm>

namespace signaling::websocket {

namespace {

constexpr unsigned fin_bit = 0x80;
constexpr unsigned rsv1_bit = 0x40;
constexpr unsigned other_reserved_bits = 0x30;
constexpr unsigned opcode_bits = 0x0F;
constexpr unsigned mask_bit = 0x80;
constexpr unsigned length_bits = 0x7F;
constexpr unsigned length_in_2_bytes = 126;
constexpr unsigned length_in_8_bytes = 127;

unsigned to_unsigned(std::byte byte) noexcept { return std::to_integer<unsigned>(byte); }

HeaderStatus read_first_byte(unsigned byte, FrameHeader& header) noexcept {
  const unsigned opcode = byte & opcode_bits;
  if ((byte & other_reserved_bits) != 0) return HeaderStatus::reserved_bit;
  if ((opcode > 0x2 && opcode < 0x8) || opcode > 0xA) return HeaderStatus::reserved_opcode;
  header.opcode = static_cast<Opcode>(opcode);
  header.final = (byte & fin_bit) != 0;
  header.compressed = (byte & rsv1_bit) != 0;
  if (is_control(header.opcode) && !header.final) return HeaderStatus::fragmented_control;
  if (is_control(header.opcode) && header.compressed) return HeaderStatus::compressed_control;
  return HeaderStatus::complete;
}

std::uint64_t read_big_endian(std::span<const std::byte> bytes) noexcept {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8U | to_unsigned(byte);
  return value;
}

void write_big_endian(std::uint64_t value, std::span<std::byte> out) noexcept {
  for (std::size_t i = out.size(); i-- > 0; value >>= 8U) out[i] = static_cast<std::byte>(value & 0xFFU);
}

// RFC 6455 5.2: "the minimal number of bytes MUST be used to encode the length", and "the most significant
// bit MUST be 0".
HeaderStatus check_length_form(std::uint64_t length, std::size_t length_bytes) noexcept {
  if (length_bytes == 2 && length < length_in_2_bytes) return HeaderStatus::long_length_form;
  if (length_bytes == 8 && length <= 0xFFFF) return HeaderStatus::long_length_form;
  if (length >> 63U != 0) return HeaderStatus::length_overflow;
  return HeaderStatus::complete;
}

}  // namespace

std::size_t encode_header(const FrameHeader& header, std::span<std::byte, max_header_bytes> out) noexcept {
  const unsigned mask = header.masked ? mask_bit : 0;
  const std::uint64_t length = header.payload_bytes;
  out[0] = static_cast<std::byte>((header.final ? fin_bit : 0) | (header.compressed ? rsv1_bit : 0) |
                                  static_cast<unsigned>(header.opcode));
  std::size_t size = 2;
  if (length < length_in_2_bytes) {
    out[1] = static_cast<std::byte>(mask | static_cast<unsigned>(length));
  } else {
    const std::size_t length_bytes = length <= 0xFFFF ? 2 : 8;
    out[1] = static_cast<std::byte>(mask | (length_bytes == 2 ? length_in_2_bytes : length_in_8_bytes));
    write_big_endian(length, out.subspan(2, length_bytes));
    size += length_bytes;
  }
  if (!header.masked) return size;
  std::copy(header.key.begin(), header.key.end(), out.begin() + static_cast<std::ptrdiff_t>(size));
  return size + header.key.size();
}

DecodedHeader decode_header(std::span<const std::byte> bytes) noexcept {
  DecodedHeader decoded;
  FrameHeader& header = decoded.header;
  if (bytes.empty()) return decoded;
  if (const auto status = read_first_byte(to_unsigned(bytes[0]), header); status != HeaderStatus::complete) {
    decoded.status = status;
    return decoded;
  }
  if (bytes.size() < 2) return decoded;

  const unsigned length = to_unsigned(bytes[1]) & length_bits;
  header.masked = (to_unsigned(bytes[1]) & mask_bit) != 0;
  header.payload_bytes = length;
  if (is_control(header.opcode) && length > max_control_payload) {
    decoded.status = HeaderStatus::long_control;
    return decoded;
  }
  std::size_t size = 2;
  if (length >= length_in_2_bytes) {
    const std::size_t length_bytes = length == length_in_2_bytes ? 2 : 8;
    if (bytes.size() < size + length_bytes) return decoded;
    header.payload_bytes = read_big_endian(bytes.subspan(size, length_bytes));
    size += length_bytes;
    if (const auto status = check_length_form(header.payload_bytes, length_bytes);
        status != HeaderStatus::complete) {
      decoded.status = status;
      return decoded;
    }
  }
  if (header.masked) {
    if (bytes.size() < size + header.key.size()) return decoded;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(size), header.key.size(), header.key.begin());
    size += header.key.size();
  }
  decoded.status = HeaderStatus::complete;
  decoded.bytes = size;
  return decoded;
}

}  // namespace signaling::websocket
