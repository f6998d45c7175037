// Envelopes from node to node.
#include "testing/store_cases.hpp"
#include "testing/store_world.hpp"

namespace signaling::testing {
namespace {

const std::string room = "room";

/// Three nodes, the room's members a, b, c on one each, and a node without any.
struct Trio {
  explicit Trio(StoreWorld& w) : one(w.node()), two(w.node()), three(w.node()), outside(w.node()) {
    a = w.arrive(one, "a");
    b = w.arrive(two, "b");
    c = w.arrive(three, "c");
    w.join(one, room, a, 1);
    w.join(two, room, b, 2);
    w.join(three, room, c, 3);
    w.expect(one, {joined(room, 2, b), joined(room, 3, c)});
    w.expect(two, {joined(room, 3, c)});
  }
  StoreNode& one;
  StoreNode& two;
  StoreNode& three;
  StoreNode& outside;
  Someone a;
  Someone b;
  Someone c;
};

void accept(std::error_code error) { require(!error, "publish was not accepted: " + to_line(error)); }

void to_whole_room(StoreWorld& w) {
  Trio t(w);
  const Envelope envelope = to_room(room, "hello");
  const Envelope end = to_room(room, "end");
  accept(t.one.publish(envelope));
  accept(t.one.publish(end));
  w.expect(t.two, {to_line(envelope), to_line(end)});
  w.expect(t.three, {to_line(envelope), to_line(end)});
  w.expect(t.outside, {});
  accept(t.outside.publish(end));  // who is not in the room may speak to it
  for (StoreNode* node : {&t.one, &t.two, &t.three}) w.expect(*node, {to_line(end)});
}

void to_one_member(StoreWorld& w) {
  Trio t(w);
  const Envelope envelope = to_member(room, "b", "for b");
  const Envelope end = to_room(room, "end");
  accept(t.one.publish(envelope));
  accept(t.one.publish(end));
  w.expect(t.two, {to_line(envelope), to_line(end)});
  w.expect(t.three, {to_line(end)});
}

void with_targets(StoreWorld& w) {
  Trio t(w);
  const Envelope for_b = to_member(room, "b", "for b");
  const Envelope for_all = to_room(room, "for all");
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
  const Envelope end = to_room(room, "end");
  accept(t.one.publish(end));
  w.expect(t.two, {to_line(end)});
  w.expect(t.three, {});
}

void to_claimed_id(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  const Someone a = w.arrive(one, "a");
  const Someone b = w.arrive(two, "b");
  const Envelope envelope = to_peer("b", "for b");
  accept(one.publish(envelope));
  w.expect(two, {to_line(envelope)});
  accept(one.publish(envelope, {two.id()}));
  w.expect(two, {to_line(envelope)});
  for (const std::string_view nobody : {"nobody", "a"}) {  // `a` is the sender's own: no other node's
    const Envelope lost = to_peer(nobody, "lost");
    const std::error_code error = one.publish(lost);
    if (!error) w.expect(one, {undelivered(lost, errc::peer_not_found)});
    require(!error || error == errc::peer_not_found, "publish to nobody: " + to_line(error));
  }
  accept(one.publish(envelope));
  w.expect(two, {to_line(envelope)});
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
    const Envelope envelope = i % 3 == 0 ? to_member(room, "b", text) : to_room(room, text);
    accept(t.one.publish(envelope, i % 2 == 0   ? std::vector<NodeId>{}
                                   : i % 3 == 0 ? std::vector{t.two.id()}
                                                : std::vector{t.two.id(), t.three.id()}));
    told.push_back(to_line(envelope));
    if (i % 3 != 0) told_three.push_back(to_line(envelope));
  }
  w.expect(t.two, told);
  w.expect(t.three, told_three);
}

// A member's messages come after its join, and none of its own after its leave.
void messages_behind_changes(StoreWorld& w) {
  constexpr Version rounds = 20;
  Trio t(w);
  const Envelope said = to_room(room, "said between join and leave");
  const Envelope to_b = to_member(room, "b", "to b alone");
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
    const Envelope hello = to_room(room, d.id);
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
  Envelope envelope;
  envelope.room = room;
  for (const EnvelopeType type : {EnvelopeType::offer, EnvelopeType::answer, EnvelopeType::candidate,
                                  EnvelopeType::message, EnvelopeType::event}) {
    envelope.type = type;
    envelope.event = type == EnvelopeType::event ? odd : std::string_view();
    envelope.from = odd;
    envelope.from_epoch = (std::uint64_t{1} << 63U) + 7;
    envelope.from_joined_at = (std::uint64_t{1} << 62U) + 5;
    envelope.names_room = false;
    envelope.payload = odd;
    envelope.from_metadata = odd;
    envelope.language = "language";
    envelope.original = odd;
    envelope.from_rooms = odd;
    envelope.kind = MessageKind::binary;
    envelope.delivery = Delivery::volatile_;
    envelope.audience = Audience::everybody;
    envelope.reach = Reach::anybody;
    accept(t.one.publish(envelope));
    w.expect(t.two, {to_line(envelope)});
    w.expect(t.three, {to_line(envelope)});
  }
  const Envelope plain = to_room(room, "");
  accept(t.one.publish(plain));
  w.expect(t.two, {to_line(plain)});
  w.expect(t.three, {to_line(plain)});
}

void large_payload(StoreWorld& w) {
  Trio t(w);
  std::string payload;
  for (std::size_t i = 0; payload.size() < 256 * 1024; ++i)
    payload += static_cast<char>((i * i + i / 256) % 256);
  Envelope envelope = to_room(room, payload);
  envelope.kind = MessageKind::binary;
  for (const std::size_t size : {std::size_t{1}, std::size_t{255}, std::size_t{65536}, payload.size()}) {
    envelope.payload = std::string_view(payload).substr(0, size);
    accept(t.one.publish(envelope));
    w.expect(t.two, {to_line(envelope)});
    w.expect(t.three, {to_line(envelope)});
  }
}

}  // namespace

void add_publish_cases(StoreCases& cases) {
  cases.insert(
      cases.end(),
      {{"publish_to_room", "What is for a room reaches every other node with members in it, once.",
        to_whole_room},
       {"publish_to_member", "What is for a member reaches its node alone.", to_one_member},
       {"publish_with_targets", "Targets save looking, and change nothing else.", with_targets},
       {"publish_to_nobody", "Where nobody else is, nobody is told; the store may say so.", to_nobody},
       {"publish_to_claimed_id",
        "Without a room the node that has claimed the id is reached, or the sender told.", to_claimed_id},
       {"publish_in_order", "What a node publishes to a room reaches each other node in that order.",
        messages_in_order},
       {"publish_behind_own_changes", "What a node publishes has its place among its own changes.",
        messages_behind_changes},
       {"publish_behind_changes", "What a node publishes comes after the changes that others made before.",
        messages_behind_changes_of_others},
       {"publish_every_field", "An envelope arrives with all its fields, of any bytes.", every_field},
       {"publish_large_payload", "A payload arrives byte for byte, 256 KiB too.", large_payload}});
}

}  // namespace signaling::testing
