#include <doctest/doctest.h>

#include "socketio/vocabularies/vocabulary_world.hpp"

namespace signaling::socketio {
namespace {

using namespace test;

struct RoomsMesh : VocabularyWorld {
  RoomsMesh() : VocabularyWorld("rooms-mesh") {}

  // A client that is in a room, and has forgotten how it came in.
  ProtocolClientPtr member(const std::string& id, const std::string& room) {
    auto member = client(id);
    member->say(R"(["join_room",{"roomName":")" + room + R"(","personName":"Person )" + id + R"("}])");
    member->forget();
    return member;
  }
};

TEST_CASE("rooms-mesh: join_room tells all in the room, the joiner too") {
  RoomsMesh world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say(R"(["join_room",{"roomName":"r","personName":"Ada"}])");
  CHECK(a->heard() == Lines{R"(42["user_joined",{"personName":"Ada","roomName":"r","socketId":"a"}])"});
  b->say(R"(["join_room",{"personName":"B\u00f6b \"x\"","roomName":"r"}])");
  const Lines joined{R"(42["user_joined",{"personName":"B\u00f6b \"x\"","roomName":"r","socketId":"b"}])"};
  CHECK(a->heard() == joined);
  CHECK(b->heard() == joined);
}

TEST_CASE("rooms-mesh: leave_room tells the others, and so does a disconnect") {
  RoomsMesh world;
  auto a = world.member("a", "r");
  auto b = world.member("b", "r");
  auto c = world.member("c", "r");
  auto d = world.member("d", "other");
  for (auto* client : {a.get(), b.get(), c.get()}) client->forget();
  b->say(R"(["leave_room",{"roomName":"r","personName":"Person b"}])");
  const Lines left{R"(42["user_left",{"personName":"Person b","roomName":"r","socketId":"b"}])"};
  CHECK(a->heard() == left);
  CHECK(c->heard() == left);
  CHECK(b->heard().empty());
  c->cut();
  CHECK(a->heard() == Lines{R"(42["user_left",{"personName":"Person c","roomName":"r","socketId":"c"}])"});
  CHECK(b->heard().empty());
  CHECK(d->heard().empty());
}

TEST_CASE("rooms-mesh: a message goes to all in the room, the sender too, with the time in UTC") {
  RoomsMesh world;
  auto a = world.member("a", "r");
  auto b = world.member("b", "r");
  auto c = world.member("c", "other");
  for (auto* client : {a.get(), b.get()}) client->forget();
  a->say(R"(["message",{"roomName":"r","personName":"Ada","content":"h\"i"}])");
  const Lines message{
      R"(42["message",{"personName":"Ada","content":"h\"i","timestamp":"Tue, 05 Nov 2024 08:49:37 GMT"}])"};
  CHECK(a->heard() == message);
  CHECK(b->heard() == message);
  CHECK(c->heard().empty());
  a->say(R"(["message",{"roomName":"r"}])");
  CHECK(b->heard() == Lines{R"(42["message",{"timestamp":"Tue, 05 Nov 2024 08:49:37 GMT"}])"});
}

TEST_CASE("rooms-mesh: offer and answer go to the socket that is named, unchanged, in the same room or not") {
  RoomsMesh world;
  auto a = world.client("a");
  auto b = world.client("b");
  auto c = world.client("c");
  a->say(R"(["offer",{"offer":{"sdp":"x"}, "fromPeer":"a","toPeer":"b","more":[1,2]}])");
  CHECK(b->heard() ==
        Lines{R"(42["offer",{"offer":{"sdp":"x"}, "fromPeer":"a","toPeer":"b","more":[1,2]}])"});
  b->say(R"(["answer",{"answer":{"sdp":"y"},"fromPeer":"b","toPeer":"a"}])");
  CHECK(a->heard() == Lines{R"(42["answer",{"answer":{"sdp":"y"},"fromPeer":"b","toPeer":"a"}])"});
  CHECK(b->heard().empty());
  CHECK(c->heard().empty());
}

TEST_CASE("rooms-mesh: an ice_candidate arrives under both names that clients listen to") {
  RoomsMesh world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say(R"(["ice_candidate",{"iccCandidate":{"candidate":"c"},"fromPeer":"a","toPeer":"b"}])");
  const std::string argument = R"({"iccCandidate":{"candidate":"c"},"fromPeer":"a","toPeer":"b"}])";
  CHECK(b->heard() == Lines{R"(42["ice_candidate",)" + argument, R"(42["ice-candidate",)" + argument});
  CHECK(a->heard().empty());
}

TEST_CASE("rooms-mesh: an addressee that is gone is an error to the sender") {
  RoomsMesh world;
  auto a = world.client("a");
  world.client("b")->cut();
  a->say(R"(["offer",{"offer":{},"fromPeer":"a","toPeer":"b"}])");
  const Lines heard = a->heard();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].starts_with(R"(42["error",{"code":"peer_not_found","message":")"));
}

TEST_CASE(
    "rooms-mesh: send-offer, send-answer and send-icecandidate go to all others, whatever room they are in") {
  RoomsMesh world;
  auto a = world.member("a", "r");
  auto b = world.member("b", "other");
  auto c = world.client("c");
  for (auto* client : {a.get(), b.get()}) client->forget();
  a->say(R"(["send-offer",{"type":"offer"}])", R"(["send-answer","x"])", R"(["send-icecandidate",null])");
  const Lines expected{R"(42["receive-offer",{"type":"offer"}])", R"(42["receive-answer","x"])",
                       R"(42["receive-icecandidate",null])"};
  CHECK(b->heard() == expected);
  CHECK(c->heard() == expected);
  CHECK(a->heard().empty());
}

