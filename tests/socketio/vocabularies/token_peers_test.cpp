#include <doctest/doctest.h>

#include <memory>
#include <utility>
#include <vector>

#include "signaling/core/forwarding_store.hpp"
#include "signaling/core/memory_store.hpp"
#include "socketio/vocabularies/vocabulary_world.hpp"

namespace signaling::socketio {
namespace {

using namespace test;

std::string opened(const std::string& socket, const std::string& peer, const std::string& type = {}) {
  return R"(42["message",{"from":")" + peer +
         R"(","target":"all","payload":{"action":"open","connections":[{"socketId":")" + socket +
         R"(","peerId":")" + peer + "\"" + (type.empty() ? "" : R"(,"peerType":")" + type + "\"") +
         R"(}],"bePolite":true}}])";
}

std::string there(const std::string& peer, const std::string& connections) {
  return R"(42["message",{"from":"all","target":")" + peer +
         R"(","payload":{"action":"open","connections":[)" + connections + R"(],"bePolite":false}}])";
}

std::string closed(const std::string& peer) {
  return R"(42["message",{"from":")" + peer +
         R"(","target":"all","payload":{"action":"close","message":"Peer has left the signaling server"}}])";
}

/// A MemoryStore that lets the test answer for snapshots: with what was there when it was asked.
class PatientStore final : public ForwardingStore {
 public:
  PatientStore() : ForwardingStore(std::make_shared<MemoryStore>()) {}

  void snapshot(std::string_view room, Version version,
                Callback<void(std::error_code, RoomState)> done) override {
    ForwardingStore::snapshot(room, version, [&](std::error_code, RoomState state) {
      asked.push_back({std::move(done), std::move(state)});
    });
  }

  void answer(std::error_code error) {
    Asked first = std::move(asked.front());
    asked.erase(asked.begin());
    first.done(error, std::move(first.state));
  }
  struct Asked {
    Callback<void(std::error_code, RoomState)> done;
    RoomState state;
  };
  std::vector<Asked> asked;
};

struct TokenPeers : VocabularyWorld {
  explicit TokenPeers(RouterOptions options = {}) : VocabularyWorld("token-peers", std::move(options)) {}

  ProtocolClientPtr ready(const std::string& id, const std::string& peer) {
    auto client = this->client(id);
    client->say(R"(["ready",")" + peer + "\"]");
    client->forget();
    return client;
  }
};

TEST_CASE("token-peers: ready tells the new one who is there, and the others who came") {
  TokenPeers world;
  auto a = world.client("a");
  a->say(R"(["ready","p1","robot"])");
  CHECK(a->heard() == Lines{there("p1", "")});
  auto b = world.client("b");
  b->say(R"(["ready","p2"])");
  CHECK(b->heard() == Lines{there("p2", R"({"socketId":"a","peerId":"p1","peerType":"robot"})")});
  CHECK(a->heard() == Lines{opened("b", "p2")});
}

TEST_CASE("token-peers: a disconnect tells the others, if it was ready") {
  TokenPeers world;
  auto a = world.ready("a", "p1");
  auto b = world.ready("b", "p2");
  auto c = world.client("c");
  a->forget();
  c->cut();
  CHECK(a->heard().empty());
  b->cut();
  CHECK(a->heard() == Lines{closed("p2")});
}

TEST_CASE(
    "token-peers: a peer ID in use is a uniquenessError and the end; it is free when its owner is gone") {
  TokenPeers world;
  auto a = world.ready("a", "p1");
  auto b = world.client("b");
  b->say(R"(["ready","p1"])");
  CHECK(
      b->heard() ==
      Lines{
          R"(42["uniquenessError",{"message":"The peer ID is in use. Choose another one and try again."}])"});
  CHECK(b->closed() == CloseReason::normal);
  CHECK(a->heard().empty());
  CHECK_FALSE(a->closed());
  a->cut();
  auto c = world.client("c");
  c->say(R"(["ready","p1"])");
  CHECK(c->heard() == Lines{there("p1", "")});
}

TEST_CASE("token-peers: IDs such as constructor and __proto__ are ordinary") {
  TokenPeers world;
  auto a = world.ready("a", "constructor");
  auto b = world.client("b");
  b->say(R"(["ready","__proto__","toString"])");
  CHECK(b->heard() == Lines{there("__proto__", R"({"socketId":"a","peerId":"constructor"})")});
  CHECK(a->heard() == Lines{opened("b", "__proto__", "toString")});
  b->say(R"(["messageOne",{"target":"constructor","x":1}])");
  CHECK(a->heard() == Lines{R"(42["message",{"target":"constructor","x":1}])"});
}

