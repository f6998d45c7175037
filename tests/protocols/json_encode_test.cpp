#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "command_text.hpp"
#include "protocols/json_scanner.hpp"
#include "protocols/json_writer.hpp"
#include "signaling/protocols/json_protocol.hpp"

using namespace signaling;
using namespace signaling::protocols;

namespace {

// What the encoder writes for one event; it must be one valid JSON text.
std::string encode(const Event& event, const JsonOptions& options = {}) {
  std::vector<Frame> frames;
  JsonProtocolFactory(options).encoder()->encode(event, frames);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].kind() == MessageKind::text);
  JsonValue value;
  CHECK(JsonScanner(frames[0].text_view(), 0).read_text(value));
  return std::string(frames[0].text_view());
}

std::string string_of(std::string_view text) {
  const test::ExactBuffer buffer(text);
  return std::string(JsonWriter(0).string(buffer.view()).finish().text_view());
}

Event message(Envelope envelope) { return event::Message{envelope}; }

MemberView member(std::string_view id, std::string_view metadata, Version joined_at) {
  MemberView view;
  view.id = id;
  view.metadata = metadata;
  view.joined_at = joined_at;
  return view;
}

}  // namespace

TEST_CASE(
    "signaling.v1: the welcome tells the peer's id, its resume secret, the heartbeat and the ICE servers") {
  CHECK(encode(event::Welcome{"p", "s"}) ==
        R"({"type":"welcome","peer":"p","resume":"s","heartbeatMs":25000,"iceServers":[]})");
  JsonOptions options;
  options.heartbeat = std::chrono::seconds(0);
  options.ice_servers = " [ {\"urls\":\"stun:stun.example:3478\"} ]\n";
  CHECK(
      encode(event::Welcome{"p", "s"}, options) ==
      R"({"type":"welcome","peer":"p","resume":"s","heartbeatMs":0,"iceServers":[ {"urls":"stun:stun.example:3478"} ]})");
  CHECK(encode(event::Welcome{"p", "s", R"([{"urls":"turn:t"}])"}, options) ==
        R"({"type":"welcome","peer":"p","resume":"s","heartbeatMs":0,"iceServers":[{"urls":"turn:t"}]})");
}

TEST_CASE("signaling.v1: the answer to a join lists the others, each with the receiver's part towards it") {
  const std::array members{member("p1", R"({"n":1})", 1), member("p3", "", 9)};
  event::Joined joined;
  joined.room = "r";
  joined.version = 9;
  joined.self = member("p2", "{}", 7);
  joined.members = members;
  joined.request = "1";
  CHECK(
      encode(joined) ==
      R"({"type":"joined","room":"r","peer":"p2","version":9,"peers":[{"id":"p1","metadata":{"n":1},"polite":false},)"
      R"({"id":"p3","metadata":null,"polite":true}],"id":1})");
  joined.members = {};
  joined.request = {};
  CHECK(encode(joined) == R"({"type":"joined","room":"r","peer":"p2","version":9,"peers":[]})");
}

TEST_CASE("signaling.v1: members are listed as in the answer to a join") {
  const std::array members{member("p1", "", 1)};
  event::Members answer;
  answer.room = "r";
  answer.version = 8;
  answer.self = member("p2", "", 7);
  answer.members = members;
  answer.request = "\"q\"";
  CHECK(
      encode(answer) ==
      R"({"type":"members","room":"r","version":8,"peers":[{"id":"p1","metadata":null,"polite":false}],"id":"q"})");
}

TEST_CASE("signaling.v1: membership changes name the room, its version and the peer") {
  CHECK(
      encode(event::PeerJoined{"r", 7, member("p", R"({"n":1})", 7)}) ==
      R"({"type":"peer-joined","room":"r","version":7,"peer":{"id":"p","metadata":{"n":1},"polite":true}})");
  CHECK(encode(event::PeerJoined{"r", 9, member("p", "", 7), false}) ==
        R"({"type":"peer-joined","room":"r","version":9,"peer":{"id":"p","metadata":null,"polite":false}})");
  CHECK(encode(event::PeerJoined{"r", 7, member("p", "", 7)}) ==
        R"({"type":"peer-joined","room":"r","version":7,"peer":{"id":"p","metadata":null,"polite":true}})");
  CHECK(encode(event::PeerUpdated{"r", 8, member("p", "[1]", 7)}) ==
        R"({"type":"peer-updated","room":"r","version":8,"peer":{"id":"p","metadata":[1]}})");
  CHECK(encode(event::Updated{"r", 18446744073709551615U, "1"}) ==
        R"({"type":"updated","room":"r","version":18446744073709551615,"id":1})");
}

