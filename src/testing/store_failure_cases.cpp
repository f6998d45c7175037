// The store is away for a while, forgets, or loses what it was to bring. Stores that cannot are not tried.
#include <algorithm>

#include "testing/store_cases.hpp"
#include "testing/store_world.hpp"

namespace signaling::testing {
namespace {

const std::string room = "room";

/// A member on each of three nodes: a, b, c at versions 1, 2, 3.
struct Cluster {
  explicit Cluster(StoreWorld& world) : w(world), nodes{&w.node(), &w.node(), &w.node()} {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      people.push_back(
          w.arrive(*nodes[i], std::string(1, static_cast<char>('a' + i)), "secret " + std::to_string(i)));
      w.join(*nodes[i], room, people[i], i + 1);
    }
    w.expect(*nodes[0], {joined(room, 2, people[1]), joined(room, 3, people[2])});
    w.expect(*nodes[1], {joined(room, 3, people[2])});
  }

  /// From each node's sight exactly these are in the room; the versions are those after `before`.
  void await_room(const std::vector<Someone>& members, Version before) {
    for (StoreNode* node : nodes) {
      std::optional<Pending<RoomState>> pending;
      const auto agrees = [&] {
        if (pending && !pending->is_done()) return false;
        if (pending && is_room(pending->answer(), members, before)) return true;
        pending = node->start_snapshot(room, before);
        return false;
      };
      w.run_until(agrees, quote(node->id()) + " sees the present members", w.fixture().recovery_bound());
    }
  }

  static bool is_room(const Answer<RoomState>& answer, const std::vector<Someone>& members, Version before) {
    const auto& there = answer.value.members;
    return !answer.error && answer.value.version >= before && there.size() == members.size() &&
           std::ranges::all_of(members, [&](const Someone& who) {
             return std::ranges::any_of(there, [&](const StoreMember& member) {
               return member.id == who.id && member.epoch == who.epoch && member.node == who.node &&
                      member.metadata.view() == who.metadata;
             });
           });
  }

  /// The node is told this, and until then of nobody that left.
  void await_line(StoreNode& node, const std::string& expected) {
    const auto has_come = [&] {
      bool found = false;
      for (const std::string& line : node.take()) {
        require(line.find(" left ") == std::string::npos, quote(node.id()) + " got " + line);
        found = found || line == expected;
      }
      return found;
    };
    w.run_until(has_come, quote(node.id()) + " gets " + expected);
  }

  void cut_off(StoreNode& node) {
    if (!w.fixture().cut_off(node.id())) skip("the fixture cannot cut off a node");
  }
  void reconnect(StoreNode& node) {
    require(w.fixture().reconnect(node.id()), "the fixture cannot reconnect a node");
  }
  void await_invalidated(StoreNode& node, std::optional<Missed> missed = {}) {
    w.run_until([&] { return node.was_invalidated(room, missed); },
                quote(node.id()) + " is notified of what it may have missed", w.fixture().recovery_bound());
  }

