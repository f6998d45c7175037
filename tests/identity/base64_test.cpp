#include "identity/base64.hpp"

#include <doctest/doctest.h>

#include "identity/digest.hpp"

using namespace signaling::identity;

TEST_CASE("base64url: the vectors of RFC 4648 10, without padding") {
  for (const auto& [text, bytes] :
       {std::pair("", ""), std::pair("Zg", "f"), std::pair("Zm8", "fo"), std::pair("Zm9v", "foo"),
        std::pair("Zm9vYg", "foob"), std::pair("Zm9vYmE", "fooba"), std::pair("Zm9vYmFy", "foobar")}) {
    CHECK(from_base64url(text) == bytes);
  }
  CHECK(from_base64url("-_-_") == "\xFB\xFF\xBF");
}

TEST_CASE("base64url: only one text stands for the same bytes (RFC 4648 3.5, RFC 7515 2)") {
  for (const char* text :
       {"Zg==", "Zg=", "Zm8=", "Z", "Zm9vY", "Zh", "Zm9", "Zm 8", "Zm8\n", "+/+/", "Zm8.", "Zm\xC3\xA9"}) {
    CAPTURE(text);
    CHECK_FALSE(from_base64url(text));
  }
}

TEST_CASE("base64: the vectors of RFC 4648 10") {
  for (const auto& [text, bytes] :
       {std::pair("", ""), std::pair("Zg==", "f"), std::pair("Zm8=", "fo"), std::pair("Zm9v", "foo"),
        std::pair("Zm9vYg==", "foob"), std::pair("Zm9vYmE=", "fooba"), std::pair("Zm9vYmFy", "foobar")}) {
    CHECK(to_base64(as_bytes(bytes)) == text);
  }
  CHECK(to_base64(as_bytes("\xFB\xFF\xBF")) == "+/+/");
}