TEST_CASE("signaling.v1: every reason to leave has its word") {
  struct Row {
    LeaveReason reason;
    std::string word;
  };
  for (const Row& row : {Row{LeaveReason::leave, "leave"}, Row{LeaveReason::disconnect, "disconnect"},
                         Row{LeaveReason::timeout, "timeout"}, Row{LeaveReason::kicked, "kicked"},
                         Row{LeaveReason::node_lost, "node-lost"}}) {
    CHECK(encode(event::PeerLeft{"r", 8, member("p", "{}", 7), row.reason}) ==
          R"({"type":"peer-left","room":"r","version":8,"peer":"p","reason":")" + row.word + "\"}");
    CHECK(encode(event::Left{"r", row.reason, "1"}) ==
          R"({"type":"left","room":"r","reason":")" + row.word + R"(","id":1})");
    CHECK(encode(event::Left{"r", row.reason, {}}) ==
          R"({"type":"left","room":"r","reason":")" + row.word + "\"}");
  }
}

TEST_CASE("signaling.v1: a message names its sender, and the room when it was sent to one") {
  Envelope envelope;
  envelope.from = "p1";
  envelope.to = "p2";
  envelope.payload = R"({ "sdp" : "v=0\r\n" })";
  for (const auto type :
       {EnvelopeType::offer, EnvelopeType::answer, EnvelopeType::candidate, EnvelopeType::message}) {
    envelope.type = type;
    const std::string start = R"({"type":")" + std::string(to_string(type)) + R"(","from":"p1",)";
    envelope.room = {};
    CHECK(encode(message(envelope)) == start + R"("data":{ "sdp" : "v=0\r\n" }})");
    envelope.room = "r";
    CHECK(encode(message(envelope)) == start + R"("room":"r","data":{ "sdp" : "v=0\r\n" }})");
  }
}

TEST_CASE("signaling.v1: an event carries its name, a message without payload no data") {
  Envelope envelope;
  envelope.type = EnvelopeType::event;
  envelope.event = "hand\"raised";
  envelope.from = "p1";
  envelope.room = "r";
  CHECK(encode(message(envelope)) == R"({"type":"event","from":"p1","event":"hand\"raised","room":"r"})");
  envelope.payload = "true";
  CHECK(encode(message(envelope)) ==
        R"({"type":"event","from":"p1","event":"hand\"raised","room":"r","data":true})");
}

TEST_CASE("signaling.v1: a binary payload travels as base64 (RFC 4648 10)") {
  struct Row {
    std::string_view bytes;
    std::string text;
  };
  Envelope envelope;
  envelope.from = "p1";
  envelope.kind = MessageKind::binary;
  for (const Row& row :
       {Row{"", ""}, Row{"f", "Zg=="}, Row{"fo", "Zm8="}, Row{"foo", "Zm9v"}, Row{"foob", "Zm9vYg=="},
        Row{"fooba", "Zm9vYmE="}, Row{"foobar", "Zm9vYmFy"}, Row{"\xFB\xFF\xBF", "+/+/"}}) {
    envelope.payload = row.bytes;
    CHECK(encode(message(envelope)) ==
          R"({"type":"message","from":"p1","encoding":"base64","data":")" + row.text + "\"}");
  }
}

TEST_CASE("signaling.v1: what a client sends arrives byte for byte as data") {
  const auto protocol = JsonProtocolFactory().make();
  for (const std::string_view data :
       {R"({"candidate":"a=b\/c","sdpMid" : "0"})", R"("\u0000\ud800")", "1e400", "[ ]"}) {
    CAPTURE(data);
    const std::string sent = R"({"type":"candidate","to":"p2","data":)" + std::string(data) + "}";
    std::vector<Command> commands;
    protocol->decode({MessageKind::text, sent}, commands);
    Envelope envelope = std::get<command::Send>(commands.at(0)).envelope;
    envelope.from = "p1";
    CHECK(encode(message(envelope)) ==
          R"({"type":"candidate","from":"p1","data":)" + std::string(data) + "}");
  }
}

