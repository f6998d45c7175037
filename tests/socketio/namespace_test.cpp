// Rooms and broadcasts.
#include "signaling/socketio/namespace.hpp"

#include <doctest/doctest.h>

#include <map>

#include "signaling/core/memory_store.hpp"
#include "socketio/namespace_group.hpp"

using namespace signaling;
using namespace signaling::socketio;
using namespace signaling::socketio::test;

TEST_CASE("Rooms: an event for a room reaches its sockets, and only them") {
  Group group{"ann", "bob", "cay"};
  group.join("r", {"ann", "bob"});
  group.server.of("/").to("r").emit("hi");
  CHECK(group.hearers() == "ann bob");
  group.socket("bob").leave("r");
  group.server.of("/").to("r").emit("hi");
  CHECK(group.hearers() == "ann");
  group.server.of("/").to("nobody").emit("hi");
  CHECK(group.hearers().empty());
}

TEST_CASE("Rooms: a socket's event is for the others, whether it is in the room or not") {
  Group group{"ann", "bob", "cay"};
  group.join("r", {"ann", "bob"});
  group.socket("ann").to("r").emit("hi");
  CHECK(group.hearers() == "bob");
  group.socket("cay").to("r").emit("hi");
  CHECK(group.hearers() == "ann bob");
  group.socket("ann").broadcast().emit("hi");
  CHECK(group.hearers() == "bob cay");
  group.server.of("/").emit("hi");
  CHECK(group.hearers() == "ann bob cay");
}

TEST_CASE("Rooms: who joins and emits at once is not overtaken by the join") {
  Group group{"ann", "bob"};
  group.join("r", {"bob"});
  Socket& ann = group.socket("ann");
  ann.join("r");
  ann.to("r").emit("hi");
  CHECK(group.hearers() == "bob");
}

TEST_CASE("Rooms: several rooms and exceptions: each socket once, exceptions never") {
  Group group{"a1", "a2", "ab", "b1", "c1", "x1"};
  group.join("a", {"a1", "a2", "ab"});
  group.join("b", {"ab", "b1"});
  group.join("x", {"a2", "x1"});
  Namespace& nsp = group.server.of("/");
  nsp.to("a").to("b").emit("hi");
  CHECK(group.hearers() == "a1 a2 ab b1");
  nsp.to("a").to("b").except("x").emit("hi");
  CHECK(group.hearers() == "a1 ab b1");
  nsp.except("x").emit("hi");
  CHECK(group.hearers() == "a1 ab b1 c1");
  nsp.except("x").except("b1").emit("hi");
  CHECK(group.hearers() == "a1 ab c1");
  group.socket("a1").to("a").to("b").except("x").emit("hi");
  CHECK(group.hearers() == "ab b1");
  group.socket("c1").except("a").emit("hi");
  CHECK(group.hearers() == "b1 x1");
  nsp.to("a").to("b1").to("c1").emit("hi");
  CHECK(group.hearers() == "a1 a2 ab b1 c1");
  nsp.to("a").to("a1").emit("hi");
  CHECK(group.hearers() == "a1 a2 ab");
}

TEST_CASE("Rooms: an exception also keeps back the binary part of an event") {
  Group group{"ann", "bob"};
  group.join("r", {"ann", "bob"});
  const Arguments binary{Argument::binary(std::as_bytes(std::span(std::string_view("xy"))))};
  group.server.of("/").to("r").except("bob").emit("file", binary);
  group.server.of("/").to("r").emit("hi");
  group.run();
  CHECK(group.clients["bob"]->heard() == Lines{R"(2["hi"])"});
  CHECK(group.clients["ann"]->heard() ==
        Lines{R"(51-["file",{"_placeholder":true,"num":0}])", "<xy>", R"(2["hi"])"});
}

TEST_CASE("Rooms: the id of a socket is a room of its own, which nobody can take from it") {
  Group group{"ann", "bob"};
  Namespace& nsp = group.server.of("/");
  nsp.to("ann").emit("hi");
  CHECK(group.hearers() == "ann");
  group.socket("ann").to("bob").emit("hi");
  CHECK(group.hearers() == "bob");
  group.socket("ann").to("ann").emit("hi");
  CHECK(group.hearers().empty());
  group.join("ann", {"bob"});
  nsp.to("ann").emit("hi");
  CHECK(group.hearers() == "ann bob");
  group.socket("ann").leave("ann");
  CHECK(group.socket("ann").rooms() == Lines{"ann"});
}

