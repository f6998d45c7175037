#include "signaling/text/json_members.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace signaling::text;

TEST_CASE("JSON members: those that are asked for are found, whatever stands around them") {
  const auto [room, user, none] =
      members_of(R"({"x":[{"room":1}],"user":null,"room":"r"})", {"room", "user", "none"});
  CHECK(room.equals("r"));
  CHECK(user.text == "null");
  CHECK(user.is_present());
  CHECK_FALSE(none.is_present());
}

TEST_CASE(
    "JSON members: of a name that is given twice the last counts, however it is written (ECMA-262 25.5.1)") {
  const auto [a] = members_of(R"({"a":1,"\u0061":2,"b":3})", {"a"});
  CHECK(a.text == "2");
}

TEST_CASE("JSON members: a text that is not an object, or not JSON to its end, has none") {
  for (const std::string_view text :
       {"", "[1]", R"("a")", R"({"a":1)", R"({"a":1}})", R"({"a":1,})", R"({"a":1,"b":})"}) {
    CAPTURE(text);
    const auto [a] = members_of(text, {"a"});
    CHECK_FALSE(a.is_present());
  }
}

TEST_CASE("JSON members: what is nested deeper than the caller allows is refused") {
  constexpr std::string_view name = "a";
  JsonValue value;
  CHECK(read_members(R"({"a":[1]})", {&name, 1}, {&value, 1}, 2));
  CHECK(value.text == "[1]");
  CHECK_FALSE(read_members(R"({"a":[[1]]})", {&name, 1}, {&value, 1}, 2));
}
