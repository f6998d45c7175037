// Who is in a room: joins, leaves, updates, snapshots.
#include <algorithm>
#include <array>

#include "testing/store_cases.hpp"
#include "testing/store_world.hpp"

namespace signaling::testing {
namespace {

const std::string room = "room";

// Who has followed the room needs no picture of it.
enum class Caller { is_new, has_followed };

void expect_state(const StateStore::Joined& got, const RoomState& state, Caller caller = Caller::is_new) {
  if (!got.state && caller == Caller::has_followed) return;
  require(got.state.has_value(), "the answer of a join that did not know the room omits the room");
  if (to_line(*got.state) != to_line(state)) {
    fail("a join was answered with " + to_line(*got.state) + ", expected " + to_line(state));
  }
}

void join_tells_room(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  Someone a = w.arrive(one, "a");
  a.metadata = R"({"name":"Ada"})";
  const Someone b = w.arrive(two, "b");
  expect_state(w.join(one, room, a, 1), {1, {a.member(1)}});
  expect_state(w.join(two, room, b, 2), {2, {a.member(1), b.member(2)}});
  w.expect(one, {joined(room, 2, b)});
}

void others_are_told(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  StoreNode& three = w.node();
  StoreNode& outside = w.node();
  const Someone a = w.arrive(one, "a");
  const Someone b = w.arrive(two, "b");
  Someone c = w.arrive(three, "c");
  c.metadata = "first";
  w.join(outside, "another room", w.arrive(outside, "x"), 1);
  w.join(one, room, a, 1);
  w.join(two, room, b, 2);
  w.join(three, room, c, 3);
  c.metadata = "second";
  const Version version = w.succeed(three.start_update(room, c, c.metadata), "update");
  require(version == 4, "the update's version was " + std::to_string(version));
  w.leave(three, room, c, 5, LeaveReason::timeout);
  Someone before = c;
  before.metadata = "first";
  const Lines of_c{joined(room, 3, before), updated(room, 4, c), left(room, 5, c, LeaveReason::timeout)};
  Lines of_b_and_c = of_c;
  of_b_and_c.insert(of_b_and_c.begin(), joined(room, 2, b));
  w.expect(one, of_b_and_c);
  w.expect(two, of_c);
  // Whoever is told this was told nothing before it that is not yet seen.
  require(!one.publish(to_room(room, "end")), "publish failed");
  require(!one.publish(to_room("another room", "end")), "publish failed");
  w.expect(two, {to_line(to_room(room, "end"))});
  w.expect(outside, {to_line(to_room("another room", "end"))});
  w.expect(three, {});
}

void own_changes_are_not_told(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  const Someone a = w.arrive(one, "a");
  Someone b = w.arrive(one, "b");
  w.join(two, room, w.arrive(two, "x"), 1);
  w.join(one, room, a, 2);
  w.join(one, room, b, 3);
  b.metadata = "news";
  w.succeed(one.start_update(room, b, b.metadata), "update");
  w.leave(one, room, b, 5);
  require(!two.publish(to_room(room, "end")), "publish failed");
  w.expect(one, {to_line(to_room(room, "end"))});
  Someone before = b;
  before.metadata.clear();
  w.expect(two, {joined(room, 2, a), joined(room, 3, before), updated(room, 4, b), left(room, 5, b)});
}

void leave_reasons(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  w.join(two, room, w.arrive(two, "x"), 1);
  Version version = 1;
  for (const LeaveReason reason :
       {LeaveReason::leave, LeaveReason::disconnect, LeaveReason::timeout, LeaveReason::kicked}) {
    const Someone a = w.arrive(one, "a" + std::to_string(version));
    w.join(one, room, a, version + 1);
    w.leave(one, room, a, version + 2, reason);
    w.expect(two, {joined(room, version + 1, a), left(room, version + 2, a, reason)});
    version += 2;
  }
}

void capacity(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  one.ignore_news();
  two.ignore_news();
  const Someone a = w.arrive(one, "a");
  const Someone b = w.arrive(two, "b");
  const Someone c = w.arrive(two, "c");
  w.succeed(one.start_join(room, a, 2), "join");
  w.succeed(two.start_join(room, b, 2), "join");
  w.refuse(two.start_join(room, c, 2), errc::room_full, "a join of a full room");
  w.expect_room(one, room, {2, {a.member(1), b.member(2)}});
  w.succeed(two.start_join(room, b, 2), "the same join again, while the room is full");
  w.leave(one, room, a, 3);
  w.succeed(two.start_join(room, c, 2), "a join after a member has left");
  w.succeed(one.start_join(room, a, 3), "a join with a greater bound");
  w.succeed(one.start_join(room, w.arrive(one, "d"), 0), "a join without a bound");
}

void capacity_under_concurrency(StoreWorld& w) {
  constexpr std::size_t bound = 7;
  std::vector<std::pair<StoreNode*, Someone>> crowd;
  for (int i = 0; i < 4; ++i) {
    StoreNode& node = w.node();
    node.ignore_news();
    for (int k = 0; k < 5; ++k) {
      crowd.emplace_back(&node, w.arrive(node, "p" + std::to_string(i) + "." + std::to_string(k)));
    }
  }
  std::vector<Pending<StateStore::Joined>> joins;
  joins.reserve(crowd.size());
  for (const auto& [node, who] : crowd) joins.push_back(node->start_join(room, who, bound));
  RoomState expected{bound, {}};
  for (std::size_t i = 0; i < crowd.size(); ++i) {
    const auto answer = w.wait(joins[i], "join");
    require(!answer.error || answer.error == errc::room_full, "a join failed: " + to_line(answer.error));
    if (!answer.error) expected.members.push_back(crowd[i].second.member(answer.value.version));
  }
  require(expected.members.size() == bound, std::to_string(expected.members.size()) + " got one of 7 places");
  w.expect_room(*crowd.front().first, room, expected);
}

void known_version(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  const Someone a = w.arrive(one, "a");
  const Someone b = w.arrive(two, "b");
  const Someone c = w.arrive(one, "c");
  const Someone d = w.arrive(one, "d");
  w.join(one, room, a, 1);
  w.join(two, room, b, 2);
  const auto behind = w.succeed(one.start_join(room, c, 0, 1), "join");
  expect_state(behind, {3, {a.member(1), b.member(2), c.member(3)}}, Caller::has_followed);
  const auto abreast = w.succeed(one.start_join(room, d, 0, 3), "join");
  require(abreast.version == 4, "the version did not grow by one");
  const RoomState whole{4, {a.member(1), b.member(2), c.member(3), d.member(4)}};
  expect_state(abreast, whole, Caller::has_followed);
  w.expect_room(two, room, whole);
  w.expect(one, {joined(room, 2, b)});
  w.expect(two, {joined(room, 3, c), joined(room, 4, d)});
}

void version_never_goes_back(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  const Someone a = w.arrive(one, "a");
  const Someone b = w.arrive(two, "b");
  w.join(one, room, a, 1);
  const auto answer = w.succeed(two.start_join(room, b, 0, 41), "join");
  require(answer.version > 41,
          "the caller knew version 41, and the join made it " + std::to_string(answer.version));
  expect_state(answer, {answer.version, {a.member(1), b.member(answer.version)}});
  w.leave(one, room, a, answer.version + 1);
  w.expect(one, {joined(room, answer.version, b)});
  w.expect(two, {left(room, answer.version + 1, a)});
}

void snapshots(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  w.expect_room(one, "nobody was ever here", {0, {}});
  Someone a = w.arrive(one, "a");
  const Someone b = w.arrive(two, "b");
  w.join(one, room, a, 1);
  w.join(two, room, b, 2);
  a.metadata = "later";
  w.succeed(one.start_update(room, a, a.metadata), "update");
  const RoomState state{3, {a.member(1), b.member(2)}};  // joined_at stays
  w.expect_room(one, room, state);
  w.expect_room(two, room, state);
  w.leave(two, room, b, 4);
  w.leave(one, room, a, 5);
  require(w.snapshot(two, room).members.empty(), "a room that all members have left has a member");
  w.expect(one, {joined(room, 2, b), left(room, 4, b)});
  w.expect(two, {updated(room, 3, a)});
}

void names_of_any_bytes(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  const std::vector<std::string> names{"{x}",
                                       "x",
                                       "*",
                                       "?",
                                       "a\r\nb",
                                       "a",
                                       std::string("a\0b", 3),
                                       std::string("\0", 1),
                                       "\xFF\xFE",
                                       " ",
                                       "a b",
                                       "a:b",
                                       "a/b",
                                       "%41",
                                       "A",
                                       "'",
                                       "\"",
                                       "\\",
                                       "$1",
                                       "😀",
                                       std::string(128, 'n'),
                                       std::string(127, 'n')};
  Version version = 0;
  Lines told;
  for (const std::string& name : names) {
    w.join(one, name, w.arrive(one, "host " + std::to_string(version)), 1);
    Someone peer = w.arrive(two, name);
    peer.metadata = "metadata of " + name;
    w.join(two, name, peer, 2);
    w.expect(one, {joined(name, 2, peer)});
    w.join(two, room, peer, ++version);
  }
  const RoomState state = w.snapshot(one, room);
  require(state.members.size() == names.size(), "members with unusual names are missing or duplicated");
  for (const std::string& name : names) {
    const auto found = std::ranges::find(state.members, name, &StoreMember::id);
    require(found != state.members.end(), quote(name) + " is not in the room");
    require(found->metadata.view() == "metadata of " + name, "a member has the metadata of another");
    require(w.snapshot(one, name).members.size() == 2,
            "room " + quote(name) + " is mixed up with other rooms");
  }
}

void metadata_of_any_bytes(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  w.join(two, room, w.arrive(two, "x"), 1);
  Someone a = w.arrive(one, "a");
  while (a.metadata.size() < 4096) a.metadata += static_cast<char>(a.metadata.size() * 7 % 256);
  w.join(one, room, a, 2);
  w.expect(two, {joined(room, 2, a)});
  a.metadata = std::string("\0\xFF{\r\n", 5);
  w.succeed(one.start_update(room, a, a.metadata), "update");
  w.expect(two, {updated(room, 3, a)});
  a.metadata.clear();
  w.succeed(one.start_update(room, a, a.metadata), "update");
  w.expect(two, {updated(room, 4, a)});
}

}  // namespace

void add_member_cases(StoreCases& cases) {
  cases.insert(
      cases.end(),
      {{"join_tells_room", "The answer of a join has the version and the whole room, with the new member.",
        join_tells_room},
       {"others_are_told",
        "The other nodes with members in the room get each change, and no other node does.", others_are_told},
       {"own_changes_are_not_told", "A node gets no news of its own changes.", own_changes_are_not_told},
       {"leave_reasons", "The news of a leave has its reason.", leave_reasons},
       {"join_capacity", "A join beyond the capacity fails with room_full and changes nothing.", capacity},
       {"join_capacity_is_atomic",
        "If several peers join at once, exactly as many succeed as the capacity allows.",
        capacity_under_concurrency},
       {"join_known_version", "The answer of a join omits the room only if the caller has followed it.",
        known_version},
       {"join_version_never_goes_back", "A join makes the version greater than the one that the caller knew.",
        version_never_goes_back},
       {"snapshot_is_the_room", "A snapshot returns the present room; an unknown room is empty at version 0.",
        snapshots},
       {"names_of_any_bytes", "Names of rooms and peers may be any bytes, and are distinct and unchanged.",
        names_of_any_bytes},
       {"metadata_of_any_bytes", "Metadata is stored byte for byte, also if it is empty or 4 KiB long.",
        metadata_of_any_bytes}});
}

}  // namespace signaling::testing
