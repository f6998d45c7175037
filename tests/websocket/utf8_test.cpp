#include "signaling/websocket/utf8.hpp"

#include <doctest/doctest.h>

#include <random>

#include "websocket/wire.hpp"

namespace signaling::websocket {
namespace {

using test::Bytes;
using test::hex;

// How many bytes are read before the first one that can no longer become valid; all, if there is none.
std::size_t valid_prefix(const Bytes& text) {
  Utf8Validator validator;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!validator.consume(std::span(text).subspan(i, 1))) return i;
  }
  return text.size();
}

// The definition in RFC 3629 3, spelled out: decode, then look at the number.
bool is_character(const Bytes& bytes) {
  const auto at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
  const std::uint32_t lead = at(0);
  const std::size_t size = lead < 0x80        ? 1
                           : lead >> 5U == 6  ? 2
                           : lead >> 4U == 14 ? 3
                           : lead >> 3U == 30 ? 4
                                              : 0;
  if (size != bytes.size()) return false;
  std::uint32_t value = size == 1 ? lead : lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if (at(i) >> 6U != 2) return false;
    value = value << 6U | (at(i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  return value >= smallest[size] && value <= 0x10FFFF && !(value >= 0xD800 && value <= 0xDFFF);
}

TEST_CASE(
    "UTF-8: every sequence of 1 and 2 bytes, and of 3 and 4 at the edges, is judged by its number (RFC "
    "3629)") {
  const std::array<unsigned, 17> edges{0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0,
                                       0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xFF};
  int wrong = 0;
  const auto check = [&](const Bytes& bytes) {
    // What is made of several valid characters is valid as well; only single characters are compared.
    if (bytes[0] < std::byte{0x80} && bytes.size() > 1) return;
    if (bytes.size() > 2 && is_utf8(std::span(bytes).first(2))) return;
    if (bytes.size() > 3 && is_utf8(std::span(bytes).first(3))) return;
    if (is_utf8(bytes) != is_character(bytes)) ++wrong;
  };
  for (unsigned a = 0; a < 256; ++a) {
    check({std::byte(a)});
    for (unsigned b = 0; b < 256; ++b) {
      check({std::byte(a), std::byte(b)});
      for (const unsigned c : edges) {
        check({std::byte(a), std::byte(b), std::byte(c)});
        for (const unsigned d : edges) check({std::byte(a), std::byte(b), std::byte(c), std::byte(d)});
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("UTF-8: a byte that can no longer become valid fails at once (RFC 6455 8.1)") {
  CHECK(valid_prefix(hex("41 80")) == 1);  // a continuation without a beginning
  CHECK(valid_prefix(hex("c0 80")) == 0);  // overlong
  CHECK(valid_prefix(hex("e0 9f")) == 1);  // overlong
  CHECK(valid_prefix(hex("f0 8f")) == 1);  // overlong
  CHECK(valid_prefix(hex("ed a0")) == 1);  // a surrogate
  CHECK(valid_prefix(hex("f4 90")) == 1);  // above U+10FFFF
  CHECK(valid_prefix(hex("f5")) == 0);     // above U+10FFFF
  CHECK(valid_prefix(hex("ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80")) == 12);  // a surrogate behind Greek
  CHECK(valid_prefix(hex("f4 8f bf bf")) == 4);                                 // U+10FFFF
}

TEST_CASE("UTF-8: the beginning of a character is no failure, and no end (RFC 6455 5.6)") {
  const Bytes text = hex("f0 9f 98 80");
  for (std::size_t size = 1; size < text.size(); ++size) {
    Utf8Validator validator;
    CHECK(validator.consume(std::span(text).first(size)));
    CHECK_FALSE(validator.complete());
    CHECK(validator.consume(std::span(text).subspan(size)));
    CHECK(validator.complete());
  }
}

TEST_CASE("UTF-8: after a failure everything fails, until it is reset") {
  Utf8Validator validator;
  CHECK_FALSE(validator.consume(hex("ff")));
  CHECK_FALSE(validator.consume(hex("41")));
  CHECK_FALSE(validator.consume({}));
  CHECK_FALSE(validator.complete());
  validator.reset();
  CHECK(validator.consume(hex("41")));
  CHECK(validator.complete());
}

TEST_CASE("UTF-8: one wrong byte anywhere in a long text is found, whatever lies around it") {
  std::mt19937 random(7);
  const std::array<Bytes, 4> characters{hex("41"), hex("c3 a4"), hex("e2 82 ac"), hex("f0 9f 98 80")};
  for (int round = 0; round < 200; ++round) {
    Bytes text;
    while (text.size() < 100) {
      // Mostly ASCII, so that the fast path begins and ends at every place.
      const auto& next = characters[random() % 8 < 5 ? 0 : random() % characters.size()];
      text.insert(text.end(), next.begin(), next.end());
    }
    REQUIRE(is_utf8(text));
    REQUIRE(valid_prefix(text) == text.size());
    const std::size_t place = random() % text.size();
    text[place] = std::byte{0xFF};
    CHECK_FALSE(is_utf8(text));
    CHECK(valid_prefix(text) == place);
  }
}

}  // namespace
}  // namespace signaling::websocket