TEST_CASE("Rooms: rooms and their sockets can be asked for") {
  Group group{"ann", "bob"};
  group.join("r", {"ann", "bob"});
  group.join("s", {"ann"});
  Namespace& nsp = group.server.of("/");
  CHECK(group.socket("ann").rooms() == Lines{"ann", "r", "s"});
  CHECK(nsp.sockets_of("r") == Lines{"ann", "bob"});
  CHECK(nsp.sockets_of("bob") == Lines{"bob"});
  CHECK(nsp.sockets_of("none").empty());
  CHECK(nsp.sockets() == Lines{"ann", "bob"});
  group.clients["ann"]->cut(CloseReason::lost);
  CHECK(nsp.sockets_of("r") == Lines{"bob"});
  CHECK(nsp.sockets() == Lines{"bob"});
  CHECK(!nsp.find("ann"));
}

TEST_CASE("Rooms: joins tell how they went, and what has failed is no room") {
  RouterOptions limits;
  limits.limits.max_peers_per_room = 1;
  Lines results;
  Group group({"ann", "bob"}, limits);
  const auto note = [&](std::error_code error) { results.push_back(error ? error.message() : "ok"); };
  group.socket("ann").join("r", note);
  group.socket("bob").join("r", note);
  CHECK(group.socket("bob").rooms() == Lines{"bob", "r"});
  group.run();
  CHECK(results == Lines{"ok", make_error_code(errc::room_full).message()});
  CHECK(group.socket("bob").rooms() == Lines{"bob"});
  group.socket("bob").join("", note);
  CHECK(results.back() == make_error_code(errc::bad_id).message());
  CHECK(group.hearers().empty());
}

TEST_CASE("Rooms: a socket that the host's peer is put out of a room knows") {
  Group group{"ann"};
  group.join("r", {"ann"});
  group.router.find_peer("ann")->kick("r");
  group.run();
  CHECK(group.socket("ann").rooms() == Lines{"ann"});
}

TEST_CASE("Rooms: rooms of two namespaces have nothing to do with each other, whatever clients call them") {
  std::map<std::string, SocketPtr> sockets;
  Lines results;
  ServerScript script;
  for (const char* name : {"/", "/game"}) {
    script.server.of(name).on_connection([&, name](const SocketPtr& socket) { sockets[name] = socket; });
  }
  FakeSession& client = script.client("ann");
  script.say(client, "0/game,");
  client.heard();
  sockets["/"]->join("r");
  sockets["/game"]->join("r");
  for (const char* forged : {"/game,r", "/game,", "/,"}) {
    sockets["/"]->join(forged, [&](std::error_code error) { results.push_back(error.message()); });
  }
  CHECK(results == Lines(3, make_error_code(errc::bad_id).message()));
  script.run();
  script.server.of("/game").to("r").emit("hi");
  script.run();
  CHECK(client.heard() == Lines{R"(2/game,["hi"])"});
  script.server.of("/game").emit("all");
  script.server.of("/").to("r").emit("hi");
  script.run();
  CHECK(client.heard() == Lines{R"(2/game,["all"])", R"(2["hi"])"});
  CHECK(script.router.find_room("/game,r"));
  CHECK(sockets["/game"]->rooms() == Lines{sockets["/game"]->id(), "r"});
  script.router.find_peer(sockets["/game"]->id())->kick("/game,r");
  script.run();
  CHECK(sockets["/game"]->rooms() == Lines{sockets["/game"]->id()});
}

TEST_CASE("Rooms: a broadcast is encoded once and shared") {
  Group group{"ann", "bob"};
  group.join("r", {"ann", "bob"});
  const std::size_t sends = group.clients["ann"]->sends();
  for (int i = 0; i < 3; ++i) group.server.of("/").to("r").emit("hi");
  group.run();
  CHECK(group.clients["ann"]->heard() == Lines(3, R"(2["hi"])"));
  CHECK(group.clients["ann"]->sends() == sends + 1);
}

TEST_CASE("Rooms: volatile events are lost by those whose connection is behind") {
  RouterOptions limits;
  limits.limits.max_message_bytes = 100;
  limits.limits.max_outbound_bytes = 100;
  Group group({"ann"}, limits);
  group.clients["ann"]->stick();
  const Arguments text{quote(std::string(30, 'x'))};
  group.server.of("/").emit("a", text);
  group.server.of("/").to("ann").volatile_delivery().emit("b", text);
  group.server.of("/").emit("c", text);
  group.run();
  const Lines heard = group.clients["ann"]->heard();
  REQUIRE(heard.size() == 2);
  CHECK(heard[1].starts_with(R"(2["c")"));
}

