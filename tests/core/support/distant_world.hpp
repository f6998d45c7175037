#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "signaling/core/message.hpp"
#include "support/script_world.hpp"

namespace signaling::testing {

/// Answers with what it was given, or as if this node were alone. Other nodes are played by the test.
class DistantStore final : public StateStore {
 public:
  void open(const NodeId& /*node*/, StoreListener& its_listener,
            Callback<void(std::error_code)> done) override {
    listener = &its_listener;
    done({});
  }
  void close(const NodeId& /*node*/) override {
    holds = holds_changes = false;
    if (auto done = std::move(held_join)) done(errc::closed, {});
    if (auto done = std::move(held)) done(errc::closed, {});
    for (auto& done : std::exchange(held_changes, {})) done(errc::closed, 0);
  }
  void claim(const Claim& /*request*/, Callback<void(std::error_code, Epoch)> done) override {
    done({}, ++last_epoch);
  }
  void release(std::string_view /*peer*/, Epoch /*epoch*/) override {}
  void join(Join /*request*/, Callback<void(std::error_code, Joined)> done) override {
    if (holds) {
      held_join = std::move(done);
    } else {
      done({}, {++version, state});
    }
  }
  void leave(const Leave& /*request*/, Callback<void(std::error_code, Version)> done) override {
    change(std::move(done));
  }
  void update(const Update& /*request*/, Callback<void(std::error_code, Version)> done) override {
    change(std::move(done));
  }
  void snapshot(std::string_view /*room*/, Version /*known_version*/,
                Callback<void(std::error_code, RoomState)> done) override {
    ++snapshots;
    if (holds) {
      held = std::move(done);
    } else if (state) {
      done({}, *state);
    } else {
      done(errc::store_unavailable, {});
    }
  }
  std::error_code publish(const NodeId& /*node*/, const Message& message, const Route& route,
                          std::span<const NodeId> targets) override {
    if (is_away) return errc::store_unavailable;
    if (targets.empty()) untargeted.emplace_back(message, route);
    for (const NodeId& target : targets) published.push_back(target + " " + std::string(message.payload));
    return {};
  }
  std::error_code command(const NodeId& /*node*/, const NodeCommand& command) override {
    if (is_away) return errc::store_unavailable;
    if (command.kind == NodeCommand::Kind::undelivered) {
      notices.push_back(command.peer + " undelivered " + std::string(to_string(command.error)));
    }
    commands.push_back(command);
    return {};
  }

  /// The next change of the room `r`, as another node's.
  void change(MembershipChange::Kind kind, const std::string& peer, Epoch epoch, Version joined_at = 0) {
    ++version;
    const Version at = joined_at == 0 ? version : joined_at;
    listener->changed({"r", version, kind, {peer, "other", epoch, {}, at}, LeaveReason::leave});
  }

  /// Answers the oldest leave or update that waits. Without one: false.
  bool answer() {
    if (held_changes.empty()) return false;
    auto done = std::move(held_changes.front());
    held_changes.pop_front();
    done({}, ++version);
    return true;
  }

  StoreListener* listener = nullptr;
  Version version = 0;
  Epoch last_epoch = 100;
  std::optional<RoomState> state;
  int snapshots = 0;
  /// Accepts no messages and no commands.
  bool is_away = false;
  /// Joins and snapshots wait for the test.
  bool holds = false;
  /// Leaves and updates do.
  bool holds_changes = false;
  std::deque<Callback<void(std::error_code, Version)>> held_changes;
  Callback<void(std::error_code, Joined)> held_join;
  Callback<void(std::error_code, RoomState)> held;
  Lines published;
  /// Messages that name no nodes.
  std::deque<OwnedMessage> untargeted;
  std::vector<NodeCommand> commands;
  Lines notices;  // those of kind `undelivered`

 private:
  void change(Callback<void(std::error_code, Version)> done) {
    if (holds_changes) {
      held_changes.push_back(std::move(done));
    } else {
      done({}, ++version);
    }
  }
};

using Kind = MembershipChange::Kind;

/// A router on such a store. Its client `a` is in the room `r`.
struct DistantWorld {
  explicit DistantWorld(const Limits& limits = {}) : world(with(store, limits)) {
    a->say("join r");
    run();
    (void)a->heard();
  }
  void run() { world.run(); }
  void message(std::string_view from, std::string_view room, Epoch epoch, Version joined_at,
               Reach reach = Reach::members) {
    Route route;
    route.from = from;
    route.from_epoch = epoch;
    route.from_joined_at = joined_at;
    route.room = room;
    route.reach = reach;
    store->listener->delivered(Message::text(room), route);
  }
  static RouterOptions with(std::shared_ptr<StateStore> store, const Limits& limits = {}) {
    RouterOptions options;
    options.store = std::move(store);
    options.limits = limits;
    return options;
  }

  std::shared_ptr<DistantStore> store = std::make_shared<DistantStore>();
  ScriptWorld world;
  std::unique_ptr<ScriptClient> a = world.client("a");
};

}  // namespace signaling::testing
