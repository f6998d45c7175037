#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "redis/support/backend_world.hpp"

using namespace signaling;
using namespace signaling::redis;
using namespace signaling::redis::testing;

namespace {

// Ids in the order of their names: "peer@version of joining".
Texts members_of(const RoomState& state) {
  Texts texts;
  for (const StoreMember& member : state.members) {
    texts.push_back(member.id + "@" + std::to_string(member.joined_at));
  }
  std::ranges::sort(texts);
  return texts;
}

struct Rooms : World {
  Rooms() {
    a.open();
    b.open();
  }
};

}  // namespace

TEST_CASE_FIXTURE(Rooms, "redis backend: the joiner gets the room, the other nodes in it the change") {
  const auto first = a.join("room", "p1", 11);
  REQUIRE_FALSE(first.error);
  CHECK(first.value.version == 1);
  REQUIRE(first.value.state.has_value());
  CHECK(members_of(*first.value.state) == Texts{"p1@1"});
  const auto second = b.join("room", "p2", 12);
  REQUIRE(second.value.state.has_value());
  CHECK(second.value.state->version == 2);
  CHECK(members_of(*second.value.state) == Texts{"p1@1", "p2@2"});
  const StoreMember& member = second.value.state->members.front();
  CHECK(member.metadata.view() == "\"m\"");
  CHECK((member.id == "p1" ? member.node == a.id : member.node == b.id));
  const auto news = a.news();
  REQUIRE(texts_of(news) == Texts{"joined room 2 p2"});
  CHECK(news.front().change.member.node == b.id);
  CHECK(news.front().change.member.epoch == 12);
  CHECK(news.front().change.member.joined_at == 2);
  CHECK(news.front().change.member.metadata.view() == "\"m\"");
  CHECK(b.news().empty());
}

TEST_CASE_FIXTURE(Rooms, "redis backend: an answer names its place among the news") {
  a.join("room", "p1", 1);
  CHECK(a.place == 0);
  b.join("room", "p2", 2);
  b.update("room", "p2", 2, "1");
  a.leave("room", "p1", 1);
  CHECK(a.place == 3);
  b.update("room", "p2", 2, "2");
  a.snapshot("room");
  CHECK(a.place == 4);
  a.join("room", "p1", 3);
  b.leave("room", "p2", 2);
  a.update("room", "p1", 3, "3");
  CHECK(a.place == 7);
  CHECK(texts_of(a.read().value) == Texts{"mark", "joined room 2 p2", "updated room 3 p2", "mark", "mark",
                                          "mark", "left room 7 p2 leave", "mark"});
}

TEST_CASE_FIXTURE(Rooms, "redis backend: a node without members in a room hears nothing of it") {
  a.join("room", "p1", 1);
  b.join("other", "p2", 2);
  a.leave("room", "p1", 1);
  CHECK(b.news().empty());
}

TEST_CASE_FIXTURE(Rooms, "redis backend: the state is left out for who has followed the room") {
  a.join("room", "p1", 1);
  CHECK_FALSE(a.join("room", "p2", 2, 1).value.state.has_value());
  CHECK(b.join("room", "p3", 3, 2).value.state.has_value());
  CHECK_FALSE(b.join({"room", {"p4", {}, 4, {}, 0}, 0, 0, false}).value.state.has_value());
}

TEST_CASE_FIXTURE(Rooms, "redis backend: a full room takes nobody, except for who is in it") {
  CHECK_FALSE(a.join({"room", {"p1", {}, 1, {}, 0}, 1, 0}).error);
  CHECK(b.join({"room", {"p2", {}, 2, {}, 0}, 1, 0}).error == errc::room_full);
  CHECK_FALSE(b.join({"room", {"p1", {}, 3, {}, 0}, 1, 0}).error);
  CHECK(a.snapshot("room").value.version == 3);
}

TEST_CASE_FIXTURE(Rooms, "redis backend: to join again with the same epoch changes nothing") {
  a.join("room", "p1", 1);
  b.join("room", "p2", 2);
  const auto again = a.join("room", "p1", 1);
  CHECK_FALSE(again.error);
  CHECK(again.value.version == 2);
  REQUIRE(again.value.state.has_value());
  CHECK(members_of(*again.value.state) == Texts{"p1@1", "p2@2"});
  CHECK(again.value.joined_at == 1);
  CHECK_FALSE(a.join("room", "p1", 1, 2).value.state.has_value());
  CHECK(b.news().empty());
}