TEST_CASE("token-peers: a message goes to all others unchanged, ready or not") {
  TokenPeers world;
  auto a = world.ready("a", "p1");
  auto b = world.ready("b", "p2");
  auto c = world.client("c");
  a->forget();
  b->say(R"(["message",{"from":"p2", "target":"all","payload":[1,{"x":null}]}])", R"(["message","text"])");
  const Lines expected{R"(42["message",{"from":"p2", "target":"all","payload":[1,{"x":null}]}])",
                       R"(42["message","text"])"};
  CHECK(a->heard() == expected);
  CHECK(c->heard() == expected);
  CHECK(b->heard().empty());
  // Clients send as soon as they are connected, before they say that they are ready.
  c->say(R"(["message","early"])");
  CHECK(a->heard() == Lines{R"(42["message","early"])"});
}

TEST_CASE("token-peers: messageOne goes to its target and to nobody else") {
  TokenPeers world;
  auto a = world.ready("a", "p1");
  auto b = world.ready("b", "p2");
  auto c = world.ready("c", "p3");
  for (auto* client : {a.get(), b.get()}) client->forget();
  a->say(R"(["messageOne",{"from":"p1","target":"p2","payload":{}}])");
  CHECK(b->heard() == Lines{R"(42["message",{"from":"p1","target":"p2","payload":{}}])"});
  CHECK(a->heard().empty());
  CHECK(c->heard().empty());
  a->say(R"(["messageOne",{"target":"nobody"}])", R"(["messageOne",{"target":"b"}])");
  const Lines heard = a->heard();
  REQUIRE(heard.size() == 2);
  for (const std::string& error : heard) CHECK(error.starts_with(R"(42["error",{"code":"peer_not_found")"));
  CHECK(b->heard().empty());
}

TEST_CASE("token-peers: who says ready twice leaves nothing behind") {
  TokenPeers world;
  auto a = world.ready("a", "p1");
  auto b = world.ready("b", "p2");
  a->forget();
  b->say(R"(["ready","p3"])");
  CHECK(b->heard() == Lines{there("p3", R"({"socketId":"a","peerId":"p1"})")});
  CHECK(a->heard() == Lines{closed("p2"), opened("b", "p3")});
  CHECK(connections(world.router) == R"([{"socketId":"a","peerId":"p1"},{"socketId":"b","peerId":"p3"}])");
  b->say(R"(["ready","p3"])");
  CHECK(a->heard() == Lines{closed("p3"), opened("b", "p3")});
  b->cut();
  CHECK(a->heard() == Lines{closed("p3")});
  CHECK(connections(world.router) == R"([{"socketId":"a","peerId":"p1"}])");
  auto c = world.client("c");
  c->say(R"(["ready","p2"])");
  CHECK(a->heard() == Lines{opened("c", "p2")});
}

TEST_CASE("token-peers: /connections lists those who are ready") {
  TokenPeers world;
  CHECK(connections(world.router) == "[]");
  auto a = world.client("a");
  CHECK(connections(world.router) == "[]");
  a->say(R"(["ready",17,{"kind":"robot"}])");
  CHECK(connections(world.router) == R"([{"socketId":"a","peerId":17,"peerType":{"kind":"robot"}}])");
}

TEST_CASE("token-peers: however many ask for /connections, the store is asked once at a time") {
  const auto store = std::make_shared<PatientStore>();
  RouterOptions options;
  options.store = store;
  TokenPeers world(std::move(options));
  TokenPeersConnections connections(world.router);
  Lines answers;
  const auto ask = [&](const std::string& who) {
    connections.ask([&answers, who](std::error_code error, const std::string& json) {
      answers.push_back(who + (error ? "!" : json));
    });
  };
  ask("1 ");
  auto a = world.ready("a", "p1");
  ask("2 ");
  ask("3 ");
  REQUIRE(store->asked.size() == 1);
  store->answer({});
  CHECK(answers == Lines{"1 []"});
  REQUIRE(store->asked.size() == 1);
  store->answer({});
  const std::string list = R"([{"socketId":"a","peerId":"p1"}])";
  CHECK(answers == Lines{"1 []", "2 " + list, "3 " + list});
  CHECK(store->asked.empty());
  ask("4 ");
  ask("5 ");
  store->answer(errc::store_unavailable);
  CHECK(answers.size() == 5);
  CHECK(answers.back() == "5 !");
  CHECK(store->asked.empty());
}

