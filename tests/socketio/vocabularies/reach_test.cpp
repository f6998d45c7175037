// Whom clients of languages without rooms reach: those who speak them, and members of shared rooms.
#include <doctest/doctest.h>

#include "signaling/core/memory_store.hpp"
#include "socketio/vocabularies/vocabulary_world.hpp"

namespace signaling::socketio {
namespace {

using namespace test;

/// What a client of each vocabulary does to send to the peer whose id is `n`.
struct Attempt {
  std::string_view vocabulary;
  std::string_view event;
};
const std::array attempts{
    Attempt{"rooms-mesh", R"(["offer",{"offer":1,"fromPeer":"a","toPeer":"n"}])"},
    Attempt{"email-calls", R"(["call_user",{"emailID":"peer:n","offer":1}])"},
    Attempt{"token-peers", R"(["messageOne",{"target":"peer:n","payload":1}])"},
};

// An error that answers no event is also written as CONNECT_ERROR, which the transport of a client that is in drops.
bool is_refusal(Lines heard) {
  std::erase_if(heard, [](const std::string& line) { return line.starts_with("44"); });
  return heard.size() == 1 && heard[0].starts_with(R"(42["error",{"code":"peer_not_found")");
}

TEST_CASE("reach: a peer of another language that shares no room is not there, alone or in its room") {
  for (const Attempt& attempt : attempts) {
    const auto vocabulary = attempt.vocabulary;
    const auto event = attempt.event;
    CAPTURE(vocabulary);
    VocabularyWorld world(vocabulary);
    auto a = world.client("a");
    auto n = native_client(world, "n");
    a->say(event);
    CHECK(is_refusal(a->heard()));
    n->say(R"({"type":"join","room":"own"})");
    n->forget();
    a->say(event);
    CHECK(is_refusal(a->heard()));
    CHECK(n->heard().empty());
  }
}

TEST_CASE("reach: the same on another node, and the sender is told the same") {
  for (const Attempt& attempt : attempts) {
    const auto vocabulary = attempt.vocabulary;
    const auto event = attempt.event;
    CAPTURE(vocabulary);
    RouterOptions options;
    options.store = std::make_shared<MemoryStore>();
    options.node = "one";
    VocabularyWorld one(vocabulary, options);
    options.node = "two";
    VocabularyWorld two(vocabulary, options);
    auto a = one.client("a");
    auto n = native_client(two, "n");
    a->say(event);
    CHECK(n->heard().empty());
    CHECK(is_refusal(a->heard()));
  }
}

TEST_CASE("reach: a host may let clients reach strangers") {
  for (const Attempt& attempt : attempts) {
    const auto vocabulary = attempt.vocabulary;
    const auto event = attempt.event;
    CAPTURE(vocabulary);
    RouterOptions options;
    options.strangers = Strangers::reachable;
    VocabularyWorld world(vocabulary, options);
    auto a = world.client("a");
    auto n = native_client(world, "n");
    a->say(event);
    CHECK(n->heard().size() == 1);
    CHECK(a->heard().empty());
  }
}

TEST_CASE("reach: a peer of another language that shares a room is reached") {
  VocabularyWorld world("email-calls");
  auto a = world.client("a");
  auto n = native_client(world, "n");
  n->say(R"({"type":"join","room":"r"})");
  n->forget();
  a->say(R"(["join_room",{"roomID":"r","emailID":"a@x"}])",
         R"(["call_user",{"emailID":"peer:n","offer":1}])");
  CHECK(n->heard().back() == R"({"type":"offer","from":"a","data":1})");
}

TEST_CASE("reach: what a client of rooms-mesh or email-calls sends to itself is passed over") {
  VocabularyWorld mesh("rooms-mesh");
  auto a = mesh.client("a");
  a->say(R"(["offer",{"offer":1,"fromPeer":"a","toPeer":"a"}])");
  CHECK(a->heard().empty());
  VocabularyWorld email("email-calls");
  auto b = email.client("b");
  b->say(R"(["join_room",{"roomID":"r","emailID":"b@x"}])");
  b->forget();
  b->say(R"(["call_user",{"emailID":"b@x","offer":1}])", R"(["call_user",{"emailID":"peer:b","offer":1}])");
  CHECK(b->heard().empty());
}

}  // namespace
}  // namespace signaling::socketio
