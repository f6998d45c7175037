#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "command_text.hpp"
#include "protocols/json_protocol.hpp"
#include "signaling/protocols/json.hpp"

using namespace signaling;
using namespace signaling::protocols;
using namespace signaling::protocols::test;

namespace {

struct Row {
  std::string_view message;
  std::string_view command;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.message);
    CHECK(decode(row.message) == row.command);
  }
}

const std::vector<Row> good_messages{
    {R"({"type":"join","room":"r"})", "join room=<r>"},
    {R"({"type":"join","room":"r","metadata":{"name":"A"},"id":1})",
     R"(join room=<r> metadata=<{"name":"A"}> id=<1>)"},
    {R"({"type":"join","room":"r","metadata":null})", "join room=<r> metadata=<null>"},
    {R"({"type":"join","room":"r","metadata":"text"})", R"(join room=<r> metadata=<"text">)"},
    {R"({"type":"leave","room":"r"})", "leave room=<r>"},
    {R"({"type":"leave","room":"r","id":"x"})", R"(leave room=<r> id=<"x">)"},
    {R"({"type":"update","room":"r","metadata":[1]})", "update room=<r> metadata=<[1]>"},
    {R"({"type":"update","room":"r","metadata":null,"id":2})", "update room=<r> metadata=<null> id=<2>"},
    {R"({"type":"members","room":"r","id":3})", "members room=<r> id=<3>"},
    {R"({"type":"offer","to":"p","data":{"sdp":"v=0\r\n"}})", R"(offer to=<p> data=<{"sdp":"v=0\r\n"}>)"},
    {R"({"type":"answer","to":"p","data":"x","id":4})", R"(answer to=<p> data=<"x"> id=<4>)"},
    {R"({"type":"candidate","to":"p","data":null})", "candidate to=<p> data=<null>"},
    {R"({"type":"message","room":"r","data":0})", "message room=<r> data=<0>"},
    {R"({"type":"message","to":"p","room":"r"})", "message to=<p> room=<r>"},
    {R"({"type":"event","event":"chat","room":"r","data":[]})", "event event=<chat> room=<r> data=<[]>"},
    {R"({"type":"event","event":"chat","to":"p","id":5})", "event event=<chat> to=<p> id=<5>"},
    {R"({"type":"message","to":"p","volatile":true})", "message to=<p> volatile"},
    {R"({"type":"message","to":"p","volatile":false})", "message to=<p>"},
    {R"({"type":"ping"})", "ping"},
    {R"({"type":"ping","id":-1.5e3})", "ping id=<-1.5e3>"},
    {R"({"type":"ping","received":12,"id":1})", "ping received=<12> id=<1>"},
    {R"({"type":"ack","received":0})", "ack received=<0>"},
    {R"({"received":18446744073709551615,"type":"ack"})", "ack received=<18446744073709551615>"},
};

constexpr std::string_view bad_json =
    "bad_json message=<The message is not a JSON object, or is nested too deeply.>";
constexpr std::string_view bad_id = "bad_id message=<A room or peer id is empty or too long.>";
constexpr std::string_view unknown_type = "unknown_type message=<The message type is unknown.>";

std::string bad_request(std::string_view sentence, std::string_view id = {}) {
  std::string text = "bad_request message=<" + std::string(sentence) + ">";
  if (!id.empty()) text.append(" id=<").append(id).append(">");
  return text;
}

}  // namespace

TEST_CASE("signaling.v1: every message of a client becomes its command") { check(good_messages); }

TEST_CASE("signaling.v1: a message cut anywhere is bad_json") {
  for (const Row& row : good_messages) {
    for (std::size_t size = 0; size < row.message.size(); ++size) {
      CAPTURE(row.message.substr(0, size));
      CHECK(decode(row.message.substr(0, size)) == bad_json);
    }
  }
}

TEST_CASE("signaling.v1: the order of fields and the space between them mean nothing") {
  check({
      {" {\n\"id\" : 1 ,\t\"room\" : \"r\" , \"type\" : \"join\" }\r\n", "join room=<r> id=<1>"},
      {R"({"data":1,"to":"p","type":"message"})", "message to=<p> data=<1>"},
      {R"({"metadata":{},"type":"update","room":"r"})", "update room=<r> metadata=<{}>"},
  });
}