TEST_CASE("token-peers: the policy is asked about the ID that a client gives itself") {
  struct NoBob final : Policy {
    void authorize_join(const Peer& /*peer*/, const JoinAttempt& attempt,
                        Callback<void(Decision)> done) override {
      const bool is_bob = attempt.metadata.find("bob") != std::string_view::npos;
      done(is_bob ? Decision::refuse("Not Bob.") : Decision::allow());
    }
  };
  RouterOptions options;
  options.policy = std::make_shared<NoBob>();
  TokenPeers world(std::move(options));
  auto a = world.client("a");
  a->say(R"(["ready","bob"])");
  CHECK(a->heard() == Lines{R"(42["error",{"code":"forbidden","message":"Not Bob."}])"});
  CHECK(connections(world.router) == "[]");
  a->say(R"(["ready","ada"])");
  CHECK(a->heard() == Lines{there("ada", "")});
}

TEST_CASE("token-peers: a wrong token is an authentication error") {
  struct Token final : Policy {
    void authenticate(const ConnectInfo& info, Callback<void(Admission)> done) override {
      Admission admission;
      if (info.token != "T") admission.decision = Decision::refuse("The token is wrong.", errc::unauthorized);
      done(std::move(admission));
    }
  };
  RouterOptions options;
  options.policy = std::make_shared<Token>();
  TokenPeers world(std::move(options));
  auto a = world.connect("a", "T", "/token-peers");
  CHECK(a->heard() == Lines{R"(40/token-peers,{"sid":"a"})"});
  auto b = world.connect("b", "U", "/token-peers");
  CHECK(b->heard().front() == R"(44/token-peers,{"message":"Authentication error"})");
  CHECK(b->closed() == CloseReason::unauthorized);
}

TEST_CASE("token-peers: events without arguments, with null, arrays or other types harm nobody") {
  TokenPeers world;
  auto a = world.ready("a", "p1");
  auto b = world.client("b");
  for (const std::string event :
       {R"(["ready"])", R"(["ready",null])", R"(["ready",{}])", R"(["ready",[]])", R"(["ready",""])",
        R"(["message"])", R"(["messageOne"])", R"(["messageOne",null])", R"(["messageOne",["p1"]])",
        R"(["messageOne",{"target":["p1"]}])"}) {
    b->say(event);
    const Lines heard = b->heard();
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].starts_with(R"(42["error",{"code":"bad_request")"));
  }
  b->say(R"(["ready",")" + std::string(200, 'x') + "\"]");
  CHECK(b->heard() ==
        Lines{R"(42["error",{"code":"bad_id","message":"A room or peer id is empty or too long."}])"});
  CHECK(a->heard().empty());
  CHECK_FALSE(b->closed());
}

TEST_CASE("token-peers: a peer of another language is called peer: and its id") {
  TokenPeers world;
  auto a = world.ready("a", "p1");
  auto n = native_client(world, "n");
  n->say(R"({"type":"join","room":"token-peers/everybody","metadata":{"kind":"sfu"}})");
  CHECK(
      n->heard() ==
      Lines{
          R"({"type":"joined","room":"token-peers/everybody","peer":"n","version":3,"peers":[{"id":"a","metadata": {"peerId":"p1"},"polite":false}]})"});
  CHECK(a->heard() == Lines{opened("n", "peer:n")});
  n->say(R"({"type":"offer","to":"a","data":{"sdp":"x"}})",
         R"({"type":"message","room":"token-peers/everybody","data":1})",
         R"({"type":"event","event":"x","room":"token-peers/everybody"})");
  CHECK(a->heard() == Lines{R"(42["message",{"from":"peer:n","target":"a","payload":{"sdp":"x"}}])",
                            R"(42["message",{"from":"peer:n","target":"all","payload":1}])"});
  a->say(R"(["messageOne",{"from":"p1","target":"peer:n","payload":{"sdp":"y"}}])", R"(["message",{"x":1}])");
  CHECK(n->heard() ==
        Lines{R"({"type":"message","from":"a","data":{"sdp":"y"}})",
              R"({"type":"message","from":"a","room":"token-peers/everybody","data":{"x":1}})"});
  n->say(R"({"type":"update","room":"token-peers/everybody","metadata":{"kind":"sfu","load":1}})");
  CHECK(a->heard().empty());
  n->cut();
  CHECK(a->heard() == Lines{closed("peer:n")});
}

}  // namespace
}  // namespace signaling::socketio