TEST_CASE_FIXTURE(Rooms, "redis backend: a younger epoch replaces an older one, told as left and joined") {
  a.join("room", "witness", 1);
  a.join("room", "peer", 2, 1);
  const auto replaced = b.join("room", "peer", 3);
  CHECK(replaced.value.version == 4);
  REQUIRE(replaced.value.state.has_value());
  CHECK(members_of(*replaced.value.state) == Texts{"peer@4", "witness@1"});
  CHECK(texts_of(a.news()) == Texts{"left room 3 peer disconnect", "joined room 4 peer"});
  CHECK(a.leave("room", "peer", 2).error == errc::not_joined);
  CHECK(a.join("room", "peer", 2).error == errc::id_in_use);
  CHECK(b.snapshot("room").value.version == 4);
}

TEST_CASE_FIXTURE(Rooms, "redis backend: nobody joins as a peer whose id another claim has") {
  const Epoch epoch = a.claim("peer").value;
  CHECK(b.join("room", "peer", epoch + 1).error == errc::id_in_use);
  CHECK(b.join("room", "peer", epoch).error == errc::id_in_use);
  CHECK(a.join("room", "peer", epoch - 1).error == errc::id_in_use);
  CHECK_FALSE(a.join("room", "peer", epoch).error);
}

TEST_CASE_FIXTURE(Rooms, "redis backend: a member that is brought back with other metadata is updated") {
  a.join("room", "p1", 1);
  b.join("room", "p2", 2);
  CHECK(b.join({"room", {"p2", {}, 2, Payload("[]"), 2}, 0, 2}).value.version == 3);
  CHECK(texts_of(a.news()) == Texts{"joined room 2 p2", "updated room 3 p2"});
  CHECK(b.join({"room", {"p2", {}, 2, Payload("[]"), 2}, 0, 9}).value.version == 9);
  CHECK(a.snapshot("room").value.version == 9);
}

TEST_CASE_FIXTURE(Rooms, "redis backend: a node learns what the database takes for its own") {
  CHECK(a.own().value.members.empty());
  CHECK(a.own().value.claims.empty());
  const std::string odd("\0*\r\n", 4);
  const Epoch epoch = a.claim(odd).value;
  a.join(odd, odd, epoch);
  b.join(odd, "p2", 2);
  const auto owned = a.own().value;
  REQUIRE(owned.members.size() == 1);
  CHECK(owned.members.front().room == odd);
  CHECK(owned.members.front().peer == odd);
  CHECK(owned.members.front().epoch == epoch);
  REQUIRE(owned.claims.size() == 1);
  CHECK(owned.claims.front().peer == odd);
  CHECK(owned.claims.front().epoch == epoch);
}

TEST_CASE_FIXTURE(Rooms, "redis backend: the version goes on from what the caller has seen of the room") {
  CHECK(a.join("room", "p1", 1, 40).value.version == 41);
  CHECK(b.join("room", "p2", 2, 7).value.version == 42);
  CHECK(a.snapshot("room").value.version == 42);
  CHECK(a.snapshot("room", 50).value.version == 50);
  CHECK(a.leave("room", "p1", 1).value == 51);
}

TEST_CASE_FIXTURE(Rooms, "redis backend: a member that is brought back keeps the version it joined at") {
  StoreMember member{"p1", {}, 1, {}, 17};
  CHECK(a.join({"room", member, 0, 30}).value.version == 31);
  CHECK(members_of(a.snapshot("room").value) == Texts{"p1@17"});
}

TEST_CASE_FIXTURE(Rooms, "redis backend: only the epoch that is named leaves, once") {
  a.join("room", "p1", 5);
  b.join("room", "p2", 6);
  CHECK(a.leave("room", "p1", 4).error == errc::not_joined);
  CHECK(a.leave("room", "p1", 5, LeaveReason::kicked).value == 3);
  CHECK(a.leave("room", "p1", 5).error == errc::not_joined);
  const auto news = b.news();
  REQUIRE(texts_of(news) == Texts{"left room 3 p1 kicked"});
  CHECK(news.front().change.member.epoch == 5);
  CHECK(members_of(b.snapshot("room").value) == Texts{"p2@2"});
}