TEST_CASE("signaling.v1: the answer to a send says what became of it") {
  CHECK(encode(event::Sent{SendStatus::sent, "1"}) == R"({"type":"sent","status":"sent","id":1})");
  CHECK(encode(event::Sent{SendStatus::queued, "1"}) == R"({"type":"sent","status":"queued","id":1})");
}

TEST_CASE("signaling.v1: a host's word to a peer that it kicks is escaped, and always UTF-8") {
  CHECK(encode(event::Left{"r", LeaveReason::kicked, {}, "say \"please\"\n\xF0\x9F\x91\x8B\xFF"}) ==
        R"({"type":"left","room":"r","reason":"kicked","message":"say \"please\"\n)"
        "\xF0\x9F\x91\x8B\xEF\xBF\xBD\"}");
  CHECK(encode(event::Error{errc::kicked, {}, {}}) ==
        R"({"type":"error","code":"kicked","message":"The server's owner has closed your connection."})");
}

TEST_CASE("signaling.v1: a pong carries the id of its ping, byte for byte") {
  CHECK(encode(event::Pong{}) == R"({"type":"pong"})");
  CHECK(encode(event::Pong{R"("\u0041")"}) == R"({"type":"pong","id":"\u0041"})");
}

TEST_CASE("signaling.v1: an error has a code, a sentence, and the id of the request") {
  CHECK(encode(event::Error{errc::room_full, "Only two may play.", "1"}) ==
        R"({"type":"error","code":"room_full","message":"Only two may play.","id":1})");
  CHECK(encode(event::Error{errc::room_full, {}, {}}) ==
        R"({"type":"error","code":"room_full","message":"The room is full."})");
  CHECK(encode(event::Error{errc::forbidden, "not \"you\"\n", {}}) ==
        R"({"type":"error","code":"forbidden","message":"not \"you\"\n"})");
}

TEST_CASE("signaling.v1: a server that goes away says when to come back") {
  CHECK(encode(event::GoingAway{std::chrono::seconds(3)}) == R"({"type":"going-away","reconnectMs":3000})");
  CHECK(encode(event::GoingAway{std::chrono::milliseconds(-1)}) ==
        R"({"type":"going-away","reconnectMs":0})");
}

TEST_CASE("signaling.v1: ids are escaped wherever they stand") {
  const std::string_view id = "a\"b\\c\n";
  const std::string written = R"("a\"b\\c\n")";
  const std::array members{member(id, "", 1)};
  event::Joined joined;
  joined.room = id;
  joined.self = member(id, "", 2);
  joined.members = members;
  CHECK(encode(joined) == R"({"type":"joined","room":)" + written + R"(,"peer":)" + written +
                              R"(,"version":0,"peers":[{"id":)" + written +
                              R"(,"metadata":null,"polite":false}]})");
  Envelope envelope;
  envelope.from = id;
  envelope.room = id;
  CHECK(encode(message(envelope)) ==
        R"({"type":"message","from":)" + written + R"(,"room":)" + written + "}");
}

TEST_CASE("json writer: what must be escaped is escaped, and nothing else (RFC 8259 7)") {
  CHECK(string_of("") == R"("")");
  CHECK(string_of("plain / text \x7F") == "\"plain / text \x7F\"");
  CHECK(string_of("\"\\\n\r\t\b\f") == R"("\"\\\n\r\t\u0008\u000c")");
  CHECK(string_of(std::string_view("\0\x1F", 2)) == R"("\u0000\u001f")");
  CHECK(string_of("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") == "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
  CHECK(string_of(std::string(40, 'x') + "\"" + std::string(40, 'y')) ==
        "\"" + std::string(40, 'x') + "\\\"" + std::string(40, 'y') + "\"");
}

TEST_CASE("json writer: bytes that are not UTF-8 become U+FFFD") {
  CHECK(string_of("a\xFFz") == "\"a\xEF\xBF\xBDz\"");
  CHECK(string_of("\xC3") == "\"\xEF\xBF\xBD\"");
  CHECK(string_of("\xC3\x28") == "\"\xEF\xBF\xBD(\"");
  CHECK(string_of("\xED\xA0\x80") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes{static_cast<char>(first), static_cast<char>(second)};
      JsonValue value;
      const std::string written = string_of(bytes);
      REQUIRE(JsonScanner(written, 0).read_text(value));
    }
  }
}
