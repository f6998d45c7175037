#include "signaling/socketio/argument.hpp"

#include <doctest/doctest.h>

#include "socketio/argument_list.hpp"
#include "socketio/emission.hpp"

using namespace signaling;
using namespace signaling::socketio;

TEST_CASE("Argument: a JSON string is read without its escapes") {
  CHECK(Argument(R"("a\n\u00e9")").as_string() == "a\n\xC3\xA9");
  CHECK(Argument(R"( "a" )").as_string() == "a");
  CHECK(!Argument("7").as_string());
  CHECK(!Argument().as_string());
  CHECK(!Argument(R"("\ud800")").as_string());
  CHECK(!Argument(R"("open)").as_string());
}

TEST_CASE("Argument: quote makes a JSON string of anything") {
  CHECK(quote("") == R"("")");
  CHECK(quote("a\"b\\\n") == R"("a\"b\\\n")");
  CHECK(Argument(quote("any\x01thing")).as_string() == "any\x01thing");
}

TEST_CASE("Argument: of members with the same name the last one counts (ECMA-262 25.5.1)") {
  const Argument object(R"({"a":1,"b":{"c":"x"},"a":2})");
  CHECK(object.member("a").json() == "2");
  CHECK(object.member("b").member("c").as_string() == "x");
  CHECK(object.member("none").json() == "null");
  CHECK(Argument("[1]").member("a").json() == "null");
  CHECK(Argument("{").member("a").json() == "null");
}

TEST_CASE("Argument: a placeholder is binary data only where there is an attachment") {
  CHECK(!Argument(R"({"_placeholder":true,"num":0})").is_binary());
  const Argument binary = Argument::binary(std::as_bytes(std::span(std::string_view("xy"))));
  CHECK(binary.is_binary());
  CHECK(binary.bytes() == "xy");
  Argument copy = binary;
  const Argument moved = std::move(copy);
  CHECK(moved.bytes() == "xy");
}

TEST_CASE("ArgumentList: peers of other languages get the only argument, or the array of all") {
  const auto payload_of = [](const Arguments& arguments) {
    const ArgumentList list(arguments);
    Message message;
    list.set_payload(message);
    return (message.kind == MessageKind::binary ? "binary " : "") + std::string(message.payload);
  };
  CHECK(payload_of({}).empty());
  CHECK(payload_of({R"({"a":1})"}) == R"({"a":1})");
  CHECK(payload_of({1, 2}) == "[1,2]");
  CHECK(payload_of({Argument::binary(std::as_bytes(std::span(std::string_view("xy"))))}) == "binary xy");
}

TEST_CASE("Emission: what was packed is unpacked the same") {
  for (const auto kind : {Emission::Kind::event, Emission::Kind::ack, Emission::Kind::hang_up}) {
    Emission emission;
    emission.kind = kind;
    emission.id = 9'007'199'254'740'991;
    emission.except_rooms = {"a", "", "12;"};
    emission.except_ids = {"b"};
    emission.arguments = R"(1,"x;y")";
    emission.attachments = {std::string_view("\0\x1", 2), ""};
    const std::string text = pack(emission);
    Emission read;
    REQUIRE(unpack(text, read));
    CHECK(read.kind == kind);
    CHECK(read.id == emission.id);
    CHECK(read.except_rooms == emission.except_rooms);
    CHECK(read.except_ids == emission.except_ids);
    CHECK(read.arguments == emission.arguments);
    CHECK(read.attachments == emission.attachments);
  }
}

TEST_CASE("Emission: what is cut, longer, or changed anywhere is none, or reads within its bounds") {
  Emission emission;
  emission.id = 1;
  emission.except_rooms = {"room"};
  emission.arguments = "1";
  emission.attachments = {"xyz"};
  const std::string text = pack(emission);
  Emission read;
  for (std::size_t size = 0; size < text.size(); ++size)
    CHECK(!unpack(std::string_view(text).substr(0, size), read));
  CHECK(!unpack(text + "x", read));
  CHECK(!unpack("e0;0;99999999999999999999;0;0;0;", read));
  CHECK(!unpack("e0;0;18446744073709551615;0;0;0;", read));
  CHECK(!unpack("x0;0;0;0;0;0;", read));
  CHECK(unpack("e0;0;0;0;0;0;", read));
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const char c : {'0', '9', ';', 'z'}) {
      std::string changed = text;
      changed[at] = c;
      std::size_t total = 0;
      if (unpack(changed, read)) {
        for (const std::string_view bytes : read.attachments) total += bytes.size();
        CHECK(total + read.arguments.size() < changed.size());
      }
    }
  }
}
