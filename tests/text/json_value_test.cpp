#include "signaling/text/json_value.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/exact_buffer.hpp"

using namespace signaling::text;
using signaling::testing::ExactBuffer;

namespace {

std::optional<std::string> unescaped(std::string_view escaped) {
  const ExactBuffer in(escaped);
  std::vector<char> out(escaped.size());
  const auto size = unescape_json(in.view(), out.data());
  if (!size) return std::nullopt;
  return std::string(out.data(), *size);
}

JsonValue string_value(std::string_view text) {
  return {JsonKind::string, text.find('\\') != std::string_view::npos, text};
}

}  // namespace

TEST_CASE("JSON value: escapes stand for the characters of RFC 8259 7") {
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

TEST_CASE("JSON value: half a surrogate pair stands for no character (RFC 8259 8.2)") {
  for (const std::string_view half :
       {R"(\ud800)", R"(\ud800x)", R"(\ud800\n)", R"(\ud800\ud800)", R"(\ud800A)", R"(\udc00)", R"(a\udfffz)",
        R"(\udc00\ud800)", R"(\ud834\ue000)"}) {
    CAPTURE(half);
    CHECK_FALSE(unescaped(half).has_value());
  }
}

TEST_CASE("JSON value: a string equals what it stands for, whichever way it is written (RFC 8259 8.3)") {
  CHECK(string_value(R"("room")").equals("room"));
  CHECK(string_value(R"("\u0072oo\u006d")").equals("room"));
  CHECK(string_value(R"("a\n\"\u20ac\ud834\udd1e")").equals("a\n\"\xE2\x82\xAC\xF0\x9D\x84\x9E"));
  CHECK(string_value(R"("")").equals(""));
  for (const std::string_view other : {R"("roo")", R"("rooms")", R"("roo\u006d2")", R"("roo\u006e")",
                                       R"("\u0072oo")", R"("room\ud800")", R"("Room")"}) {
    CAPTURE(other);
    CHECK_FALSE(string_value(other).equals("room"));
  }
}

TEST_CASE("JSON value: an escaped string of any length is compared") {
  std::string written = "\"";
  for (int i = 0; i < 1000; ++i) written += "\\u0061";
  CHECK(string_value(written + '"').equals(std::string(1000, 'a')));
  CHECK_FALSE(string_value(written + '"').equals(std::string(999, 'a')));
}

TEST_CASE("JSON value: a value that is not a string, or not present, equals no text") {
  for (const JsonValue& value :
       {JsonValue{JsonKind::number, false, "7"}, JsonValue{JsonKind::null, false, "null"},
        JsonValue{JsonKind::string, false, {}}, JsonValue{}}) {
    CHECK_FALSE(value.equals("7"));
    CHECK_FALSE(value.equals(""));
    CHECK_FALSE(value.as_string().has_value());
  }
  CHECK(JsonValue{JsonKind::null, false, "null"}.is_present());
  CHECK_FALSE(JsonValue{}.is_present());
}

TEST_CASE("JSON value: a string without its escapes") {
  CHECK(string_value(R"("")").as_string() == "");
  CHECK(string_value(R"("a\tb")").as_string() == "a\tb");
  CHECK_FALSE(string_value(R"("\udc00")").as_string().has_value());
}
