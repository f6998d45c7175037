// Members that move to another node, and commands to a node. Cases of stores that can do that.
#include "testing/store_cases.hpp"
#include "testing/store_trio.hpp"

namespace signaling::testing {
namespace {

void require_moves(StoreNode& node) {
  if (!node.store().can_move_members()) skip("the store cannot move members");
}

/// `who` is claimed anew on another node, and has not moved into any room yet.
Someone take_over(StoreWorld& w, StoreNode& to, StoreNode& from, const Someone& who) {
  Someone moved = w.arrive(to, who.id, "next secret of " + who.id, "secret of " + who.id);
  moved.metadata = who.metadata;
  w.expect(from, {displaced(who)});
  return moved;
}

/// Everybody in the trio's room has a secret that is known.
struct Movers : Trio {
  explicit Movers(StoreWorld& w) : Trio(w) {
    require_moves(one);
    d = w.arrive(one, "d", "secret of d");
    d.metadata = R"({"name":"Dora"})";
    w.join(one, room, d, 4);
    w.expect(two, {joined(room, 4, d)});
    w.expect(three, {joined(room, 4, d)});
  }
  Someone d;
};

void keeps_place(StoreWorld& w) {
  Movers m(w);
  const Someone moved = take_over(w, m.two, m.one, m.d);
  const auto answer = w.succeed(m.two.start_join(room, moved, 0, 4, m.d.epoch), "the move");
  require(answer.version == 4, "a move changed the room's version");
  require(answer.joined_at == 4, "a move changed joined_at");
  w.expect(m.one, {moved_to(room, 4, 4, moved)});
  w.expect(m.three, {moved_to(room, 4, 4, moved)});
  w.expect_room(m.outside, room, {4, {m.a.member(1), m.b.member(2), m.c.member(3), moved.member(4)}});
  w.leave(m.two, room, moved, 5);
  w.expect(m.one, {left(room, 5, moved)});
  w.expect(m.three, {left(room, 5, moved)});
}

// Of a node's last member, too.
void tells_former_node(StoreWorld& w) {
  Movers m(w);
  const Someone e = w.arrive(m.outside, "e", "secret of e");
  w.join(m.outside, room, e, 5);
  for (StoreNode* node : {&m.one, &m.two, &m.three}) w.expect(*node, {joined(room, 5, e)});
  const Someone moved = take_over(w, m.two, m.outside, e);
  (void)w.succeed(m.two.start_join(room, moved, 0, 5, e.epoch), "the move");
  for (StoreNode* node : {&m.one, &m.three, &m.outside}) w.expect(*node, {moved_to(room, 5, 5, moved)});
  w.leave(m.two, room, moved, 6);
  for (StoreNode* node : {&m.one, &m.three}) w.expect(*node, {left(room, 6, moved)});
  w.expect(m.outside, {});
}

void is_ordinary_join_otherwise(StoreWorld& w) {
  Movers m(w);
  const Someone moved = take_over(w, m.two, m.one, m.d);
  const auto answer = w.succeed(m.two.start_join("another room", moved, 0, 0, m.d.epoch), "the move");
  require(answer.version == 1 && answer.state && answer.state->members.size() == 1,
          "a move into a room that the member is not in is not a join");
  const auto wrong = w.succeed(m.two.start_join(room, moved, 0, 4, m.d.epoch + 1), "a join");
  require(wrong.version == 6 && wrong.joined_at == 6, "another epoch was moved");
  w.ignore_news();
}

// What is said behind the move reaches the member where it is; what was said before, where it was.
void messages_follow(StoreWorld& w) {
  Movers m(w);
  const Sent in_room = to_member(room, "d", "through the room");
  const Sent direct = to_peer("d", "direct");
  accept(m.three.publish(in_room));
  accept(m.three.publish(direct));
  w.expect(m.one, {to_line(in_room), to_line(direct)});
  const Someone moved = take_over(w, m.two, m.one, m.d);
  accept(m.three.publish(direct));
  w.expect(m.two, {to_line(direct)});
  (void)w.succeed(m.two.start_join(room, moved, 0, 4, m.d.epoch), "the move");
  for (StoreNode* node : {&m.one, &m.three}) w.expect(*node, {moved_to(room, 4, 4, moved)});
  accept(m.three.publish(in_room));
  w.expect(m.two, {to_line(in_room)});
  w.expect(m.one, {});
}

void command_to_node(StoreWorld& w) {
  Movers m(w);
  NodeCommand command = make_command(NodeCommand::Kind::history, "nobody");
  command.node = m.outside.id();
  command.data = std::string("\0\xFF\r\n\"{}", 7);
  accept(m.one.command(command));
  w.expect(m.outside, {to_line(command)});
  command.node = "no such node";
  const std::error_code error = m.one.command(command);
  if (!error) w.expect(m.one, {undelivered(command, errc::peer_not_found)});
  require(!error || error == errc::peer_not_found, "a command to no node: " + to_line(error));
}

}  // namespace

void add_move_cases(StoreCases& cases) {
  cases.insert(
      cases.end(),
      {{"move_keeps_place", "A member that moves keeps joined_at, and the room its version.", keeps_place},
       {"move_tells_former_node", "The node that had a member hears that it has moved.", tells_former_node},
       {"move_or_join", "A move of a member that is not there is a join.", is_ordinary_join_otherwise},
       {"move_messages_follow", "Messages reach a member on the node where it is in the store's order.",
        messages_follow},
       {"command_to_node", "A command that names a node reaches it, or its sender is notified.",
        command_to_node}});
}

}  // namespace signaling::testing
