#include <doctest/doctest.h>

#include <stdexcept>

#include "core/support/limited_world.hpp"

using namespace signaling;
using namespace signaling::testing;
using std::chrono::milliseconds;

namespace {

std::uint64_t count(const Router& router, errc code) {
  return router.stats().errors[static_cast<std::size_t>(code)];
}

std::uint64_t count(const Router& router, CloseReason reason) {
  return router.stats().closes[static_cast<std::size_t>(reason)];
}

/// Two members of room `r`; the second does not read. So many bytes may wait for it.
struct OneUnread {
  explicit OneUnread(std::size_t bytes) : world(options(bytes)) {
    for (auto* client : {a.get(), b.get()}) client->say("join r");
    world.run();
    a->heard();
    b->stick();
  }
  static RouterOptions options(std::size_t bytes) {
    RouterOptions options;
    options.limits.max_message_bytes = options.limits.max_outbound_bytes = bytes;
    return options;
  }
  ScriptWorld world;
  std::unique_ptr<ScriptClient> a = world.client("a");
  std::unique_ptr<ScriptClient> b = world.client("b");
};

}  // namespace

TEST_CASE("limits: a full room refuses the joiner and tells nobody") {
  ScriptWorld world(with([](Limits& l) { l.max_peers_per_room = 2; }));
  auto a = world.client("a");
  auto b = world.client("b");
  auto c = world.client("c");
  for (auto* client : {a.get(), b.get()}) client->say("join r");
  c->say("#1 join r");
  world.run();
  CHECK(c->heard() == Lines{"welcome c", "error room_full #1"});
  CHECK(world.router.find_room("r")->version() == 2);
  b->say("leave r");
  c->say("join r");
  world.run();
  CHECK(c->heard() == Lines{"joined r v4 [a]"});
  CHECK(count(world.router, errc::room_full) == 1);
}

TEST_CASE("limits: rooms per peer") {
  ScriptWorld world(with([](Limits& l) { l.max_rooms_per_peer = 2; }));
  auto a = world.client("a");
  for (const char* line : {"join 1", "join 2", "#3 join 3", "leave 1", "join 3"}) a->say(line);
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "joined 1 v1 []", "joined 2 v1 []", "error too_many_rooms #3",
                            "left 1 leave", "joined 3 v1 []"});
}

TEST_CASE("limits: metadata size, at join and at update") {
  ScriptWorld world(with([](Limits& l) { l.max_metadata_bytes = 4; }));
  auto a = world.client("a");
  for (const char* line : {"#1 join r 12345", "join r 1234", "#2 update r 12345"}) a->say(line);
  world.run();
  CHECK(a->heard() ==
        Lines{"welcome a", "error metadata_too_large #1", "joined r v1 []", "error metadata_too_large #2"});
}

TEST_CASE("limits: ids are 1 to 128 bytes long") {
  ScriptWorld world;
  auto a = world.client("a");
  a->say("#1 join " + std::string(129, 'x'));
  a->say("#2 join ");
  a->say("#3 send " + std::string(129, 'x') + " hi");
  a->say("#4 leave " + std::string(129, 'x'));
  a->say("#5 members " + std::string(129, 'x'));
  a->say("#6 update " + std::string(129, 'x') + " 1");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "error bad_id #1", "error bad_id #2", "error bad_id #3",
                            "error bad_id #4", "error bad_id #5", "error bad_id #6"});
  auto b = world.client(std::string(129, 'x'));
  world.run();
  CHECK(b->heard() == Lines{"error bad_id"});
}

TEST_CASE("limits: ids of requests have the bound of all ids, whatever is asked; 0 sets none") {
  ScriptWorld world;
  auto a = world.client("a");
  const std::string long_tag = '#' + std::string(129, '1');
  const Lines wishes{"join r",    "leave r",  "update r 1", "members r",
                     "send a hi", "cast r x", "ping",       "what is not understood"};
  for (const std::string& wish : wishes) a->say(long_tag + ' ' + wish);
  world.run();
  Lines expected(wishes.size(), "error bad_request");
  expected.insert(expected.begin(), "welcome a");
  CHECK(a->heard() == expected);
  const std::string tag = long_tag.substr(0, 129);
  a->say(tag + " ping");
  Limits limits = world.router.limits();
  limits.max_id_bytes = 0;
  world.router.set_limits(limits);
  a->say(long_tag + " ping");
  world.run();
  CHECK(a->heard() == Lines{"pong " + tag, "pong " + long_tag});
}

TEST_CASE("limits: a message that is too large is an error and the end") {
  ScriptWorld world(with([](Limits& l) { l.max_message_bytes = 10; }));
  auto a = world.client("a");
  a->say("0123456789a");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "error message_too_large"});
  CHECK(a->closed() == CloseReason::message_too_large);
  CHECK(count(world.router, errc::message_too_large) == 1);
  CHECK(count(world.router, CloseReason::message_too_large) == 1);
}

