// Peers that go on at another node, where their clients have connected.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocols/three_nodes.hpp"

using namespace signaling;
using namespace signaling::protocols::test;

namespace {

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE(
    "session moves: a client that comes back on another node has missed nothing, and nobody saw it go") {
  ThreeNodes w;
  const std::string before = w.list(*w.dora);
  w.ada->cut(CloseReason::lost);
  w.say(*w.bob, "ada", "one");
  w.say(*w.carl, "ada", "two");
  w.dora->say(R"({"type":"message","room":"r","data":"three"})");
  w.run();
  CHECK(w.others() == Told{"three", "three", ""});
  w.ada = w.resume(1);
  const Lines lines = read(*w.ada, w.memory);
  REQUIRE(types(lines) == "welcome one two three");
  CHECK(field(lines[0], "resumed") == "exact");
  CHECK(field(lines[0], "peer") == "ada");
  CHECK(field(lines[0], "received") == "1");
  CHECK(field(lines[0], "keep") == "60");
  CHECK(w.others() == nothing);
  CHECK(w.list(*w.dora) == before);
  w.say(*w.bob, "ada", "four");
  w.say(*w.carl, "ada", "five");
  w.dora->say(R"({"type":"message","room":"r","data":"six"})");
  w.say(*w.ada, "bob", "seven");
  w.ada->say(R"({"type":"message","room":"r","data":"eight"})");
  w.run();
  CHECK(types(read(*w.ada, w.memory)) == "four five six");
  CHECK(w.others() == Told{"six seven eight", "six eight", "eight"});
  CHECK(w.routers[0]->stats().peers == 1);
  CHECK(w.routers[1]->stats().peers == 2);
  CHECK(w.routers[0]->stats().peers_away == 0);
  CHECK(w.routers[1]->stats().peers_away == 0);
  w.ada->cut(CloseReason::normal);
  w.run();
  CHECK(w.others() == Told{"peer-left", "peer-left", "peer-left"});
}

TEST_CASE("session moves: those who were told that a peer is away are told that it is back") {
  ThreeNodes w;
  w.ada->cut(CloseReason::lost);
  w.wait(seconds(2));
  CHECK(w.others() == Told{"peer-away", "peer-away", "peer-away"});
  w.ada = w.resume(2);
  CHECK(field(w.ada->heard()[0], "resumed") == "exact");
  CHECK(w.others() == Told{"peer-back", "peer-back", "peer-back"});
  CHECK(w.list(*w.dora).find("away") == std::string::npos);
}

TEST_CASE("session moves: a connection on another node replaces one that still looks alive") {
  ThreeNodes w;
  w.say(*w.bob, "ada", "seen by the old connection, or not");
  const auto second = w.resume(1);
  CHECK(w.ada->closed() == CloseReason::replaced);
  const Lines lines = second->heard();
  CHECK(field(lines[0], "resumed") == "exact");
  CHECK(lines.size() == 2);
  CHECK(w.others() == nothing);
}

TEST_CASE("session moves: and back again, as often as it likes") {
  ThreeNodes w;
  int said = 0;
  for (const std::size_t node : {1U, 0U, 2U, 0U, 1U, 2U, 1U, 0U}) {
    w.say(*w.ada, "dora", "to dora");
    w.ada->cut(CloseReason::lost);
    w.say(*w.bob, "ada", "n" + std::to_string(++said));
    w.ada = w.resume(node);
    w.say(*w.carl, "ada", "n" + std::to_string(++said));
    const Lines lines = read(*w.ada, w.memory);
    CHECK(types(lines) == "welcome n" + std::to_string(said - 1) + " n" + std::to_string(said));
    CHECK(field(lines[0], "resumed") == "exact");
    CHECK(w.others() == Told{"", "", "to dora"});
  }
}

TEST_CASE("session moves: ids need not be for clients to choose") {
  ThreeNodes w(ClientIds::ignore);
  const std::string id = w.memory.id;
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(1);
  const Lines lines = w.ada->heard();
  CHECK(field(lines[0], "resumed") == "exact");
  CHECK(field(lines[0], "peer") == id);
}

TEST_CASE("session moves: what had to wait for its turn on the old node is done on the new one") {
  ThreeNodes w;
  Limits limits;
  limits.messages_per_second = 1;
  limits.message_burst = 1;
  w.routers[0]->set_limits(limits);
  for (const char* data : {"a", "b", "c"}) w.ada->say(message("bob", data));
  w.run();
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(1);
  w.run();
  CHECK(field(w.ada->heard()[0], "received") == "4");
  CHECK(w.others() == Told{"a b c", "", ""});
}

TEST_CASE("session moves: an old secret, a wrong one and another user get nothing") {
  ThreeNodes w;
  const std::string first = w.memory.secret;
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(0);
  (void)read(*w.ada, w.memory);
  w.ada->say(R"({"type":"ack","received":1})");
  w.run();
  const std::string newest = std::exchange(w.memory.secret, first);
  auto twin = w.resume(1);
  Lines lines = twin->heard();
  CHECK(field(lines[0], "resumed") == "none");
  CHECK(field(lines[0], "reason") == "replaced");
  CHECK(field(lines[0], "peer") != "ada");
  w.memory.secret = newest.substr(0, newest.size() - 4) + "AAAA";
  CHECK(field(w.resume(1)->heard()[0], "resumed") == "none");
  w.memory.secret = "nonsense";
  CHECK(field(w.resume(1)->heard()[0], "peer") != "ada");
  CHECK(w.ada->closed() == std::nullopt);
  w.memory.secret = newest;
  w.ada = w.resume(1);
  CHECK(field(w.ada->heard()[0], "resumed") == "exact");
  CHECK(w.others() == nothing);
}

TEST_CASE("session moves: if the old node's part does not come, the client is told that messages are lost") {
  ThreeNodes w;
  w.store->lost = NodeCommand::Kind::history;
  w.ada->cut(CloseReason::lost);
  w.say(*w.bob, "ada", "lost");
  w.ada = w.resume(1);
  w.say(*w.carl, "ada", "not lost");
  CHECK(w.ada->heard().empty());
  w.wait(seconds(2));
  const Lines lines = w.ada->heard();
  REQUIRE(types(lines) == "welcome members not lost");
  CHECK(field(lines[0], "resumed") == "rooms");
  CHECK(field(lines[0], "received").empty());
  const std::string seen = "peer-away peer-back";
  CHECK(w.others() == Told{seen, seen, seen});
}

TEST_CASE("session moves: a node that does not answer makes the client a new peer, after a while") {
  ThreeNodes w;
  w.store->lost = NodeCommand::Kind::move;
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(1);
  CHECK(w.ada->heard().empty());
  w.wait(seconds(2));
  const Lines lines = w.ada->heard();
  CHECK(field(lines[0], "resumed") == "none");
  CHECK(field(lines[0], "peer") == "ada");
  const std::string seen = "peer-away peer-left";
  CHECK(w.others() == Told{seen, seen, seen});
}

TEST_CASE("session moves: a client that gives up meanwhile can resume, there or elsewhere") {
  for (const std::size_t node : {0U, 1U, 2U}) {
    ThreeNodes w;
    w.store->lost = NodeCommand::Kind::history;
    w.ada->cut(CloseReason::lost);
    auto hasty = w.resume(1);
    hasty->cut(CloseReason::lost);
    w.run();
    w.store->lost.reset();
    w.wait(seconds(2));
    w.forget();
    w.ada = w.resume(node);
    const Lines lines = read(*w.ada, w.memory);
    REQUIRE(types(lines).starts_with("welcome"));
    CHECK(field(lines[0], "resumed") == "rooms");
    w.say(*w.bob, "ada", "hello");
    CHECK(types(w.ada->heard()) == "hello");
  }
}

TEST_CASE("session moves: a peer that is kicked, on any node, does not move") {
  for (const std::size_t node : {0U, 1U, 2U}) {
    ThreeNodes w;
    w.ada->cut(CloseReason::lost);
    w.ada = w.resume(1);
    (void)w.ada->heard();
    CHECK_FALSE(w.routers[node]->kick("ada"));
    w.run();
    CHECK(w.ada->closed() == CloseReason::kicked);
    CHECK(w.others() == Told{"peer-left", "peer-left", "peer-left"});
  }
}

TEST_CASE("session moves: the grace goes on where it was granted, and ends there") {
  ThreeNodes w;
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(1);
  (void)w.ada->heard();
  w.ada->cut(CloseReason::lost);
  w.wait(seconds(2));
  CHECK(w.others() == Told{"peer-away", "peer-away", "peer-away"});
  w.wait(seconds(60));
  CHECK(w.others() == Told{"peer-left", "peer-left", "peer-left"});
  CHECK(w.routers[1]->stats().peers == 1);
}

TEST_CASE("session moves: hosts hear of a leave and an end there, and of a beginning here") {
  struct Ears final : Policy {
    void connected(const std::shared_ptr<Peer>& peer) override { log.push_back("connected " + peer->id()); }
    void joined(const Peer& peer, std::string_view room) override {
      log.push_back("joined " + peer.id() + " " + std::string(room));
    }
    void left(const Peer& peer, std::string_view room, LeaveReason) override {
      log.push_back("left " + peer.id() + " " + std::string(room));
    }
    void resumed(const std::shared_ptr<Peer>& peer) override { log.push_back("resumed " + peer->id()); }
    void disconnected(const Peer& peer, CloseReason reason) override {
      log.push_back("disconnected " + peer.id() + " " + std::string(to_string(reason)));
    }
    Lines log;
  };
  const auto store = std::make_shared<MemoryStore>();
  std::array<std::shared_ptr<Ears>, 2> ears{std::make_shared<Ears>(), std::make_shared<Ears>()};
  boost::asio::io_context io;
  std::vector<std::unique_ptr<Router>> routers;
  for (const auto& policy : ears) {
    RouterOptions options = node_options();
    options.store = store;
    options.policy = policy;
    routers.push_back(std::make_unique<Router>(std::move(options)));
  }
  ConnectInfo info;
  info.wished_id = "ada";
  info.keep = "60";
  Memory memory;
  auto ada = std::make_unique<ScriptClient>(*routers[0], io.get_executor(), info, make_json());
  ada->say(join);
  io.poll();
  (void)read(*ada, memory);
  ears[0]->log.clear();
  info.resume = memory.secret;
  info.received = "1";
  const ScriptClient again(*routers[1], io.get_executor(), info, make_json());
  io.restart();
  io.poll();
  CHECK(ears[0]->log == Lines{"left ada r", "disconnected ada replaced"});
  CHECK(ears[1]->log == Lines{"connected ada", "joined ada r", "resumed ada"});
}
