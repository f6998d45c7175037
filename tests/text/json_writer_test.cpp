#include "signaling/text/json_writer.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "signaling/text/base64.hpp"
#include "signaling/text/json_scanner.hpp"
#include "support/exact_buffer.hpp"

using namespace signaling::text;
using signaling::testing::ExactBuffer;

namespace {

std::string string_of(std::string_view text) { return json_string(ExactBuffer(text).view()); }

std::string ascii_string_of(std::string_view text) {
  std::string json;
  JsonWriter(json).ascii_string(ExactBuffer(text).view());
  return json;
}

}  // namespace

TEST_CASE("JSON writer: pieces are added to the end of the output") {
  std::string json = "data: ";
  JsonWriter out(json);
  out.raw("{").string("a").raw(":").number(1).raw(",\"b\":").boolean(true).raw(",\"c\":").base64("foob");
  out.raw("}");
  CHECK(json == R"(data: {"a":1,"b":true,"c":"Zm9vYg=="})");
}

TEST_CASE("JSON writer: an output is whatever texts can be appended to") {
  struct Counter {
    void append(std::string_view text) { size += text.size(); }
    std::size_t size = 0;
  } counter;
  JsonWriter(counter).string("a\n").number(12);
  CHECK(counter.size == std::string_view(R"("a\n"12)").size());
}

TEST_CASE("JSON writer: what must be escaped is escaped, and nothing else (RFC 8259 7)") {
  CHECK(string_of("") == R"("")");
  CHECK(string_of("plain / text \x7F") == "\"plain / text \x7F\"");
  CHECK(string_of("\"\\\n\r\t\b\f") == R"("\"\\\n\r\t\u0008\u000c")");
  CHECK(string_of(std::string_view("\0\x1F", 2)) == R"("\u0000\u001f")");
  CHECK(string_of("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") == "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
  CHECK(string_of("\n\xC3\xA9\n") == "\"\\n\xC3\xA9\\n\"");
  CHECK(string_of(std::string(40, 'x') + "\"" + std::string(40, 'y')) ==
        "\"" + std::string(40, 'x') + "\\\"" + std::string(40, 'y') + "\"");
}

TEST_CASE("JSON writer: bytes that are not UTF-8 become U+FFFD") {
  CHECK(string_of("a\xFFz") == "\"a\xEF\xBF\xBDz\"");
  CHECK(string_of("\xC3") == "\"\xEF\xBF\xBD\"");
  CHECK(string_of("\xC3\x28") == "\"\xEF\xBF\xBD(\"");
  CHECK(string_of("\xED\xA0\x80") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST_CASE("JSON writer: any two bytes make a JSON string, and the ASCII one stands for the same") {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes{static_cast<char>(first), static_cast<char>(second)};
      const std::string written = string_of(bytes);
      const std::string ascii = ascii_string_of(bytes);
      JsonValue value;
      JsonValue ascii_value;
      REQUIRE(JsonScanner(written).read_text(value));
      REQUIRE(JsonScanner(ascii).read_text(ascii_value));
      REQUIRE(value.as_string() == ascii_value.as_string());
    }
  }
}

TEST_CASE(
    "JSON writer: an ASCII string has printable characters only, also beyond the basic plane (RFC 8259 7)") {
  CHECK(ascii_string_of("") == R"("")");
  CHECK(ascii_string_of("say \"hi\" \\") == R"("say \"hi\" \\")");
  CHECK(ascii_string_of("\n\x1B\x7F") == R"("\u000a\u001b\u007f")");
  CHECK(ascii_string_of("\xC3\xA9\xE2\x82\xAC") == R"("\u00e9\u20ac")");
  CHECK(ascii_string_of("\xF0\x9F\x98\x80") == R"("\ud83d\ude00")");
  CHECK(ascii_string_of("a\xFF") == R"("a\ufffd")");
}

TEST_CASE("JSON writer: whole numbers of any type are written in full") {
  std::string json;
  JsonWriter out(json);
  out.number(std::numeric_limits<std::uint64_t>::max()).raw(" ");
  out.number(std::numeric_limits<std::int64_t>::min()).raw(" ").number(-1).raw(" ").number(std::uint8_t{255});
  CHECK(json == "18446744073709551615 -9223372036854775808 -1 255");
}

TEST_CASE("JSON writer: base64 is padded at its end alone, however long it is (RFC 4648 4)") {
  std::string bytes;
  for (int size = 0; size < 400; ++size) {
    std::string json;
    JsonWriter(json).base64(bytes);
    REQUIRE(json == '"' + to_base64(bytes) + '"');
    bytes += static_cast<char>(size);
  }
}
