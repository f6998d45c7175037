#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "signaling/core/state_store.hpp"
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

// What a node is told, as lines.
std::string joined(const std::string& room, Version version, const Someone& who);
std::string left(const std::string& room, Version version, const Someone& who,
                 LeaveReason reason = LeaveReason::leave);
std::string updated(const std::string& room, Version version, const Someone& who);
std::string moved_to(const std::string& room, Version version, Version joined_at, const Someone& who);
std::string displaced(const Someone& who);
std::string undelivered(const Sent& sent, errc error);
std::string undelivered(const NodeCommand& command, errc error);

/// One node of the cluster: uses the store, and keeps what it is told. Strings that it passes to the store are
/// overwritten when the call has returned.
///
/// Threads: `start_*`, `publish` and `command` any; the rest by the thread that runs the case.
class StoreNode final : public StoreListener {
 public:
  StoreNode(NodeId id, std::shared_ptr<StateStore> store) : id_(std::move(id)), store_(std::move(store)) {}

  const NodeId& id() const noexcept { return id_; }
  StateStore& store() noexcept { return *store_; }
  bool is_open() const noexcept { return open_; }
  void set_open(bool open) noexcept { open_ = open; }

  Pending<bool> start_open();
  Pending<Epoch> start_claim(std::string peer, std::string secret = new_secret(), std::string resume = {});
  /// A claim that must replace another.
  Pending<Epoch> start_take_over(std::string peer, std::string secret, std::string resume);
  void release(std::string peer, Epoch epoch);
  Pending<StateStore::Joined> start_join(std::string room, const Someone& who, std::size_t capacity = 0,
                                         Version known = 0, Epoch moves_from = 0);
  Pending<Version> start_leave(std::string room, const Someone& who, LeaveReason reason = LeaveReason::leave);
  Pending<Version> start_update(std::string room, const Someone& who, std::string_view metadata);
  Pending<RoomState> start_snapshot(std::string room, Version known = 0);
  std::error_code publish(const Sent& sent, std::vector<NodeId> targets = {});
  std::error_code command(NodeCommand command);

  /// What it was told and has not been taken yet.
  std::size_t told() const;
  Lines take();
  /// From now on nothing is kept.
  void ignore_news();
  /// The first operation that has not been answered yet. Empty: none.
  std::string unanswered() const;
  /// Its store is not used any more: what was under way may stay so.
  void expect_no_answers();
  /// From now on what is sent to this peer, without a room, is no news but a mark.
  void listen_for_marks(const PeerId& peer);
  bool has_mark(const std::string& payload) const;
  /// Rooms that were named to `invalidated`, with messages missed if that was said.
  bool was_invalidated(const std::string& room, std::optional<Missed> missed = {}) const;
  /// Called inside every `changed`, after it was noted.
  void on_changed(std::function<void(const MembershipChange&)> hook) { hook_ = std::move(hook); }
  /// The first: two calls at a time, or one after the end. Empty: none.
  std::string fault() const;

  void changed(const MembershipChange& change) override;
  void delivered(const Message& message, const Route& route) override;
  void commanded(const NodeCommand& command) override;
  void invalidated(std::string_view room, Missed missed) override;
  void displaced(std::string_view peer, Epoch epoch) override;
  void undelivered(const Message& message, const Route& route, errc error) override;
  void undelivered(const NodeCommand& command, errc error) override;

 private:
  class Call;
  Pending<Epoch> claim(std::string peer, std::string secret, std::string resume, bool is_take_over);
  /// An operation that begins; `finish` of the world waits for its answer.
  template <class Value>
  Pending<Value> begin(std::string what);
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
  std::vector<std::pair<std::string, std::function<bool()>>> begun_;  // what, and whether it is answered
  PeerId marked_;
  std::set<std::string> marks_;
  std::string fault_;
};

}  // namespace signaling::testing