TEST_CASE("Rooms: native clients share the rooms of the main namespace") {
  Group group{"ann"};
  group.join("r", {"ann"});
  NativeClient native(group, "nat");
  group.run();
  native.say(R"({"type":"join","room":"r"})");
  group.run();
  native.heard();
  group.server.of("/").to("r").emit("one", {R"({"a":1})"});
  group.socket("ann").to("r").emit("two", {1, 2});
  group.socket("ann").to("nat").emit("three");  // no socket of this namespace
  group.run();
  CHECK(native.heard() == Lines{R"({"type":"event","from":"","event":"one","room":"r","data":{"a":1}})",
                                R"({"type":"event","from":"ann","event":"two","room":"r","data":[1,2]})"});
  group.clients["ann"]->heard();
  native.say(R"({"type":"offer","to":"ann","data":{"sdp":"x"}})");
  native.say(R"({"type":"event","event":"chat","room":"r","data":"hello"})");
  native.say(R"({"type":"event","event":"disconnect","room":"r"})");
  group.run();
  CHECK(group.clients["ann"]->heard() ==
        Lines{R"(2["offer",{"sdp":"x"},{"from":"nat"}])", R"(2["chat","hello",{"from":"nat","room":"r"}])"});
}

TEST_CASE("Rooms: a namespace that speaks on several nodes reaches all its sockets, once") {
  const auto store = std::make_shared<MemoryStore>();
  RouterOptions options;
  options.store = store;
  options.node = "here";
  Group here({"ann", "cay"}, options);
  options.node = "there";
  Group there({"bob", "dan"}, options);
  here.join("r", {"ann", "cay"});
  there.join("r", {"bob"});
  here.join("s", {"cay"});
  there.join("s", {"bob", "dan"});
  const auto hearers = [&] {
    std::string names = here.hearers();
    return names + "|" + there.hearers();
  };
  here.server.of("/").to("r").emit("hi");
  CHECK(hearers() == "ann cay|bob");
  here.server.of("/").emit("hi");
  CHECK(hearers() == "ann cay|bob dan");
  here.server.of("/").to("dan").emit("hi");
  CHECK(hearers() == "|dan");
  here.server.of("/").to("r").to("s").emit("hi");
  CHECK(hearers() == "ann cay|bob dan");
  here.socket("ann").to("r").to("s").except("dan").emit("hi");
  CHECK(hearers() == "cay|bob");
  CHECK(here.server.of("/").sockets_of("r") == Lines{"ann", "cay", "bob"});
  Lines fetched;
  const auto keep = [&](std::error_code error, const std::vector<PeerId>& ids) {
    CHECK(!error);
    fetched = ids;
  };
  there.join("t", {"dan"});
  CHECK(here.server.of("/").sockets_of("t").empty());
  here.server.of("/").fetch_sockets("t", keep);
  CHECK(fetched == Lines{"dan"});
  here.server.of("/").fetch_sockets("", keep);
  CHECK(fetched == Lines{"ann", "cay", "bob", "dan"});
}

TEST_CASE("Rooms: the sockets of a room are disconnected on all nodes, and nobody else hears of it") {
  const auto store = std::make_shared<MemoryStore>();
  RouterOptions options;
  options.store = store;
  options.node = "here";
  Group here({"ann", "cay"}, options);
  options.node = "there";
  Group there({"bob", "dan"}, options);
  NativeClient native(here, "nat");
  here.join("r", {"ann", "cay"});
  there.join("r", {"bob"});
  native.say(R"({"type":"join","room":"r"})");
  here.run();
  there.run();
  CHECK(native.heard().size() == 2);
  CHECK(here.server.of("/").to("r").except("cay").disconnect().status == SendStatus::sent);
  here.run();
  there.run();
  CHECK(here.clients["ann"]->heard() == Lines{"1"});
  CHECK(there.clients["bob"]->heard() == Lines{"1"});
  CHECK(here.clients["cay"]->heard().empty());
  CHECK(there.clients["dan"]->heard().empty());
  CHECK(here.server.of("/").sockets_of("r") == Lines{"cay", "nat"});
  for (const std::string& line : native.heard()) CHECK(line.starts_with(R"({"type":"peer-left")"));
  there.server.of("/").to("dan").disconnect(Disconnect::connection);
  there.run();
  CHECK(there.clients["dan"]->heard() == Lines{"1", "closed: kicked"});
}
