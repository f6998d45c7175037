#include <doctest/doctest.h>

#include "socketio/vocabularies/vocabulary_world.hpp"

namespace signaling::socketio {
namespace {

using namespace test;

struct EmailCalls : VocabularyWorld {
  EmailCalls() : VocabularyWorld("email-calls") {}

  ProtocolClientPtr member(const std::string& id, const std::string& email, const std::string& room = "r") {
    auto member = client(id);
    member->say(R"(["join_room",{"roomID":")" + room + R"(","emailID":")" + email + R"("}])");
    member->forget();
    return member;
  }
};

TEST_CASE("email-calls: join_room tells the joiner that it is in, and the others who came") {
  EmailCalls world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say(R"(["join_room",{"emailID":"a@x","roomID":"r"}])");
  b->say(R"(["join_room",{"roomID":"r","emailID":"b@x"}])");
  CHECK(a->heard() == Lines{R"(42["joined_room",{"roomID":"r"}])", R"(42["user_joined",{"emailID":"b@x"}])"});
  CHECK(b->heard() == Lines{R"(42["joined_room",{"roomID":"r"}])"});
}

TEST_CASE("email-calls: a call reaches the socket of the address and nobody else, and so does its answer") {
  EmailCalls world;
  auto a = world.member("a", "a@x");
  auto b = world.member("b", "b@x", "other");
  auto c = world.member("c", "c@x");
  a->forget();
  a->say(R"(["call_user",{"emailID":"b@x","offer":{"type":"offer","sdp":"x"}}])");
  CHECK(b->heard() == Lines{R"(42["incoming_call",{"from":"a@x","offer":{"type":"offer","sdp":"x"}}])"});
  b->say(R"(["call_accepted",{"emailID":"a@x","ans":{"sdp":"y"}}])");
  CHECK(a->heard() == Lines{R"(42["call_accepted",{"ans":{"sdp":"y"}}])"});
  CHECK(b->heard().empty());
  CHECK(c->heard().empty());
}

TEST_CASE("email-calls: an address that nobody has is an error to the caller") {
  EmailCalls world;
  auto a = world.member("a", "a@x");
  world.member("b", "b@x")->cut();
  a->forget();
  a->say(R"(["call_user",{"emailID":"b@x","offer":{}}])", R"(["call_user",{"emailID":"a","offer":{}}])");
  const Lines heard = a->heard();
  REQUIRE(heard.size() == 2);
  for (const std::string& error : heard) CHECK(error.starts_with(R"(42["error",{"code":"peer_not_found")"));
}

TEST_CASE(
    "email-calls: an address is the socket's that has joined with it last, also when the older one goes") {
  EmailCalls world;
  auto a = world.member("a", "a@x");
  auto b = world.client("b");
  auto caller = world.member("c", "c@x", "elsewhere");
  a->forget();
  b->say(R"(["join_room",{"roomID":"r","emailID":"a@x"}])");
  CHECK(b->heard() == Lines{R"(42["joined_room",{"roomID":"r"}])"});
  CHECK(a->heard() == Lines{R"(42["user_joined",{"emailID":"a@x"}])"});
  const std::string call = R"(["call_user",{"emailID":"a@x","offer":{}}])";
  caller->say(call);
  a->cut();
  caller->say(call);
  const std::string incoming = R"(42["incoming_call",{"from":"c@x","offer":{}}])";
  CHECK(b->heard() == Lines{incoming, incoming});
  CHECK(a->heard().empty());
}

TEST_CASE("email-calls: who joins again under another address has both") {
  EmailCalls world;
  auto a = world.member("a", "a@x");
  auto b = world.member("b", "b@x");
  a->say(R"(["join_room",{"roomID":"r","emailID":"a@y"}])");
  a->forget();
  b->say(R"(["call_user",{"emailID":"a@x","offer":1}])", R"(["call_user",{"emailID":"a@y","offer":2}])");
  CHECK(a->heard() == Lines{R"(42["incoming_call",{"from":"b@x","offer":1}])",
                            R"(42["incoming_call",{"from":"b@x","offer":2}])"});
  a->say(R"(["call_user",{"emailID":"b@x","offer":3}])");
  CHECK(b->heard() == Lines{R"(42["incoming_call",{"from":"a@y","offer":3}])"});
}

TEST_CASE("email-calls: who calls without a room is called peer: and its id, and can be answered") {
  EmailCalls world;
  auto a = world.client("a");
  auto b = world.member("b", "b@x");
  a->say(R"(["call_user",{"emailID":"b@x","offer":{}}])");
  CHECK(b->heard() == Lines{R"(42["incoming_call",{"from":"peer:a","offer":{}}])"});
  b->say(R"(["call_accepted",{"emailID":"peer:a","ans":null}])");
  CHECK(a->heard() == Lines{R"(42["call_accepted",{"ans":null}])"});
}

TEST_CASE("email-calls: events without arguments, with null, arrays or other types harm nobody") {
  EmailCalls world;
  auto a = world.member("a", "a@x");
  auto b = world.client("b");
  for (const std::string event : {"join_room", "call_user", "call_accepted"}) {
    for (const std::string arguments :
         {"", ",null", ",[]", ",\"a@x\"", ",{}", R"(,{"emailID":null,"roomID":"r"})",
          R"(,{"emailID":["a@x"],"roomID":[]})"}) {
      b->say("[\"" + event + "\"" + arguments + "]");
      const Lines heard = b->heard();
      REQUIRE(heard.size() == 1);
      CHECK(heard[0].starts_with(R"(42["error",{"code":"bad_request")"));
    }
  }
  CHECK(a->heard().empty());
}

TEST_CASE("email-calls: a peer of another language is called peer: and its id") {
  EmailCalls world;
  auto a = world.member("a", "a@x");
  auto n = native_client(world, "n");
  n->say(R"({"type":"join","room":"r","metadata":{"name":"Nat"}})");
  CHECK(a->heard() == Lines{R"(42["user_joined",{"emailID":"peer:n"}])"});
  CHECK(
      n->heard() ==
      Lines{
          R"({"type":"joined","room":"r","peer":"n","version":2,"peers":[{"id":"a","metadata": {"emailID":"a@x"},"polite":false}]})"});
  a->say(R"(["call_user",{"emailID":"peer:n","offer":{"sdp":"x"}}])");
  CHECK(n->heard() == Lines{R"({"type":"offer","from":"a","data":{"sdp":"x"}})"});
  n->say(R"({"type":"answer","to":"a","data":{"sdp":"y"}})",
         R"({"type":"offer","to":"a","data":{"sdp":"z"}})", R"({"type":"candidate","to":"a","data":{}})");
  CHECK(a->heard() == Lines{R"(42["call_accepted",{"ans":{"sdp":"y"}}])",
                            R"(42["incoming_call",{"from":"peer:n","offer":{"sdp":"z"}}])"});
}

}  // namespace
}  // namespace signaling::socketio
