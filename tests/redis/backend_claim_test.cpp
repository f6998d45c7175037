#include <doctest/doctest.h>

#include "redis/support/backend_world.hpp"

using namespace signaling;
using namespace signaling::redis;
using namespace signaling::redis::testing;

TEST_CASE("redis backend: an id belongs to one node, and each claim has a greater epoch") {
  World world;
  world.a.open();
  world.b.open();
  const auto first = world.a.claim("peer");
  CHECK_FALSE(first.error);
  CHECK(world.b.claim({"peer", 0, "other", {}}).error == errc::id_in_use);
  CHECK_FALSE(world.a.release("peer", first.value));
  CHECK(world.server.first({"EXISTS", "signaling:peers", "signaling:claims:node-a"}) == "0");
  const auto second = world.b.claim({"peer", 0, "other", {}});
  CHECK_FALSE(second.error);
  CHECK(second.value > first.value);
}

TEST_CASE(
    "redis backend: a claim that is asked for again is the same claim; another of the same node is not") {
  World world;
  world.a.open();
  const auto first = world.a.claim({"peer", 0, "secret", {}});
  CHECK(world.a.claim({"peer", 0, "secret", {}}).value == first.value);
  CHECK(world.a.claim({"peer", 0, "another", {}}).error == errc::id_in_use);
  CHECK_FALSE(world.a.claim({"nobody's", 0, "", {}}).error);
  CHECK(world.a.claim({"nobody's", 0, "", {}}).error == errc::id_in_use);
}

TEST_CASE("redis backend: a release of another epoch does nothing") {
  World world;
  world.a.open();
  const auto claim = world.a.claim("peer");
  CHECK_FALSE(world.a.release("peer", claim.value + 1));
  CHECK_FALSE(world.a.release("peer", claim.value - 1));
  CHECK(world.a.claim({"peer", 0, "x", {}}).error == errc::id_in_use);
}

TEST_CASE("redis backend: the secret takes an id over from another node, which is told") {
  World world;
  world.a.open();
  world.b.open();
  const auto first = world.a.claim({"peer", 0, "secret", {}});
  CHECK(world.b.claim({"peer", 0, "new", "wrong"}).error == errc::id_in_use);
  const auto second = world.b.claim({"peer", 0, "new", "secret"});
  REQUIRE_FALSE(second.error);
  CHECK(second.value > first.value);
  const auto news = world.a.news();
  REQUIRE(texts_of(news) == Texts{"displaced peer"});
  CHECK(news.front().change.member.epoch == first.value);
  CHECK_FALSE(world.a.release("peer", first.value));
  CHECK(world.a.claim({"peer", 0, "x", "secret"}).error == errc::id_in_use);
}

TEST_CASE("redis backend: nobody takes over an id that was claimed without a secret") {
  World world;
  world.a.open();
  world.b.open();
  world.a.claim({"peer", 0, "", {}});
  CHECK(world.b.claim({"peer", 0, "new", ""}).error == errc::id_in_use);
}

TEST_CASE("redis backend: a restored claim keeps its epoch, and those chosen later are greater") {
  World world;
  world.a.open();
  const Epoch much_later = world.a.claim("first").value + 1'000'000'000;
  CHECK(world.a.claim({"peer", much_later, "secret", {}}).value == much_later);
  CHECK(world.a.claim("next").value > much_later);
  SUBCASE("and may be restored again by the node that holds it, with another epoch") {
    CHECK(world.a.claim({"peer", much_later + 5, "other", {}}).value == much_later + 5);
    CHECK(world.a.claim({"peer", 0, "other", {}}).value == much_later + 5);
  }
  SUBCASE("but not by another") {
    world.b.open();
    CHECK(world.b.claim({"peer", much_later, "secret", {}}).error == errc::id_in_use);
  }
}

TEST_CASE("redis backend: epochs grow across the loss of all data") {
  World world;
  world.a.open();
  const Epoch before = world.a.claim("peer").value;
  world.server.command({"FLUSHALL"});
  CHECK(world.a.open().claim("peer").value > before);
}

TEST_CASE("redis backend: secrets are not kept in the database") {
  World world;
  world.a.open();
  world.a.claim({"peer", 0, "the secret", {}});
  CHECK(world.server.first({"HGET", "signaling:peers", "peer"}).find("the secret") == std::string::npos);
}
