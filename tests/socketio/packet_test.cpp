#include "signaling/socketio/packet.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace signaling::socketio {
namespace {

// A packet as one line: "2 / id=12 foo [1] ["a"]", or the error.
std::string decode(std::string_view text, const PacketLimits& limits = {}) {
  const std::vector<char> exact(text.begin(), text.end());  // AddressSanitizer sees a read behind the end
  PacketDecoder decoder(limits);
  Packet packet;
  const PacketError error = decoder.decode({exact.data(), exact.size()}, packet);
  if (error != PacketError::none) return std::string(to_string(error));
  std::string line =
      std::to_string(static_cast<int>(packet.header.type)) + " " + std::string(packet.header.nsp);
  if (packet.header.id) line += " id=" + std::to_string(*packet.header.id);
  if (packet.header.attachments != 0) line += " +" + std::to_string(packet.header.attachments);
  if (!packet.values.name_json.empty()) {
    line += " " + std::string(packet.values.name_json) + "=" + std::string(packet.values.name);
  }
  for (const std::string_view argument : packet.values.arguments) line += " <" + std::string(argument) + ">";
  const bool has_values =
      packet.header.type != PacketType::connect && packet.header.type != PacketType::connect_error;
  if (!has_values && !packet.payload.empty()) line += " " + std::string(packet.payload);
  return line;
}

struct Case {
  std::string_view text;
  std::string_view result;
};

void check(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    INFO(each.text);
    CHECK(decode(each.text) == each.result);
  }
}

TEST_CASE("packet: the examples are read (Socket.IO v5, Packet encoding)") {
  check({
      {"0", "0 /"},
      {R"(0{"token":"123"})", R"(0 / {"token":"123"})"},
      {R"(0/admin,{"sid":"oSO0OpakMV_3jnilAAAA"})", R"(0 /admin {"sid":"oSO0OpakMV_3jnilAAAA"})"},
      {R"(4{"message":"Not authorized"})", R"(4 / {"message":"Not authorized"})"},
      {R"(2["foo"])", R"(2 / "foo"=foo)"},
      {R"(2/admin,["bar"])", R"(2 /admin "bar"=bar)"},
      {R"(51-["baz",{"_placeholder":true,"num":0}])", R"(5 / +1 "baz"=baz <{"_placeholder":true,"num":0}>)"},
      {R"(52-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])",
       R"(5 /admin +2 "baz"=baz <{"_placeholder":true,"num":0}> <{"_placeholder":true,"num":1}>)"},
      {R"(212["foo"])", R"(2 / id=12 "foo"=foo)"},
      {R"(3/admin,13["bar"])", R"(3 /admin id=13 <"bar">)"},
      {R"(61-15["bar",{"_placeholder":true,"num":0}])",
       R"(6 / id=15 +1 <"bar"> <{"_placeholder":true,"num":0}>)"},
      {"1", "1 /"},
      {"1/admin,", "1 /admin"},
  });
}

TEST_CASE("packet: its type is one digit from 0 to 6 (Socket.IO v5, Packet encoding)") {
  check({{"", "unknown_type"},
         {"7", "unknown_type"},
         {"a", "unknown_type"},
         {"abc", "unknown_type"},
         {"-1", "unknown_type"},
         {" 0", "unknown_type"},
         {"{}", "unknown_type"}});
}

TEST_CASE("packet: a namespace is from a slash to a comma or the end (Socket.IO v5, Format)") {
  check({
      {"0/admin", "0 /admin"},
      {"0/admin,", "0 /admin"},
      {"0/", "0 /"},
      {"0/,", "0 /"},
      {R"(2/,["a"])", R"(2 / "a"=a)"},
      {"0/a/b-c_d.e", "0 /a/b-c_d.e"},
      {"0/\xC3\xA9,", "0 /\xC3\xA9"},
      {"0admin", "bad_payload"},
      {R"(2/admin["a"])", "bad_payload"},
      {"1/admin,,", "bad_payload"},
      {"0/ad\x1emin,", "bad_namespace"},
      {"0/admin\n", "bad_namespace"},
      {std::string_view("0/a\0b", 5), "bad_namespace"},
      {"0/\x7F", "bad_namespace"},
  });
}

TEST_CASE("packet: a query string is part of the namespace, as in the reference implementation") {
  check(
      {{"0/admin?token=1,{}", "0 /admin?token=1 {}"}, {R"(2/admin?a=b&c,["x"])", R"(2 /admin?a=b&c "x"=x)"}});
}

