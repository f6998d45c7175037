// Commands from node to node.
#include "testing/store_cases.hpp"
#include "testing/store_trio.hpp"

namespace signaling::testing {
namespace {

using Kind = NodeCommand::Kind;

void to_claimed_id(StoreWorld& w) {
  Trio t(w);
  for (const NodeCommand& command : {make_command(Kind::kick, "b"), make_command(Kind::kick, "b", room),
                                     make_command(Kind::kick, "b", "another room")}) {
    accept(t.outside.command(command));
    w.expect(t.two, {to_line(command)});
  }
  for (StoreNode* node : {&t.one, &t.three, &t.outside}) w.expect(*node, {});
  for (const std::string_view nobody : {"nobody", "a"}) {  // `a` is the sender's own: no other node's
    const NodeCommand lost = make_command(Kind::kick, nobody, room);
    const std::error_code error = t.one.command(lost);
    if (!error) w.expect(t.one, {undelivered(lost, errc::peer_not_found)});
    require(!error || error == errc::peer_not_found, "a command without a receiver: " + to_line(error));
  }
}

void to_whole_room(StoreWorld& w) {
  Trio t(w);
  const NodeCommand close = make_command(Kind::close_room, {}, room);
  const NodeCommand lost = make_command(Kind::lost, {}, room);
  for (const NodeCommand& command : {close, lost}) {
    accept(t.one.command(command));
    for (StoreNode* node : {&t.two, &t.three}) w.expect(*node, {to_line(command)});
    accept(t.outside.command(command));
    for (StoreNode* node : {&t.one, &t.two, &t.three}) w.expect(*node, {to_line(command)});
  }
  const std::error_code error = t.one.command(make_command(Kind::close_room, {}, "nobody was ever here"));
  require(!error || error == errc::peer_not_found, "a command to an empty room: " + to_line(error));
}

// Of a room: behind what the node has changed and said there, and before what it changes and says later.
void in_order(StoreWorld& w) {
  Trio t(w);
  const Sent said = to_room(room, "said");
  const Sent to_b = to_member(room, "b", "to b");
  const NodeCommand command = make_command(Kind::close_room, {}, room);
  Lines told;
  Version version = 3;
  for (int i = 0; i < 20; ++i) {
    const Someone d = w.arrive(t.one, "d" + std::to_string(i));
    w.join(t.one, room, d, ++version);
    told.push_back(joined(room, version, d));
    accept(t.one.command(command));
    accept(t.one.publish(said, {t.two.id(), t.three.id()}));
    accept(t.one.command(command));
    accept(t.one.publish(said));
    told.insert(told.end(), {to_line(command), to_line(said), to_line(command), to_line(said)});
    w.leave(t.one, room, d, ++version);
    told.push_back(left(room, version, d));
  }
  w.expect(t.three, told);
  w.expect(t.two, told);
  accept(t.one.publish(to_b));
  accept(t.one.command(command));
  w.expect(t.two, {to_line(to_b), to_line(command)});
  w.expect(t.three, {to_line(command)});
}

void every_field(StoreWorld& w) {
  Trio t(w);
  const std::string odd("\0\xFF\r\n\"{}", 7);
  w.arrive(t.two, odd);
  for (const Kind kind : {Kind::kick, Kind::close_room, Kind::away, Kind::back, Kind::undelivered}) {
    NodeCommand command = make_command(kind, odd, odd);
    command.receiver = odd;
    command.epoch = 0x0102030405060708;
    command.error = errc::internal;
    command.why = odd;
    command.data = odd;
    accept(t.one.command(command));
    w.expect(t.two, {to_line(command)});
  }
  const NodeCommand lost = make_command(Kind::lost, odd);
  accept(t.one.command(lost));
  w.expect(t.two, {to_line(lost)});
}

}  // namespace

void add_command_cases(StoreCases& cases) {
  cases.insert(
      cases.end(),
      {{"command_to_claimed_id",
        "A command that names a peer reaches the node that has claimed the id, or its sender is notified.",
        to_claimed_id},
       {"command_to_room",
        "A command that names no peer reaches every other node with members in the room, once.",
        to_whole_room},
       {"command_in_order", "Commands keep their order among the messages and changes of their node.",
        in_order},
       {"command_every_field", "A command arrives with all its fields, which may be any bytes.",
        every_field}});
}

}  // namespace signaling::testing
