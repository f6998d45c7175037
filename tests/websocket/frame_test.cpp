#include "signaling/websocket/frame.hpp"

#include <doctest/doctest.h>

#include <utility>

#include "signaling/websocket/close_code.hpp"
#include "websocket/wire.hpp"

namespace signaling::websocket {
namespace {

using test::Bytes;
using test::hex;

HeaderStatus status_of(std::string_view digits) { return decode_header(hex(digits)).status; }

TEST_CASE("frame header: the examples are read (RFC 6455 5.7)") {
  const auto text = decode_header(hex("81 05 48 65 6c 6c 6f"));
  REQUIRE(text.status == HeaderStatus::complete);
  CHECK(text.bytes == 2);
  CHECK(text.header.opcode == Opcode::text);
  CHECK(text.header.final);
  CHECK_FALSE(text.header.masked);
  CHECK(text.header.payload_bytes == 5);

  const auto masked = decode_header(hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"));
  REQUIRE(masked.status == HeaderStatus::complete);
  CHECK(masked.bytes == 6);
  CHECK(masked.header.masked);
  CHECK(test::to_hex(masked.header.key) == "37 fa 21 3d");

  const auto fragment = decode_header(hex("01 03"));
  REQUIRE(fragment.status == HeaderStatus::complete);
  CHECK_FALSE(fragment.header.final);
  CHECK(decode_header(hex("80 02")).header.opcode == Opcode::continuation);
  CHECK(decode_header(hex("82 7e 01 00")).header.payload_bytes == 256);
  CHECK(decode_header(hex("82 7f 00 00 00 00 00 01 00 00")).header.payload_bytes == 65536);
}

TEST_CASE("frame header: what is encoded is decoded, in the shortest form (RFC 6455 5.2)") {
  const std::vector<std::pair<std::uint64_t, std::size_t>> lengths{
      {0, 2}, {125, 2}, {126, 4}, {127, 4}, {65535, 4}, {65536, 10}, {0x7FFFFFFFFFFFFFFF, 10}};
  for (const auto& [length, size] : lengths) {
    for (const bool masked : {false, true}) {
      FrameHeader header;
      header.opcode = Opcode::binary;
      header.final = !masked;
      header.compressed = masked;
      header.masked = masked;
      if (masked) header.key = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
      header.payload_bytes = length;
      std::array<std::byte, max_header_bytes> bytes{};
      const std::size_t encoded = encode_header(header, bytes);
      CHECK(encoded == size + (masked ? 4 : 0));
      const auto decoded = decode_header(std::span(bytes).first(encoded));
      REQUIRE(decoded.status == HeaderStatus::complete);
      CHECK(decoded.bytes == encoded);
      CHECK(decoded.header.payload_bytes == length);
      CHECK(decoded.header.final == header.final);
      CHECK(decoded.header.compressed == masked);
      CHECK(decoded.header.key == header.key);
      CHECK(decode_header(std::span(bytes).first(encoded - 1)).status == HeaderStatus::incomplete);
    }
  }
}

TEST_CASE("frame header: a reserved bit is rejected, RSV1 is reported (RFC 6455 5.2)") {
  CHECK(status_of("a1") == HeaderStatus::reserved_bit);
  CHECK(status_of("91") == HeaderStatus::reserved_bit);
  CHECK(decode_header(hex("c1 00")).header.compressed);
}

TEST_CASE("frame header: every reserved opcode is rejected (RFC 6455 5.2)") {
  for (unsigned opcode = 0; opcode < 16; ++opcode) {
    const Bytes bytes{static_cast<std::byte>(0x80 | opcode), std::byte{0}};
    const bool known = opcode <= 2 || (opcode >= 8 && opcode <= 10);
    CHECK(decode_header(bytes).status == (known ? HeaderStatus::complete : HeaderStatus::reserved_opcode));
  }
}

TEST_CASE("frame header: a control frame is whole, plain and short (RFC 6455 5.5, RFC 7692 6.1)") {
  for (const std::string opcode : {"8", "9", "a"}) {
    CHECK(status_of("0" + opcode) == HeaderStatus::fragmented_control);
    CHECK(status_of("c" + opcode) == HeaderStatus::compressed_control);
    CHECK(status_of("8" + opcode + " 7e") == HeaderStatus::long_control);
    CHECK(status_of("8" + opcode + " 7f") == HeaderStatus::long_control);
    CHECK(status_of("8" + opcode + " 7d") == HeaderStatus::complete);
  }
}

TEST_CASE("frame header: a length that is not in its shortest form is rejected (RFC 6455 5.2)") {
  CHECK(status_of("82 7e 00 7d") == HeaderStatus::long_length_form);
  CHECK(status_of("82 7e 00 7e") == HeaderStatus::complete);
  CHECK(status_of("82 7f 00 00 00 00 00 00 ff ff") == HeaderStatus::long_length_form);
  CHECK(status_of("82 7f 00 00 00 00 00 01 00 00") == HeaderStatus::complete);
}

TEST_CASE("frame header: the highest bit of a length is zero (RFC 6455 5.2)") {
  CHECK(status_of("82 7f 80 00 00 00 00 00 00 00") == HeaderStatus::length_overflow);
  CHECK(status_of("82 7f 7f ff ff ff ff ff ff ff") == HeaderStatus::complete);
}

TEST_CASE("masking: the example is unmasked (RFC 6455 5.7)") {
  auto payload = hex("7f 9f 4d 51 58");
  apply_mask(payload, {std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}});
  CHECK(test::to_text(payload) == "Hello");
}

TEST_CASE("masking: byte i is combined with key byte i modulo 4, in pieces too (RFC 6455 5.3)") {
  const MaskingKey key{std::byte{0x11}, std::byte{0x22}, std::byte{0x44}, std::byte{0x88}};
  for (std::size_t size = 0; size < 80; ++size) {
    for (std::size_t cut = 0; cut <= size; ++cut) {
      Bytes bytes(size + 1, std::byte{0x5A});  // one more, to see an overrun
      const auto payload = std::span(bytes).first(size);
      apply_mask(payload.first(cut), key);
      apply_mask(payload.subspan(cut), key, cut);
      bool right = bytes.back() == std::byte{0x5A};
      for (std::size_t i = 0; i < size; ++i) right = right && bytes[i] == (std::byte{0x5A} ^ key[i % 4]);
      REQUIRE(right);
    }
  }
}

TEST_CASE("close codes: which may be sent (RFC 6455 7.4)") {
  std::string valid;
  for (unsigned code = 0; code < 65536; ++code) {
    const bool before = code > 0 && is_valid_on_wire(static_cast<CloseCode>(code - 1));
    const bool now = is_valid_on_wire(static_cast<CloseCode>(code));
    if (now && !before) valid += std::to_string(code) + "-";
    if (!now && before) valid += std::to_string(code - 1) + " ";
  }
  CHECK(valid == "1000-1003 1007-1014 3000-4999 ");
}

}  // namespace
}  // namespace signaling::websocket
