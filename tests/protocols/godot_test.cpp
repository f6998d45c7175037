#include "signaling/protocols/godot.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "signaling/core/memory_store.hpp"
#include "support/vocabulary_client.hpp"

namespace signaling::protocols {
namespace {

using namespace std::chrono_literals;
using testing::Lines;
using testing::native_client;
using testing::ProtocolClient;
using testing::ScriptWorld;

using Status = std::pair<std::uint16_t, std::string>;

std::string message(int type, const std::string& id, const std::string& data = {}) {
  return R"({"type":)" + std::to_string(type) + R"(,"id":)" + id + R"(,"data":")" + data + "\"}";
}

struct GodotWorld : ScriptWorld {
  explicit GodotWorld(RouterOptions options = {}) : ScriptWorld(std::move(options)) {}

  Godot factory{[this](std::string_view name) {
    const auto room = router.find_room(name);
    return room ? room->members() : std::vector<Member>();
  }};
};

struct Client {
  explicit Client(GodotWorld& its_world, const std::string& id = {})
      : world(its_world), wire(world, world.factory.make(), id) {}
  /// Opens a lobby and gives its name.
  std::string host(const std::string& kind) {
    const Lines told = say(message(0, kind));
    REQUIRE(told.size() == 2);
    CHECK(told[0] == message(1, "1", kind == "0" ? "true" : ""));
    const std::string lobby = told[1].substr(25, 16);
    CHECK(told[1] == message(0, "0", lobby));
    return lobby;
  }
  /// Joins a lobby and gives its own number.
  std::string join(const std::string& lobby) {
    told_of_join = say(message(0, "0", lobby));
    const std::string& first = told_of_join.at(0);
    return first.substr(15, first.find(',', 15) - 15);
  }
  Lines heard() { return wire.heard(); }
  Lines say(const std::string& text) {
    wire.say(text);
    return heard();
  }
  Lines after(std::chrono::milliseconds time) {
    world.clock.advance(time);
    world.router.on_time();
    return heard();
  }
  Status end() { return wire.closed_with(); }
  bool is_closed() { return wire.closed().has_value(); }

