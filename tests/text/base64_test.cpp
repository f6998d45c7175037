#include "signaling/text/base64.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>

#include "support/exact_buffer.hpp"

namespace signaling::text {
namespace {

struct Vector {
  std::string_view bytes;
  std::string_view padded;
  std::string_view url;
};

// RFC 4648 10, and where the alphabets differ.
constexpr std::array vectors{Vector{"", "", ""},
                             Vector{"f", "Zg==", "Zg"},
                             Vector{"fo", "Zm8=", "Zm8"},
                             Vector{"foo", "Zm9v", "Zm9v"},
                             Vector{"foob", "Zm9vYg==", "Zm9vYg"},
                             Vector{"fooba", "Zm9vYmE=", "Zm9vYmE"},
                             Vector{"foobar", "Zm9vYmFy", "Zm9vYmFy"},
                             Vector{"\xFB\xFF\xBF", "+/+/", "-_-_"}};

std::optional<std::string> decoded(std::string_view text, Base64 form) {
  return from_base64(testing::ExactBuffer(text).view(), form);
}

TEST_CASE("base64: the vectors, both ways (RFC 4648 10)") {
  for (const Vector& vector : vectors) {
    CHECK(to_base64(vector.bytes) == vector.padded);
    CHECK(to_base64(vector.bytes, Base64::url) == vector.url);
    CHECK(to_base64(std::as_bytes(std::span(vector.bytes))) == vector.padded);
    CHECK(decoded(vector.padded, Base64::padded) == vector.bytes);
    CHECK(decoded(vector.url, Base64::url) == vector.bytes);
    CHECK(base64_size(vector.bytes.size()) == vector.padded.size());
    CHECK(base64_size(vector.bytes.size(), Base64::url) == vector.url.size());
  }
}

TEST_CASE("base64: other alphabets, lengths, paddings and bits left over are refused (RFC 4648 3)") {
  for (const std::string_view bad :
       {"Z", "A===", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "=Zg=", "Zg==Zg==", "Zg\n=", "-_-_",
        "Zm9v ", "Zm9v=", "Zm=v", "====", "Zm\xC3\xA9"}) {
    CAPTURE(bad);
    CHECK_FALSE(decoded(bad, Base64::padded));
  }
}

TEST_CASE("base64url: only one text stands for the same bytes (RFC 4648 3.5, RFC 7515 2)") {
  for (const std::string_view bad : {"Zg==", "Zg=", "Zm8=", "Z", "A", "AAAAA", "Zm9vY", "Zh", "Zm9", "Zm 8",
                                     "Zm8\n", "+/+/", "Zm8.", "Zm\xC3\xA9"}) {
    CAPTURE(bad);
    CHECK_FALSE(decoded(bad, Base64::url));
  }
}

TEST_CASE("base64: a character of the alphabet has its place as value, and no other byte has one") {
  for (const Base64 form : {Base64::padded, Base64::url}) {
    int known = 0;
    for (int value = 0; value < 256; ++value) {
      if (base64_value(static_cast<char>(value), form) >= 0) ++known;
    }
    CHECK(known == 64);
  }
  CHECK(base64_value('A') == 0);
  CHECK(base64_value('9') == 61);
  CHECK(base64_value('+') == 62);
  CHECK(base64_value('_', Base64::url) == 63);
}

TEST_CASE("base64: bytes of any length come back, also decoded where they lie") {
  std::mt19937 random(3);
  std::string bytes;
  for (int size = 0; size < 200; ++size) {
    for (const Base64 form : {Base64::padded, Base64::url}) {
      std::string text = "kept";
      append_base64(text, bytes, form);
      REQUIRE(text.size() == 4 + base64_size(bytes.size(), form));
      const std::string_view encoded = std::string_view(text).substr(4);
      REQUIRE(from_base64(encoded, form) == bytes);
      REQUIRE(decode_base64(encoded, text.data() + 4, form) == bytes.size());
      REQUIRE(text.substr(0, 4 + bytes.size()) == "kept" + bytes);
    }
    bytes += static_cast<char>(random());
  }
}

}  // namespace
}  // namespace signaling::text
