#include <doctest/doctest.h>

#include <chrono>

#include "redis/support/backend_world.hpp"

using namespace signaling;
using namespace signaling::redis;
using namespace signaling::redis::testing;

namespace {

struct Nodes : World {
  Nodes() {
    a.open();
    b.open();
    c.open();
  }
  Node c{io, server.url(), "node-c"};
};

using Missing = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE_FIXTURE(Nodes, "redis backend: what is for a node, a peer or a room comes to the nodes concerned") {
  b.claim("peer");
  for (Node* node : {&a, &b, &c}) node->join("room", node->id, 1);
  a.news();
  b.news();
  const auto missing =
      a.publish(1, {{"node-b", {}, {}, "one"}, {{}, "peer", {}, "two"}, {{}, {}, "room", "three"}});
  CHECK_FALSE(missing.error);
  CHECK(missing.value == Missing{});
  CHECK(texts_of(b.news()) == Texts{"messages onetwothree"});
  CHECK(texts_of(c.news()) == Texts{"messages three"});
  CHECK(a.news().empty());
}

TEST_CASE_FIXTURE(Nodes, "redis backend: parts that nobody is there for are named") {
  a.claim("own");
  a.join("room", "own", 1);
  const auto missing = a.publish(1, {{"nobody", {}, {}, "1"},
                                     {"node-b", {}, {}, "2"},
                                     {{}, "nobody", {}, "3"},
                                     {{}, "own", {}, "4"},
                                     {{}, {}, "room", "5"},
                                     {{}, {}, "nowhere", "6"}});
  CHECK(missing.value == Missing{0, 2, 3, 4, 5});
  CHECK(texts_of(b.news()) == Texts{"messages 2"});
  CHECK(a.news().empty());
}

TEST_CASE_FIXTURE(Nodes, "redis backend: a batch that was seen is not done again") {
  a.publish(7, {{"node-b", {}, {}, "seven"}});
  CHECK_FALSE(a.publish(7, {{"node-b", {}, {}, "seven"}}).error);
  CHECK_FALSE(a.publish(6, {{"node-b", {}, {}, "six"}}).error);
  CHECK(a.try_open().value.batch == 7);
  CHECK_FALSE(a.publish(7, {{"node-b", {}, {}, "seven"}}).error);
  a.publish(8, {{"node-b", {}, {}, "eight"}});
  CHECK(texts_of(b.news()) == Texts{"messages seven", "messages eight"});
}

TEST_CASE_FIXTURE(Nodes,
                  "redis backend: a batch that comes again names the parts again that nobody was there for") {
  CHECK(a.publish(1, {{"nobody", {}, {}, "x"}, {"node-b", {}, {}, "y"}}).value == Missing{0});
  CHECK(a.publish(2, {{"node-b", {}, {}, "z"}, {{}, "gone", {}, "x"}}).value == Missing{1});
  CHECK(a.publish(3, {{"node-b", {}, {}, "z"}}).value == Missing{});
  a.open();
  CHECK(a.publish(1, {{"nobody", {}, {}, "x"}, {"node-b", {}, {}, "y"}}).value == Missing{0});
  CHECK(a.publish(2, {{"node-b", {}, {}, "z"}, {{}, "gone", {}, "x"}}).value == Missing{1});
  CHECK(a.publish(3, {{"node-b", {}, {}, "z"}}).value == Missing{});
  CHECK(texts_of(b.news()) == Texts{"messages y", "messages z", "messages z"});
  SUBCASE("and are forgotten when the node has the answer") {
    a.publish(4, {{"nobody", {}, {}, "x"}}, 1ULL << 52U, 3);
    CHECK(server.first({"HGET", "signaling:node:node-a", "missing"}).size() == 12);
    a.publish(5, {{"node-b", {}, {}, "x"}}, 1ULL << 52U, 5);
    CHECK(server.first({"HGET", "signaling:node:node-a", "missing"}).empty());
  }
}

TEST_CASE_FIXTURE(Nodes, "redis backend: a batch that comes too late is refused, and may come again") {
  const auto now = a.try_open().value.now;
  CHECK(a.publish(1, {{"node-b", {}, {}, "late"}}, now - 1).error == errc::overloaded);
  CHECK_FALSE(a.publish(1, {{"node-b", {}, {}, "in time"}}, now + 60'000).error);
  CHECK(texts_of(b.news()) == Texts{"messages in time"});
}

TEST_CASE_FIXTURE(Nodes, "redis backend: messages are any bytes, of any size") {
  std::string bytes("\r\n\0\xFF$-1\r\n*", 10);
  bytes.append(1'000'000, '\x80');
  a.publish(1, {{"node-b", {}, {}, bytes}, {"node-b", {}, {}, ""}});
  const auto news = b.news();
  REQUIRE(news.size() == 2);
  CHECK((news[0].bytes == bytes));
  CHECK(news[1].bytes.empty());
}

TEST_CASE_FIXTURE(Nodes,
                  "redis backend: many parts are one batch, and what is for one node one entry, in order") {
  b.claim("peer");
  std::vector<Batch::Part> parts;
  std::string all;
  for (int i = 0; i < 3000; ++i) {
    parts.push_back({i % 2 == 0 ? "node-b" : "", i % 2 == 0 ? "" : "peer", {}, std::to_string(i)});
    all += std::to_string(i);
  }
  CHECK(a.publish(1, parts).value == Missing{});
  const auto news = b.news();
  REQUIRE(news.size() == 1);
  CHECK(news[0].bytes == all);
}

TEST_CASE_FIXTURE(Nodes, "redis backend: what is for a room keeps its place among what is for one node") {
  for (Node* node : {&a, &b}) node->join("room", node->id, 1);
  a.news();
  b.news();
  a.publish(
      1,
      {{"node-b", {}, {}, "1"}, {{}, "node-b", "room", "2"}, {{}, {}, "room", "3"}, {"node-b", {}, {}, "4"}});
  CHECK(texts_of(b.news()) == Texts{"messages 1234"});
}

TEST_CASE_FIXTURE(Nodes, "redis backend: a member that moves is the new node's, and both nodes hear of it") {
  a.join("room", "peer", 1);
  b.join("room", "other", 2);
  a.news();
  b.news();
  CHECK(c.move("room", "peer", 3, 1).value.joined_at == 1);
  CHECK(texts_of(a.news()) == Texts{"moved room 2 peer"});
  CHECK(texts_of(b.news()) == Texts{"moved room 2 peer"});
  CHECK(c.snapshot("room").value.version == 2);
  a.publish(1, {{{}, "peer", "room", "to c"}});
  CHECK(texts_of(c.news()).back() == "messages to c");
}

TEST_CASE_FIXTURE(Nodes,
                  "redis backend: entries are numbered without a gap, and forgotten when they were read") {
  for (std::uint64_t i = 1; i <= 300; ++i) a.publish(i, {{"node-b", {}, {}, "x"}});
  const auto news = b.news();
  for (std::size_t i = 0; i < news.size(); ++i) CHECK(news[i].place.number == i);
  b.news();
  // Whole blocks of the stream only: a hundred entries by default.
  CHECK(std::stoi(server.first({"XLEN", "signaling:inbox:node-b"})) <= 102);
}

TEST_CASE("redis backend: an inbox that overflows shows a gap") {
  World world;
  world.a.open();
  Node slow(world.io, world.server.url(), "slow");
  slow.open();
  Node sender(world.io, world.server.url(), "sender", 100);
  sender.open();
  for (std::uint64_t i = 1; i <= 500; ++i) sender.publish(i, {{"slow", {}, {}, "x"}});
  const auto news = slow.news();
  REQUIRE_FALSE(news.empty());
  CHECK(news.front().place.number > 0);
  CHECK(news.size() < 300);
}

TEST_CASE("redis backend: without a bound an inbox keeps everything") {
  World world;
  world.a.open();
  Node slow(world.io, world.server.url(), "slow");
  slow.open();
  Node sender(world.io, world.server.url(), "sender", 0);
  sender.open();
  for (std::uint64_t i = 1; i <= 500; ++i) sender.publish(i, {{"slow", {}, {}, "x"}});
  CHECK(slow.news().size() == 500);
}

TEST_CASE_FIXTURE(Nodes, "redis backend: an entry that cannot be read counts as bad, and that is all") {
  const std::string id = std::to_string(b.next.inbox) + "-*";
  server.command({"XADD", "signaling:inbox:node-b", id, "x", "y", "z", "z"});
  server.command({"XADD", "signaling:inbox:node-b", id, "e", "rubbish"});
  a.publish(1, {{"node-b", {}, {}, "after"}});
  CHECK(texts_of(b.news()) == Texts{"bad", "bad", "messages after"});
}

TEST_CASE_FIXTURE(Nodes,
                  "redis backend: an inbox that somebody has spoilt is replaced, and its node begins anew") {
  const InboxPlace before = b.next;
  SUBCASE("by an entry that looks like one of another inbox") {
    server.command({"XADD", "signaling:inbox:node-b", "18446744073709551614-1", "e", "x"});
    CHECK(b.read().error == errc::closed);
  }
  SUBCASE("by a key that is no stream") { server.command({"SET", "signaling:inbox:node-b", "x"}); }
  CHECK(a.publish(1, {{"node-b", {}, {}, "lost"}}).value == Missing{0});
  CHECK(b.renew() == errc::closed);
  CHECK(b.open().next.inbox > before.inbox);
  a.publish(2, {{"node-b", {}, {}, "after"}});
  CHECK(texts_of(b.news()) == Texts{"messages after"});
}

TEST_CASE_FIXTURE(Nodes, "redis backend: a spoilt inbox is also replaced by opening") {
  const InboxPlace before = b.next;
  server.command({"XADD", "signaling:inbox:node-b", "18446744073709551614-1", "e", "x"});
  CHECK(b.open().next.inbox > before.inbox);
}

TEST_CASE_FIXTURE(Nodes,
                  "redis backend: a read that waits is answered when something comes, and can be given up") {
  bool has_come = false;
  b.backend->read(b.id, b.next, [&](std::error_code error, const std::vector<InboxEntry>& entries) {
    has_come = true;
    CHECK_FALSE(error);
    CHECK(texts_of(entries) == Texts{"messages now"});
  });
  a.publish(1, {{"node-b", {}, {}, "now"}});
  while (!has_come) io.run_one();
  bool is_over = false;
  b.next.number = 1;
  b.backend->read(b.id, b.next, [&](std::error_code error, const std::vector<InboxEntry>&) {
    is_over = true;
    CHECK(error == errc::store_unavailable);
  });
  const auto began = std::chrono::steady_clock::now();
  b.backend->cancel_read();
  while (!is_over) io.run_one();
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::milliseconds(500));
  while (b.read().error) io.run_one();
}
