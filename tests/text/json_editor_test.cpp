#include "signaling/text/json_editor.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace signaling::text;

namespace {

// Removes members called "x" and gives those called "r" the value 7.
std::string edit(std::string_view object) {
  JsonEditor editor(object);
  while (const JsonMember* member = editor.next()) {
    if (member->name.equals("x")) editor.remove();
    if (member->name.equals("r")) editor.replace("7");
  }
  return editor.is_edited() ? editor.finish() : std::string(object);
}

}  // namespace

TEST_CASE("json editor: what is not edited is copied byte for byte") {
  CHECK(edit(R"( { "a" : 1.50 , "b":"\u00e9" } )") == R"( { "a" : 1.50 , "b":"\u00e9" } )");
  CHECK(edit(R"({"r" : 1 ,"a":[ 1,2 ],"n":12345678901234567890.10})") ==
        R"({"r" : 7 ,"a":[ 1,2 ],"n":12345678901234567890.10})");
  CHECK(edit("{}") == "{}");
}

TEST_CASE("json editor: a member goes with its comma, wherever it stands") {
  CHECK(edit(R"({"x":1})") == "{}");
  CHECK(edit(R"({"x":1,"a":2})") == R"({"a":2})");
  CHECK(edit(R"({"a":2,"x":1})") == R"({"a":2})");
  CHECK(edit(R"({"a":2,"x":1,"b":3})") == R"({"a":2,"b":3})");
  CHECK(edit(R"({ "x" : 1 , "a" : 2 })") == R"({ "a" : 2 })");
  CHECK(edit(R"({ "a" : 2 , "x" : 1 })") == R"({ "a" : 2 })");
}

TEST_CASE("json editor: each member of a repeated name is edited") {
  CHECK(edit(R"({"x":1,"x":2,"a":3,"x":4,"x":5,"b":6,"x":7})") == R"({"a":3,"b":6})");
  CHECK(edit(R"({"x":1,"x":2})") == "{}");
  CHECK(edit(R"({"r":1,"r":{"r":2}})") == R"({"r":7,"r":7})");
  CHECK(edit(R"({"r":1,"x":2,"r":3,"x":4})") == R"({"r":7,"r":7})");
  CHECK(edit(R"({"x":2,"r":3})") == R"({"r":7})");
}

TEST_CASE("json editor: only members of the object itself are edited, however their names are escaped") {
  CHECK(edit(R"({"a":{"x":1,"r":2}})") == R"({"a":{"x":1,"r":2}})");
  CHECK(edit(R"({"\u0078":1,"a":"x"})") == R"({"a":"x"})");
}