TEST_CASE("signaling.v1: data is passed on byte for byte, from its first byte to its last") {
  for (const std::string_view data :
       {"{ \"a\" : [ 1 ,\n 2 ] }", R"("\u0041\/\ud800")", "0.10", "1e400", "-0", "[ ]", "\" \"",
        "{\"a\":1,\"a\":2}", "\"v=0\\r\\no=- 1 1 IN IP4 0.0.0.0\\r\\n\"", "\"\xF0\x9F\x98\x80\""}) {
    CAPTURE(data);
    const std::string message = R"({"type":"offer","to":"p","data": )" + std::string(data) + " }";
    CHECK(decode(message) == "offer to=<p> data=<" + std::string(data) + ">");
    const std::string join = R"({"type":"join","room":"r","metadata":)" + std::string(data) + "\n}";
    CHECK(decode(join) == "join room=<r> metadata=<" + std::string(data) + ">");
  }
}

TEST_CASE("signaling.v1: views point into the message, not to a copy") {
  const auto protocol = Json().make();
  const std::string message = R"({"type":"offer","to":"p","data":{"a":1},"id":7})";
  std::vector<Command> commands;
  protocol->decode({MessageKind::text, message}, commands);
  const auto& send = std::get<command::Send>(commands.at(0));
  CHECK(send.message.to.data() == message.data() + message.find("p\""));
  CHECK(send.message.payload.data() == message.data() + message.find("{\"a"));
  CHECK(send.request.data() == message.data() + message.find("7"));
}

TEST_CASE("signaling.v1: fields that are not known are passed over, wherever they stand") {
  check({
      {R"({"x":{"type":"leave"},"type":"join","":[],"room":"r","x":1,"polite":true})", "join room=<r>"},
      {R"({"type":"ping","room":5,"to":[],"metadata":1,"volatile":3})", "ping"},
      {R"({"type":"message","event":"e","to":"p","metadata":{}})", "message to=<p>"},
      {R"({"Type":"join","type":"ping","ROOM":"r"})", "ping"},
      {R"({"type\u0000":"join","type":"ping"})", "ping"},
      {R"({"\ud800":1,"type":"ping"})", "ping"},
      {R"({"a name that is much longer than any that is known, \u0061nd has an escape in it":1,"type":"ping"})",
       "ping"},
  });
}

TEST_CASE("signaling.v1: names, types and ids may be written with escapes (RFC 8259 8.3)") {
  check({
      {R"({"\u0074ype":"\u006aoin","\u0072oom":"\u0072"})", "join room=<r>"},
      {R"({"type":"message","to":"\u0070","room":"\ud83d\ude00\n","data":"\u0064"})",
       "message to=<p> room=<\xF0\x9F\x98\x80\n> data=<\"\\u0064\">"},
      {R"({"type":"event","event":"a\/b","to":"\"","room":"\\"})", "event event=<a/b> to=<\"> room=<\\>"},
      {R"({"\u0076\u006f\u006c\u0061\u0074\u0069\u006c\u0065":true,"type":"message","to":"p"})",
       "message to=<p> volatile"},
      {R"({"type":"\u0063\u0061\u006e\u0064\u0069\u0064\u0061\u0074\u0065","to":"p"})", "candidate to=<p>"},
  });
}

TEST_CASE("signaling.v1: an id may hold any character, also U+0000 and non-ASCII") {
  const auto protocol = Json().make();
  CHECK(decode(*protocol, R"({"type":"leave","room":"a\u0000b"})") ==
        "leave room=<a" + std::string(1, '\0') + "b>");
  CHECK(decode(*protocol, "{\"type\":\"leave\",\"room\":\"\xC3\xA9\"}") == "leave room=<\xC3\xA9>");
}

TEST_CASE("signaling.v1: the id of a request is its text, a number or a string") {
  check({
      {R"({"type":"ping","id":0})", "ping id=<0>"},
      {R"({"type":"ping","id":1e400})", "ping id=<1e400>"},
      {R"({"type":"ping","id":""})", R"(ping id=<"">)"},
      {R"({"type":"ping","id":"\u0041 \ud800"})", R"(ping id=<"\u0041 \ud800">)"},
  });
  for (const std::string_view id : {"null", "true", "[]", "{}", "[1]"}) {
    CAPTURE(id);
    CHECK(decode(R"({"type":"ping","id":)" + std::string(id) + "}") ==
          bad_request("The field 'id' is not a number or a string."));
  }
}

TEST_CASE("signaling.v1: what is not one JSON object is bad_json") {
  for (const std::string_view message :
       {"", " ", "x", "null", "1", "\"ping\"", "[]", R"([{"type":"ping"}])",
        R"({"type":"ping"}{"type":"ping"})", R"({"type":"ping"},)", R"({"type":"ping",})",
        R"({'type':'ping'})", R"({"type":"ping","data":01})",
        R"({"type":"ping","data":")"
        "\x80\"}",
        R"({"type":"ping","data":"\x"})"}) {
    CAPTURE(message);
    CHECK(decode(message) == bad_json);
  }
  CHECK(decode("\xEF\xBB\xBF{\"type\":\"ping\"}") == bad_json);
  CHECK(decode(R"({"type":"ping","id":1,"data":tru})") == bad_json);
}