  GodotWorld& world;
  ProtocolClient wire;
  Lines told_of_join;
};

TEST_CASE("godot: the host makes a lobby; a newcomer gets its number, the members, and the lobby last") {
  GodotWorld world;
  Client host(world);
  const std::string lobby = host.host("0");
  Client a(world);
  const std::string a_number = a.join(lobby);
  CHECK(a.told_of_join == Lines{message(1, a_number, "true"), message(2, "1"), message(0, "0", lobby)});
  CHECK(host.heard() == Lines{message(2, a_number)});
  Client b(world);
  const std::string b_number = b.join(lobby);
  CHECK(b.told_of_join ==
        Lines{message(1, b_number, "true"), message(2, "1"), message(2, a_number), message(0, "0", lobby)});
  CHECK(a.heard() == Lines{message(2, b_number)});
  for (const std::string& number : {a_number, b_number}) {
    CHECK(std::stoul(number) >= 2);
    CHECK(std::stoul(number) <= 2147483647);
  }
  host.heard();
  a.wire.cut();
  CHECK(host.heard() == Lines{message(3, a_number)});
  CHECK(b.heard() == Lines{message(3, a_number)});
}

TEST_CASE("godot: offers, answers and candidates pass with the sender's number, byte for byte") {
  GodotWorld world;
  Client host(world);
  const std::string lobby = host.host("0");
  Client a(world);
  const std::string number = a.join(lobby);
  Client elsewhere(world);
  const std::string other = elsewhere.host("0");
  host.heard();
  a.say(message(4, "1", R"(v=0\r\n\u00e9)"));
  CHECK(host.heard() == Lines{message(4, number, R"(v=0\r\n\u00e9)")});
  host.say(R"( {"data":"v=1", "x":1, "id":)" + number + R"(.0,"type":5.0})");
  CHECK(a.heard() == Lines{message(5, "1", "v=1")});
  a.say(message(6, "1", R"(\n0\n0\ncandidate:1)"));
  CHECK(host.heard() == Lines{message(6, number, R"(\n0\n0\ncandidate:1)")});
  a.say(R"({"type":4,"id":1,"data":7})");
  CHECK(host.heard() == Lines{message(4, number)});
  a.say(message(4, "77", "nobody"));
  CHECK(a.heard().empty());
  CHECK(elsewhere.heard().empty());
  CHECK_FALSE(a.is_closed());
}

TEST_CASE("godot: in a client-server lobby, clients see only the host") {
  GodotWorld world;
  Client host(world);
  const std::string lobby = host.host("1");
  Client a(world);
  const std::string a_number = a.join(lobby);
  Client b(world);
  const std::string b_number = b.join(lobby);
  CHECK(b.told_of_join == Lines{message(1, b_number), message(2, "1"), message(0, "0", lobby)});
  CHECK(host.heard() == Lines{message(2, a_number), message(2, b_number)});
  CHECK(a.heard().empty());
  a.say(message(4, b_number, "x"));
  CHECK(b.heard().empty());
  b.say(message(4, "1", "x"));
  CHECK(host.heard() == Lines{message(4, b_number, "x")});
}

TEST_CASE("godot: when the host leaves, everybody in its lobby is closed") {
  GodotWorld world;
  Client host(world);
  const std::string lobby = host.host("0");
  Client a(world);
  a.join(lobby);
  Client elsewhere(world);
  elsewhere.host("0");
  host.wire.cut();
  CHECK(a.end() == Status{4000, "Room host has disconnected"});
  CHECK_FALSE(elsewhere.is_closed());
  Client late(world);
  late.say(message(0, "0", lobby));
  CHECK(late.end() == Status{4000, "Lobby does not exists"});
}

TEST_CASE("godot: a sealed lobby takes nobody, tells of nobody, and ends after its time") {
  GodotWorld world;
  Client host(world);
  const std::string lobby = host.host("0");
  Client a(world);
  a.join(lobby);
  Client b(world);
  b.join(lobby);
  a.heard();
  host.heard();
  CHECK(host.say(message(7, "0")) == Lines{message(7, "0")});
  CHECK(a.heard() == Lines{message(7, "0")});
  Client late(world);
  late.say(message(0, "0", lobby));
  CHECK(late.end() == Status{4000, "Lobby is sealed"});
  b.wire.cut();
  CHECK(a.heard().empty());
  CHECK(host.after(9999ms).empty());
  CHECK_FALSE(a.is_closed());
  host.after(1ms);
  CHECK(host.end() == Status{1000, "Seal complete"});
  CHECK(a.end() == Status{1000, "Seal complete"});
}

TEST_CASE("godot: the end of the host of a sealed lobby completes the seal") {
  GodotWorld world;
  Client host(world);
  const std::string lobby = host.host("0");
  Client a(world);
  a.join(lobby);
  host.say(message(7, "0"));
  host.wire.cut();
  CHECK(a.end() == Status{1000, "Seal complete"});
}

TEST_CASE("godot: each error closes its sender alone, with 4000 and the reason") {
  GodotWorld world;
  Client host(world);
  const std::string lobby = host.host("0");
  const std::string format = "Invalid message format";
  for (const auto& [text, reason] : std::vector<std::pair<std::string, std::string>>{
           {"{oops", format},
           {"null", format},
           {"[]", format},
           {"{}", format},
           {R"({"type":"0","id":0,"data":""})", format},
           {R"({"type":0,"data":""})", format},
           {R"({"type":-1,"id":0,"data":""})", format},
           {R"({"type":4,"id":-1,"data":""})", format},
           {message(8, "0"), "Invalid command"},
           {message(4, "1", "x"), "Invalid message when not in a lobby"},
           {message(7, "0"), "Invalid message when not in a lobby"},
           {message(0, "0", "unknown"), "Lobby does not exists"},
           {message(0, "0", std::string(10'000, 'x')), "Lobby does not exists"}}) {
    const std::string shown = text.substr(0, 60);
    CAPTURE(shown);
    Client client(world);
    client.say(text);
    CHECK(client.end() == Status{4000, reason});
  }
  for (const auto& [text, reason] :
       std::vector<std::pair<std::string, std::string>>{{message(0, "0", lobby), "Already in a lobby"},
                                                        {message(0, "0"), "Already in a lobby"},
                                                        {message(7, "0"), "Only host can seal the lobby"},
                                                        {message(2, "0"), "Invalid command"}}) {
    const std::string shown = text;
    CAPTURE(shown);
    Client client(world);
    client.join(lobby);
    client.say(text);
    CHECK(client.end() == Status{4000, reason});
  }
  Client binary(world);
  binary.wire.say_binary(message(0, "0"));
  CHECK(binary.end() == Status{4000, "Invalid transfer mode, must be text"});
  CHECK_FALSE(host.is_closed());
}

TEST_CASE("godot: a client that does not join a lobby in time is closed") {
  GodotWorld world;
  Client slow(world);
  Client host(world);
  host.host("0");
  slow.after(4999ms);
  CHECK_FALSE(slow.is_closed());
  slow.after(1ms);
  CHECK(slow.end() == Status{4000, "Have not joined lobby yet"});
  host.after(1h);
  CHECK_FALSE(host.is_closed());
}

TEST_CASE("godot: a local peer opens a lobby as its host, and native peers have smaller numbers") {
  GodotWorld world;
  Lines heard;
  LocalPeerOptions local;
  local.executor = world.io.get_executor();
  local.on_event = [&heard](const Event& event) {
    if (const auto* joined = std::get_if<event::PeerJoined>(&event))
      heard.push_back("+" + std::string(joined->peer.id));
    if (const auto* sent = std::get_if<event::Message>(&event)) heard.emplace_back(sent->message.payload);
  };
  const LocalPeer game = world.router.connect_local(std::move(local));
  world.run();
  game->join("godot/Arena", godot_host_metadata);
  world.run();
  Client a(world, "peer-a");
  const std::string number = a.join("Arena");
  CHECK(a.told_of_join == Lines{message(1, number, "true"), message(2, "1"), message(0, "0", "Arena")});
  a.say(message(4, "1", "v=0"));
  a.say(message(6, "1", R"(\naudio\n2\ncandidate:1\nx)"));
  CHECK(heard == Lines{"+peer-a", R"({"type":"offer","sdp":"v=0"})",
                       R"({"candidate":"candidate:1\nx","sdpMid":"audio","sdpMLineIndex":2})"});
  const auto n = native_client(world, "ada");
  n->say(R"({"type":"join","room":"godot/Arena"})");
  const Lines told = a.heard();
  REQUIRE(told.size() == 1);
  const std::string ada = told[0].substr(15, told[0].find(',', 15) - 15);
  CHECK(told[0] == message(2, ada));
  CHECK(std::stoul(ada) < std::stoul(number));
  n->forget();
  a.say(message(4, ada, "v=1"));
  CHECK(
      n->heard() ==
      Lines{R"({"type":"offer","from":"peer-a","room":"godot/Arena","data":{"type":"offer","sdp":"v=1"}})"});
  n->say(R"({"type":"answer","to":"peer-a","data":{"type":"answer","sdp":"v=2"}})",
         R"({"type":"candidate","to":"peer-a","data":{"candidate":"c","sdpMid":"","sdpMLineIndex":3}})");
  CHECK(a.heard() == Lines{message(5, ada, "v=2"), message(6, ada, R"(\n3\n3\nc)")});
}

TEST_CASE("godot: a lobby spans nodes") {
  const auto store = std::make_shared<MemoryStore>();
  const auto on = [&](const char* node) {
    RouterOptions options;
    options.store = store;
    options.node = node;
    return options;
  };
  GodotWorld one(on("one"));
  GodotWorld two(on("two"));
  for (const std::string kind : {"0", "1"}) {
    CAPTURE(kind);
    Client host(one, "host " + kind);
    const std::string lobby = host.host(kind);
    Client a(two, "client " + kind);
    const std::string number = a.join(lobby);
    CHECK(a.told_of_join.size() == 3);
    CHECK(host.heard() == Lines{message(2, number)});
    a.say(message(4, "1", "x"));
    CHECK(host.heard() == Lines{message(4, number, "x")});
    host.say(message(5, number, "y"));
    CHECK(a.heard() == Lines{message(5, "1", "y")});
    host.wire.cut();
    one.run();
    CHECK(a.end() == Status{4000, "Room host has disconnected"});
  }
}

}  // namespace
}  // namespace signaling::protocols
