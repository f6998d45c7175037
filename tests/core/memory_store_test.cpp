#include <doctest/doctest.h>

#include "signaling/core/memory_store.hpp"
#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

struct Listener final : StoreListener {
  void changed(const MembershipChange& change) override {
    static constexpr std::array names{"joined", "left", "updated"};
    news.push_back(change.room + " v" + std::to_string(change.version) + " " +
                   names.at(static_cast<std::size_t>(change.kind)) + " " + change.member.id);
  }
  void delivered(const Message& message, const Route& route) override {
    news.push_back(std::string(route.from) + ">" + std::string(message.to) + " " +
                   std::string(message.payload));
  }
  void commanded(const NodeCommand& command) override { news.push_back("close " + command.room); }
  void invalidated(std::string_view /*room*/, Missed /*missed*/) override {}
  void displaced(std::string_view peer, Epoch epoch) override {
    news.push_back("displaced " + std::string(peer) + " " + std::to_string(epoch));
  }
  void undelivered(const Message& /*message*/, const Route& /*route*/, errc /*error*/) override {}
  void undelivered(const NodeCommand& /*command*/, errc /*error*/) override {}
  Lines heard() { return std::exchange(news, {}); }
  Lines news;
};

struct StoreWorld {
  StoreWorld() {
    store.open("n1", one, [](std::error_code error) { CHECK(!error); });
    store.open("n2", two, [](std::error_code error) { CHECK(!error); });
  }
  std::pair<std::error_code, StateStore::Joined> join(const std::string& node, const std::string& peer,
                                                      Epoch epoch, std::size_t capacity = 0,
                                                      Version known = 0) {
    std::pair<std::error_code, StateStore::Joined> result;
    store.join({"r", {peer, node, epoch, {}, 0}, capacity, known},
               [&](std::error_code error, StateStore::Joined joined) {
                 result = {error, std::move(joined)};
               });
    return result;
  }
  std::error_code leave(const std::string& peer, Epoch epoch) {
    std::error_code result = errc::internal;
    store.leave({"r", peer, epoch, LeaveReason::leave},
                [&](std::error_code error, Version /*version*/) { result = error; });
    return result;
  }
  std::pair<std::error_code, Epoch> claim(const std::string& node, const std::string& peer,
                                          const std::string& secret = {}, const std::string& resume = {}) {
    std::pair<std::error_code, Epoch> result;
    store.claim({node, peer, secret, resume}, [&](std::error_code error, Epoch epoch) {
      result = {error, epoch};
    });
    return result;
  }

  std::error_code publish(const std::string& node, const Message& message) {
    Route route;
    route.from = "a";
    route.room = "r";
    return store.publish(node, message, route, {});
  }

  MemoryStore store;
  Listener one;
  Listener two;
};

}  // namespace

TEST_CASE(
    "memory store: with the secret of its claim, another node takes an id over, and the first one is told") {
  StoreWorld w;
  const auto [error, first] = w.claim("n1", "a", "secret");
  REQUIRE(!error);
  CHECK(w.claim("n2", "a", "new", "wrong").first == errc::id_in_use);
  CHECK(w.claim("n1", "a", "new", "secret").first == errc::id_in_use);
  CHECK(w.one.heard().empty());
  const auto [again, second] = w.claim("n2", "a", "new", "secret");
  CHECK(!again);
  CHECK(second > first);
  CHECK(w.one.heard() == Lines{"displaced a " + std::to_string(first)});
  w.store.release("a", first);
  CHECK(w.claim("n1", "a").first == errc::id_in_use);
}

TEST_CASE("memory store: a member of a younger epoch stays, whatever an older one does") {
  StoreWorld w;
  CHECK(!w.join("n1", "a", 5).first);
  CHECK(w.join("n2", "a", 4).first == errc::id_in_use);
  CHECK(w.leave("a", 4) == errc::not_joined);
  CHECK(w.join("n1", "b", 6).second.state->members.size() == 2);
}

TEST_CASE("memory store: an id has one owner, and each claim a greater epoch") {
  StoreWorld w;
  const auto [error, first] = w.claim("n1", "a");
  CHECK(!error);
  CHECK(w.claim("n2", "a").first == errc::id_in_use);
  w.store.release("a", first + 100);  // not its epoch: nothing happens
  CHECK(w.claim("n2", "a").first == errc::id_in_use);
  w.store.release("a", first);
  const auto [again, second] = w.claim("n2", "a");
  CHECK(!again);
  CHECK(second > first);
}