TEST_CASE("packet: a namespace and the name of an event have a bound") {
  PacketLimits limits;
  limits.max_name_bytes = 6;
  CHECK(decode("0/admin,", limits) == "0 /admin");
  CHECK(decode("0/admins,", limits) == "bad_namespace");
  CHECK(decode(R"(2["sixsix"])", limits) == R"(2 / "sixsix"=sixsix)");
  CHECK(decode(R"(2["sevenrs"])", limits) == "bad_event_name");
  limits.max_name_bytes = 0;
  const std::string long_name(100'000, 'a');
  CHECK(decode("0/" + long_name, limits) == "0 /" + long_name);
  CHECK(decode("2[\"" + long_name + "\"]", limits) == "2 / \"" + long_name + "\"=" + long_name);
  CHECK(decode("2[\"" + long_name + "\"]") == "bad_event_name");
}

TEST_CASE("packet: the number of attachments is digits and a dash (Socket.IO v5, Format)") {
  check({
      {R"(50-["a"])", R"(5 / "a"=a)"},
      {R"(510-["a"])", R"(5 / +10 "a"=a)"},
      {R"(511-["a"])", "too_many_attachments"},
      {R"(599999999999999999999-["a"])", "bad_attachments"},
      {R"(51.23-["a"])", "bad_attachments"},
      {R"(51e1-["a"])", "bad_attachments"},
      {R"(5-["a"])", "bad_attachments"},
      {R"(5-1-["a"])", "bad_attachments"},
      {R"(5+1-["a"])", "bad_attachments"},
      {R"(5 1-["a"])", "bad_attachments"},
      {R"(5["a"])", "bad_attachments"},
      {R"(51["a"])", "bad_attachments"},
      {"51", "bad_attachments"},
      {"5", "bad_attachments"},
      {"51-", "bad_payload"},
      {R"(6x-1[])", "bad_attachments"},
      {R"(21-["a"])", "bad_payload"},
  });
  PacketLimits limits;
  limits.max_attachments = 0;
  CHECK(decode(R"(511-["a"])", limits) == R"(5 / +11 "a"=a)");
}

TEST_CASE("packet: an id is a number that JavaScript can count to (Socket.IO v5, Format)") {
  check({
      {R"(20["a"])", R"(2 / id=0 "a"=a)"},
      {R"(2007["a"])", R"(2 / id=7 "a"=a)"},
      {R"(29007199254740991["a"])", R"(2 / id=9007199254740991 "a"=a)"},
      {R"(29007199254740992["a"])", "bad_id"},
      {R"(299999999999999999999["a"])", "bad_id"},
      {R"(2-1["a"])", "bad_payload"},
      {R"(21.5["a"])", "bad_payload"},
      {R"(21e3["a"])", "bad_payload"},
      {R"(2abc["a"])", "bad_payload"},
      {R"(2 1["a"])", "bad_payload"},
      {R"(3["a"])", "bad_id"},
      {R"(3/admin,["a"])", "bad_id"},
      {R"(60-["a"])", "bad_id"},
      {"012{}", "bad_id"},
      {"012", "bad_id"},
      {"1/admin,12", "bad_id"},
      {R"(412{"message":""})", "bad_id"},
  });
}

TEST_CASE("packet: the payload of a CONNECT is an object or absent (Socket.IO v5, Connection)") {
  check({{"0{}", "0 / {}"},
         {"0{ } ", "0 / { }"},
         {"0[]", "bad_payload"},
         {"0null", "bad_payload"},
         {"0\"x\"", "bad_payload"},
         {"0true", "bad_payload"},
         {"0{", "bad_payload"},
         {"0{}{}", "bad_payload"},
         {"0 {}", "bad_payload"},
         {R"(0{"a":"1})", "bad_payload"},
         {"0/admin,[]", "bad_payload"}});
}

TEST_CASE("packet: a DISCONNECT has no payload (Socket.IO v5, Disconnection)") {
  check(
      {{"1{}", "bad_payload"}, {"1[]", "bad_payload"}, {"1/admin,{}", "bad_payload"}, {"1 ", "bad_payload"}});
}

TEST_CASE("packet: the payload of a CONNECT_ERROR is an object or a string (reference implementation)") {
  check({{R"(4"no")", R"(4 / "no")"},
         {"4", "bad_payload"},
         {"4[]", "bad_payload"},
         {"4null", "bad_payload"},
         {"45", "bad_id"}});
}