TEST_CASE_FIXTURE(Rooms, "redis backend: new metadata are told, the same ones change nothing") {
  a.join("room", "p1", 1);
  b.join("room", "p2", 2);
  CHECK(b.update("room", "p2", 2, "[]").value == 3);
  CHECK(b.update("room", "p2", 2, "[]").value == 3);
  CHECK(b.update("room", "p2", 1, "{}").error == errc::not_joined);
  const auto news = a.news();
  REQUIRE(texts_of(news) == Texts{"joined room 2 p2", "updated room 3 p2"});
  CHECK(news.back().change.member.metadata.view() == "[]");
  CHECK(news.back().change.member.joined_at == 2);
}

TEST_CASE_FIXTURE(Rooms,
                  "redis backend: an unknown room is empty, at version 0, and so is one that all have left") {
  CHECK(a.snapshot("nowhere", 9).value.version == 0);
  a.join("room", "p1", 1);
  CHECK(a.leave("room", "p1", 1).value == 2);
  CHECK(a.snapshot("room").value.version == 0);
  CHECK(a.snapshot("room").value.members.empty());
  CHECK(std::ranges::none_of(keys(), [](const std::string& key) { return key.find("room") != key.npos; }));
  CHECK(server.first({"EXISTS", "signaling:members:node-a"}) == "0");
}

TEST_CASE_FIXTURE(Rooms, "redis backend: names and metadata are any bytes, and no two names are one") {
  const std::array<std::string, 8> names{"{x}",
                                         "*",
                                         "a\r\nb",
                                         std::string("\0", 1),
                                         std::string("\0\0", 2),
                                         "\xFF\xFE",
                                         "room:%2A",
                                         std::string(128, '\xF0')};
  Epoch epoch = 0;
  for (const std::string& name : names) {
    CHECK_FALSE(a.join({name, {name, {}, ++epoch, Payload(name), 0}, 0, 0}).error);
    CHECK_FALSE(a.claim(name).error);
  }
  for (const std::string& name : names) {
    const auto state = b.snapshot(name).value;
    REQUIRE(state.members.size() == 1);
    CHECK(state.members.front().id == name);
    CHECK(state.members.front().metadata.view() == name);
    b.join({name, {"other", {}, ++epoch, Payload(name), 0}, 0, 0});
    const auto news = a.news();
    REQUIRE(news.size() == 1);
    CHECK(news.front().change.room == name);
    CHECK(news.front().change.member.metadata.view() == name);
    CHECK_FALSE(b.claim({name, 0, "n", "secret"}).error);
    CHECK(texts_of(a.news()) == Texts{"displaced " + name});
  }
  a.goodbye();
  b.goodbye();
  CHECK(keys() == Texts{});
}

TEST_CASE("redis backend: a node may have any name") {
  World world;
  Node odd(world.io, world.server.url(), std::string("\0*{n}\r\n\xFF:%", 10));
  odd.open();
  world.a.open();
  world.a.join("room", "p1", 1);
  odd.join("room", "p2", 2);
  CHECK(texts_of(world.a.news()) == Texts{"joined room 2 p2"});
  world.a.leave("room", "p1", 1);
  const auto news = odd.news();
  CHECK(texts_of(news) == Texts{"left room 3 p1 leave"});
  CHECK(world.a.snapshot("room").value.members.front().node == odd.id);
}

TEST_CASE_FIXTURE(Rooms, "redis backend: a room of ten thousand members comes in one answer") {
  constexpr int count = 10'000;
  int joined = 0;
  for (int i = 0; i < count; ++i) {
    Backend::Join request{
        "room", {"peer-" + std::to_string(i), a.id, Epoch(i + 1), Payload("{}"), 0}, 0, 0, false};
    a.backend->join(a.session, request,
                    [&](std::error_code error, const Backend::Joined&) { joined += !error; });
    // Not so many at once that the first answer takes longer than a session waits for one.
    if (i % 500 == 0) (void)a.snapshot("elsewhere");
  }
  const auto state = a.snapshot("room").value;
  CHECK(joined == count);
  CHECK(state.version == count);
  CHECK(state.members.size() == count);
  CHECK(b.join("room", "last", count + 1).value.state->members.size() == count + 1);
  CHECK_FALSE(a.goodbye());
  CHECK(b.snapshot("room").value.version == 2 * count + 1);
}
