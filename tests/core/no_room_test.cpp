// Messages of other nodes' peers that go to a peer, and name no room.
#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>

#include "core/sender_rooms.hpp"
#include "core/support/distant_world.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

/// The world of `a` in the room `r`, which `a` has joined at version 1, and `x` on another node.
struct World : DistantWorld {
  using DistantWorld::DistantWorld;

  /// x sends to a peer of this node, while x is in these rooms.
  void send(std::string_view to, std::string_view text, std::initializer_list<SenderRoom> rooms) {
    std::string bytes;
    for (const SenderRoom& room : rooms) append_sender_room(bytes, room);
    Message message = Message::text(text);
    message.to = to;
    Route route;
    route.from = "x";
    route.from_epoch = 7;
    route.from_rooms = bytes;
    route.reach = Reach::anybody;
    store->listener->delivered(message, route);
    run();
  }

  /// What the room has asked the store for.
  void see(RoomState state) {
    store->state = std::move(state);
    store->holds = false;
    std::exchange(store->held, {})({}, *store->state);
    run();
  }
};

RoomState with_x(Version joined_at) { return {joined_at, {{"x", "other", 7, {}, joined_at}}}; }

}  // namespace

TEST_CASE("no room: a message waits for its sender's join in a room that both are in") {
  World w;
  w.a->say("hall r name");
  w.run();
  (void)w.a->heard();
  for (const std::string& to : {std::string("a"), alias_mark + std::string("name")}) {
    const Version joined_at = ++w.store->version;
    const int snapshots = w.store->snapshots;
    w.store->holds = true;
    w.send(to, "hello", {{"elsewhere", 9}, {"r", joined_at}});
    CHECK(w.a->heard().empty());
    REQUIRE(w.store->snapshots == snapshots + 1);
    w.see(with_x(joined_at));
    CHECK(w.a->heard() == Lines{"+peer r v" + std::to_string(joined_at) + " x", "msg x hello"});
    w.store->change(Kind::left, "x", 7);
    w.run();
    (void)w.a->heard();
  }
  CHECK(w.store->notices.empty());
}

TEST_CASE("no room: a message whose sender is not in the room that both should be in is refused") {
  World w;
  w.store->state = RoomState{1, {}};
  w.send("a", "unknown", {{"r", 5}});
  CHECK(w.store->snapshots == 1);
  w.send("a", "unknown", {{"r", 5}});
  CHECK(w.store->snapshots == 1);  // and not once more for each message
  CHECK(w.a->heard().empty());
  CHECK(std::exchange(w.store->notices, {}) == Lines(2, "x undelivered messages_lost"));
}

TEST_CASE("no room: a message that comes after its sender's leave was told is refused") {
  World w;
  w.store->change(Kind::joined, "x", 7);
  w.store->change(Kind::left, "x", 7);
  w.send("a", "late", {{"r", 2}});
  CHECK(w.a->heard() == Lines{"+peer r v2 x", "-peer r v3 x leave"});
  CHECK(w.store->notices == Lines{"x undelivered messages_lost"});
  w.store->change(Kind::joined, "x", 7);
  w.send("a", "of the stay before", {{"r", 2}});
  w.send("a", "hello", {{"r", 4}});
  CHECK(w.a->heard() == Lines{"+peer r v4 x", "msg x hello"});
}

TEST_CASE("no room: a message of somebody who shares no room with its receiver is delivered at once") {
  World w;
  w.send("a", "1", {});
  w.send("a", "2", {{"elsewhere", 9}});
  const auto b = w.world.client("b");
  w.run();
  (void)b->heard();
  w.send("b", "3", {{"r", 9}});
  CHECK(w.a->heard() == Lines{"msg x 1", "msg x 2"});
  CHECK(b->heard() == Lines{"msg x 3"});
  CHECK(w.store->snapshots == 0);
}

TEST_CASE("no room: one room that shows the sender is enough") {
  World w;
  w.a->say("join s");
  w.store->listener->changed({"s", 3, Kind::joined, {"x", "other", 7, {}, 3}, {}});
  w.run();
  (void)w.a->heard();
  w.send("a", "hello", {{"r", 1}, {"s", 3}});
  CHECK(w.a->heard() == Lines{"msg x hello"});
}

TEST_CASE("no room: a message reaches a receiver that leaves the room while it waits there") {
  World w;
  w.store->holds_changes = w.store->holds = true;
  w.a->say("leave r");
  w.store->listener->invalidated("r", Missed::changes);
  REQUIRE(w.store->answer());
  w.send("a", "hello", {{"r", 2}});
  CHECK(w.a->heard().empty());
  w.see({2, {}});
  CHECK(w.a->heard() == Lines{"left r leave", "msg x hello"});
  CHECK(w.store->notices.empty());
}