TEST_CASE("packet: an event is an array that begins with a name (Socket.IO v5, Sending and receiving data)") {
  check({
      {"2", "bad_payload"},
      {"2{}", "bad_payload"},
      {"2[]", "bad_payload"},
      {"2[ ]", "bad_payload"},
      {"2null", "bad_payload"},
      {"2\"a\"", "bad_payload"},
      {"2[null]", "bad_payload"},
      {"2[true]", "bad_payload"},
      {"2[{}]", "bad_payload"},
      {R"(2[["a"]])", "bad_payload"},
      {R"(2["a")", "bad_payload"},
      {R"(2["a"]])", "bad_payload"},
      {R"(2["a",])", "bad_payload"},
      {R"(2["a" "b"])", "bad_payload"},
      {R"(2 ["a"])", "bad_payload"},
      {"2[1]", "2 / 1=1"},
      {R"(2[-1.5e3,"x"])", R"(2 / -1.5e3=-1.5e3 <"x">)"},
      {R"(2[""])", R"(2 / ""=)"},
      {"2[\"a\xFF\"]", "bad_payload"},
      {"2[\"a\x1e\"]", "bad_payload"},
  });
}

TEST_CASE("packet: an acknowledgement is an array, possibly empty (Socket.IO v5, Acknowledgement)") {
  check({{"31[]", "3 / id=1"},
         {"31[ 1 , [2] ]", "3 / id=1 <1> <[2]>"},
         {"31", "bad_payload"},
         {"31{}", "bad_payload"},
         {"31[", "bad_payload"},
         {R"(31["connect"])", R"(3 / id=1 <"connect">)"}});
}

TEST_CASE("packet: an event has no reserved name, however it is written (reference implementation)") {
  for (const std::string name :
       {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}) {
    INFO(name);
    CHECK(decode("2[\"" + name + "\"]") == "bad_event_name");
    CHECK(decode("50-[\"" + name + "\",1]") == "bad_event_name");
    CHECK(decode("2[\"" + name + "x\"]") == "2 / \"" + name + "x\"=" + name + "x");
    CHECK(decode("2[\"x\",\"" + name + "\"]") == "2 / \"x\"=x <\"" + name + "\">");
  }
  CHECK(decode(R"(2["\u0063onnect"])") == "bad_event_name");
  CHECK(decode(R"(2["Connect"])") == R"(2 / "Connect"=Connect)");
}

TEST_CASE("packet: a name is told without escapes (RFC 8259 7)") {
  check({{R"(2["a\"b\u00e9\\"])", "2 / \"a\\\"b\\u00e9\\\\\"=a\"b\xC3\xA9\\"},
         {R"(2["\ud800"])", "bad_event_name"},
         {R"(2["\ud83d\ude00"])", "2 / \"\\ud83d\\ude00\"=\xF0\x9F\x98\x80"}});
}

TEST_CASE("packet: arguments stay as they were written, each and all together") {
  const std::string text = R"(2[ "e" , 1.50 ,"a,]\"" , {"b" : [1,{}]}, [ ] ,null ])";
  PacketDecoder decoder;
  Packet packet;
  REQUIRE(decoder.decode(text, packet) == PacketError::none);
  REQUIRE(packet.values.arguments.size() == 5);
  CHECK(packet.values.arguments[0] == "1.50");
  CHECK(packet.values.arguments[1] == R"("a,]\"")");
  CHECK(packet.values.arguments[2] == R"({"b" : [1,{}]})");
  CHECK(packet.values.arguments[3] == "[ ]");
  CHECK(packet.values.arguments[4] == "null");
  CHECK(packet.values.arguments_text == R"(1.50 ,"a,]\"" , {"b" : [1,{}]}, [ ] ,null)");
  CHECK(packet.payload == text.substr(1));
  REQUIRE(decoder.decode("31[1] \n", packet) == PacketError::none);
  CHECK(packet.payload == "[1]");
}

TEST_CASE("packet: a decoder is used again and again") {
  PacketDecoder decoder;
  Packet packet;
  REQUIRE(decoder.decode(R"(252["a\n",1,2,3,4,5,6,7,8,9,10])", packet) == PacketError::none);
  CHECK(packet.values.arguments.size() == 10);
  REQUIRE(decoder.decode("2x", packet) == PacketError::bad_payload);
  REQUIRE(decoder.decode("31[]", packet) == PacketError::none);
  CHECK(packet.values.arguments.empty());
  CHECK(packet.values.arguments_text.empty());
  CHECK(packet.values.name.empty());
}