TEST_CASE("signaling.v1: a message nested deeper than max_depth is bad_json") {
  const auto message = [](std::size_t levels) {
    return R"({"type":"message","to":"p","data":)" + std::string(levels - 1, '[') +
           std::string(levels - 1, ']') + "}";
  };
  CHECK(decode(message(32)) == "message to=<p> data=<" + std::string(31, '[') + std::string(31, ']') + ">");
  CHECK(decode(message(33)) == bad_json);
  JsonOptions shallow;
  shallow.max_depth = 2;
  CHECK(decode(message(2), shallow) == "message to=<p> data=<[]>");
  CHECK(decode(message(3), shallow) == bad_json);
}

TEST_CASE("signaling.v1: a binary message is bad_request") {
  const auto protocol = Json().make();
  CHECK(decode_view(*protocol, R"({"type":"ping","id":1})", MessageKind::binary) ==
        bad_request("Binary messages are not supported."));
}

TEST_CASE("signaling.v1: an unknown type is unknown_type, with the id of the request") {
  check({
      {R"({"type":"jump"})", unknown_type},
      {R"({"type":""})", unknown_type},
      {R"({"type":"Join","room":"r"})", unknown_type},
      {R"({"type":"welcome"})", unknown_type},
      {R"({"type":"\ud800"})", unknown_type},
      {R"({"type":"join\u0000"})", unknown_type},
      {R"({"type":"\u0061 type that is much longer than any that is known to anybody at all"})",
       unknown_type},
  });
  CHECK(decode(R"({"type":"jump","id":9})") == std::string(unknown_type) + " id=<9>");
}

TEST_CASE("signaling.v1: a missing or wrong field is bad_request and named, with the id of the request") {
  constexpr std::string_view no_type = "The field 'type' is missing or not a string.";
  constexpr std::string_view no_room = "The field 'room' is missing or not a string.";
  constexpr std::string_view no_event = "The field 'event' is missing or not an event name.";
  CHECK(decode("{}") == bad_request(no_type));
  CHECK(decode(R"({"id":"a"})") == bad_request(no_type, "\"a\""));
  CHECK(decode(R"({"type":5,"id":1})") == bad_request(no_type, "1"));
  CHECK(decode(R"({"type":null})") == bad_request(no_type));
  for (const std::string_view type : {"join", "leave", "update", "members"}) {
    CAPTURE(type);
    const std::string start = R"({"type":")" + std::string(type) + R"(","metadata":1)";
    CHECK(decode(start + "}") == bad_request(no_room));
    CHECK(decode(start + R"(,"room":1,"id":2})") == bad_request(no_room, "2"));
    CHECK(decode(start + R"(,"room":null,"id":2})") == bad_request(no_room, "2"));
  }
  CHECK(decode(R"({"type":"update","room":"r","id":1})") ==
        bad_request("The field 'metadata' is missing.", "1"));
  for (const std::string_view type : {"offer", "answer", "candidate", "message"}) {
    CAPTURE(type);
    const std::string start = R"({"id":1,"type":")" + std::string(type) + "\"";
    CHECK(decode(start + "}") == bad_request("The message needs a field 'to' or 'room'.", "1"));
    CHECK(decode(start + R"(,"to":1})") == bad_request("The field 'to' is not a string.", "1"));
    CHECK(decode(start + R"(,"to":"p","room":[]})") == bad_request(no_room, "1"));
    CHECK(decode(start + R"(,"to":"p","volatile":1})") ==
          bad_request("The field 'volatile' is not true or false.", "1"));
    CHECK(decode(start + R"(,"to":"p","volatile":"true"})") ==
          bad_request("The field 'volatile' is not true or false.", "1"));
  }
  for (const std::string value : {R"("1")", "-1", "1.0", "1e3", "18446744073709551616", "null", "{}"}) {
    CAPTURE(value);
    const std::string problem = "The field 'received' is missing or not a whole number.";
    CHECK(decode(R"({"type":"ack","received":)" + value + "}") == bad_request(problem));
    CHECK(decode(R"({"type":"ping","id":1,"received":)" + value + "}") == bad_request(problem, "1"));
  }
  CHECK(decode(R"({"type":"ack"})") == bad_request("The field 'received' is missing or not a whole number."));
  CHECK(decode(R"({"type":"event","to":"p"})") == bad_request(no_event));
  CHECK(decode(R"({"type":"event","to":"p","event":{}})") == bad_request(no_event));
  CHECK(decode(R"({"type":"event","to":"p","event":""})") == bad_request(no_event));
}

