#include "protocols/json_text.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "command_text.hpp"

using namespace signaling::protocols;
using signaling::protocols::test::ExactBuffer;

namespace {

std::size_t plain_prefix(std::string_view text) {
  std::size_t size = 0;
  while (size != text.size() && is_plain(text[size])) ++size;
  return size;
}

std::optional<std::string> unescaped(std::string_view escaped) {
  const ExactBuffer in(escaped);
  std::vector<char> out(escaped.size());
  const auto size = unescape(in.view(), out.data());
  if (!size) return std::nullopt;
  return std::string(out.data(), *size);
}

std::size_t utf8_length_of(std::string_view text) {
  const ExactBuffer buffer(text);
  return utf8_length(buffer.view().data(), buffer.view().data() + buffer.view().size());
}

}  // namespace

TEST_CASE("json text: the first byte that is not plain is found wherever it stands, by every variant") {
  for (std::size_t size = 0; size <= 40; ++size) {
    for (std::size_t at = 0; at <= size; ++at) {
      for (int byte = 0; byte < 256; byte += (byte >= 0x80 ? 17 : 1)) {
        std::string text(size, 'x');
        if (at < size) text[at] = static_cast<char>(byte);
        const ExactBuffer buffer(text);
        const char* const first = buffer.view().data();
        const std::size_t expected = plain_prefix(text);
        REQUIRE(static_cast<std::size_t>(skip_plain(first, first + size) - first) == expected);
        REQUIRE(static_cast<std::size_t>(skip_plain_by_words(first, first + size) - first) == expected);
      }
    }
  }
}

TEST_CASE("json text: control characters, quote, backslash and non-ASCII are not plain (RFC 8259 7)") {
  for (int byte = 0; byte < 256; ++byte) {
    const bool expected = byte >= 0x20 && byte <= 0x7F && byte != 0x22 && byte != 0x5C;
    CHECK(is_plain(static_cast<char>(byte)) == expected);
  }
}

TEST_CASE("json text: UTF-8 sequences are exactly those of RFC 3629 4") {
  struct Row {
    std::string_view bytes;
    std::size_t length;
  };
  const std::array rows{
      Row{"", 0},
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
    CHECK(utf8_length_of(row.bytes) == row.length);
  }
}

TEST_CASE("json text: escapes stand for the characters of RFC 8259 7") {
  CHECK(unescaped("") == "");
  CHECK(unescaped("plain") == "plain");
  CHECK(unescaped(R"(\"\\\/\b\f\n\r\t)") == "\"\\/\b\f\n\r\t");
  CHECK(unescaped(R"(a\u0041z)") == "aAz");
  CHECK(unescaped(R"(\u0000)") == std::string(1, '\0'));
  CHECK(unescaped(R"(\u007f\u0080\u07ff\u0800\uFFFF)") == "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF");
  CHECK(unescaped(R"(\uD834\udd1e)") == "\xF0\x9D\x84\x9E");
  CHECK(unescaped(R"(\udbff\udfff)") == "\xF4\x8F\xBF\xBF");
  CHECK(unescaped("\xC3\xA9\\n") == "\xC3\xA9\n");
}

TEST_CASE("json text: half a surrogate pair stands for no character (RFC 8259 8.2)") {
  for (const std::string_view half :
       {R"(\ud800)", R"(\ud800x)", R"(\ud800\n)", R"(\ud800\ud800)", R"(\ud800A)", R"(\udc00)", R"(a\udfffz)",
        R"(\udc00\ud800)", R"(\ud834\ue000)"}) {
    CAPTURE(half);
    CHECK_FALSE(unescaped(half).has_value());
  }
}
