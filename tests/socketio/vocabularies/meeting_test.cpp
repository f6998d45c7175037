// What docs/interop.md promises of peers that speak different languages.
#include <doctest/doctest.h>

#include <string>

#include "socketio/vocabularies/vocabulary_world.hpp"

namespace signaling::socketio {
namespace {

using namespace test;

TEST_CASE("interop: a rooms-mesh client, a native client and a local peer in one room") {
  VocabularyWorld world("rooms-mesh");
  // The local peer answers every offer.
  LocalPeer sfu;
  Lines sfu_heard;
  LocalPeerOptions options;
  options.executor = world.io.get_executor();
  options.id = "sfu";
  options.on_event = [&](const Event& event) {
    if (const auto* joined = std::get_if<event::PeerJoined>(&event)) {
      sfu_heard.push_back("joined " + std::string(joined->peer.id) + ' ' +
                          std::string(joined->peer.metadata));
    } else if (const auto* left = std::get_if<event::PeerLeft>(&event)) {
      sfu_heard.push_back("left " + std::string(left->peer.id));
    } else if (const auto* sent = std::get_if<event::Message>(&event)) {
      const Message& offer = sent->message;
      sfu_heard.push_back(std::string(to_string(offer.type)) + ' ' + std::string(offer.payload));
      if (offer.type != MessageType::offer) return;
      Message answer;
      answer.type = MessageType::answer;
      answer.to = sent->from;
      answer.payload = R"({"type":"answer","sdp":"from the SFU"})";
      CHECK(sfu->send(answer).status == SendStatus::sent);
    }
  };
  sfu = world.router.connect_local(std::move(options));
  sfu->join("lobby", R"({"personName":"SFU"})");
  world.run();

  auto mesh = world.client("m1");
  auto native = native_client(world, "n1");
  mesh->say(R"(["join_room",{"roomName":"lobby","personName":"Mia"}])");
  native->say(R"({"type":"join","room":"lobby","metadata":{"personName":"Nat"}})");
  CHECK(mesh->heard() ==
        Lines{R"(42["user_joined",{"personName":"Mia","roomName":"lobby","socketId":"m1"}])",
              R"(42["user_joined",{"personName":"Nat","roomName":"lobby","socketId":"n1"}])"});
  CHECK(native->heard() == Lines{R"({"type":"joined","room":"lobby","peer":"n1","version":3,"peers":[)"
                                 R"({"id":"sfu","metadata":{"personName":"SFU"},"polite":false},)"
                                 R"({"id":"m1","metadata":{"personName":"Mia"},"polite":false}]})"});

  mesh->say(R"(["offer",{"offer":{"sdp":"m"},"fromPeer":"m1","toPeer":"sfu"}])");
  CHECK(
      mesh->heard() ==
      Lines{
          R"(42["answer",{"answer":{"type":"answer","sdp":"from the SFU"},"fromPeer":"sfu","toPeer":"m1"}])"});
  native->say(R"({"type":"offer","to":"sfu","data":{"sdp":"n"}})");
  CHECK(native->heard() ==
        Lines{R"({"type":"answer","from":"sfu","data":{"type":"answer","sdp":"from the SFU"}})"});

  mesh->say(R"(["message",{"roomName":"lobby","personName":"Mia","content":"hello"}])");
  CHECK(native->heard() == Lines{R"({"type":"message","from":"m1","room":"lobby","data":"hello"})"});
  mesh->forget();
  native->say(R"({"type":"message","room":"lobby","data":"hi"})");
  CHECK(
      mesh->heard() ==
      Lines{
          R"(42["message",{"personName":"Nat","content":"hi","timestamp":"Tue, 05 Nov 2024 08:49:37 GMT"}])"});
  mesh->cut();
  CHECK(native->heard() ==
        Lines{R"({"type":"peer-left","room":"lobby","version":4,"peer":"m1","reason":"disconnect"})"});
  CHECK(sfu_heard == Lines{R"(joined m1 {"personName":"Mia"})", R"(joined n1 {"personName":"Nat"})",
                           R"(offer {"sdp":"m"})", R"(offer {"sdp":"n"})", R"(message "hello")",
                           R"(message "hi")", "left m1"});
  sfu->close(CloseReason::normal);
  world.run();
}

TEST_CASE("interop: clients of different vocabularies in one room understand offers and answers") {
  VocabularyWorld mesh_world("rooms-mesh");
  const auto redis = Vocabulary::make("redis-rooms", "/redis-rooms");
  const auto email = Vocabulary::make("email-calls", "/email-calls");
  auto m = mesh_world.client("m");
  ProtocolClient r(mesh_world, redis->make_protocol(), "r");
  ProtocolClient e(mesh_world, email->make_protocol(), "e");
  m->say(R"(["join_room",{"roomName":"lobby","personName":"Mia"}])");
  r.say(R"(["join-room","lobby"])");
  e.say(R"(["join_room",{"roomID":"lobby","emailID":"e@x"}])");
  CHECK(m->heard() == Lines{R"(42["user_joined",{"personName":"Mia","roomName":"lobby","socketId":"m"}])",
                            R"(42["user_joined",{"roomName":"lobby","socketId":"r"}])",
                            R"(42["user_joined",{"roomName":"lobby","socketId":"e"}])"});
  r.forget();
  e.forget();
  m->say(R"(["offer",{"offer":1,"fromPeer":"m","toPeer":"r"}])",
         R"(["offer",{"offer":2,"fromPeer":"m","toPeer":"e"}])");
  CHECK(r.heard() == Lines{R"(42/redis-rooms,["offer",{"userId":"m","offer":1}])"});
  CHECK(e.heard() == Lines{R"(42/email-calls,["incoming_call",{"from":"peer:m","offer":2}])"});
  r.say(R"(["answer","lobby","m",3])");
  e.say(R"(["call_accepted",{"emailID":"peer:m","ans":4}])");
  CHECK(m->heard() == Lines{R"(42["answer",{"answer":3,"fromPeer":"r"}])",
                            R"(42["answer",{"answer":4,"fromPeer":"e","toPeer":"m"}])"});
}

TEST_CASE("interop: binary data arrives as base64") {
  VocabularyWorld world("rooms-mesh");
  auto a = world.client("a");
  Message message = Message::text(std::string_view("\0\1\2\xff", 4));
  message.to = "a";
  message.kind = MessageKind::binary;
  CHECK(world.router.send(message, "host").status == SendStatus::sent);
  CHECK(
      a->heard() ==
      Lines{
          R"(42["message",{"personName":"host","content":"AAEC/w==","timestamp":"Tue, 05 Nov 2024 08:49:37 GMT"}])"});
}

}  // namespace
}  // namespace signaling::socketio
