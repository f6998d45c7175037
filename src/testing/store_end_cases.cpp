// A node goes: with a word, or without.
#include <algorithm>

#include "testing/store_cases.hpp"
#include "testing/store_world.hpp"

namespace signaling::testing {
namespace {

const std::string room = "room";
const std::string other_room = "other room";

/// Node `one` has two members in `room` and one in `other_room`; `two` and `three` have one in each.
struct Neighbours {
  explicit Neighbours(StoreWorld& w) : one(w.node()), two(w.node()), three(w.node()) {
    b = w.arrive(two, "b");
    c = w.arrive(three, "c");
    a = w.arrive(one, "a", "secret");
    a2 = w.arrive(one, "a2");
    for (const std::string& each : {room, other_room}) {
      w.join(two, each, b, 1);
      w.join(three, each, c, 2);
      w.join(one, each, a, 3);
      w.expect(two, {joined(each, 2, c), joined(each, 3, a)});
      w.expect(three, {joined(each, 3, a)});
    }
    w.join(one, room, a2, 4);
    w.expect(two, {joined(room, 4, a2)});
    w.expect(three, {joined(room, 4, a2)});
  }

  /// `node` has been told that all of node `one` are gone, each once, in some order, and nothing else.
  void expect_lost(StoreWorld& w, StoreNode& node, std::chrono::milliseconds at_most) const {
    w.run_until([&] { return node.told() >= 3; }, quote(node.id()) + " got the leaves of the lost members",
                at_most);
    const Lines lost = node.take();
    const auto has = [&](const std::string& line) { return std::ranges::find(lost, line) != lost.end(); };
    const auto pair = [&](const Someone& first, const Someone& second) {
      return has(left(room, 5, first, LeaveReason::node_lost)) &&
             has(left(room, 6, second, LeaveReason::node_lost));
    };
    const bool all = lost.size() == 3 && (pair(a, a2) || pair(a2, a)) &&
                     has(left(other_room, 4, a, LeaveReason::node_lost));
    require(all, quote(node.id()) + " got this news of a lost node: [" + join_lines(lost) + "]");
  }