TEST_CASE("no room: messages of one sender keep their order, whether they name a room or not") {
  World w;
  w.store->change(Kind::joined, "x", 7);
  const auto b = w.world.client("b");
  b->say("hall s name");
  w.run();
  (void)w.a->heard();
  (void)b->heard();
  w.store->holds = true;
  w.store->listener->invalidated("r", Missed::changes);
  w.message("x", "r", 7, 2);
  w.send("a", "2", {});
  w.send(alias_mark + std::string("name"), "3", {});
  w.send("a", "4", {{"r", 2}});
  w.message("x", "r", 7, 2);
  w.run();
  CHECK(w.a->heard().empty());
  CHECK(b->heard().empty());
  w.see(with_x(2));
  CHECK(w.a->heard() == Lines{"msg x r", "msg x 2", "msg x 4", "msg x r"});
  CHECK(b->heard() == Lines{"msg x 3"});
  w.send("a", "5", {});
  CHECK(w.a->heard() == Lines{"msg x 5"});
}

TEST_CASE("no room: of a message that cannot wait, because too many do, the sender is told") {
  Limits limits;
  limits.max_message_bytes = 1'000;
  limits.max_outbound_bytes = 4'000;
  World w(limits);
  w.store->change(Kind::joined, "x", 7);
  const auto b = w.world.client("b");
  w.run();
  (void)b->heard();
  w.store->holds = true;
  w.store->listener->invalidated("r", Missed::changes);
  w.message("x", "r", 7, 2);
  for (int i = 0; i < 100; ++i) w.send("b", std::to_string(i), {});
  w.see(with_x(2));
  const std::size_t heard = b->heard().size();
  CHECK(heard > 5);
  CHECK(heard < 20);
  CHECK(w.store->notices == Lines(100 - heard, "x undelivered messages_lost"));
}

TEST_CASE("no room: if the sender of a lost message cannot be told, or has gone, its receivers are told") {
  World w;
  w.store->is_away = true;
  w.send("a", "unknown", {{"r", 5}});
  w.message("x", "r", 7, 6);
  w.run();
  CHECK(w.a->heard() == Lines(2, "error messages_lost"));
  w.store->is_away = false;
  w.send("a", "unknown", {{"r", 5}});
  w.message("x", "r", 7, 6);
  w.run();
  CHECK(w.a->heard().empty());
  REQUIRE(w.store->commands.size() == 2);
  for (NodeCommand notice : w.store->commands) {
    w.store->listener->undelivered(notice, errc::peer_not_found);  // the sender has gone
    w.run();
    CHECK(w.a->heard() == Lines{"error messages_lost"});
    w.store->listener->undelivered(notice, errc::store_unavailable);
    w.run();
    CHECK(w.a->heard() == Lines{"error messages_lost"});
    notice.error = errc::slow_consumer;
    for (const errc error : {errc::peer_not_found, errc::store_unavailable}) {
      w.store->listener->undelivered(notice, error);
    }
    w.run();
    CHECK(w.a->heard().empty());
  }
}

TEST_CASE("no room: a message brings along which rooms its sender is in") {
  for (const std::string verb : {"reach", "send"}) {
    auto options = DistantWorld::with(std::make_shared<DistantStore>());
    if (verb == "send") options.strangers = Strangers::reachable;
    const auto store = std::static_pointer_cast<DistantStore>(options.store);
    ScriptWorld there(std::move(options));
    const auto x = there.client("x");
    x->say("join q");
    x->say("join r");
    x->say(verb + " a hello");
    there.run();
    REQUIRE(store->untargeted.size() == 1);
    const OwnedMessage& sent = store->untargeted.front();
    World w;
    w.store->holds = true;
    w.store->listener->delivered(sent.message(), sent.route());
    w.run();
    CHECK(w.a->heard().empty());
    REQUIRE(bool(w.store->held));
    w.see({2, {{"x", "other", sent.route().from_epoch, {}, 2}}});
    CHECK(w.a->heard() == Lines{"+peer r v2 x", "msg x hello"});
  }
}

TEST_CASE("no room: of a sender's rooms that are cut short, those that are whole are read") {
  std::string bytes;
  append_sender_room(bytes, {"r", 5});
  const std::size_t first = bytes.size();
  append_sender_room(bytes, {"another", 1ULL << 40U});
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto rooms = sender_rooms(std::string_view(bytes).substr(0, size));
    const std::size_t count = size < first ? 0 : size < bytes.size() ? 1 : 2;
    REQUIRE(rooms.size() == count);
    if (count > 0) CHECK((rooms[0].room == "r" && rooms[0].joined_at == 5));
    if (count > 1) CHECK((rooms[1].room == "another" && rooms[1].joined_at == 1ULL << 40U));
  }
}
