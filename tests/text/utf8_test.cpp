#include "signaling/text/utf8.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>

#include "support/exact_buffer.hpp"

namespace signaling::text {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// How many bytes are read before the first one that can no longer become valid; all, if there is none.
std::size_t valid_prefix(std::string_view text) {
  Utf8Validator validator;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!validator.consume(bytes_of(text.substr(i, 1)))) return i;
  }
  return text.size();
}

// The definition in RFC 3629 3, spelled out: decode, then look at the number.
bool is_character(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(bytes[i])}; };
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
  const auto check = [&](std::initializer_list<unsigned> values) {
    std::string bytes;
    for (const unsigned value : values) bytes += static_cast<char>(value);
    // What is made of several valid characters is valid as well; only single characters are compared.
    if (values.size() > 1 && *values.begin() < 0x80) return;
    if (bytes.size() > 2 && is_utf8(std::string_view(bytes).substr(0, 2))) return;
    if (bytes.size() > 3 && is_utf8(std::string_view(bytes).substr(0, 3))) return;
    if (is_utf8(bytes) != is_character(bytes)) ++wrong;
    if ((utf8_length(bytes) == bytes.size()) != is_character(bytes)) ++wrong;
  };
  for (unsigned a = 0; a < 256; ++a) {
    check({a});
    for (unsigned b = 0; b < 256; ++b) {
      check({a, b});
      for (const unsigned c : edges) {
        check({a, b, c});
        for (const unsigned d : edges) check({a, b, c, d});
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("UTF-8: a byte that can no longer become valid fails at once (RFC 6455 8.1)") {
  CHECK(valid_prefix("A\x80") == 1);     // a continuation without a beginning
  CHECK(valid_prefix("\xC0\x80") == 0);  // overlong
  CHECK(valid_prefix("\xE0\x9F") == 1);  // overlong
  CHECK(valid_prefix("\xF0\x8F") == 1);  // overlong
  CHECK(valid_prefix("\xED\xA0") == 1);  // a surrogate
  CHECK(valid_prefix("\xF4\x90") == 1);  // above U+10FFFF
  CHECK(valid_prefix("\xF5") == 0);      // above U+10FFFF
  CHECK(valid_prefix("\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80") ==
        12);                                     // a surrogate behind Greek
  CHECK(valid_prefix("\xF4\x8F\xBF\xBF") == 4);  // U+10FFFF
}

TEST_CASE("UTF-8: the beginning of a character is neither a failure nor an end (RFC 6455 5.6)") {
  constexpr std::string_view text = "\xF0\x9F\x98\x80";
  for (std::size_t size = 1; size < text.size(); ++size) {
    Utf8Validator validator;
    CHECK(validator.consume(bytes_of(text.substr(0, size))));
    CHECK_FALSE(validator.complete());
    CHECK(validator.consume(bytes_of(text.substr(size))));
    CHECK(validator.complete());
  }
}

TEST_CASE("UTF-8: after a failure everything fails, until it is reset") {
  Utf8Validator validator;
  CHECK_FALSE(validator.consume(bytes_of("\xFF")));
  CHECK_FALSE(validator.consume(bytes_of("A")));
  CHECK_FALSE(validator.consume({}));
  CHECK_FALSE(validator.complete());
  validator.reset();
  CHECK(validator.consume(bytes_of("A")));
  CHECK(validator.complete());
}

TEST_CASE("UTF-8: one wrong byte anywhere in a long text is found, whatever lies around it") {
  std::mt19937 random(7);
  constexpr std::array<std::string_view, 4> characters{"A", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
  for (int round = 0; round < 200; ++round) {
    std::string text;
    while (text.size() < 100) {
      // Mostly ASCII, so that the fast path begins and ends at every place.
      text += characters[random() % 8 < 5 ? 0 : random() % characters.size()];
    }
    REQUIRE(is_utf8(text));
    REQUIRE(valid_prefix(text) == text.size());
    const std::size_t place = random() % text.size();
    text[place] = '\xFF';
    CHECK_FALSE(is_utf8(text));
    CHECK(valid_prefix(text) == place);
  }
}

TEST_CASE("UTF-8: a text begins with one of the sequences of RFC 3629 4, or with no character") {
  struct Row {
    std::string_view bytes;
    std::size_t length;
  };
  const std::array rows{
      Row{"", 0},
      Row{"A\xFF", 1},
      Row{"\x80", 0},              // continuation first
      Row{"\xC1\xBF", 0},          // overlong
      Row{"\xC2\x80", 2},          // U+0080
      Row{"\xC2", 0},              // cut
      Row{"\xC2\x41", 0},          // no continuation
      Row{"\xDF\xBF", 2},          // U+07FF
      Row{"\xE0\x9F\xBF", 0},      // overlong
      Row{"\xE0\xA0\x80", 3},      // U+0800
      Row{"\xE0\xA0", 0},          // cut
      Row{"\xE2\x82\xAC", 3},      // U+20AC
      Row{"\xE2\x82\x41", 0},      // no continuation
      Row{"\xED\x9F\xBF", 3},      // U+D7FF
      Row{"\xED\xA0\x80", 0},      // U+D800, a surrogate
      Row{"\xEE\x80\x80", 3},      // U+E000
      Row{"\xF0\x8F\xBF\xBF", 0},  // overlong
      Row{"\xF0\x90\x80\x80", 4},  // U+10000
      Row{"\xF0\x90\x80", 0},      // cut
      Row{"\xF4\x8F\xBF\xBF", 4},  // U+10FFFF
      Row{"\xF4\x90\x80\x80", 0},  // above U+10FFFF
      Row{"\xF5\x80\x80\x80", 0},  // no such lead
      Row{"\xC3\xA9 and more", 2},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(utf8_length(testing::ExactBuffer(row.bytes).view()) == row.length);
  }
  CHECK(utf8_length(std::string_view("\xE2\x82\xAC", 2)) == 0);  // the byte behind its end is not its own
}

TEST_CASE("UTF-8: a code point of each length is written, and read again (RFC 3629 3)") {
  for (const auto& [code_point, bytes] :
       std::initializer_list<std::pair<char32_t, std::string_view>>{{0, {"\0", 1}},
                                                                    {0x7F, "\x7F"},
                                                                    {0x80, "\xC2\x80"},
                                                                    {0x7FF, "\xDF\xBF"},
                                                                    {0x800, "\xE0\xA0\x80"},
                                                                    {0xFFFF, "\xEF\xBF\xBF"},
                                                                    {0x10000, "\xF0\x90\x80\x80"},
                                                                    {0x10FFFF, "\xF4\x8F\xBF\xBF"}}) {
    std::array<char, 4> out{};
    const char* const end = encode_utf8(code_point, out.data());
    CHECK(std::string_view(out.data(), end) == bytes);
    CHECK(decode_utf8(bytes) == code_point);
  }
}

TEST_CASE("UTF-8: a text is cut in front of the character that does not fit") {
  constexpr std::string_view text = "A\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";
  constexpr std::array<std::size_t, 12> fitting{0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (std::size_t max = 0; max < fitting.size(); ++max) {
    CAPTURE(max);
    CHECK(utf8_prefix(text, max) == text.substr(0, fitting[max]));
  }
  CHECK(utf8_prefix("\x80\x80\x80\x80\x80\x80", 5) == "\x80\x80");
}

}  // namespace
}  // namespace signaling::text