TEST_CASE("signaling.v1: an empty id is bad_id and never stands for no addressee") {
  for (const std::string_view message :
       {R"({"type":"join","room":""})", R"({"type":"members","room":""})",
        R"({"type":"message","to":"","room":"r"})", R"({"type":"message","to":"p","room":""})",
        R"({"type":"offer","to":""})", R"({"type":"offer","room":""})"}) {
    CAPTURE(message);
    CHECK(decode(message) == bad_id);
  }
}

TEST_CASE("signaling.v1: half a surrogate pair in an id is bad_request, in data it is just data") {
  CHECK(decode(R"({"type":"join","room":"\ud800","id":1})") ==
        bad_request("A name has an unpaired surrogate.", "1"));
  CHECK(decode(R"({"type":"offer","to":"x\udc00"})") == bad_request("A name has an unpaired surrogate."));
  CHECK(decode(R"({"type":"offer","to":"x","data":"\udc00"})") == R"(offer to=<x> data=<"\udc00">)");
}

TEST_CASE("signaling.v1: a known field that is given twice is bad_request and named") {
  for (const std::string_view field : {"type", "room", "to", "event", "metadata", "data", "volatile"}) {
    CAPTURE(field);
    const std::string twice =
        "\"" + std::string(field) + "\":\"join\",\"" + std::string(field) + "\":\"join\"";
    const std::string sentence = "The field '" + std::string(field) + "' is given twice.";
    CHECK(decode("{" + twice + R"(,"id":1})") == bad_request(sentence, "1"));
    CHECK(decode(R"({"id":1,)" + twice + "}") == bad_request(sentence, "1"));
  }
  CHECK(decode(R"({"type":"ping","data":1,"\u0064ata":2})") ==
        bad_request("The field 'data' is given twice."));
  CHECK(decode(R"({"type":"ping","id":1,"id":2})") == bad_request("The field 'id' is given twice."));
  CHECK(decode(R"({"to":"","to":"","id":1,"id":2,"type":"ping"})") ==
        bad_request("The field 'id' is given twice."));
}

TEST_CASE("signaling.v1: no error message holds text from the peer") {
  const std::string secret = "s3cret";
  for (const std::string& message :
       {R"({"type":")" + secret + "\"}", R"({"type":"join","room":[")" + secret + "\"]}",
        "{\"" + secret + "\":1}", secret, R"({"type":"ping","id":[")" + secret + "\"]}",
        R"({"type":"event","to":"p","event":{")" + secret + "\":1}}"}) {
    CAPTURE(message);
    CHECK(decode(message).find(secret) == std::string::npos);
  }
}

TEST_CASE("signaling.v1: unescaped ids stay valid together, however long they are") {
  const auto protocol = Json().make();
  const std::string name(5000, 'n');
  const std::string message =
      R"({"type":"event","event":"\n)" + name + R"(","to":"\n)" + name + R"(","room":"\n)" + name + "\"}";
  const std::string expected = "event event=<\n" + name + "> to=<\n" + name + "> room=<\n" + name + ">";
  CHECK(decode(*protocol, message) == expected);
  CHECK(decode(*protocol, R"({"type":"leave","room":"\n"})") == "leave room=<\n>");
  CHECK(decode(*protocol, message) == expected);
}

TEST_CASE("signaling.v1: one message of any size is one command") {
  const std::string data = "\"" + std::string(250000, 'x') + "\\r\\n\"";
  CHECK(decode(R"({"type":"offer","to":"p","data":)" + data + "}") == "offer to=<p> data=<" + data + ">");
}

TEST_CASE("signaling.v1: protocols of one factory share one encoder, and are small") {
  const Json factory;
  const auto one = factory.make();
  const auto other = factory.make();
  CHECK(one->encoder() == other->encoder());
  CHECK(one->encoder() == factory.encoder());
  CHECK(one->encoder() != nullptr);
  CHECK(one->name() == "signaling.v1");
  CHECK(sizeof(JsonProtocol) <= 80);
}

TEST_CASE("signaling.v1: options that make no sense are refused when the factory is made") {
  for (const std::string_view servers : {"", "{}", "null", "[", "[1,]", "[] []", "\"[]\""}) {
    CAPTURE(servers);
    JsonOptions options;
    options.ice_servers = servers;
    CHECK_THROWS_AS(Json{options}, std::invalid_argument);
  }
  JsonOptions options;
  options.heartbeat = std::chrono::milliseconds(-1);
  CHECK_THROWS_AS(Json{options}, std::invalid_argument);
  options = {};
  options.max_depth = 1025;
  CHECK_THROWS_AS(Json{options}, std::invalid_argument);
  options.max_depth = 1024;
  CHECK_NOTHROW(Json{options});
}
