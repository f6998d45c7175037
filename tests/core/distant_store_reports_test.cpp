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
  Envelope envelope;
  envelope.from = "a";
  envelope.to = "x";
  w.store->listener->undelivered(envelope, errc::peer_not_found);
  for (int i = 0; i < 80; ++i)
    w.store->listener->undelivered(envelope, errc::store_unavailable);  // told once
  w.run();
  CHECK(w.a->heard() == Lines{"error messages_lost", "error peer_not_found", "error messages_lost"});
  const auto errors = w.world.router.stats().errors;
  CHECK(errors[static_cast<std::size_t>(errc::messages_lost)] == 2);
  CHECK(errors[static_cast<std::size_t>(errc::peer_not_found)] == 1);
}

TEST_CASE("distant store: of a message that is lost when its sender has gone, its receivers are told") {
  DistantWorld w;
  const auto order = [&](std::string_view to, std::string_view room) {
    Envelope lost;
    lost.from = "gone";
    lost.to = to;
    lost.room = room;
    w.store->listener->undelivered(lost, errc::store_unavailable);
    lost.to = "nobody";
    w.store->listener->undelivered(lost, errc::peer_not_found);
  };
  order("x", {});
  order({}, "r");
  REQUIRE(w.store->orders.size() == 2);  // one for each receiver
  Envelope to_peer = w.store->orders[0].view();
  const Envelope to_room = w.store->orders[1].view();
  CHECK(to_peer.to == "x");
  CHECK(to_room.room == "r");
  // As their nodes do what they are told.
  to_peer.to = "a";
  for (const Envelope& envelope : {to_peer, to_room}) w.store->listener->delivered(envelope);
  w.run();
  CHECK(w.a->heard() == Lines{"error messages_lost", "error messages_lost"});
  // What could not be brought is owed again.
  w.store->listener->undelivered(to_room, errc::store_unavailable);
  REQUIRE(w.store->orders.size() == 3);
  CHECK(w.store->orders[2].view().room == "r");
  // A receiver may have come to this node meanwhile.
  order("a", {});
  w.run();
  CHECK(w.store->orders.size() == 3);
  CHECK(w.a->heard() == Lines{"error messages_lost"});
}

TEST_CASE(
    "distant store: a message from another node that cannot be delivered is reported to its sender's node") {
  DistantWorld w;
  w.store->change(Kind::joined, "x", 7);
  const Version joined_at = w.store->version;
  w.run();
  Envelope envelope;
  envelope.from = "x";
  envelope.from_epoch = 7;
  envelope.from_joined_at = joined_at;
  envelope.payload = "hello";
  envelope.to = "ghost";
  for (const char* const room : {"", "r", "nobody is in it here"}) {
    envelope.room = room;
    w.store->listener->delivered(envelope);
    CHECK(std::exchange(w.store->notices, {}) == Lines{"x undelivered peer_not_found"});
  }
  envelope.room = "r";
  Limits limits;
  limits.max_message_bytes = limits.max_outbound_bytes = 10;
  w.world.router.set_limits(limits);
  w.a->stick();
  envelope.to = {};
  const std::string payload(100, 'x');
  envelope.payload = payload;
  w.store->listener->delivered(envelope);  // an empty queue takes it, though it is more than may wait
  w.run();
  w.store->listener->delivered(envelope);
  CHECK(std::exchange(w.store->notices, {}) == Lines{"x undelivered slow_consumer"});
  envelope.delivery = Delivery::volatile_;  // may be lost
  w.store->listener->delivered(envelope);
  envelope.delivery = Delivery::reliable;
  envelope.from_epoch = 0;  // of a host: nobody is there to be told
  envelope.reach = Reach::anybody;
  envelope.to = "ghost";
  w.store->listener->delivered(envelope);
  CHECK(w.store->notices.empty());
}

TEST_CASE("distant store: what another node reports about a message is told to the sender") {
  DistantWorld w;
  Envelope report;
  report.type = EnvelopeType::event;
  report.language = "signaling.order";
  report.payload = "undelivered";
  report.to = "a";
  for (const char* const error : {"slow_consumer", "peer_not_found", "an_error_of_a_newer_node"}) {
    report.original = error;
    w.store->listener->delivered(report);
  }
  report.to = "ghost";
  w.store->listener->delivered(report);
  w.run();
  CHECK(w.a->heard() == Lines{"error slow_consumer", "error peer_not_found", "error messages_lost"});
  CHECK(w.store->notices.empty());
}
