#include "socketio/placeholders.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "signaling/socketio/packet.hpp"

namespace signaling::socketio {
namespace {

bool fits(std::string_view json, std::size_t attachments) {
  const std::vector<char> exact(json.begin(), json.end());
  return placeholders_fit({exact.data(), exact.size()}, attachments);
}

TEST_CASE("placeholders: each counts one of the attachments (reference implementation)") {
  CHECK(fits(R"(["a",{"_placeholder":true,"num":0}])", 1));
  CHECK(fits(R"([{"x":[{"_placeholder":true,"num":1}]},{"num":0,"_placeholder":true}])", 2));
  CHECK(fits(R"([ { "_placeholder" : true , "num" : 9 } ])", 10));
  CHECK(fits(R"([{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}])", 1));
  CHECK_FALSE(fits(R"([{"_placeholder":true,"num":1}])", 1));
  CHECK_FALSE(fits(R"([{"_placeholder":true,"num":0}])", 0));
  CHECK_FALSE(fits(R"([{"a":{"b":[[{"_placeholder":true,"num":7}]]}}])", 1));
  CHECK_FALSE(fits(R"([{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])", 1));
}

TEST_CASE("placeholders: the number is there, and a plain one") {
  for (const std::string number :
       {"-1", "0.0", "0e0", "-0", "\"0\"", "null", "true", "[0]", "{}", "99999999999999999999999"}) {
    INFO(number);
    CHECK_FALSE(fits(R"([{"_placeholder":true,"num":)" + number + "}]", 1));
    CHECK_FALSE(fits(R"([{"num":)" + number + R"(,"_placeholder":true}])", 1));
  }
  CHECK_FALSE(fits(R"([{"_placeholder":true}])", 1));
  CHECK_FALSE(fits(R"([{"_placeholder":true,"x":{"num":0}}])", 1));
  CHECK_FALSE(fits(R"([{"_placeholder":true,"x":"num","y":0}])", 1));
}

TEST_CASE("placeholders: what some client could take for one is one") {
  CHECK_FALSE(fits(R"([{"_placeholder":1,"num":5}])", 1));
  CHECK_FALSE(fits(R"([{"_placeholder":{},"num":5}])", 1));
  CHECK_FALSE(fits(R"([{"\u005fplaceholder":true,"n\u0075m":5}])", 1));
  CHECK_FALSE(fits(
      R"([{"\u005f\u0070\u006c\u0061\u0063\u0065\u0068\u006f\u006c\u0064\u0065\u0072":true,"num":5}])", 1));
  CHECK(fits(R"([{"\u005fplaceholder":true,"n\u0075m":0}])", 1));
  CHECK_FALSE(fits(R"([{"_placeholder":true,"num":0,"num":5}])", 1));
  CHECK_FALSE(fits(R"([{"_placeholder":false,"_placeholder":true,"num":5}])", 1));
}

TEST_CASE("placeholders: other objects are left alone") {
  for (const std::string json :
       {R"([])", R"([1,"_placeholder",true,"num",5])", R"([{"_placeholder":false,"num":5}])",
        R"([{"_placeholder":null}])", R"([{"placeholder":true,"num":5}])",
        R"([{"a":"_placeholder","num":5}])", R"([{"_placeholder\"":true,"num":5}])",
        R"([{"a\\":"{\"_placeholder\":true,\"num\":5}"}])", R"([{"num":5},[],{},[{}],"}{][",-1.5e3,null])"}) {
    INFO(json);
    CHECK(fits(json, 1));
  }
}

TEST_CASE("placeholders: only packets with attachments are looked at, and a wrong one is an error") {
  PacketDecoder decoder;
  Packet packet;
  CHECK(decoder.decode(R"(2["a",{"_placeholder":true,"num":5}])", packet) == PacketError::none);
  CHECK(decoder.decode(R"(51-["a",{"_placeholder":true,"num":5}])", packet) == PacketError::bad_placeholder);
  CHECK(decoder.decode(R"(50-["a",{"_placeholder":true,"num":0}])", packet) == PacketError::bad_placeholder);
  CHECK(decoder.decode(R"(61-1[{"_placeholder":true,"num":1}])", packet) == PacketError::bad_placeholder);
  CHECK(decoder.decode(R"(51-["a"])", packet) == PacketError::none);
}

TEST_CASE("placeholders: the deepest nesting that a packet may have is followed") {
  std::string open;
  std::string close;
  for (int i = 0; i < 1022; ++i) {
    open += i % 2 == 0 ? "[" : "{\"a\":";
    close.insert(0, i % 2 == 0 ? "]" : "}");
  }
  PacketLimits limits;
  limits.max_json_depth = 0;
  PacketDecoder decoder(limits);
  Packet packet;
  const std::string right = "51-[\"a\"," + open + R"({"_placeholder":true,"num":0})" + close + "]";
  const std::string wrong = "51-[\"a\"," + open + R"({"_placeholder":true,"num":1})" + close + "]";
  CHECK(decoder.decode(right, packet) == PacketError::none);
  CHECK(decoder.decode(wrong, packet) == PacketError::bad_placeholder);
}

}  // namespace
}  // namespace signaling::socketio
