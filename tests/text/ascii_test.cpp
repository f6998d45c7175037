#include "signaling/text/ascii.hpp"

#include <doctest/doctest.h>

namespace signaling::text {
namespace {

TEST_CASE("ASCII: each byte is a digit, a letter, a control character or none of them") {
  for (int value = 0; value < 256; ++value) {
    CAPTURE(value);
    const char c = static_cast<char>(value);
    CHECK(is_digit(c) == (value >= 0x30 && value <= 0x39));
    CHECK(is_letter(c) == ((value >= 0x41 && value <= 0x5A) || (value >= 0x61 && value <= 0x7A)));
    CHECK(is_control(c) == (value <= 0x1F || value == 0x7F));
  }
}

TEST_CASE("ASCII: capital letters become small ones, and no other byte changes") {
  for (int value = 0; value < 256; ++value) {
    CAPTURE(value);
    CHECK(to_lower(static_cast<char>(value)) ==
          static_cast<char>(value >= 0x41 && value <= 0x5A ? value + 0x20 : value));
  }
  CHECK(to_lower("ETag-\xC3\x84") == "etag-\xC3\x84");
}

TEST_CASE("ASCII: texts are equal but for their case") {
  CHECK(equal_ignoring_case("", ""));
  CHECK(equal_ignoring_case("Upgrade", "uPGRADE"));
  CHECK_FALSE(equal_ignoring_case("Upgrade", "Upgrades"));
  CHECK_FALSE(equal_ignoring_case("@", "`"));
  CHECK_FALSE(equal_ignoring_case("\xC3\x84", "\xC3\xA4"));
}

}  // namespace
}  // namespace signaling::text
