#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "command_text.hpp"
#include "signaling/protocols/json.hpp"
#include "signaling/text/json_scanner.hpp"

using namespace signaling;
using namespace signaling::protocols;

namespace {

// What the encoder writes for one event; it must be one valid JSON text.
std::string encode(const Event& event, const JsonOptions& options = {}) {
  std::vector<Frame> frames;
  Json(options).encoder()->encode(event, frames);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].kind() == MessageKind::text);
  CHECK(text::is_json(frames[0].text_view()));
  return std::string(frames[0].text_view());
}

std::string encode(const Message& message, std::string_view from) {
  return encode(event::Message{message, from});
}

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
  Message message;
  message.to = "p2";
  message.payload = R"({ "sdp" : "v=0\r\n" })";
  for (const auto type :
       {MessageType::offer, MessageType::answer, MessageType::candidate, MessageType::message}) {
    message.type = type;
    const std::string start = R"({"type":")" + std::string(to_string(type)) + R"(","from":"p1",)";
    message.room = {};
    CHECK(encode(message, "p1") == start + R"("data":{ "sdp" : "v=0\r\n" }})");
    message.room = "r";
    CHECK(encode(message, "p1") == start + R"("room":"r","data":{ "sdp" : "v=0\r\n" }})");
  }
}

TEST_CASE("signaling.v1: an event carries its name, a message without payload no data") {
  Message message;
  message.type = MessageType::event;
  message.event = "hand\"raised";
  message.room = "r";
  CHECK(encode(message, "p1") == R"({"type":"event","from":"p1","event":"hand\"raised","room":"r"})");
  message.payload = "true";
  CHECK(encode(message, "p1") ==
        R"({"type":"event","from":"p1","event":"hand\"raised","room":"r","data":true})");
}

TEST_CASE("signaling.v1: a binary payload travels as base64 (RFC 4648 10)") {
  struct Row {
    std::string_view bytes;
    std::string text;
  };
  Message message;
  message.kind = MessageKind::binary;
  for (const Row& row :
       {Row{"", ""}, Row{"f", "Zg=="}, Row{"fo", "Zm8="}, Row{"foo", "Zm9v"}, Row{"foob", "Zm9vYg=="},
        Row{"fooba", "Zm9vYmE="}, Row{"foobar", "Zm9vYmFy"}, Row{"\xFB\xFF\xBF", "+/+/"}}) {
    message.payload = row.bytes;
    CHECK(encode(message, "p1") ==
          R"({"type":"message","from":"p1","encoding":"base64","data":")" + row.text + "\"}");
  }
}

TEST_CASE("signaling.v1: what a client sends arrives byte for byte as data") {
  const auto protocol = Json().make();
  for (const std::string_view data :
       {R"({"candidate":"a=b\/c","sdpMid" : "0"})", R"("\u0000\ud800")", "1e400", "[ ]"}) {
    CAPTURE(data);
    const std::string sent = R"({"type":"candidate","to":"p2","data":)" + std::string(data) + "}";
    std::vector<Command> commands;
    protocol->decode({MessageKind::text, sent}, commands);
    const Message& message = std::get<command::Send>(commands.at(0)).message;
    CHECK(encode(message, "p1") == R"({"type":"candidate","from":"p1","data":)" + std::string(data) + "}");
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
        R"({"type":"error","code":"kicked","message":"The operator has closed your connection."})");
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
  Message message;
  message.room = id;
  CHECK(encode(message, id) == R"({"type":"message","from":)" + written + R"(,"room":)" + written + "}");
}

TEST_CASE("signaling.v1: a tag of the host that is not a JSON string or number is written as a string") {
  for (const auto& [tag, id] :
       std::vector<std::pair<std::string, std::string>>{{"7", "7"},
                                                        {R"("a")", R"("a")"},
                                                        {"host", R"("host")"},
                                                        {R"(1,"x":2)", R"("1,\"x\":2")"},
                                                        {"{}", R"("{}")"},
                                                        {"\"", R"("\"")"}}) {
    CHECK(encode(event::Pong{tag}) == R"({"type":"pong","id":)" + id + "}");
  }
}
