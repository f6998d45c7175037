// What the host does with a room.
#include "signaling/core/room.hpp"

#include <doctest/doctest.h>

#include "signaling/core/memory_store.hpp"
#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

/// Two nodes on one store. "a" and "b" are on the first and "c" on the second; all are in the room "r", and "b" and "c"
/// in "s".
struct TwoNodes {
  TwoNodes() {
    for (auto* client : {&a, &b, &c}) (*client)->say("join r");
    for (auto* client : {&b, &c}) (*client)->say("join s");
    run();
    for (auto* client : {&a, &b, &c}) (void)(*client)->heard();
  }

  void run() {
    io.restart();
    io.poll();
  }

  boost::asio::io_context io;
  RouterOptions options = node_options();
  std::optional<Router> one{std::in_place, options};
  Router two{options};
  std::unique_ptr<ScriptClient> a = client_of(*one, io, "a");
  std::unique_ptr<ScriptClient> b = client_of(*one, io, "b");
  std::unique_ptr<ScriptClient> c = client_of(two, io, "c");
};

}  // namespace

TEST_CASE("room: the host sends to all members, on all nodes, or to one of them") {
  TwoNodes w;
  const auto room = w.one->find_room("r");
  CHECK(room->send(Message::text("1"), "host").status == SendStatus::sent);
  w.run();
  for (auto* client : {&w.a, &w.b, &w.c}) CHECK((*client)->heard() == Lines{"msg host 1"});
  CHECK(room->send(Message::text("2", {.to = "c"}), "host").status == SendStatus::sent);
  CHECK(room->send(Message::text("3", {.to = "a"})).status == SendStatus::sent);
  w.run();
  CHECK(w.a->heard() == Lines{"msg  3"});
  CHECK(w.b->heard().empty());
  CHECK(w.c->heard() == Lines{"msg host 2"});
}

TEST_CASE("room: a message of the host stays in the room, whatever room it names") {
  TwoNodes w;
  const auto room = w.one->find_room("s");
  CHECK(room->send(Message::text("1", {.room = "r"})).status == SendStatus::sent);
  CHECK(room->send(Message::text("2", {.to = "a", .room = "r"})).error == errc::peer_not_found);
  CHECK(w.one->stats().errors[static_cast<std::size_t>(errc::peer_not_found)] == 1);
  w.run();
  CHECK(w.a->heard().empty());
  CHECK(w.b->heard() == Lines{"msg  1"});
}

TEST_CASE("room: the host kicks one member, on any node, who is told why") {
  TwoNodes w;
  const auto room = w.one->find_room("r");
  CHECK_FALSE(room->kick("b", "Be kind."));
  CHECK_FALSE(room->kick("c", "You too."));
  CHECK(room->kick("nobody") == errc::peer_not_found);
  w.run();
  CHECK(w.b->heard().front() == "left r kicked: Be kind.");
  CHECK(w.c->heard().back() == "left r kicked: You too.");
  CHECK(room->size() == 1);
  CHECK(w.one->find_room("s")->size() == 2);
  CHECK(w.one->find_room("s")->kick("a") == errc::not_joined);
}

TEST_CASE("room: the host closes it: all members leave, on all nodes, and are told why") {
  TwoNodes w;
  const auto room = w.one->find_room("r");
  CHECK_FALSE(room->close("It is late."));
  w.run();
  for (auto* client : {&w.a, &w.b, &w.c}) {
    const Lines heard = (*client)->heard();
    CHECK(std::ranges::count(heard, "left r kicked: It is late.") == 1);
    CHECK((*client)->closed() == std::nullopt);
  }
  CHECK(room->size() == 0);
  CHECK(w.one->find_room("r") == nullptr);
  CHECK(w.one->find_room("s")->size() == 2);
}

TEST_CASE("room: one that this node follows no more still stands for the room of that name") {
  TwoNodes w;
  const auto room = w.one->find_room("r");
  for (auto* client : {&w.a, &w.b}) (*client)->say("leave r");
  w.run();
  (void)w.c->heard();
  CHECK(room->send(Message::text("1"), "host").status == SendStatus::sent);
  CHECK_FALSE(room->close("Enough."));
  w.run();
  CHECK(w.c->heard() == Lines{"msg host 1", "left r kicked: Enough."});
}

TEST_CASE("room: after the end of its router it does nothing, and says so") {
  TwoNodes w;
  const auto room = w.one->find_room("r");
  w.a.reset();
  w.b.reset();
  w.one.reset();
  CHECK(room->send(Message::text("1")).error == errc::closed);
  CHECK(room->kick("c") == errc::closed);
  CHECK(room->close() == errc::closed);
  w.run();
  CHECK(room->members().empty());
  CHECK(w.two.find_room("r")->size() == 1);
}