TEST_CASE("memory store: a join grows the version, is told to the other nodes, and is idempotent") {
  StoreWorld w;
  CHECK(w.join("n1", "a", 1).second.version == 1);
  const auto [error, joined] = w.join("n2", "b", 2);
  CHECK(!error);
  CHECK(joined.version == 2);
  REQUIRE(joined.state);  // its picture was not the version before
  CHECK(joined.state->members.size() == 2);
  CHECK(!w.join("n1", "c", 3, 0, 2).second.state);
  CHECK(w.join("n1", "c", 3).second.version == 3);  // again: nothing changed
  CHECK(w.one.heard() == Lines{"r v2 joined b"});
  CHECK(w.two.heard() == Lines{"r v3 joined c"});
}

TEST_CASE("memory store: capacity is checked with the join") {
  StoreWorld w;
  CHECK(!w.join("n1", "a", 1, 1).first);
  CHECK(w.join("n2", "b", 2, 1).first == errc::room_full);
  CHECK(w.leave("a", 1) == std::error_code());
  CHECK(!w.join("n2", "b", 2, 1).first);
}

TEST_CASE("memory store: a late leave of an old epoch does not remove the new one (fencing)") {
  StoreWorld w;
  (void)w.join("n1", "a", 1);
  (void)w.join("n2", "x", 9);
  (void)w.join("n1", "a", 2);
  CHECK(w.two.heard() == Lines{"r v3 left a", "r v4 joined a"});
  CHECK(w.leave("a", 1) == errc::not_joined);
  CHECK(w.leave("a", 2) == std::error_code());
}

TEST_CASE("memory store: what is published reaches the nodes that have members, in order with the changes") {
  StoreWorld w;
  (void)w.join("n1", "a", 1);
  (void)w.join("n2", "b", 2);
  Message message = Message::text("to all");
  CHECK(!w.publish("n1", message));
  message.to = "b";
  message.payload = "to b";
  CHECK(!w.publish("n1", message));
  NodeCommand command;
  command.kind = NodeCommand::Kind::close_room;
  command.room = "r";
  CHECK(!w.store.command("n1", command));
  (void)w.leave("a", 1);
  CHECK(!w.publish("n1", message));
  CHECK(w.two.heard() == Lines{"a> to all", "a>b to b", "close r", "r v3 left a", "a>b to b"});
  CHECK(w.one.heard() == Lines{"r v2 joined b"});
}

TEST_CASE("memory store: closing a node takes its members out and frees its ids") {
  StoreWorld w;
  CHECK(!w.claim("n1", "a").first);
  (void)w.join("n1", "a", 1);
  (void)w.join("n2", "b", 2);
  w.store.close("n1");
  CHECK(w.two.heard() == Lines{"r v3 left a"});
  CHECK(!w.claim("n2", "a").first);
  (void)w.join("n2", "c", 5);
  CHECK(w.one.heard() == Lines{"r v2 joined b"});  // closed nodes are told nothing
}

TEST_CASE("two routers on one store: members of both see each other join, talk and leave") {
  boost::asio::io_context io;
  const RouterOptions options = node_options();
  Router one(options);
  auto two = std::make_unique<Router>(options);
  const auto client = [&](Router& router, std::string id) { return client_of(router, io, std::move(id)); };
  const auto run = [&] {
    io.restart();
    io.poll();
  };
  auto a = client(one, "a");
  auto b = client(*two, "b");
  a->say("join r 1");
  b->say("join r 2");
  run();
  CHECK(a->heard() == Lines{"welcome a", "joined r v1 []", "+peer r v2 b{2}"});
  CHECK(b->heard() == Lines{"welcome b", "joined r v2 [a{1}]"});
  a->say("#1 send b direct");
  a->say("cast r all");
  b->say("send a back");
  b->say("update r 3");
  run();
  CHECK(b->heard() == Lines{"msg a direct", "msg a all", "updated r v3"});
  CHECK(a->heard() == Lines{"sent #1", "msg b back", "~peer r v3 b{3}"});

  auto thief = client(*two, "a");
  run();
  CHECK(thief->heard() == Lines{"error id_in_use"});

  SUBCASE("a peer leaves") {
    b->say("leave r");
    b->say("send a late");
    run();
    CHECK(a->heard() == Lines{"-peer r v4 b leave"});
  }
  SUBCASE("a node ends") {
    two.reset();
    run();
    CHECK(a->heard() == Lines{"-peer r v4 b node-lost"});
  }
  CHECK(one.find_room("r")->size() == 1);
}
