// What is asked for twice, and what comes late: idempotence and fencing.
#include "testing/store_cases.hpp"
#include "testing/store_world.hpp"

namespace signaling::testing {
namespace {

const std::string room = "room";

/// A peer that was on node `one` and has been taken over by node `two`; node `three` looks on. The peer is in the room with
/// its first epoch, at version 2.
struct TakenOver {
  explicit TakenOver(StoreWorld& w) : one(w.node()), two(w.node()), three(w.node()) {
    onlooker = w.arrive(three, "onlooker");
    w.join(three, room, onlooker, 1);
    before = w.arrive(one, "a", "first secret");
    w.join(one, room, before, 2);
    now = w.arrive(two, "a", "second secret", "first secret");
    w.expect(one, {displaced(before)});
    w.expect(three, {joined(room, 2, before)});
  }
  StoreNode& one;
  StoreNode& two;
  StoreNode& three;
  Someone onlooker;
  Someone before;
  Someone now;
};

void join_again(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  const Someone x = w.arrive(two, "x");
  const Someone a = w.arrive(one, "a");
  w.join(two, room, x, 1);
  w.join(one, room, a, 2);
  const auto again = w.join(one, room, a, 2);
  const RoomState whole{2, {x.member(1), a.member(2)}};
  require(again.state.has_value(), "a join again with no known version left the room out");
  require(to_line(*again.state) == to_line(whole), "a join again gave " + to_line(*again.state));
  w.succeed(two.start_update(room, x, "new"), "update");
  const Version joined_at = w.join(one, room, a, 3).joined_at;
  require(joined_at == 2, "joined at 2, and again at " + std::to_string(joined_at));
  w.leave(one, room, a, 4);
  w.expect(two, {joined(room, 2, a), left(room, 4, a)});
  Someone renamed = x;
  renamed.metadata = "new";
  w.expect(one, {updated(room, 3, renamed)});
}

void leave_again(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  const Someone x = w.arrive(two, "x");
  const Someone a = w.arrive(one, "a");
  w.refuse(one.start_leave("nobody was ever here", a), errc::not_joined, "a leave of an unknown room");
  w.join(two, room, x, 1);
  w.refuse(one.start_leave(room, a), errc::not_joined, "a leave without a join");
  w.refuse(one.start_update(room, a, "metadata"), errc::not_joined, "an update without a join");
  w.join(one, room, a, 2);
  w.leave(one, room, a, 3);
  w.refuse(one.start_leave(room, a), errc::not_joined, "a second leave");
  w.refuse(one.start_update(room, a, "metadata"), errc::not_joined, "an update after the leave");
  w.expect_room(two, room, {3, {x.member(1)}});
  w.expect(two, {joined(room, 2, a), left(room, 3, a)});
}

// Whether the same metadata once more count as a change is the store's to say.
void update_again(StoreWorld& w) {
  StoreNode& one = w.node();
  Someone a = w.arrive(one, "a");
  w.join(one, room, a, 1);
  a.metadata = "new";
  const Version first = w.succeed(one.start_update(room, a, a.metadata), "update");
  const Version second = w.succeed(one.start_update(room, a, a.metadata), "update again");
  require(first == 2 && (second == 2 || second == 3),
          "versions of two updates after a join: " + std::to_string(first) + ", " + std::to_string(second));
  w.expect_room(one, room, {second, {a.member(1)}});
}

void older_is_replaced(StoreWorld& w) {
  TakenOver t(w);
  const auto answer = w.succeed(t.two.start_join(room, t.now), "join");
  require(answer.version == 4,
          "a replacement is two changes, but made version 2 to " + std::to_string(answer.version));
  require(answer.state.has_value(), "the answer of a join that did not know the room omits the room");
  const RoomState whole{4, {t.onlooker.member(1), t.now.member(4)}};
  require(to_line(*answer.state) == to_line(whole), "the join was answered with " + to_line(*answer.state));
  w.expect(t.three, {left(room, 3, t.before, LeaveReason::disconnect), joined(room, 4, t.now)});
}

void older_is_replaced_when_full(StoreWorld& w) {
  TakenOver t(w);
  w.succeed(t.two.start_join(room, t.now, 2), "a join that replaces a member of a full room");
  w.expect(t.three, {left(room, 3, t.before, LeaveReason::disconnect), joined(room, 4, t.now)});
}

void younger_stays(StoreWorld& w) {
  TakenOver t(w);
  w.join(t.two, room, t.now, 4);
  w.refuse(t.one.start_join(room, t.before), errc::id_in_use, "a late join with an older epoch");
  w.expect_room(t.three, room, {4, {t.onlooker.member(1), t.now.member(4)}});
  w.leave(t.two, room, t.now, 5);
  w.expect(t.three,
           {left(room, 3, t.before, LeaveReason::disconnect), joined(room, 4, t.now), left(room, 5, t.now)});
}

void late_leave_is_fenced(StoreWorld& w) {
  TakenOver t(w);
  w.join(t.two, room, t.now, 4);
  w.refuse(t.one.start_leave(room, t.before, LeaveReason::disconnect), errc::not_joined,
           "a late leave with an older epoch");
  w.refuse(t.one.start_update(room, t.before, "late"), errc::not_joined, "a late update with an older epoch");
  w.expect_room(t.three, room, {4, {t.onlooker.member(1), t.now.member(4)}});
  w.expect(t.three, {left(room, 3, t.before, LeaveReason::disconnect), joined(room, 4, t.now)});
}

// The old node takes out what is its own, before the peer is there again.
void displaced_member_leaves(StoreWorld& w) {
  TakenOver t(w);
  w.leave(t.one, room, t.before, 3, LeaveReason::disconnect);
  w.join(t.two, room, t.now, 4);
  w.expect(t.three, {left(room, 3, t.before, LeaveReason::disconnect), joined(room, 4, t.now)});
}

}  // namespace

void add_retry_cases(StoreCases& cases) {
  cases.insert(
      cases.end(),
      {{"join_again", "A second join with the same epoch succeeds and changes nothing.", join_again},
       {"leave_again",
        "A leave or update of a peer outside the room fails with not_joined and changes nothing.",
        leave_again},
       {"update_again", "An update may be repeated.", update_again},
       {"join_replaces_older",
        "A join replaces an older epoch of the id, which is reported as a leave and a join.",
        older_is_replaced},
       {"join_replaces_older_when_full", "A join that replaces an older epoch needs no further capacity.",
        older_is_replaced_when_full},
       {"join_younger_stays", "A late join does not replace a newer epoch: it fails with id_in_use.",
        younger_stays},
       {"fencing", "A late leave or update of an older epoch changes nothing for a newer one.",
        late_leave_is_fenced},
       {"displaced_member_leaves", "A displaced node itself removes the members of its epoch.",
        displaced_member_leaves}});
}

}  // namespace signaling::testing
