#include "identity/json_object.hpp"

#include <doctest/doctest.h>

using namespace signaling::identity;

TEST_CASE("JSON object: members are found by what their names stand for") {
  const auto object = JsonObject::read(R"( {"a":1,"\u0062":"x\n","c":[true, {}]} )");
  REQUIRE(object);
  CHECK(object->find("a")->text == "1");
  CHECK(object->find("b")->as_string() == "x\n");
  CHECK(elements_of(*object->find("c"))->size() == 2);
  CHECK(object->find("d") == nullptr);
  CHECK_FALSE(object->find("a")->as_string());
  CHECK_FALSE(elements_of(*object->find("a")));
}

TEST_CASE("JSON object: a name given twice is refused, however it is written (RFC 7515 4)") {
  CHECK_FALSE(JsonObject::read(R"({"alg":"HS256","alg":"HS256"})"));
  CHECK_FALSE(JsonObject::read(R"({"alg":"HS256","\u0061lg":"none"})"));
}

TEST_CASE("JSON object: what is no object, not UTF-8, too deep or half a surrogate pair is refused") {
  for (const std::string& text : {std::string("[]"), std::string("1"), std::string(), std::string("{} {}"),
                                  std::string("{\"a\":\"\xFF\"}"), std::string(R"({"\ud800":1})"),
                                  "{\"a\":" + std::string(32, '[') + std::string(32, ']') + "}"}) {
    CAPTURE(text);
    CHECK_FALSE(JsonObject::read(text));
  }
}
