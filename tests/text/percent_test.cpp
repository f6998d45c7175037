#include "signaling/text/percent.hpp"

#include <doctest/doctest.h>

namespace signaling::text {
namespace {

constexpr std::string_view broken[] = {"%", "%2", "a%2", "%zz", "%2g", "%-1", "%%41"};

TEST_CASE("percent-decoding: is done once, and only for two hexadecimal digits (RFC 3986 2.1)") {
  CHECK(percent_decode("") == "");
  CHECK(percent_decode("/a%20b%2Fc%2f+") == "/a b/c/+");
  CHECK(percent_decode("%252e") == "%2e");
  CHECK(percent_decode("%00%ff") == std::string("\0\xFF", 2));
  for (const std::string_view text : broken) CHECK_FALSE(percent_decode(text));
  CHECK_FALSE(percent_decode(std::string_view("%41", 2)));  // the digit behind its end is not its own
}

TEST_CASE(
    "form decoding: a plus is a space, and a percent sign without digits is itself (URL Standard 5.1)") {
  CHECK(form_decode("a%20b+c%2Bd") == "a b c+d");
  CHECK(form_decode("%252e%2B") == "%2e+");
  CHECK(form_decode("100%") == "100%");
  CHECK(form_decode("%zz%4") == "%zz%4");
  CHECK(form_decode("%%41") == "%A");
}

TEST_CASE("percent-encoding: all but the unreserved characters, with capital digits (RFC 3986 2.3)") {
  CHECK(percent_encode("AZaz09-._~") == "AZaz09-._~");
  CHECK(percent_encode("a b/\xC3\xA4%") == "a%20b%2F%C3%A4%25");
  CHECK(percent_encode({"\0", 1}) == "%00");
  CHECK(percent_encode("a~b/c", "/") == "a%7Eb/c");
}

TEST_CASE("percent-encoding: every byte comes back, by both ways to decode") {
  for (int value = 0; value < 256; ++value) {
    const std::string byte(1, static_cast<char>(value));
    CHECK(percent_decode(percent_encode(byte)) == byte);
    CHECK(form_decode(percent_encode(byte)) == byte);
  }
}

}  // namespace
}  // namespace signaling::text
