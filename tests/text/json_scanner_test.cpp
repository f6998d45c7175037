#include "signaling/text/json_scanner.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/exact_buffer.hpp"

using namespace signaling::text;
using signaling::testing::ExactBuffer;

namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

bool valid(std::string_view text, std::size_t max_depth = 0) {
  const ExactBuffer buffer(text);
  JsonValue value;
  return JsonScanner(buffer.view(), max_depth).read_text(value);
}

std::optional<JsonKind> kind_of(std::string_view text) {
  JsonValue value;
  if (!JsonScanner(text, 0).read_text(value)) return std::nullopt;
  return value.kind;
}

// The members of an object as they are written, or nothing if the text is no valid object.
std::optional<Members> members_of(std::string_view text, std::size_t max_depth = 0) {
  const ExactBuffer buffer(text);
  JsonScanner scanner(buffer.view(), max_depth);
  JsonMember member;
  Members members;
  for (;;) {
    switch (scanner.next_member(member)) {
      case JsonScanner::Step::member: members.emplace_back(member.name.text, member.value.text); break;
      case JsonScanner::Step::end: return members;
      case JsonScanner::Step::error: return std::nullopt;
    }
  }
}

std::string nested(std::size_t levels, std::string_view open, std::string_view close) {
  std::string text;
  for (std::size_t i = 0; i < levels; ++i) text += open;
  text += "1";
  for (std::size_t i = 0; i < levels; ++i) text += close;
  return text;
}

const std::vector<std::string_view> good_values{
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1",
    "-1",
    "10",
    "1234567890123456789012345678901234567890",
    "0.10",
    "1.5e3",
    "1E+2",
    "1e-2",
    "1e400",
    "-0.0e0",
    R"("")",
    R"("a")",
    R"("\"\\\/\b\f\n\r\t\u00aF")",
    R"("\ud800")",
    "\"\x7F\"",
    "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"",
    "[]",
    "[ ]",
    "[1]",
    "[1,2]",
    "[ 1 , 2 ]",
    "[[],{}]",
    "{}",
    "{ }",
    R"({"a":1})",
    R"({ "a" : 1 , "b" : [ ] })",
    R"({"":{"":[{}]}})",
    R"({"a":1,"a":2})",
    " \t\r\n1 \t\r\n",
    R"("a long string that is more than sixteen bytes, and then some")"};

const std::vector<std::string_view> bad_values{"",
                                               " ",
                                               "nul",
                                               "nulll",
                                               "True",
                                               "NaN",
                                               "Infinity",
                                               "undefined",
                                               "00",
                                               "01",
                                               "-01",
                                               "-",
                                               "+1",
                                               ".5",
                                               "1.",
                                               "1.e2",
                                               "1e",
                                               "1e+",
                                               "1e+-2",
                                               "0x10",
                                               "1 2",
                                               "1,",
                                               "--1",
                                               "\"",
                                               "\"a",
                                               R"("\)",
                                               R"("\")",
                                               R"("\x")",
                                               R"("\u")",
                                               R"("\u12")",
                                               R"("\u123g")",
                                               R"("\U0041")",
                                               "\"\n\"",
                                               "\"\t\"",
                                               std::string_view("\"\0\"", 3),
                                               "\"\x1F\"",
                                               "'a'",
                                               "\"\x80\"",
                                               "\"\xC3\"",
                                               "\"\xED\xA0\x80\"",
                                               "\"\xF4\x90\x80\x80\"",
                                               "\xEF\xBB\xBF"
                                               "1",
                                               "\xC3\xA9",
                                               "[",
                                               "]",
                                               "[1",
                                               "[1,",
                                               "[1,]",
                                               "[,1]",
                                               "[,]",
                                               "[1 2]",
                                               "[1}",
                                               "[}",
                                               "{",
                                               "}",
                                               "{]",
                                               "{1:2}",
                                               R"({"a"})",
                                               R"({"a":})",
                                               R"({"a":1)",
                                               R"({"a":1,})",
                                               R"({,"a":1})",
                                               R"({"a":1 "b":2})",
                                               R"({"a":1]})",
                                               R"({"a" 1})",
                                               R"({a:1})",
                                               R"({"a":1}})",
                                               R"({"a":1}x)",
                                               "[1]]",
                                               "/* c */1",
                                               "1//c",
                                               "\v1",
                                               "\f1",
                                               "\xC2\xA0"
                                               "1"};

}  // namespace

TEST_CASE("json scanner: what the grammar generates is accepted (RFC 8259 2)") {
  for (const auto text : good_values) {
    CAPTURE(text);
    CHECK(valid(text));
    CHECK(valid("[" + std::string(text) + "]"));
    CHECK(valid(R"({"a":)" + std::string(text) + R"(,"b":)" + std::string(text) + "}"));
  }
}

TEST_CASE("json scanner: everything else is refused (RFC 8259 2)") {
  for (const auto text : bad_values) {
    CAPTURE(text);
    CHECK_FALSE(valid(text));
    CHECK_FALSE(members_of(R"({"a":)" + std::string(text) + "}").has_value());
  }
}

TEST_CASE("json scanner: an object or array cut anywhere is refused") {
  const std::string text = R"({"a":[1,-2.5e+3,{"b":"c\u00e9\n"}],"d":{"e":null,"f":[true,false]},"g":")"
                           "\xC3\xA9\"}";
  REQUIRE(valid(text));
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(valid(text.substr(0, size)));
    CHECK_FALSE(members_of(text.substr(0, size)).has_value());
  }
}

