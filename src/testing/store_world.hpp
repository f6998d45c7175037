#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "signaling/core/state_store.hpp"
#include "signaling/testing/state_store_contract.hpp"
#include "testing/case_end.hpp"
#include "testing/store_text.hpp"

namespace signaling::testing {

/// How one operation was answered. `value` counts only without an error.
template <class Value>
struct Answer {
  std::error_code error;
  Value value{};
};

/// An operation that was begun. Threads: any.
template <class Value>
class Pending {
 public:
  Callback<void(std::error_code, Value)> handler() const {
    return [slot = slot_](std::error_code error, Value value) {
      const std::scoped_lock lock(slot->mutex);
      slot->answer = Answer<Value>{error, std::move(value)};
    };
  }
  bool is_done() const {
    const std::scoped_lock lock(slot_->mutex);
    return slot_->answer.has_value();
  }
  Answer<Value> answer() const {
    const std::scoped_lock lock(slot_->mutex);
    return *slot_->answer;
  }

 private:
  struct Slot {
    std::mutex mutex;
    std::optional<Answer<Value>> answer;
  };
  std::shared_ptr<Slot> slot_ = std::make_shared<Slot>();
};

/// A secret that no other claim has.
std::string new_secret();

/// A peer of a node, as its claim made it.
struct Someone {
  PeerId id;
  Epoch epoch = 0;
  NodeId node;
  std::string metadata{};

  StoreMember member(Version joined_at = 0) const { return {id, node, epoch, Payload(metadata), joined_at}; }
};

/// One node of the cluster: uses the store, and keeps what it is told. Strings that it passes to the store are
/// overwritten when the call has returned.
///
/// Threads: `start_*` and `publish` any; the rest by the thread that runs the case.
class StoreNode final : public StoreListener {
 public:
  StoreNode(NodeId id, std::shared_ptr<StateStore> store) : id_(std::move(id)), store_(std::move(store)) {}

  const NodeId& id() const noexcept { return id_; }
  StateStore& store() noexcept { return *store_; }
  bool is_open() const noexcept { return open_; }
  void set_open(bool open) noexcept { open_ = open; }

  Pending<Epoch> start_claim(std::string peer, std::string secret = new_secret(), std::string resume = {});
  void release(std::string peer, Epoch epoch);
  Pending<StateStore::Joined> start_join(std::string room, const Someone& who, std::size_t capacity = 0,
                                         Version known = 0);
  Pending<Version> start_leave(std::string room, const Someone& who, LeaveReason reason = LeaveReason::leave);
  Pending<Version> start_update(std::string room, const Someone& who, std::string_view metadata);
  Pending<RoomState> start_snapshot(std::string room, Version known = 0);
  std::error_code publish(const Envelope& envelope, std::vector<NodeId> targets = {});

  /// What it was told and has not been taken yet.
  std::size_t told() const;
  Lines take();
  /// From now on nothing is kept.
  void ignore_news();
  /// Rooms that were named to `invalidated`, with messages missed if that was said.
  bool was_invalidated(const std::string& room, std::optional<Missed> missed = {}) const;
  /// Called inside every `changed`, after it was noted.
  void on_changed(std::function<void(const MembershipChange&)> hook) { hook_ = std::move(hook); }
  /// Two calls at a time, or one after the end. Empty: none.
  std::string fault() const;

  void changed(const MembershipChange& change) override;
  void delivered(const Envelope& envelope) override;
  void invalidated(std::string_view room, Missed missed) override;
  void displaced(std::string_view peer, Epoch epoch) override;
  void undelivered(const Envelope& envelope, errc error) override;

 private:
  class Call;
  void note(std::string line);

  const NodeId id_;
  const std::shared_ptr<StateStore> store_;
  std::atomic<bool> open_{false};
  std::atomic<bool> busy_{false};
  std::function<void(const MembershipChange&)> hook_;
  mutable std::mutex mutex_;
  bool ignores_news_ = false;
  Lines lines_;
  Lines all_changes_;
  std::vector<std::pair<std::string, Missed>> invalidated_;
  std::string fault_;
};

/// A cluster for one case: nodes, and questions that end the case if the answer is wrong.
class StoreWorld {
 public:
  explicit StoreWorld(StateStoreFixture& fixture) : fixture_(fixture) {}
  StoreWorld(const StoreWorld&) = delete;
  StoreWorld& operator=(const StoreWorld&) = delete;
  ~StoreWorld();

  StateStoreFixture& fixture() noexcept { return fixture_; }
  /// One more node, open.
  StoreNode& node();
  void close(StoreNode& node);
  /// Nothing comes from it any more. Ends the case as skipped if the fixture cannot.
  void crash(StoreNode& node);

  /// Claims an id on the node; the id must be free.
  Someone arrive(StoreNode& node, std::string id, std::string secret = new_secret(), std::string resume = {});
  /// Successful operations. The answer of `join` is checked against `version`.
  StateStore::Joined join(StoreNode& node, const std::string& room, const Someone& who, Version version);
  void leave(StoreNode& node, const std::string& room, const Someone& who, Version version,
             LeaveReason reason = LeaveReason::leave);
  RoomState snapshot(StoreNode& node, const std::string& room, Version known = 0);
  void expect_room(StoreNode& node, const std::string& room, const RoomState& state);

  template <class Value>
  Answer<Value> wait(const Pending<Value>& pending, std::string_view what) {
    run_until([&] { return pending.is_done(); }, std::string(what) + " is answered");
    return pending.answer();
  }
  template <class Value>
  Value succeed(const Pending<Value>& pending, std::string_view what) {
    const Answer<Value> answer = wait(pending, what);
    if (answer.error) fail(std::string(what) + " failed: " + to_line(answer.error));
    return answer.value;
  }
  template <class Value>
  void refuse(const Pending<Value>& pending, errc error, std::string_view what) {
    const Answer<Value> answer = wait(pending, what);
    if (answer.error != error) {
      fail(std::string(what) + ": expected " + std::string(to_string(error)) + ", got " +
           to_line(answer.error));
    }
  }

  /// Ends the case if that does not come true.
  void run_until(const std::function<bool()>& done, const std::string& what);
  void run_until(const std::function<bool()>& done, const std::string& what,
                 std::chrono::milliseconds at_most);
  /// Waits for as many lines; they must be these and no others.
  void expect(StoreNode& node, const Lines& lines);
  /// The rest is of no interest.
  void ignore_news();
  /// No node has noted a fault, none was told what the case did not ask for.
  void finish();

 private:
  void check_faults();

  StateStoreFixture& fixture_;
  std::vector<std::unique_ptr<StoreNode>> nodes_;
};

// What a node is told, as lines.
std::string joined(const std::string& room, Version version, const Someone& who);
std::string left(const std::string& room, Version version, const Someone& who,
                 LeaveReason reason = LeaveReason::leave);
std::string updated(const std::string& room, Version version, const Someone& who);
std::string displaced(const Someone& who);
std::string undelivered(const Envelope& envelope, errc error);

/// An envelope to a room; `payload` and the others must outlive it.
Envelope to_room(std::string_view room, std::string_view payload);
Envelope to_member(std::string_view room, std::string_view to, std::string_view payload);
Envelope to_peer(std::string_view to, std::string_view payload);

}  // namespace signaling::testing