  StoreNode& one;
  StoreNode& two;
  StoreNode& three;
  Someone a;
  Someone a2;
  Someone b;
  Someone c;
};

// What follows the loss comes next: nothing is told twice, by nobody.
void expect_calm(StoreWorld& w, Neighbours& n) {
  const Sent end = to_room(room, "end");
  const Sent other_end = to_room(other_room, "end");
  for (const Sent& message : {end, other_end}) {
    require(!n.two.publish(message), "publish failed");
    w.expect(n.three, {to_line(message)});
    require(!n.three.publish(message), "publish failed");
    w.expect(n.two, {to_line(message)});
  }
  w.expect_room(n.two, room, {6, {n.b.member(1), n.c.member(2)}});
  w.expect_room(n.three, other_room, {4, {n.b.member(1), n.c.member(2)}});
}

void close_removes_members(StoreWorld& w) {
  Neighbours n(w);
  w.close(n.one);
  n.expect_lost(w, n.two, w.fixture().patience());
  n.expect_lost(w, n.three, w.fixture().patience());
  expect_calm(w, n);
}

void close_frees_ids(StoreWorld& w) {
  Neighbours n(w);
  w.close(n.one);
  n.expect_lost(w, n.two, w.fixture().patience());
  n.expect_lost(w, n.three, w.fixture().patience());
  const Someone a = w.arrive(n.two, "a", "new secret");
  require(a.epoch > n.a.epoch, "after its node closed, an id was claimed with an epoch that is not greater");
  w.refuse(n.three.start_claim("b"), errc::id_in_use, "a claim of an id of a node that is still there");
}

// Faults of a listener are noticed by the world.
void close_silences(StoreWorld& w) {
  Neighbours n(w);
  w.close(n.one);
  n.two.ignore_news();
  n.three.ignore_news();
  const Sent after = to_room(room, "after the close");
  for (int i = 0; i < 10; ++i) {
    const Someone d = w.arrive(n.two, "d" + std::to_string(i));
    w.succeed(n.two.start_join(room, d), "join");
    require(!n.two.publish(after, {n.three.id()}), "publish failed");
    require(!n.two.publish(after), "publish failed");
    require(!n.two.command(make_command(NodeCommand::Kind::close_room, {}, room)), "command failed");
    w.succeed(n.three.start_join(other_room, n.c), "join");
  }
  w.expect(n.one, {});
}

void close_answers(StoreWorld& w) {
  Neighbours n(w);
  n.two.ignore_news();
  n.three.ignore_news();
  const Someone d = w.arrive(n.one, "d");
  const auto join = n.one.start_join("a third room", d);
  const auto leave = n.one.start_leave(room, n.a);
  const auto snapshot = n.one.start_snapshot(room);
  const auto claim = n.one.start_claim("e");
  w.close(n.one);
  w.wait(join, "a join under way when the node was closed");
  w.wait(leave, "a leave under way when the node was closed");
  w.wait(snapshot, "a snapshot under way when the node was closed");
  w.wait(claim, "a claim under way when the node was closed");
  const auto is_empty = [&, state = std::optional<Pending<RoomState>>()]() mutable {
    if (state && state->is_done() && state->answer().value.members.empty()) return true;
    if (!state || state->is_done()) state = n.two.start_snapshot("a third room");
    return false;
  };
  w.run_until(is_empty, "nobody of a closed node is in a room");
}

void crash_removes_members(StoreWorld& w) {
  Neighbours n(w);
  w.crash(n.one);
  n.expect_lost(w, n.two, w.fixture().node_lost_bound());
  n.expect_lost(w, n.three, w.fixture().node_lost_bound());
  expect_calm(w, n);
  w.arrive(n.two, "a", "new secret");
  w.arrive(n.three, "a2");
}

// The client is faster than the lease: it comes back to another node.
void crash_takeover(StoreWorld& w) {
  Neighbours n(w);
  w.crash(n.one);
  const Someone a = w.arrive(n.two, "a", "new secret", "secret");
  w.join(n.two, room, a, 6);
  w.expect(n.three, {left(room, 5, n.a, LeaveReason::disconnect), joined(room, 6, a)});
  w.run_until([&] { return n.three.told() >= 2; }, "the others of the lost node leave",
              w.fixture().node_lost_bound());
  Lines lost = n.three.take();
  std::ranges::sort(lost);  // rooms are not in order with each other
  const Lines expected{left(other_room, 4, n.a, LeaveReason::node_lost),
                       left(room, 7, n.a2, LeaveReason::node_lost)};
  require(lost == expected, "the news of a lost node was [" + join_lines(lost) + "]");
  n.two.ignore_news();
  w.expect_room(n.three, room, {7, {n.b.member(1), n.c.member(2), a.member(6)}});
  w.refuse(n.three.start_claim("a"), errc::id_in_use, "a claim of an id that was taken over in time");
}

}  // namespace

void add_end_cases(StoreCases& cases) {
  cases.insert(
      cases.end(),
      {{"close_removes_members",
        "The members of a node that closes leave with node_lost, each reported once.", close_removes_members},
       {"close_frees_ids", "When a node closes, its ids are free; those of other nodes are not.",
        close_frees_ids},
       {"close_silences", "After close the node's listener is not called.", close_silences},
       {"close_answers", "Operations that are pending when a node closes are answered.", close_answers},
       {"crash_removes_members",
        "The members of a node that crashes leave with node_lost in time, each reported once.",
        crash_removes_members},
       {"crash_takeover",
        "A client of a crashed node takes its id to another node, and is not removed there.",
        crash_takeover}});
}

}  // namespace signaling::testing