TEST_CASE("rooms-mesh: the room of everybody is nobody's to join, and its members come and go unseen") {
  RoomsMesh world;
  auto a = world.client("a");
  const std::string room = R"({"roomName":"rooms-mesh/everybody"}])";
  a->say(R"(["join_room",)" + room, R"(["leave_room",)" + room, R"(["message",)" + room);
  CHECK(
      a->heard() ==
      Lines(
          3,
          R"(42["error",{"code":"bad_request","message":"The event needs an object with the name of a room."}])"));
  auto b = world.client("b");
  b->cut();
  CHECK(a->heard().empty());
  CHECK(world.router.find_room(rooms_mesh_room)->size() == 1);
}

TEST_CASE("rooms-mesh: events without arguments, with null, arrays or other types harm nobody") {
  RoomsMesh world;
  auto a = world.member("a", "r");
  auto b = world.member("b", "r");
  a->forget();
  for (const std::string event : {"join_room", "leave_room", "message", "offer", "answer", "ice_candidate"}) {
    for (const std::string arguments :
         {"", ",null", ",[]", ",[1]", ",\"x\"", ",1", ",{}", R"(,{"toPeer":{}})", R"(,{"roomName":[]})",
          R"(,{"__proto__":1,"constructor":null})"}) {
      a->say("[\"" + event + "\"" + arguments + "]");
      const Lines heard = a->heard();
      REQUIRE(heard.size() == 1);
      CHECK(heard[0].starts_with(R"(42["error",{"code":"bad_request")"));
    }
  }
  CHECK(b->heard().empty());
}

TEST_CASE("rooms-mesh: two namespaces are two sockets in the same rooms") {
  RoomsMesh world;
  auto a = world.client("a");
  auto b = world.client("b", "/rooms-mesh");
  a->say(R"(["join_room",{"roomName":"r","personName":"Ada"}])");
  a->forget();
  b->say(R"(["join_room",{"roomName":"r","personName":"Bob"}])");
  CHECK(a->heard() == Lines{R"(42["user_joined",{"personName":"Bob","roomName":"r","socketId":"b"}])"});
  CHECK(b->heard() ==
        Lines{R"(42/rooms-mesh,["user_joined",{"personName":"Bob","roomName":"r","socketId":"b"}])"});
  a->say(R"(["offer",{"toPeer":"b"}])");
  CHECK(b->heard() == Lines{R"(42/rooms-mesh,["offer",{"toPeer":"b"}])"});
}

TEST_CASE("rooms-mesh: a peer of another language is shown in the words of this one") {
  RoomsMesh world;
  auto a = world.member("a", "r");
  auto n = native_client(world, "n");
  n->say(R"({"type":"join","room":"r","metadata":{"personName":"Nat"}})");
  CHECK(
      n->heard() ==
      Lines{
          R"({"type":"joined","room":"r","peer":"n","version":2,"peers":[{"id":"a","metadata":{"personName":"Person a"},"polite":false}]})"});
  CHECK(a->heard() == Lines{R"(42["user_joined",{"personName":"Nat","roomName":"r","socketId":"n"}])"});
  n->say(R"({"type":"offer","to":"a","data":{"sdp":"x"}})", R"({"type":"candidate","to":"a","data":null})",
         R"({"type":"message","room":"r","data":"hi"})",
         R"({"type":"event","event":"user_left","room":"r"})");
  CHECK(
      a->heard() ==
      Lines{
          R"(42["offer",{"offer":{"sdp":"x"},"fromPeer":"n","toPeer":"a"}])",
          R"(42["ice_candidate",{"iccCandidate":null,"fromPeer":"n","toPeer":"a"}])",
          R"(42["ice-candidate",{"iccCandidate":null,"fromPeer":"n","toPeer":"a"}])",
          R"(42["message",{"personName":"Nat","content":"hi","timestamp":"Tue, 05 Nov 2024 08:49:37 GMT"}])"});
  a->say(R"(["answer",{"answer":{"sdp":"y"},"fromPeer":"a","toPeer":"n"}])",
         R"(["message",{"roomName":"r","personName":"Ada","content":"hello"}])",
         R"(["ice_candidate",{"iccCandidate":{"candidate":"c"},"fromPeer":"a","toPeer":"n"}])");
  CHECK(n->heard() == Lines{R"({"type":"answer","from":"a","data":{"sdp":"y"}})",
                            R"({"type":"message","from":"a","room":"r","data":"hello"})",
                            R"({"type":"candidate","from":"a","data":{"candidate":"c"}})"});
  a->forget();
  n->say(R"({"type":"update","room":"r","metadata":{"personName":"Nat","muted":true}})");
  CHECK(a->heard().empty());
  n->say(R"({"type":"leave","room":"r"})");
  CHECK(a->heard() == Lines{R"(42["user_left",{"personName":"Nat","roomName":"r","socketId":"n"}])"});
}

TEST_CASE("rooms-mesh: a peer of another language meets those who use send-offer in the room of everybody") {
  RoomsMesh world;
  auto a = world.client("a");
  auto n = native_client(world, "n");
  n->say(R"({"type":"join","room":"rooms-mesh/everybody"})");
  n->forget();
  CHECK(a->heard().empty());
  a->say(R"(["send-offer",{"sdp":"x"}])");
  CHECK(n->heard() ==
        Lines{R"({"type":"offer","from":"a","room":"rooms-mesh/everybody","data":{"sdp":"x"}})"});
  n->say(R"({"type":"answer","room":"rooms-mesh/everybody","data":{"sdp":"y"}})");
  CHECK(a->heard() == Lines{R"(42["receive-answer",{"sdp":"y"}])"});
}

}  // namespace
}  // namespace signaling::socketio