TEST_CASE("limits: a receiver that does not read holds its senders back, and is closed in the end") {
  ScriptWorld world(with([](Limits& l) {
    l.max_message_bytes = 100;
    l.max_outbound_bytes = 150;  // and 600 of messages
  }));
  auto a = world.client("a");
  auto b = world.client("b");
  auto c = world.client("c");
  for (auto* client : {a.get(), b.get(), c.get()}) client->say("join r");
  world.run();
  for (auto* client : {a.get(), b.get(), c.get()}) client->heard();
  b->stick();
  const std::string payload(85, 'x');
  a->say("#1 send b " + payload);
  a->say("#2 send b " + payload);
  a->say("#3 send b " + payload);
  world.run();
  CHECK(a->heard() == Lines{"sent #1", "queued #2"});
  CHECK_FALSE(a->is_read());
  wait(world, milliseconds(19));
  CHECK(a->heard().empty());
  wait(world, milliseconds(1));
  CHECK(a->heard() == Lines{"queued #3"});
  wait(world, milliseconds(20));
  CHECK(a->is_read());
  for (int i = 4; i <= 6; ++i) {
    a->say("send b " + payload);
    wait(world, milliseconds(20));
  }
  CHECK(a->heard().empty());
  a->say("#7 send b " + payload);
  a->say("#8 send c still fine");
  wait(world, milliseconds(20));
  CHECK(a->heard() == Lines{"error slow_consumer #7"});
  wait(world, milliseconds(20));
  CHECK(a->heard() == Lines{"sent #8"});
  CHECK_FALSE(b->closed());
  wait(world, milliseconds(10'000));
  CHECK(b->closed() == CloseReason::slow_consumer);
  CHECK(count(world.router, CloseReason::slow_consumer) == 1);
  CHECK(a->heard() == Lines{"-peer r v4 b disconnect"});
  CHECK(c->heard() == Lines{"msg a still fine", "-peer r v4 b disconnect"});
}

TEST_CASE("limits: whoever does not read what it asks for has to wait, and is not put out") {
  ScriptWorld world(with([](Limits& l) {
    l.max_message_bytes = 100;
    l.max_outbound_bytes = 100;
  }));
  auto a = world.client("a");
  a->say("join r " + std::string(90, 'm'));
  auto b = world.client("b");
  b->say("join r " + std::string(90, 'm'));
  world.run();
  b->heard();
  b->stick();
  for (int i = 0; i < 50; ++i) b->say("members r");
  for (int i = 0; i < 20; ++i) wait(world, milliseconds(20));
  CHECK_FALSE(b->closed());
  CHECK_FALSE(b->is_read());
  CHECK(b->peer().outbound_bytes() <= 4 * 100 + 144);  // the share of messages, and one answer
  for (int i = 0; i < 60; ++i) {
    b->catch_up();
    wait(world, milliseconds(20));
  }
  CHECK(b->heard().size() == 50);
  CHECK_FALSE(b->closed());
}

TEST_CASE("limits: who sends little reaches a member that is behind, whatever another has sent to it") {
  constexpr std::size_t kilobyte = 1024;
  ScriptWorld world(with([](Limits& l) {
    l.max_message_bytes = 16 * kilobyte;
    l.max_outbound_bytes = 256 * kilobyte;
  }));
  auto flooder = world.client("f");
  auto slow = world.client("s");
  auto other = world.client("o");
  for (auto* client : {flooder.get(), slow.get(), other.get()}) client->say("join r");
  world.run();
  slow->stick();
  const std::string large(15 * kilobyte, 'x');
  std::size_t refused = 0;
  for (int i = 0; i < 200; ++i) {
    flooder->say("send s " + large);
    wait(world, milliseconds(20));
    for (const std::string& line : flooder->heard()) refused += line == "error slow_consumer" ? 1 : 0;
    slow->read(1 * kilobyte);
  }
  CHECK(refused > 10);
  (void)other->heard();
  const std::string small(150, 'y');  // together they are more than one of the large ones
  for (int i = 0; i < 110; ++i) {
    other->say("send s " + small);
    wait(world, milliseconds(20));
  }
  CHECK(other->heard().empty());
}

TEST_CASE("limits: a member that is behind with what others send may send itself, somewhat later") {
  OneUnread pair(100);
  auto& [world, a, b] = pair;
  a->say("send b " + std::string(90, 'x'));
  a->say("send b " + std::string(90, 'y'));
  world.run();
  (void)a->heard();
  for (int i = 0; i < 3; ++i) b->say("send a " + std::to_string(i));
  world.run();
  CHECK(a->heard().empty());
  for (int i = 0; i < 3; ++i) {
    wait(world, milliseconds(20));
    CHECK(a->heard() == Lines{"msg b " + std::to_string(i)});
  }
}

TEST_CASE("limits: who gives a member that does not read much to know about has to wait") {
  OneUnread pair(100);
  auto& [world, a, b] = pair;
  const std::string metadata(80, '1');
  for (int i = 0; i < 5; ++i) a->say("#" + std::to_string(i) + " update r " + metadata + std::to_string(i));
  world.run();
  CHECK(a->heard() == Lines{"updated r v3 #0", "updated r v4 #1"});
  CHECK_FALSE(a->is_read());
  wait(world, milliseconds(20));
  CHECK(a->heard() == Lines{"updated r v5 #2"});
}

TEST_CASE("limits: changes of one peer, however many, close no member that goes on reading") {
  OneUnread pair(100);
  auto& [world, a, b] = pair;
  const std::string metadata(80, '1');
  std::size_t changes = 0;
  for (int i = 0; i < 1'000; ++i) {
    if (a->is_read()) a->say("update r " + metadata + std::to_string(++changes));
    wait(world, milliseconds(20));
    b->read(2);
  }
  CHECK(changes > 20);  // more than would close it if it had read none of them
  CHECK_FALSE(b->closed());
}

TEST_CASE("limits: a volatile message is dropped early and harms nobody") {
  ScriptWorld world(with([](Limits& l) {
    l.max_message_bytes = 100;
    l.max_outbound_bytes = 200;
  }));
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  b->say("join r");
  world.run();
  b->stick();
  const std::string payload(80, '1');
  a->say("send b " + payload);
  world.run();
  Message message = Message::text(payload, {.to = "b"});
  message.delivery = signaling::Delivery::volatile_;
  const SendResult result = a->peer().send(message);
  CHECK(result.status == SendStatus::dropped);
  CHECK(result.error == errc::slow_consumer);
  world.run();
  CHECK(!b->closed());
}

TEST_CASE("limits: peers of a router") {
  ScriptWorld world(with([](Limits& l) { l.max_peers = 1; }));
  auto a = world.client("a");
  auto b = world.client("b");
  world.run();
  CHECK(b->heard() == Lines{"error too_many_peers"});
  CHECK(b->closed() == CloseReason::overloaded);
  CHECK(count(world.router, CloseReason::overloaded) == 1);
  a->cut(CloseReason::lost);
  auto c = world.client("c");
  world.run();
  CHECK(c->heard() == Lines{"welcome c"});
}

TEST_CASE("limits: 0 switches a bound off") {
  ScriptWorld world(with([](Limits& l) {
    l = Limits{};
    l.max_rooms_per_peer = l.max_peers_per_room = l.max_metadata_bytes = l.max_id_bytes = 0;
    l.messages_per_second = l.joins_per_second = 0;
    l.bytes_per_second = 0;
  }));
  auto a = world.client("a");
  for (int i = 0; i < 2000; ++i)
    a->say("join " + std::string(200, 'r') + std::to_string(i) + " " + std::string(5000, '1'));
  world.run();
  CHECK(a->peer().rooms().size() == 2000);
}

TEST_CASE("limits: those that are replaced count for what comes from then on, and put nobody out") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  auto c = world.client("c");
  for (auto* client : {a.get(), b.get()}) client->say("join r");
  world.run();
  Limits limits = world.router.limits();
  limits.max_peers_per_room = 1;
  limits.max_rooms_per_peer = 1;
  world.router.set_limits(limits);
  CHECK(world.router.limits().max_peers_per_room == 1);
  c->say("#1 join r");
  a->say("#2 join s");
  world.run();
  CHECK(c->heard() == Lines{"welcome c", "error room_full #1"});
  CHECK(a->heard() == Lines{"welcome a", "joined r v1 []", "+peer r v2 b", "error too_many_rooms #2"});
  CHECK(world.router.find_room("r")->size() == 2);
}

TEST_CASE("limits: replacing them by some that contradict each other changes nothing") {
  ScriptWorld world;
  Limits limits = world.router.limits();
  limits.max_rooms_per_peer = 7;
  limits.max_outbound_bytes = 1;
  CHECK_THROWS_AS(world.router.set_limits(limits), std::invalid_argument);
  CHECK(world.router.limits().max_rooms_per_peer == 32);
}

// The sender of a broadcast is told nothing of it, so that no error counts it.
TEST_CASE("limits: who is put out as slow by a broadcast is counted once") {
  OneUnread pair(100);
  auto& [world, a, b] = pair;
  for (int i = 0; i < 4; ++i) {
    a->say("cast r " + std::string(60, 'x'));
    wait(world, milliseconds(20));
  }
  wait(world, milliseconds(10'000));
  CHECK(b->closed() == CloseReason::slow_consumer);
  CHECK(count(world.router, CloseReason::slow_consumer) == 1);
  a->cut(CloseReason::lost);
  world.run();
  CHECK(count(world.router, CloseReason::lost) == 1);
}
