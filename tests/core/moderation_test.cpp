// The host puts peers out, on whichever node they are.
#include <doctest/doctest.h>

#include "signaling/core/memory_store.hpp"
#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

/// A local peer, and what it is told about its leaves and errors.
struct KickedPeer {
  KickedPeer(Router& router, boost::asio::io_context& io, std::string id) {
    LocalPeerOptions options;
    options.executor = io.get_executor();
    options.id = std::move(id);
    options.on_event = [this](const Event& event) {
      if (const auto* left = std::get_if<event::Left>(&event)) heard.emplace_back(left->message);
      if (const auto* error = std::get_if<event::Error>(&event)) {
        heard.push_back(std::string(to_string(error->code)) + ": " + std::string(error->message));
      }
    };
    options.on_closed = [this](CloseReason reason) { closed = reason; };
    peer = router.connect_local(std::move(options));
  }

  LocalPeer peer;
  Lines heard;
  std::optional<CloseReason> closed;
};

/// Two nodes on one store; "a" is on the first, "b" on the second, both in the room "r" and, alone, in one of their own name.
struct TwoNodes {
  TwoNodes() {
    for (auto* client : {a.get(), b.get()}) client->say("join r");
    a->say("join a");
    b->say("join b");
    run();
    (void)a->heard();
    (void)b->heard();
  }

  void run() {
    io.restart();
    io.poll();
  }

  boost::asio::io_context io;
  RouterOptions options = node_options();
  Router one{options};
  Router two{options};
  std::unique_ptr<ScriptClient> a = client_of(one, io, "a");
  std::unique_ptr<ScriptClient> b = client_of(two, io, "b");
};

}  // namespace

TEST_CASE("moderation: a peer is put out of a room, on this node and on another") {
  TwoNodes w;
  CHECK(!w.two.kick("b", "r"));
  w.run();
  CHECK(w.b->heard() == Lines{"left r kicked"});
  CHECK(w.a->heard() == Lines{"-peer r v3 b kicked"});
  CHECK(!w.one.kick("b", "b"));
  w.run();
  CHECK(w.b->heard() == Lines{"left b kicked"});
  CHECK(w.b->closed() == std::nullopt);
}

TEST_CASE("moderation: a peer is put out altogether, on this node and on another") {
  TwoNodes w;
  CHECK(!w.one.kick("b"));
  w.run();
  CHECK(w.b->closed() == CloseReason::kicked);
  CHECK(w.a->heard() == Lines{"-peer r v3 b kicked"});
  CHECK(!w.one.kick("a"));
  w.run();
  CHECK(w.a->closed() == CloseReason::kicked);
}

TEST_CASE("moderation: who is not there, or not in the room, is named") {
  TwoNodes w;
  CHECK(w.one.kick("nobody") == errc::peer_not_found);
  CHECK(w.one.kick("nobody", "r") == errc::peer_not_found);
  CHECK(w.one.kick("a", "b") == errc::not_joined);
  CHECK(w.one.kick("a", "nowhere") == errc::not_joined);
  CHECK(!w.one.kick("b", "a"));  // only its own node knows
  w.run();
  CHECK(w.a->heard().empty());
  CHECK(w.b->heard().empty());
}

TEST_CASE("moderation: a room is closed on all nodes, also by one that has no member in it") {
  TwoNodes w;
  CHECK(!w.one.close_room("r"));
  w.run();
  CHECK(w.a->heard().front() == "left r kicked");
  CHECK(w.b->heard().back() == "left r kicked");
  CHECK(!w.one.close_room("b"));
  CHECK(!w.one.close_room("nowhere"));
  w.run();
  CHECK(w.b->heard() == Lines{"left b kicked"});
  CHECK(w.one.find_room("a") != nullptr);
}

TEST_CASE("moderation: the error of a kick speaks of the peer, not to it") {
  TwoNodes w;
  for (const std::error_code error : {w.one.kick("nobody"), w.one.kick("a", "nowhere")}) {
    CHECK(error.message().find("you") == std::string::npos);
    CHECK(error.message().find("You") == std::string::npos);
  }
}

TEST_CASE("moderation: a peer is told why it is kicked from a room, on this node and on another") {
  TwoNodes w;
  CHECK(!w.two.kick("b", "r", "Be kind."));
  w.run();
  CHECK(w.b->heard() == Lines{"left r kicked: Be kind."});
  CHECK(w.a->heard() == Lines{"-peer r v3 b kicked"});
  CHECK(!w.one.kick("b", "b", "Here too."));
  w.run();
  CHECK(w.b->heard() == Lines{"left b kicked: Here too."});
}

TEST_CASE("moderation: a peer is told why its connection ends, on this node and on another") {
  TwoNodes w;
  KickedPeer here(w.one, w.io, "here");
  KickedPeer there(w.two, w.io, "there");
  w.run();
  for (const std::string_view id : {"here", "there"}) CHECK(!w.one.kick(id, {}, "Enough."));
  w.run();
  for (const KickedPeer* peer : {&here, &there}) {
    CHECK(peer->heard == Lines{"kicked: Enough."});
    CHECK(peer->closed == CloseReason::kicked);
  }
}

TEST_CASE("moderation: a peer that is kicked without a reason is told that it was") {
  TwoNodes w;
  KickedPeer there(w.two, w.io, "there");
  w.run();
  CHECK(!w.one.kick("there"));
  w.run();
  CHECK(there.heard == Lines{"kicked: " + std::string(describe(errc::kicked))});
}

TEST_CASE("moderation: members of a closed room are told why, on all nodes") {
  TwoNodes w;
  CHECK(!w.one.close_room("r", "It is late."));
  w.run();
  CHECK(w.a->heard().front() == "left r kicked: It is late.");
  CHECK(w.b->heard().back() == "left r kicked: It is late.");
}

TEST_CASE("moderation: a reason is cut between two characters") {
  TwoNodes w;
  KickedPeer there(w.two, w.io, "there");
  there.peer->join("s");
  w.run();
  const std::string fits(max_why_bytes - 2, 'x');
  const std::string hand = "\xF0\x9F\x91\x8B";
  CHECK(!w.one.kick("there", "s", fits + hand + "and more"));
  w.run();
  CHECK(there.heard == Lines{fits});
  there.peer->join("s");
  w.run();
  CHECK(!w.two.kick("there", "s", fits + "xx" + hand));
  w.run();
  CHECK(!w.one.kick("there", {}, fits.substr(2) + hand));
  w.run();
  CHECK(there.heard == Lines{fits, fits + "xx", "kicked: " + fits.substr(2) + hand});
}

TEST_CASE("moderation: a peer whose queue is full is kicked, and not closed as slow") {
  RouterOptions options;
  options.limits.max_message_bytes = 100;
  options.limits.max_outbound_bytes = 100;
  ScriptWorld world(std::move(options));
  const auto a = world.client("a");
  world.run();
  a->stick();
  const std::string payload(90, '1');
  CHECK(world.router.send(Message::text(payload, {.to = "a"})).status == SendStatus::sent);
  world.run();
  CHECK(!world.router.kick("a", {}, "Enough."));
  world.run();
  CHECK(a->closed() == CloseReason::kicked);
}
