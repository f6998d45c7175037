// Messages from node to node.
#include "testing/store_cases.hpp"
#include "testing/store_trio.hpp"

namespace signaling::testing {
namespace {

void to_whole_room(StoreWorld& w) {
  Trio t(w);
  const Sent message = to_room(room, "hello");
  const Sent end = to_room(room, "end");
  accept(t.one.publish(message));
  accept(t.one.publish(end));
  w.expect(t.two, {to_line(message), to_line(end)});
  w.expect(t.three, {to_line(message), to_line(end)});
  w.expect(t.outside, {});
  accept(t.outside.publish(end));  // who is not in the room may speak to it
  for (StoreNode* node : {&t.one, &t.two, &t.three}) w.expect(*node, {to_line(end)});
}

void to_one_member(StoreWorld& w) {
  Trio t(w);
  const Sent message = to_member(room, "b", "for b");
  const Sent end = to_room(room, "end");
  accept(t.one.publish(message));
  accept(t.one.publish(end));
  w.expect(t.two, {to_line(message), to_line(end)});
  w.expect(t.three, {to_line(end)});
}

void with_targets(StoreWorld& w) {
  Trio t(w);
  const Sent for_b = to_member(room, "b", "for b");
  const Sent for_all = to_room(room, "for all");
  accept(t.one.publish(for_b, {t.two.id()}));
  accept(t.one.publish(for_all, {t.two.id(), t.three.id()}));
  accept(t.one.publish(for_b));
  accept(t.one.publish(for_all));
  w.expect(t.two, {to_line(for_b), to_line(for_all), to_line(for_b), to_line(for_all)});
  w.expect(t.three, {to_line(for_all), to_line(for_all)});
  w.expect(t.one, {});
}

// A store may know at once.
void accept_or_find_nobody(std::error_code error) {
  if (error != errc::peer_not_found) accept(error);
}

void to_nobody(StoreWorld& w) {
  Trio t(w);
  accept_or_find_nobody(t.one.publish(to_room("nobody was ever here", "x")));
  w.leave(t.two, room, t.b, 4);
  w.leave(t.three, room, t.c, 5);
  w.expect(t.one, {left(room, 4, t.b), left(room, 5, t.c)});
  w.expect(t.three, {left(room, 4, t.b)});
  accept_or_find_nobody(t.one.publish(to_room(room, "x")));
  w.succeed(t.one.start_update(room, t.a, "said"), "update");  // stands behind what was said
  w.join(t.two, room, t.b, 7);
  w.expect(t.one, {joined(room, 7, t.b)});
  const Sent end = to_room(room, "end");
  accept(t.one.publish(end));
  w.expect(t.two, {to_line(end)});
  w.expect(t.three, {});
}

void to_claimed_id(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  const Someone a = w.arrive(one, "a");
  const Someone b = w.arrive(two, "b");
  const Sent message = to_peer("b", "for b");
  accept(one.publish(message));
  w.expect(two, {to_line(message)});
  accept(one.publish(message, {two.id()}));
  w.expect(two, {to_line(message)});
  for (const std::string_view nobody : {"nobody", "a"}) {  // `a` is the sender's own: no other node's
    const Sent lost = to_peer(nobody, "lost");
    const std::error_code error = one.publish(lost);
    if (!error) w.expect(one, {undelivered(lost, errc::peer_not_found)});
    require(!error || error == errc::peer_not_found, "publish without a receiver: " + to_line(error));
  }
  accept(one.publish(message));
  w.expect(two, {to_line(message)});
}

void messages_in_order(StoreWorld& w) {
  constexpr int count = 300;
  Trio t(w);
  std::vector<std::string> texts;
  texts.reserve(count);
  for (int i = 0; i < count; ++i) texts.push_back(std::to_string(i));
  Lines told;
  Lines told_three;
  for (int i = 0; i < count; ++i) {
    const std::string& text = texts[static_cast<std::size_t>(i)];
    const Sent message = i % 3 == 0 ? to_member(room, "b", text) : to_room(room, text);
    accept(t.one.publish(message, i % 2 == 0   ? std::vector<NodeId>{}
                                  : i % 3 == 0 ? std::vector{t.two.id()}
                                               : std::vector{t.two.id(), t.three.id()}));
    told.push_back(to_line(message));
    if (i % 3 != 0) told_three.push_back(to_line(message));
  }
  w.expect(t.two, told);
  w.expect(t.three, told_three);
}

// A member's messages come after its join, and none of its own after its leave.
void messages_behind_changes(StoreWorld& w) {
  constexpr Version rounds = 20;
  Trio t(w);
  const Sent said = to_room(room, "said between join and leave");
  const Sent to_b = to_member(room, "b", "to b alone");
  Lines told;
  Lines told_three;
  Version version = 3;
  for (Version i = 0; i < rounds; ++i) {
    Someone d = w.arrive(t.one, "d" + std::to_string(i));
    w.join(t.one, room, d, ++version);
    told.push_back(joined(room, version, d));
    accept(t.one.publish(said, {t.two.id(), t.three.id()}));
    accept(t.one.publish(to_b));
    told.insert(told.end(), {to_line(said), to_line(to_b)});
    d.metadata = "updated";
    w.succeed(t.one.start_update(room, d, d.metadata), "update");
    told.push_back(updated(room, ++version, d));
    accept(t.one.publish(said));
    told.push_back(to_line(said));
    w.leave(t.one, room, d, ++version);
    told.push_back(left(room, version, d));
  }
  for (const std::string& line : told) {
    if (line != to_line(to_b)) told_three.push_back(line);
  }
  w.expect(t.two, told);
  w.expect(t.three, told_three);
}

// Not only the sender's own changes come before what it says.
void messages_behind_changes_of_others(StoreWorld& w) {
  Trio t(w);
  Version version = 3;
  for (int i = 0; i < 10; ++i) {
    const Someone d = w.arrive(t.two, "d" + std::to_string(i));
    const Sent hello = to_room(room, d.id);
    w.join(t.two, room, d, ++version);
    w.expect(t.one, {joined(room, version, d)});
    accept(t.one.publish(hello));
    w.expect(t.two, {to_line(hello)});
    w.expect(t.three, {joined(room, version, d), to_line(hello)});
  }
}

void every_field(StoreWorld& w) {
  Trio t(w);
  const std::string odd("\0\xFF\r\n\"{}", 7);
  Sent sent = to_room(room, odd);
  auto& [message, route] = sent;
  for (const MessageType type : {MessageType::offer, MessageType::answer, MessageType::candidate,
                                 MessageType::message, MessageType::event}) {
    message.type = type;
    message.event = type == MessageType::event ? odd : std::string_view();
    message.room = odd;  // the way is the route's
    message.kind = MessageKind::binary;
    message.delivery = Delivery::volatile_;
    message.audience = Audience::everybody;
    message.reach = Reach::speakers;
    message.language = "language";
    message.original = odd;
    route.from = odd;
    route.from_epoch = (std::uint64_t{1} << 63U) + 7;
    route.from_joined_at = (std::uint64_t{1} << 62U) + 5;
    route.from_metadata = odd;
    route.from_rooms = odd;
    route.reach = Reach::anybody;
    accept(t.one.publish(sent));
    w.expect(t.two, {to_line(sent)});
    w.expect(t.three, {to_line(sent)});
  }
  const Sent plain = to_room(room, "");
  accept(t.one.publish(plain));
  w.expect(t.two, {to_line(plain)});
  w.expect(t.three, {to_line(plain)});
}

void large_payload(StoreWorld& w) {
  Trio t(w);
  std::string payload;
  for (std::size_t i = 0; payload.size() < 256 * 1024; ++i)
    payload += static_cast<char>((i * i + i / 256) % 256);
  Sent sent = to_room(room, payload);
  sent.message.kind = MessageKind::binary;
  for (const std::size_t size : {std::size_t{1}, std::size_t{255}, std::size_t{65536}, payload.size()}) {
    sent.message.payload = std::string_view(payload).substr(0, size);
    accept(t.one.publish(sent));
    w.expect(t.two, {to_line(sent)});
    w.expect(t.three, {to_line(sent)});
  }
}

}  // namespace

void add_publish_cases(StoreCases& cases) {
  cases.insert(
      cases.end(),
      {{"publish_to_room", "A message to a room reaches every other node with members in it, once.",
        to_whole_room},
       {"publish_to_member", "A message to a member reaches only its node.", to_one_member},
       {"publish_with_targets", "Targets save a look-up, and change nothing else.", with_targets},
       {"publish_to_nobody", "A message without receivers reaches no node; the store may report that.",
        to_nobody},
       {"publish_to_claimed_id",
        "A message without a room reaches the node that has claimed the id, or its sender is notified.",
        to_claimed_id},
       {"publish_in_order", "A node's messages to a room reach every other node in the order of publishing.",
        messages_in_order},
       {"publish_behind_own_changes", "A node's messages keep their order among its own changes.",
        messages_behind_changes},
       {"publish_behind_changes", "A node's message comes after the earlier changes of other nodes.",
        messages_behind_changes_of_others},
       {"publish_every_field", "A message arrives with all its fields, which may be any bytes.", every_field},
       {"publish_large_payload", "A payload arrives byte for byte, also if it has 256 KiB.", large_payload}});
}

}  // namespace signaling::testing