  StoreWorld& w;
  std::vector<StoreNode*> nodes;
  std::vector<Someone> people;
};

void data_lost(StoreWorld& w) {
  Cluster c(w);
  if (!w.fixture().lose_data()) skip("the fixture cannot lose its data");
  c.await_room(c.people, 3);
  for (StoreNode* node : c.nodes) c.await_invalidated(*node);
  const Someone d = w.arrive(*c.nodes[0], "d");
  const auto answer = w.succeed(c.nodes[0]->start_join(room, d, 0, 3), "join");
  require(answer.version > 3,
          "after a loss of data a version decreased to " + std::to_string(answer.version));
  const std::string line = joined(room, answer.version, d);
  for (StoreNode* node : {c.nodes[1], c.nodes[2]}) c.await_line(*node, line);
  w.ignore_news();
}

void data_lost_claims(StoreWorld& w) {
  Cluster c(w);
  if (!w.fixture().lose_data()) skip("the fixture cannot lose its data");
  c.await_room(c.people, 3);
  w.ignore_news();
  w.refuse(c.nodes[1]->start_claim("a", "x"), errc::id_in_use,
           "a claim of an id that still belongs to another node");
  const Someone again = w.arrive(*c.nodes[1], "a", "new secret", "secret 0");
  require(again.epoch > c.people[0].epoch, "after a loss of data an epoch decreased");
}

// Whatever a node was not told when it is back, it knows that it was not.
void cut_off_misses_nothing(StoreWorld& w) {
  Cluster c(w);
  StoreNode& away = *c.nodes[0];
  StoreNode& speaker = *c.nodes[1];
  c.cut_off(away);
  const Someone d = w.arrive(speaker, "d");
  w.join(speaker, room, d, 4);
  const Sent missed = to_room(room, "said meanwhile");
  require(!speaker.publish(missed), "publish failed");
  w.expect(*c.nodes[2], {joined(room, 4, d), to_line(missed)});
  c.reconnect(away);
  std::vector<Someone> members = c.people;
  members.push_back(d);
  c.await_room(members, 4);
  Lines told;
  const auto knows = [&] {
    for (std::string& line : away.take()) told.push_back(std::move(line));
    const auto has = [&](const std::string& line) { return std::ranges::find(told, line) != told.end(); };
    return (has(joined(room, 4, d)) || away.was_invalidated(room)) &&
           (has(to_line(missed)) || away.was_invalidated(room, Missed::messages));
  };
  w.run_until(knows, "a node that was cut off knows what it missed", w.fixture().recovery_bound());
  w.ignore_news();
}

void cut_off_accounts_for_messages(StoreWorld& w) {
  Cluster c(w);
  StoreNode& away = *c.nodes[0];
  c.cut_off(away);
  std::vector<std::string> texts;
  texts.reserve(20);
  for (int i = 0; i < 20; ++i) texts.push_back("said while cut off " + std::to_string(i));
  Lines accepted;
  Lines refused;
  for (const std::string& text : texts) {
    const Sent message = to_room(room, text);
    (away.publish(message) ? refused : accepted).push_back(to_line(message));
  }
  c.reconnect(away);
  Lines delivered;
  Lines returned;
  const auto all = [&] {
    for (std::string& line : c.nodes[1]->take()) delivered.push_back(std::move(line));
    for (std::string& line : away.take()) returned.push_back(std::move(line));
    return std::ranges::all_of(accepted, [&](const std::string& line) {
      return std::ranges::find(delivered, line) != delivered.end() ||
             std::ranges::any_of(
                 returned, [&](const std::string& text) { return text.starts_with("undelivered " + line); });
    });
  };
  w.run_until(all, "each accepted message was delivered or returned", w.fixture().recovery_bound());
  for (const std::string& line : refused) {
    require(std::ranges::find(delivered, line) == delivered.end(), "delivered though not accepted: " + line);
  }
  w.ignore_news();
}

// A node that comes back owes it to the receivers.
void cut_off_keeps_notice_of_loss(StoreWorld& w) {
  Cluster c(w);
  StoreNode& away = *c.nodes[0];
  const NodeCommand to_peer = make_command(NodeCommand::Kind::lost, "b");
  const NodeCommand to_all = make_command(NodeCommand::Kind::lost, {}, room);
  c.cut_off(away);
  for (const NodeCommand& command : {to_peer, to_all}) {
    const std::error_code error = away.command(command);
    require(!error, to_line(command) + " was refused with " + to_line(error));
  }
  c.reconnect(away);
  Lines told_b;
  Lines told_c;
  const auto have_come = [&] {
    for (std::string& line : c.nodes[1]->take()) told_b.push_back(std::move(line));
    for (std::string& line : c.nodes[2]->take()) told_c.push_back(std::move(line));
    const auto has = [](const Lines& told, const NodeCommand& command) {
      return std::ranges::find(told, to_line(command)) != told.end();
    };
    return has(told_b, to_peer) && has(told_b, to_all) && has(told_c, to_all);
  };
  w.run_until(have_come, "a command of kind lost comes from a node that was cut off",
              w.fixture().recovery_bound());
  w.ignore_news();
}

void cut_off_beyond_lease(StoreWorld& w) {
  Cluster c(w);
  StoreNode& away = *c.nodes[0];
  c.cut_off(away);
  for (StoreNode* node : {c.nodes[1], c.nodes[2]}) {
    w.run_until([&] { return node->told() > 0; }, "the members of a node that was cut off leave",
                w.fixture().node_lost_bound());
    w.expect(*node, {left(room, 4, c.people[0], LeaveReason::node_lost)});
  }
  c.reconnect(away);
  c.await_room(c.people, 4);
  c.await_invalidated(away);
  w.ignore_news();
}

// A join on a node that is cut off either counts, or does not; not now this, now that.
void cut_off_joins(StoreWorld& w) {
  Cluster c(w);
  StoreNode& away = *c.nodes[0];
  const Someone d = w.arrive(away, "d");
  c.cut_off(away);
  const auto pending = away.start_join(room, d, 0, 3);
  w.run_until([&] { return pending.is_done(); }, "a join while cut off is answered",
              w.fixture().recovery_bound());
  const std::error_code error = pending.answer().error;
  require(!error || error == condition::retryable,
          "a join while cut off was answered with " + to_line(error));
  c.reconnect(away);
  if (error) {
    w.run_until(
        [&, again = std::optional<Pending<StateStore::Joined>>()]() mutable {
          if (again && again->is_done() && !again->answer().error) return true;
          if (!again || again->is_done()) again = away.start_join(room, d, 0, 3);
          return false;
        },
        "a join that had failed succeeds later", w.fixture().recovery_bound());
  }
  std::vector<Someone> members = c.people;
  members.push_back(d);
  c.await_room(members, 4);
  w.ignore_news();
}

void gap_is_noticed(StoreWorld& w) {
  Cluster c(w);
  const Someone d = w.arrive(*c.nodes[1], "d");
  const bool can = w.fixture().lose_news(c.nodes[0]->id(), [&] {
    w.join(*c.nodes[1], room, d, 4);
    require(!c.nodes[1]->publish(to_room(room, "lost")), "publish failed");
    w.expect(*c.nodes[2], {joined(room, 4, d), to_line(to_room(room, "lost"))});
  });
  if (!can) skip("the fixture cannot lose news");
  c.await_invalidated(*c.nodes[0], Missed::messages);
  std::vector<Someone> members = c.people;
  members.push_back(d);
  c.await_room(members, 4);
  w.ignore_news();
}

}  // namespace

void add_failure_cases(StoreCases& cases) {
  cases.insert(
      cases.end(),
      {{"data_lost", "After a loss of data, every node's members are restored, and the node is notified.",
        data_lost},
       {"data_lost_claims", "After a loss of data, ids keep their owners, and epochs continue to grow.",
        data_lost_claims},
       {"cut_off_misses_nothing",
        "A node that was cut off gets the changes that it missed, or is notified that it missed some.",
        cut_off_misses_nothing},
       {"cut_off_accounts_for_messages",
        "Messages accepted from a node that is cut off are delivered or returned.",
        cut_off_accounts_for_messages},
       {"cut_off_keeps_notice_of_loss",
        "A notice of loss from a node that is cut off is delivered when the node is back.",
        cut_off_keeps_notice_of_loss},
       {"cut_off_beyond_lease", "The members of a node that was declared dead are restored when it is back.",
        cut_off_beyond_lease},
       {"cut_off_joins", "A join during a cut-off succeeds in the end, or fails and may be repeated.",
        cut_off_joins},
       {"gap_is_noticed", "A node that has lost news is notified of that.", gap_is_noticed}});
}

}  // namespace signaling::testing
