#include "testing/store_world.hpp"

#include <algorithm>

namespace signaling::testing {
namespace {

void expect_equal(const std::string& got, const std::string& expected, const std::string& what) {
  if (got != expected) fail(what + ": expected " + expected + ", got " + got);
}

// Where they part, with a few lines of both.
std::string difference(const Lines& told, const Lines& expected) {
  const auto parting = std::ranges::mismatch(told, expected);
  const auto rest = [](auto from, const Lines& lines) {
    const auto count = std::min<std::ptrdiff_t>(lines.end() - from, 4);
    return "[" + join_lines({from, from + count}) + (from + count == lines.end() ? "]" : " | ...]");
  };
  return std::to_string(told.size()) + " things; after " + std::to_string(parting.in1 - told.begin()) + ": " +
         rest(parting.in1, told) + ", expected " + rest(parting.in2, expected);
}

}  // namespace

// What is still open was left so by a case that failed; what else goes wrong follows from that.
StoreWorld::~StoreWorld() {
  for (const auto& node : nodes_) {
    try {
      if (node->is_open()) close(*node);
    } catch (const std::exception&) {
      node->set_open(false);
    }
  }
}

StoreNode& StoreWorld::node() {
  const NodeId id = "n" + std::to_string(nodes_.size() + 1) + "-" + make_id(system_random());
  auto store = fixture_.make_node(id);
  require(store != nullptr, "make_node returned no store");
  StoreNode& node = *nodes_.emplace_back(std::make_unique<StoreNode>(id, std::move(store)));
  node.set_open(true);
  succeed(node.start_open(), "open");
  return node;
}

void StoreWorld::close(StoreNode& node) {
  node.store().close(node.id());
  node.set_open(false);
}

void StoreWorld::crash(StoreNode& node) {
  if (!fixture_.crash(node.id())) skip("the fixture cannot crash a node");
  node.set_open(false);
  node.expect_no_answers();
}

Someone StoreWorld::arrive(StoreNode& node, std::string id, std::string secret, std::string resume) {
  const Epoch epoch =
      succeed(node.start_claim(id, std::move(secret), std::move(resume)), "claim " + quote(id));
  return {std::move(id), epoch, node.id()};
}

StateStore::Joined StoreWorld::join(StoreNode& node, const std::string& room, const Someone& who,
                                    Version version) {
  auto answer = succeed(node.start_join(room, who), "join of " + quote(who.id));
  expect_equal(std::to_string(answer.version), std::to_string(version),
               "version of the join of " + quote(who.id));
  return answer;
}

void StoreWorld::leave(StoreNode& node, const std::string& room, const Someone& who, Version version,
                       LeaveReason reason) {
  const Version answer = succeed(node.start_leave(room, who, reason), "leave of " + quote(who.id));
  expect_equal(std::to_string(answer), std::to_string(version), "version of the leave of " + quote(who.id));
}

RoomState StoreWorld::snapshot(StoreNode& node, const std::string& room, Version known) {
  return succeed(node.start_snapshot(room, known), "snapshot");
}

void StoreWorld::expect_room(StoreNode& node, const std::string& room, const RoomState& state) {
  expect_equal(to_line(snapshot(node, room)), to_line(state), "snapshot of " + quote(room));
}

void StoreWorld::run_until(const std::function<bool()>& done, const std::string& what) {
  run_until(done, what, fixture_.patience());
}

void StoreWorld::run_until(const std::function<bool()>& done, const std::string& what,
                           std::chrono::milliseconds at_most) {
  if (done()) return;
  if (!fixture_.run_until(done, at_most)) fail("timed out waiting until " + what);
}

void StoreWorld::expect(StoreNode& node, const Lines& lines) {
  const bool came = node.told() >= lines.size() ||
                    fixture_.run_until([&] { return node.told() >= lines.size(); }, fixture_.patience());
  const Lines told = node.take();
  if (!came || told != lines) fail(quote(node.id()) + " got " + difference(told, lines));
  check_faults();
}

std::string StoreWorld::fault() const {
  for (const auto& node : nodes_) {
    if (std::string fault = node->fault(); !fault.empty()) return fault;
  }
  return {};
}

void StoreWorld::check_faults() {
  if (std::string found = fault(); !found.empty()) fail(std::move(found));
}

void StoreWorld::ignore_news() {
  for (const auto& node : nodes_) node->ignore_news();
}

// A node that was closed is answered as well.
void StoreWorld::await_answers() {
  for (const auto& node : nodes_) {
    run_until(
        [&] { return node->unanswered().empty(); },
        "every operation is answered once; " + quote(node->id()) + " waits for the " + node->unanswered());
  }
}

// Behind a message of the same sender there is nothing of it on its way.
void StoreWorld::mark(StoreNode& sender, StoreNode& receiver, const PeerId& peer) {
  const std::string payload = "mark of " + sender.id();
  bool is_accepted = false;
  const auto has_come = [&] {
    if (!is_accepted) is_accepted = !sender.publish(to_peer(peer, payload));
    return receiver.has_mark(payload);
  };
  run_until(has_come, quote(receiver.id()) + " gets the last message of " + quote(sender.id()));
}

void StoreWorld::exchange_marks() {
  std::vector<StoreNode*> open;
  for (const auto& node : nodes_) {
    if (node->is_open()) open.push_back(node.get());
  }
  if (open.size() == 1) open.push_back(&node());
  for (StoreNode* receiver : open) {
    const PeerId peer = "marked on " + receiver->id();
    receiver->listen_for_marks(peer);
    arrive(*receiver, peer);
    for (StoreNode* sender : open) {
      if (sender != receiver) mark(*sender, *receiver, peer);
    }
  }
  // What a sender is given back comes before the answer to what it asks afterwards.
  for (StoreNode* node : open) snapshot(*node, "nobody was ever here");
}

// What is not to come can only be missed when everything else is there.
void StoreWorld::finish() {
  await_answers();
  exchange_marks();
  check_faults();
  for (const auto& node : nodes_) {
    if (node->told() != 0) fail(quote(node->id()) + " also got [" + join_lines(node->take()) + "]");
  }
  for (const auto& node : nodes_) {
    if (node->is_open()) close(*node);
  }
  check_faults();
}

Sent to_room(std::string_view room, std::string_view payload) { return to_member(room, {}, payload); }

Sent to_member(std::string_view room, std::string_view to, std::string_view payload) {
  Sent sent{Message::text(payload), {}};
  sent.message.to = to;
  sent.message.room = room;
  sent.route.from = "sender";
  sent.route.room = room;
  return sent;
}

Sent to_peer(std::string_view to, std::string_view payload) { return to_member({}, to, payload); }

NodeCommand make_command(NodeCommand::Kind kind, std::string_view peer, std::string_view room) {
  NodeCommand command;
  command.kind = kind;
  command.peer = peer;
  command.room = room;
  return command;
}

}  // namespace signaling::testing
