#include "signaling/text/hex.hpp"

#include <doctest/doctest.h>

namespace signaling::text {
namespace {

TEST_CASE("hex: capital and small digits have a value, and no other byte") {
  int digits = 0;
  for (int value = 0; value < 256; ++value) {
    if (hex_value(static_cast<char>(value)) >= 0) ++digits;
  }
  CHECK(digits == 22);
  for (unsigned value = 0; value < 16; ++value) {
    CHECK(hex_value("0123456789abcdef"[value]) == static_cast<int>(value));
    CHECK(hex_value("0123456789ABCDEF"[value]) == static_cast<int>(value));
    CHECK(hex_digit(value) == "0123456789abcdef"[value]);
  }
}

TEST_CASE("hex: each byte is two small digits") {
  CHECK(to_hex("").empty());
  CHECK(to_hex({"\x00\x0A\xA0\xFF", 4}) == "000aa0ff");
}

}  // namespace
}  // namespace signaling::text
