// Binary data in what clients send to each other.
#include <doctest/doctest.h>

#include "signaling/core/memory_store.hpp"
#include "socketio/vocabularies/vocabulary_world.hpp"

namespace signaling::socketio {
namespace {

using namespace test;

const std::string first_placeholder = R"({"_placeholder":true,"num":0})";
const std::string second = R"({"_placeholder":true,"num":1})";

void say(ProtocolClient& client, std::string_view event, std::vector<std::string_view> attachments) {
  client.say_binary(pack(BinaryEvent{event, std::move(attachments)}));
}

struct Pair : VocabularyWorld {
  explicit Pair(std::string_view vocabulary, RouterOptions options = {})
      : VocabularyWorld(vocabulary, std::move(options)) {}
  ProtocolClientPtr a = client("a");
  ProtocolClientPtr b = client("b");
};

TEST_CASE("binary: token-peers passes it on as it came, in the sender's name") {
  Pair world("token-peers");
  say(*world.a, R"(["message",{"from":"x","payload":)" + first_placeholder + R"(,"more":[)" + second + "]}]",
      {"one", "two"});
  CHECK(world.b->heard() == Lines{R"(452-["message",{"from":"x","payload":)" + first_placeholder +
                                      R"(,"more":[)" + second + "]}]",
                                  "one", "two"});
}

TEST_CASE("binary: redis-rooms passes it on") {
  Pair world("redis-rooms");
  for (auto* client : {world.a.get(), world.b.get()}) client->say(R"(["join-room","r"])");
  world.b->forget();
  say(*world.a, R"(["offer","r","b",{"blob":)" + first_placeholder + "}]", {"one"});
  CHECK(world.b->heard() ==
        Lines{R"(451-["offer",{"userId":"b","offer":{"blob":)" + first_placeholder + "}}]", "one"});
}

TEST_CASE("binary: rooms-mesh passes it on, candidates twice") {
  Pair world("rooms-mesh");
  say(*world.a, R"(["ice_candidate",{"iccCandidate":)" + first_placeholder + R"(,"toPeer":"b"}])", {"one"});
  const std::string argument = R"({"iccCandidate":)" + first_placeholder + R"(,"toPeer":"b"}])";
  CHECK(world.b->heard() ==
        Lines{R"(451-["ice_candidate",)" + argument, "one", R"(451-["ice-candidate",)" + argument, "one"});
  say(*world.a, R"(["send-offer",)" + first_placeholder + "]", {"two"});
  CHECK(world.b->heard() == Lines{R"(451-["receive-offer",)" + first_placeholder + "]", "two"});
}

TEST_CASE("binary: email-calls passes it on, in a namespace of its own too") {
  VocabularyWorld world("email-calls");
  auto a = world.client("a");
  auto b = world.client("b", "/email-calls");
  a->say(R"(["join_room",{"roomID":"r","emailID":"a@x"}])");
  b->say(R"(["join_room",{"roomID":"r","emailID":"b@x"}])");
  b->forget();
  say(*a, R"(["call_user",{"emailID":"b@x","offer":)" + first_placeholder + "}]", {"one"});
  CHECK(
      b->heard() ==
      Lines{R"(451-/email-calls,["incoming_call",{"from":"a@x","offer":)" + first_placeholder + "}]", "one"});
}

TEST_CASE("binary: it crosses nodes") {
  RouterOptions options;
  options.store = std::make_shared<MemoryStore>();
  options.node = "one";
  VocabularyWorld one("token-peers", options);
  options.node = "two";
  VocabularyWorld two("token-peers", options);
  auto a = one.client("a");
  auto b = two.client("b");
  say(*a, R"(["message",)" + first_placeholder + "]", {std::string_view("\0\xFF", 2)});
  CHECK(b->heard() == Lines{R"(451-["message",)" + first_placeholder + "]", std::string("\0\xFF", 2)});
}

TEST_CASE("binary: for other languages it is a binary payload, or base64 where it stood") {
  Pair world("token-peers");
  auto n = native_client(world, "n");
  n->say(R"({"type":"join","room":"token-peers/everybody"})");
  n->forget();
  say(*world.a, R"(["message",{"payload":)" + first_placeholder + "}]", {"abc"});
  say(*world.a, R"(["message",{"payload":{"x":[)" + second + "," + first_placeholder + R"(],"y":1}}])",
      {"abc", "de"});
  const std::string head = R"({"type":"message","from":"a","room":"token-peers/everybody",)";
  CHECK(n->heard() == Lines{head + R"("encoding":"base64","data":"YWJj"})",
                            head + R"("data":{"x":["ZGU=","YWJj"],"y":1}})"});
}

TEST_CASE("binary: a message that is none, or whose placeholders do not fit, is an error to its sender") {
  Pair world("token-peers");
  world.a->say_binary("x");
  say(*world.a, R"(["message",)" + second + "]", {"one"});
  say(*world.a, "no JSON", {"one"});
  const Lines heard = world.a->heard();
  REQUIRE(heard.size() == 3);
  for (const std::string& line : heard) CHECK(line.starts_with(R"(42["error",{"code":"bad_json")"));
  CHECK(world.b->heard().empty());
}

}  // namespace
}  // namespace signaling::socketio
