// What becomes of messages from and to other nodes that are lost: who is told.
#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "core/support/distant_world.hpp"

using namespace signaling;
using namespace signaling::testing;

TEST_CASE("distant store: members are told when messages may be lost, and when one of theirs was") {
  DistantWorld w;
  w.store->state = RoomState{1, {}};
  w.store->listener->invalidated("r", Missed::changes);
  w.run();
  CHECK(w.a->heard().empty());
  w.store->listener->invalidated("r", Missed::messages);
  Message message;
  message.to = "x";
  Route route;
  route.from = "a";
  w.store->listener->undelivered(message, route, errc::peer_not_found);
  for (int i = 0; i < 80; ++i)
    w.store->listener->undelivered(message, route, errc::store_unavailable);  // told once
  w.run();
  CHECK(w.a->heard() == Lines{"error messages_lost", "error peer_not_found", "error messages_lost"});
  const auto errors = w.world.router.stats().errors;
  CHECK(errors[static_cast<std::size_t>(errc::messages_lost)] == 2);
  CHECK(errors[static_cast<std::size_t>(errc::peer_not_found)] == 1);
}

TEST_CASE("distant store: of a message that is lost when its sender has gone, its receivers are told") {
  DistantWorld w;
  const auto lose = [&](std::string_view to, std::string_view room) {
    Message lost;
    lost.to = to;
    Route route;
    route.from = "gone";
    route.room = room;
    w.store->listener->undelivered(lost, route, errc::store_unavailable);
    lost.to = "nobody";
    w.store->listener->undelivered(lost, route, errc::peer_not_found);
  };
  lose("x", {});
  lose({}, "r");
  REQUIRE(w.store->commands.size() == 2);  // one for each receiver
  NodeCommand to_peer = w.store->commands[0];
  const NodeCommand to_room = w.store->commands[1];
  CHECK(to_peer.peer == "x");
  CHECK(to_room.room == "r");
  // As their nodes do what they are told.
  to_peer.peer = "a";
  for (const NodeCommand& command : {to_peer, to_room}) w.store->listener->commanded(command);
  w.run();
  CHECK(w.a->heard() == Lines{"error messages_lost", "error messages_lost"});
  // What could not be brought is owed again.
  w.store->listener->undelivered(to_room, errc::store_unavailable);
  REQUIRE(w.store->commands.size() == 3);
  CHECK(w.store->commands[2] == to_room);
  // A receiver may have come to this node meanwhile.
  lose("a", {});
  w.run();
  CHECK(w.store->commands.size() == 3);
  CHECK(w.a->heard() == Lines{"error messages_lost"});
}

TEST_CASE(
    "distant store: a message from another node that cannot be delivered is reported to its sender's node") {
  DistantWorld w;
  w.store->change(Kind::joined, "x", 7);
  const Version joined_at = w.store->version;
  w.run();
  Message message = Message::text("hello");
  message.to = "ghost";
  Route route;
  route.from = "x";
  route.from_epoch = 7;
  route.from_joined_at = joined_at;
  for (const char* const room : {"", "r", "nobody is in it here"}) {
    route.room = room;
    w.store->listener->delivered(message, route);
    CHECK(std::exchange(w.store->notices, {}) == Lines{"x undelivered peer_not_found"});
  }
  route.room = "r";
  Limits limits;
  limits.max_message_bytes = limits.max_outbound_bytes = 10;
  w.world.router.set_limits(limits);
  w.a->stick();
  message.to = {};
  const std::string payload(100, 'x');
  message.payload = payload;
  w.store->listener->delivered(message, route);  // an empty queue takes it, though it is more than may wait
  w.run();
  w.store->listener->delivered(message, route);
  CHECK(std::exchange(w.store->notices, {}) == Lines{"x undelivered slow_consumer"});
  message.delivery = Delivery::volatile_;  // may be lost
  w.store->listener->delivered(message, route);
  message.delivery = Delivery::reliable;
  route.from_epoch = 0;  // of a host: nobody is there to be told
  route.reach = Reach::anybody;
  message.to = "ghost";
  w.store->listener->delivered(message, route);
  CHECK(w.store->notices.empty());
}

TEST_CASE("distant store: what another node reports about a message is told to the sender") {
  DistantWorld w;
  NodeCommand report;
  report.kind = NodeCommand::Kind::undelivered;
  report.peer = "a";
  for (const errc error : {errc::slow_consumer, errc::peer_not_found, errc::messages_lost}) {
    report.error = error;
    w.store->listener->commanded(report);
  }
  report.peer = "ghost";
  w.store->listener->commanded(report);
  w.run();
  CHECK(w.a->heard() == Lines{"error slow_consumer", "error peer_not_found", "error messages_lost"});
  CHECK(w.store->commands.empty());
}

TEST_CASE("distant store: a command of the host that another node could not be given is logged") {
  class Log final : public LogSink {
   public:
    void log(const LogRecord& record) override {
      if (record.level < LogLevel::warning) return;
      std::string line(record.event);
      for (const LogField& field : record.fields) line += " " + std::string(field.value);
      lines.push_back(std::move(line));
    }
    Lines lines;
  };
  const auto store = std::make_shared<DistantStore>();
  const auto log = std::make_shared<Log>();
  RouterOptions options = DistantWorld::with(store);
  options.log = log;
  const Router router(std::move(options));
  NodeCommand command;
  command.peer = "x";
  command.room = "r";
  store->listener->undelivered(command, errc::peer_not_found);
  command.kind = NodeCommand::Kind::close_room;
  command.peer.clear();
  store->listener->undelivered(command, errc::store_unavailable);
  CHECK(log->lines == Lines{"command-undelivered kick x r peer_not_found",
                            "command-undelivered close_room  r store_unavailable"});
}
