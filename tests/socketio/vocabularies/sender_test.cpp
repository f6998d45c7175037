// In whose name messages and news arrive.
#include <doctest/doctest.h>

#include "socketio/vocabularies/vocabulary_world.hpp"

namespace signaling::socketio {
namespace {

using namespace test;

TEST_CASE("sender: names in the metadata of a native peer are not its names in other languages") {
  VocabularyWorld world("token-peers");
  auto a = world.client("a");
  a->say(R"(["ready","p1"])");
  a->forget();
  auto n = native_client(world, "n");
  for (const std::string name : {R"("alice5")", R"({"x":[1]})", "7"}) {
    n->say(R"({"type":"join","room":"token-peers/everybody","metadata":{"peerId":)" + name + "}}",
           R"({"type":"message","to":"a","data":1})", R"({"type":"leave","room":"token-peers/everybody"})");
    const Lines heard = a->heard();
    REQUIRE(heard.size() == 3);
    for (const std::string& line : heard) {
      CHECK(line.starts_with(R"(42["message",{"from":"peer:n",)"));
      CHECK(line.find("alice5") == std::string::npos);
    }
  }
}

TEST_CASE("sender: an address in the metadata of a native peer is not its address") {
  VocabularyWorld world("email-calls");
  auto a = world.client("a");
  a->say(R"(["join_room",{"roomID":"r","emailID":"a@x"}])");
  a->forget();
  auto n = native_client(world, "n");
  n->say(R"({"type":"join","room":"r","metadata": {"emailID":"boss@x"}})",
         R"({"type":"offer","to":"a","data":1})");
  CHECK(a->heard() == Lines{R"(42["user_joined",{"emailID":"peer:n"}])",
                            R"(42["incoming_call",{"from":"peer:n","offer":1}])"});
}

TEST_CASE("sender: what people read of a native peer is text, or its id") {
  VocabularyWorld world("rooms-mesh");
  auto a = world.client("a");
  a->say(R"(["join_room",{"roomName":"r"}])");
  a->forget();
  auto n = native_client(world, "n");
  n->say(R"({"type":"join","room":"r","metadata":{"personName":{"x":[1]}}})",
         R"({"type":"message","room":"r","data":"hi"})");
  CHECK(
      a->heard() ==
      Lines{
          R"(42["user_joined",{"roomName":"r","socketId":"n"}])",
          R"(42["message",{"personName":"n","content":"hi","timestamp":"Tue, 05 Nov 2024 08:49:37 GMT"}])"});
}

TEST_CASE("rooms-mesh: fromPeer is the sender's id, whatever it says") {
  VocabularyWorld world("rooms-mesh");
  auto a = world.client("a");
  auto b = world.client("b");
  a->say(R"(["offer",{"fromPeer":"c","offer":1, "from\u0050eer":["x"],"toPeer":"b"}])");
  CHECK(b->heard() == Lines{R"(42["offer",{"fromPeer":"a","offer":1, "from\u0050eer":"a","toPeer":"b"}])"});
  a->say(R"(["ice_candidate",{"iccCandidate":1,"toPeer":"b"}])");
  CHECK(b->heard().front() == R"(42["ice_candidate",{"iccCandidate":1,"toPeer":"b"}])");
}

struct NamedPeers : VocabularyWorld {
  NamedPeers() : VocabularyWorld("token-peers") {
    alice->say(R"(["ready","alice"])");
    mallory->say(R"(["ready","mallory"])");
    alice->forget();
    mallory->forget();
  }
  ProtocolClientPtr alice = client("a");
  ProtocolClientPtr mallory = client("m");
};

TEST_CASE("token-peers: from is the name that the sender has claimed, whatever it says") {
  NamedPeers world;
  auto bob = world.client("b");
  world.mallory->say(R"(["messageOne",{"from":"bob","target":"alice","payload":1}])",
                     R"(["message",{"target":"all","from":"all"}])", R"(["message",{"from":"mallory"}])");
  CHECK(world.alice->heard() == Lines{R"(42["message",{"from":"mallory","target":"alice","payload":1}])",
                                      R"(42["message",{"target":"all","from":"mallory"}])",
                                      R"(42["message",{"from":"mallory"}])"});
}

TEST_CASE("token-peers: who has no name yet may say one that nobody has") {
  NamedPeers world;
  auto bob = world.client("b");
  bob->say(R"(["message",{"from":"bob"}])", R"(["message",{"from":"mallory"}])",
           R"(["message",{"from":"all"}])", R"(["message",{"from":"peer:m"}])",
           R"(["message",{"from":{"x":1}}])", R"(["message",{"x":1}])");
  const auto from = [](const std::string& name) { return R"(42["message",{"from":")" + name + "\"}]"; };
  CHECK(world.alice->heard() == Lines{from("bob"), from("peer:b"), from("peer:b"), from("peer:b"),
                                      from("peer:b"), R"(42["message",{"x":1}])"});
}

TEST_CASE("token-peers: a name that could not be claimed is none") {
  NamedPeers world;
  auto bob = world.client("b");
  bob->say(R"(["ready",")" + std::string(200, 'x') + "\"]", R"(["message",{"from":"mallory"}])");
  CHECK(world.alice->heard() == Lines{R"(42["message",{"from":"peer:b"}])"});
}

TEST_CASE("token-peers: the server alone says who comes and goes") {
  NamedPeers world;
  for (const std::string action : {"open", "close", "cl\\u006fse"}) {
    const std::string payload = R"("payload":{"action":")" + action + R"(","connections":[]})";
    world.mallory->say(R"(["message",{"from":"alice",)" + payload + "}]",
                       R"(["messageOne",{"from":"alice","target":"alice",)" + payload + "}]");
    const Lines heard = world.mallory->heard();
    REQUIRE(heard.size() == 2);
    for (const std::string& line : heard) CHECK(line.starts_with(R"(42["error",{"code":"bad_request")"));
  }
  CHECK(world.alice->heard().empty());
}

TEST_CASE("token-peers: names that one client claims are bounded") {
  RouterOptions options;
  options.limits.max_names_per_peer = 2;
  VocabularyWorld world("token-peers", options);
  auto a = world.client("a");
  a->say(R"(["ready","1"])", R"(["ready","2"])", R"(["ready","1"])");
  CHECK(a->heard().size() == 3);
  a->say(R"(["ready","3"])");
  CHECK(a->heard() ==
        Lines{R"(42["error",{"code":"too_many_names","message":"You have claimed too many names."}])"});
  a->say(R"(["ready","2"])");
  CHECK(a->heard().size() == 1);
}

}  // namespace
}  // namespace signaling::socketio
