#include <doctest/doctest.h>

#include "socketio/vocabularies/vocabulary_world.hpp"

namespace signaling::socketio {
namespace {

using namespace test;

struct RedisRooms : VocabularyWorld {
  RedisRooms() : VocabularyWorld("redis-rooms") {}
};

TEST_CASE("redis-rooms: join-room tells the joiner who is there, itself included, and the others who came") {
  RedisRooms world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say(R"(["join-room","r"])");
  b->say(R"(["join-room","r","user7"])");
  CHECK(a->heard() == Lines{R"(42["room-users",["a"]])", R"(42["user-connected","b"])"});
  CHECK(b->heard() == Lines{R"(42["room-users",["a","b"]])"});
}

TEST_CASE("redis-rooms: a room that is joined again lists nobody twice and tells nobody else") {
  RedisRooms world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say(R"(["join-room","r"])");
  b->say(R"(["join-room","r"])");
  a->forget();
  b->forget();
  b->say(R"(["join-room","r"])");
  CHECK(b->heard() == Lines{R"(42["room-users",["a","b"]])"});
  CHECK(a->heard().empty());
}

TEST_CASE("redis-rooms: offer, answer and ice-candidate go to the others in the room, once each") {
  RedisRooms world;
  auto a = world.client("a");
  auto b = world.client("b");
  auto c = world.client("c");
  auto d = world.client("d");
  for (auto* client : {a.get(), b.get(), c.get()}) client->say(R"(["join-room","r"])");
  d->say(R"(["join-room","elsewhere"])");
  for (auto* client : {a.get(), b.get(), c.get(), d.get()}) client->forget();
  a->say(R"(["offer","r","whoever",{"type":"offer","sdp":"v=0\r\n"}])",
         R"(["answer","r","b",{"type":"answer","sdp":""}])", R"(["ice-candidate","r","b",null])");
  const Lines expected{R"(42["offer",{"userId":"whoever","offer":{"type":"offer","sdp":"v=0\r\n"}}])",
                       R"(42["answer",{"userId":"b","answer":{"type":"answer","sdp":""}}])",
                       R"(42["ice-candidate",{"userId":"b","candidate":null}])"};
  CHECK(b->heard() == expected);
  CHECK(c->heard() == expected);
  CHECK(a->heard().empty());
  CHECK(d->heard().empty());
}

TEST_CASE("redis-rooms: who has gone is in the room no more") {
  RedisRooms world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say(R"(["join-room","r"])");
  b->say(R"(["join-room","r"])");
  a->cut();
  auto c = world.client("c");
  c->say(R"(["join-room","r"])");
  CHECK(c->heard() == Lines{R"(42["room-users",["b","c"]])"});
}

TEST_CASE("redis-rooms: the name of a room may be a number, and may be written with escapes") {
  RedisRooms world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say(R"(["join-room",2002])", R"(["join-room","caf\u00e9"])");
  b->say(R"(["join-room","2002"])", R"(["\u006aoin-room","café"])");
  CHECK(b->heard() == Lines{R"(42["room-users",["a","b"]])", R"(42["room-users",["a","b"]])"});
}

TEST_CASE("redis-rooms: what lacks a room or data is an error to its sender") {
  RedisRooms world;
  auto a = world.client("a");
  auto b = world.client("b");
  b->say(R"(["join-room","r"])");
  b->forget();
  const std::string error = R"(42["error",{"code":"bad_request","message":"The event needs )";
  a->say(R"(["join-room"])", R"(["join-room",null])", R"(["join-room",{"room":"r"}])", R"(["join-room",""])");
  CHECK(a->heard() == Lines(4, error + R"(the name of a room."}])"));
  a->say(R"(["offer"])", R"(["offer","r","b"])", R"(["offer",["r"],"b",{}])");
  CHECK(a->heard() == Lines(3, error + R"(a room, a user and data."}])"));
  a->say(R"(["offer","r","b",{}])");
  CHECK(a->heard() == Lines{R"(42["error",{"code":"not_joined","message":"You are not in that room."}])"});
  CHECK(b->heard().empty());
}

TEST_CASE("redis-rooms: a peer of another language is shown by its id") {
  RedisRooms world;
  auto a = world.client("a");
  auto n = native_client(world, "n");
  a->say(R"(["join-room","r"])");
  n->say(R"({"type":"join","room":"r"})");
  CHECK(a->heard() == Lines{R"(42["room-users",["a"]])", R"(42["user-connected","n"])"});
  n->forget();
  a->say(R"(["offer","r","n",{"sdp":"x"}])");
  CHECK(n->heard() == Lines{R"({"type":"offer","from":"a","room":"r","data":{"sdp":"x"}})"});
  n->say(R"({"type":"answer","to":"a","data":{"sdp":"y"}})", R"({"type":"candidate","room":"r"})");
  CHECK(a->heard() == Lines{R"(42["answer",{"userId":"n","answer":{"sdp":"y"}}])",
                            R"(42["ice-candidate",{"userId":"n","candidate":null}])"});
  n->say(R"({"type":"message","to":"a","data":"hi","id":1})", R"({"type":"event","event":"x","room":"r"})");
  CHECK(a->heard().empty());
  CHECK(n->heard() ==
        Lines{R"({"type":"error","code":"unknown_type","message":"The message type is unknown.","id":1})"});
}

}  // namespace
}  // namespace signaling::socketio