TEST_CASE("packet: arguments and nesting have bounds") {
  PacketLimits limits;
  limits.max_arguments = 2;
  limits.max_json_depth = 3;
  CHECK(decode(R"(2["a",1,2])", limits) == R"(2 / "a"=a <1> <2>)");
  CHECK(decode(R"(2["a",1,2,3])", limits) == "too_many_arguments");
  CHECK(decode("31[1,2,3]", limits) == "too_many_arguments");
  CHECK(decode(R"(2["a",[[]]])", limits) == R"(2 / "a"=a <[[]]>)");
  CHECK(decode(R"(2["a",[[[]]]])", limits) == "bad_payload");
  CHECK(decode(R"(0{"a":{"b":{"c":{}}}})", limits) == "bad_payload");
  const std::string deep = R"(2["a",)" + std::string(20'000, '[') + std::string(20'000, ']') + "]";
  CHECK(decode(deep) == "bad_payload");
  limits.max_json_depth = 0;
  CHECK(decode(deep, limits) == "bad_payload");
}

TEST_CASE("packet: no beginning of a packet is read beyond its end") {
  for (const std::string text :
       {R"(52-/admin,12["b\u0061z",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])",
        R"(0/admin,{"token":"123"})", R"(61-15["bar",{"_placeholder":true,"num":0}])"}) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      const std::string cut = text.substr(0, size);
      INFO(cut);
      const bool is_connect = cut == "0" || (cut.starts_with("0/") && cut.find('{') == std::string::npos);
      CHECK((decode(cut).size() > 2 && decode(cut)[1] == ' ') == is_connect);
    }
  }
}

std::string text_of(const Frame& frame) { return std::string(frame.text_view()); }

TEST_CASE("packet: the examples are written (Socket.IO v5, Packet encoding)") {
  CHECK(text_of(encode_connect("/", "wZX3oN0bSVIhsaknAAAI")) == R"(40{"sid":"wZX3oN0bSVIhsaknAAAI"})");
  CHECK(text_of(encode_connect("/admin", "oSO0OpakMV_3jnilAAAA")) ==
        R"(40/admin,{"sid":"oSO0OpakMV_3jnilAAAA"})");
  CHECK(text_of(encode_connect_error("/", "Not authorized")) == R"(44{"message":"Not authorized"})");
  CHECK(text_of(encode_connect_error("/x", "a\"b", R"({"code":1})")) ==
        R"(44/x,{"message":"a\"b","data":{"code":1}})");
  CHECK(text_of(encode_disconnect("/")) == "41");
  CHECK(text_of(encode_disconnect("/admin")) == "41/admin,");

  PacketHeader header;
  CHECK(text_of(encode_event(header, "foo", "")) == R"(42["foo"])");
  CHECK(text_of(encode_event(header, "a\nb", R"(1,"2")")) == R"(42["a\nb",1,"2"])");
  header.nsp = "/admin";
  header.id = 12;
  CHECK(text_of(encode_event(header, "foo", R"({"a":1})")) == R"(42/admin,12["foo",{"a":1}])");
  CHECK(text_of(encode_ack(header, "")) == "43/admin,12[]");
  header.attachments = 2;
  CHECK(text_of(encode_event(header, "foo", "")) == R"(452-/admin,12["foo"])");
  CHECK(text_of(encode_ack(header, "1")) == "462-/admin,12[1]");
  header.type = PacketType::binary_ack;
  CHECK(text_of(encode_packet(header, "[]")) == "462-/admin,12[]");

  FrameBuilder builder(0);
  append_header(builder, {PacketType::event, "/", 0, 0});
  CHECK(text_of(builder.append("[]").finish(MessageKind::text)) == "420[]");
}

TEST_CASE("packet: what was written is what is read (Socket.IO v5, Packet encoding)") {
  for (const std::string_view nsp : {"/", "/admin", "/a?b=c"}) {
    for (const bool has_id : {false, true}) {
      for (const std::size_t attachments : {0U, 1U, 10U}) {
        PacketHeader header{PacketType::event, nsp, {}, attachments};
        if (has_id) header.id = 9007199254740991;
        const Frame frame = encode_event(header, "na\"me", R"([1],"x")");
        PacketDecoder decoder;
        Packet packet;
        REQUIRE(decoder.decode(frame.text_view().substr(1), packet) == PacketError::none);
        CHECK(packet.header.nsp == nsp);
        CHECK(packet.header.id == header.id);
        CHECK(packet.header.attachments == attachments);
        CHECK(packet.values.name == "na\"me");
        CHECK(packet.values.arguments_text == R"([1],"x")");
      }
    }
  }
}

}  // namespace
}  // namespace signaling::socketio
