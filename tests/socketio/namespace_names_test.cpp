// What a name means where sockets, rooms and other peers may be called the same, and joins that overtake each other.
#include <doctest/doctest.h>

#include <memory>

#include "signaling/core/memory_store.hpp"
#include "signaling/socketio/namespace.hpp"
#include "socketio/namespace_group.hpp"

using namespace signaling;
using namespace signaling::socketio;
using namespace signaling::socketio::test;

TEST_CASE(
    "Rooms: a peer that is called like a room, and not in it, gets nothing, and does not keep it from "
    "others") {
  const auto store = std::make_shared<MemoryStore>();
  RouterOptions options;
  options.store = store;
  options.node = "here";
  Group here({"ann"}, options);
  options.node = "there";
  Group there({"bob"}, options);
  there.join("lobby", {"bob"});
  NativeClient native(here, "lobby");
  here.run();
  native.heard();
  for (const auto emit : {+[](Group& group) { group.server.of("/").to("lobby").emit("hi"); },
                          +[](Group& group) { group.socket("ann").to("lobby").emit("hi"); }}) {
    emit(here);
    CHECK(here.hearers().empty());
    CHECK(there.hearers() == "bob");
    CHECK(native.heard().empty());
  }
  CHECK(here.server.of("/").to("lobby").disconnect().status == SendStatus::sent);
  here.run();
  there.run();
  CHECK(there.clients["bob"]->heard() == Lines{"1"});
  CHECK(here.router.find_peer("lobby"));
}

TEST_CASE(
    "Rooms: a socket that is called like a room is told what the room is told, and hides nobody in it") {
  const auto store = std::make_shared<MemoryStore>();
  RouterOptions options;
  options.store = store;
  options.node = "here";
  Group here({"ann", "lobby"}, options);
  options.node = "there";
  Group there({"bob"}, options);
  here.join("lobby", {"ann"});
  there.join("lobby", {"bob"});
  const auto hearers = [&] {
    std::string names = here.hearers();
    return names + "|" + there.hearers();
  };
  here.server.of("/").to("lobby").emit("hi");
  CHECK(hearers() == "ann lobby|bob");
  there.server.of("/").to("lobby").emit("hi");
  CHECK(hearers() == "ann lobby|bob");
  here.socket("lobby").to("lobby").emit("hi");
  CHECK(hearers() == "ann|bob");
  CHECK(here.server.of("/").sockets_of("lobby") == Lines{"lobby", "ann", "bob"});
  Lines fetched;
  here.server.of("/").fetch_sockets("lobby",
                                    [&](std::error_code, std::vector<PeerId> ids) { fetched = ids; });
  CHECK(fetched == Lines{"lobby", "ann", "bob"});
}

TEST_CASE("Rooms: ids of sockets of another namespace mean nothing in this one, on this node and on others") {
  const auto store = std::make_shared<MemoryStore>();
  RouterOptions options;
  options.store = store;
  options.node = "here";
  ServerScript here({}, options);
  options.node = "there";
  ServerScript there({}, options);
  for (ServerScript* script : {&here, &there}) {
    script->server.of("/");
    script->server.of("/admin");
  }
  FakeSession& admin = here.session("boss");
  here.say(admin, "0/admin,");
  const Lines answer = admin.heard();
  REQUIRE(answer.size() == 1);
  const std::string id = answer[0].substr(std::string(R"(0/admin,{"sid":")").size(), 22);
  REQUIRE(here.server.of("/admin").find(id));
  here.client("eve");
  for (ServerScript* script : {&here, &there}) {
    Namespace& chat = script->server.of("/");
    chat.to(id).emit("secret");
    (void)chat.to(id).disconnect();
    CHECK(chat.sockets_of(id).empty());
    here.run();
    there.run();
    CHECK(admin.heard().empty());
    script->server.of("/admin").to(id).emit("hi");
    here.run();
    there.run();
    CHECK(admin.heard() == Lines{R"(2/admin,["hi"])"});
  }
}

TEST_CASE("Rooms: a second join of the same room gets the result of the first") {
  RouterOptions limits;
  limits.limits.max_peers_per_room = 1;
  Lines results;
  Group group({"ann", "bob"}, limits);
  const auto note = [&](std::error_code error) { results.push_back(error ? error.message() : "ok"); };
  group.join("r", {"ann"});
  group.socket("bob").join("r", note);
  group.socket("bob").join("r", note);
  CHECK(results.empty());
  group.run();
  CHECK(results == Lines(2, make_error_code(errc::room_full).message()));
  CHECK(group.socket("bob").rooms() == Lines{"bob"});
}

TEST_CASE("Rooms: a join that fails takes nothing from a later one") {
  struct SecondThoughts final : Policy {
    void authorize_join(const Peer&, const JoinAttempt& attempt, Callback<void(Decision)> done) override {
      const bool refused = attempt.room == "r" && ++joins == 1;
      done(refused ? Decision::refuse("No") : Decision::allow());
    }
    int joins = 0;
  };
  RouterOptions options;
  options.policy = std::make_shared<SecondThoughts>();
  Lines results;
  Group group({"ann"}, options);
  const auto note = [&](std::error_code error) { results.push_back(error ? error.message() : "ok"); };
  group.socket("ann").join("r", note);
  group.socket("ann").leave("r");
  group.socket("ann").join("r", note);
  group.run();
  CHECK(results == Lines{make_error_code(errc::forbidden).message(), "ok"});
  CHECK(group.socket("ann").rooms() == Lines{"ann", "r"});
}

TEST_CASE("Rooms: a join behind a kick that the socket has not heard of is a new one") {
  Lines results;
  Group group{"ann"};
  group.join("r", {"ann"});
  Socket& ann = group.socket("ann");
  group.router.find_peer("ann")->kick("r");
  group.io.restart();
  while (group.router.find_room("r")) REQUIRE(group.io.poll_one() == 1);
  ann.join("r", [&](std::error_code error) { results.push_back(error ? error.message() : "ok"); });
  group.run();
  CHECK(results == Lines{"ok"});
  CHECK(ann.rooms() == Lines{"ann", "r"});
  CHECK(group.server.of("/").sockets_of("r") == Lines{"ann"});
}