TEST_CASE("json scanner: the kind of a value is told") {
  CHECK(kind_of("{}") == JsonKind::object);
  CHECK(kind_of("[]") == JsonKind::array);
  CHECK(kind_of(R"("")") == JsonKind::string);
  CHECK(kind_of("-1") == JsonKind::number);
  CHECK(kind_of("true") == JsonKind::boolean);
  CHECK(kind_of("false") == JsonKind::boolean);
  CHECK(kind_of("null") == JsonKind::null);
  CHECK(kind_of("[{}]") == JsonKind::array);
}

TEST_CASE("json scanner: a value is given from its first byte to its last, and nothing in it is changed") {
  const std::string text =
      "\t{ \"a\" : { \"x\" : [ 1 ,\n2 ] } , \"b\":\"\\u0041 \" ,\r\n\"c\" :0.10, \"\\u0064\":[ [ ] ] } ";
  const Members expected{{"\"a\"", "{ \"x\" : [ 1 ,\n2 ] }"},
                         {"\"b\"", "\"\\u0041 \""},
                         {"\"c\"", "0.10"},
                         {"\"\\u0064\"", "[ [ ] ]"}};
  CHECK(members_of(text) == expected);
}

TEST_CASE("json scanner: members come in the order of the text, repeated ones too") {
  CHECK(members_of("{}") == Members{});
  CHECK(members_of(R"({"a":1,"b":2,"a":3})") == Members{{"\"a\"", "1"}, {"\"b\"", "2"}, {"\"a\"", "3"}});
}

TEST_CASE("json scanner: only an object has members") {
  for (const std::string_view text : {"[]", "1", "null", R"("{}")", "[{}]", "", " "}) {
    CAPTURE(text);
    CHECK_FALSE(members_of(text).has_value());
  }
}

TEST_CASE("json scanner: the elements of an array come one by one, and only an array has elements") {
  const auto elements_of = [](std::string_view text, std::size_t max_depth = 0) {
    const ExactBuffer buffer(text);
    JsonScanner scanner(buffer.view(), max_depth);
    JsonValue element;
    std::string elements;
    auto step = scanner.next_element(element);
    for (; step == JsonScanner::Step::member; step = scanner.next_element(element)) {
      elements += "<" + std::string(element.text) + ">";
    }
    return step == JsonScanner::Step::end ? elements : elements + "error";
  };
  CHECK(elements_of("[]").empty());
  CHECK(elements_of(" [ ] ").empty());
  CHECK(elements_of(R"( [ 1 ,"a,]" , [ 2 ],{"b":3}, null ] )") == R"(<1><"a,]"><[ 2 ]><{"b":3}><null>)");
  CHECK(elements_of("[[[]]]", 3) == "<[[]]>");
  CHECK(elements_of("[[[]]]", 2) == "error");
  CHECK(elements_of("[1,]") == "<1>error");
  CHECK(elements_of("[1 2]") == "<1>error");
  CHECK(elements_of("[1") == "<1>error");
  CHECK(elements_of("[1}") == "<1>error");
  CHECK(elements_of("[1]x") == "<1>error");
  for (const std::string_view other : {"", "{}", "1", "null", R"("[]")", "]", ",", "[,1]"}) {
    CHECK(elements_of(other) == "error");
  }
}

TEST_CASE("json scanner: a string that holds an escape says so, wherever it stands") {
  JsonScanner scanner(R"({"a":"b","\u0061":"\n","c":"d"})", 0);
  JsonMember member;
  REQUIRE(scanner.next_member(member) == JsonScanner::Step::member);
  CHECK_FALSE(member.name.escaped);
  CHECK_FALSE(member.value.escaped);
  REQUIRE(scanner.next_member(member) == JsonScanner::Step::member);
  CHECK(member.name.escaped);
  CHECK(member.value.escaped);
  REQUIRE(scanner.next_member(member) == JsonScanner::Step::member);
  CHECK_FALSE(member.name.escaped);
  CHECK_FALSE(member.value.escaped);
  CHECK(member.value.unquoted() == "d");
}

TEST_CASE("json scanner: nesting is bounded by max_depth, arrays and objects alike") {
  CHECK(valid(nested(4, "[", "]"), 4));
  CHECK_FALSE(valid(nested(5, "[", "]"), 4));
  CHECK(valid(nested(4, R"({"a":)", "}"), 4));
  CHECK_FALSE(valid(nested(5, R"({"a":)", "}"), 4));
  CHECK(members_of(R"({"a":[[]]})", 3).has_value());
  CHECK_FALSE(members_of(R"({"a":[[[]]]})", 3).has_value());
  CHECK(valid("[[],[],[[],[]]]", 3));
}

TEST_CASE("json scanner: without a bound nesting ends at 1024 levels, and a deep text costs no stack") {
  for (const std::size_t unbounded : {std::size_t{0}, std::size_t{100000}}) {
    CHECK(valid(nested(max_json_nesting, "[", "]"), unbounded));
    CHECK(valid(nested(max_json_nesting / 2, R"([{"a":)", "}]"), unbounded));
    CHECK_FALSE(valid(nested(max_json_nesting + 1, "[", "]"), unbounded));
    CHECK_FALSE(valid(std::string(1000000, '['), unbounded));
  }
}

TEST_CASE("json scanner: each level remembers whether it is an array or an object") {
  std::string good;
  std::string close;
  for (int i = 0; i < 200; ++i) {
    const bool object = (i * 7 % 5) < 2;
    good += object ? R"({"a":)" : "[";
    close.insert(0, object ? "}" : "]");
  }
  CHECK(valid(good + "0" + close));
  for (std::size_t i = 0; i < close.size(); ++i) {
    std::string wrong = close;
    wrong[i] = wrong[i] == '}' ? ']' : '}';
    CHECK_FALSE(valid(good + "0" + wrong));
  }
}
