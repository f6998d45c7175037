#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "signaling/core/state_store.hpp"
#include "signaling/text/export.hpp"

namespace signaling::testing {

/// A StateStore to read and to start your own from: nearly the smallest one that meets the contract. This header
/// contains all of it.
///
/// Ownership: one object, which all nodes of a process share.
/// Threads: any. One lock guards everything. News and answers wait in one queue; the calling thread empties it when the
/// lock is free again, unless another thread is doing so.
/// Complexity: `close` visits every member of every room, and rooms are never removed. For production use MemoryStore.
class SIGNALING_API SmallStore final : public StateStore {
 public:
  void open(const NodeId& node, StoreListener& listener, Callback<void(std::error_code)> done) override {
    locked([&] { listeners_[node] = &listener; });
    done({});
  }

  void close(const NodeId& node) override {
    std::unique_lock lock(mutex_);
    listeners_.erase(node);
    const auto self = std::this_thread::get_id();
    idle_.wait(lock, [&] { return notified_ != node || notifier_ == self; });
    std::erase_if(claims_, [&](const auto& entry) { return entry.second.node == node; });
    for (auto& [id, room] : rooms_) {
      const auto members = room.members;  // `remove` changes them
      for (const auto& [peer, member] : members) {
        if (member.node == node) remove(id, room, member, LeaveReason::node_lost, node);
      }
    }
    notify(lock);
  }

  void claim(const Claim& request, Callback<void(std::error_code, Epoch)> done) override {
    locked([&] {
      const auto found = claims_.find(std::string(request.peer));
      if (found != claims_.end()) {
        const Owner& owner = found->second;
        const bool is_proved = !request.resume.empty() && owner.secret == request.resume;
        if (owner.node == request.node || !is_proved) {
          return add_answer(std::move(done), errc::id_in_use, Epoch{});
        }
        add_notice(owner.node,
                   [peer = found->first, old = owner.epoch](auto& to) { to.displaced(peer, old); });
      } else if (request.is_take_over) {
        return add_answer(std::move(done), errc::peer_not_found, Epoch{});
      }
      claims_[std::string(request.peer)] = {request.node, ++last_epoch_, std::string(request.secret)};
      add_answer(std::move(done), {}, last_epoch_);
    });
  }

  void release(std::string_view peer, Epoch epoch) override {
    locked([&] {
      const auto found = claims_.find(std::string(peer));
      if (found != claims_.end() && found->second.epoch == epoch) claims_.erase(found);
    });
  }

  void join(Join request, Callback<void(std::error_code, Joined)> done) override {
    locked([&] {
      Room& room = rooms_[std::string(request.room)];
      StoreMember& member = request.member;
      const auto found = room.members.find(member.id);
      const Epoch present = found == room.members.end() ? 0 : found->second.epoch;
      const bool is_full = request.capacity != 0 && room.members.size() >= request.capacity;
      if (present == 0 && is_full) return add_answer(std::move(done), errc::room_full, Joined{});
      if (present > member.epoch) return add_answer(std::move(done), errc::id_in_use, Joined{});
      if (present < member.epoch) {
        room.version = (std::max)(room.version, request.known_version);
        if (present != 0) remove(request.room, room, found->second, LeaveReason::disconnect, member.node);
        member.joined_at = room.version + 1;
        room.members[member.id] = member;
        announce(request.room, room, MembershipChange::Kind::joined, member, {}, member.node);
      }
      const Version joined_at = room.members[member.id].joined_at;
      add_answer(std::move(done), {}, Joined{room.version, state_of(room), joined_at});
    });
  }

  void leave(const Leave& request, Callback<void(std::error_code, Version)> done) override {
    change(request.room, request.peer, request.epoch, std::move(done),
           [&](Room& room, const StoreMember& member) {
             remove(request.room, room, member, request.reason, member.node);
           });
  }

  void update(const Update& request, Callback<void(std::error_code, Version)> done) override {
    change(request.room, request.peer, request.epoch, std::move(done), [&](Room& room, StoreMember& member) {
      member.metadata = request.metadata;
      announce(request.room, room, MembershipChange::Kind::updated, member, {}, member.node);
    });
  }

  void snapshot(std::string_view room, Version /*known_version*/,
                Callback<void(std::error_code, RoomState)> done) override {
    locked([&] {
      const auto found = rooms_.find(std::string(room));
      add_answer(std::move(done), {}, found == rooms_.end() ? RoomState{} : state_of(found->second));
    });
  }

  std::error_code publish(const NodeId& node, const Message& message, const Route& route,
                          std::span<const NodeId> /*targets*/) override {
    return bring(node, message.to, route.room, [owned = OwnedMessage(message, route)](StoreListener& to) {
      to.delivered(owned.message(), owned.route());
    });
  }

  std::error_code command(const NodeId& node, const NodeCommand& command) override {
    const std::string_view room = command.peer.empty() ? std::string_view(command.room) : std::string_view();
    return bring(node, command.peer, room, [command](StoreListener& to) { to.commanded(command); });
  }

 private:
  struct Owner {
    NodeId node;
    Epoch epoch = 0;
    std::string secret;
  };
  struct Room {
    Version version = 0;
    std::map<PeerId, StoreMember> members;
  };
  using Notice = std::function<void(StoreListener&)>;
  /// What a node is notified of, or an answer.
  struct Item {
    NodeId node;
    Notice notice;
    Callback<void()> answer;
  };

  // For the time of one call the lock is free, and this thread the one that notifies.
  class Turn {
   public:
    Turn(SmallStore& store, std::unique_lock<std::mutex>& lock, const NodeId& node)
        : store_(store), lock_(lock) {
      store_.notifier_ = std::this_thread::get_id();
      store_.notified_ = node;
      lock_.unlock();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { end(); }

   private:
    void end() {
      lock_.lock();
      store_.notifier_ = {};
      store_.notified_.clear();
      store_.idle_.notify_all();
    }

    SmallStore& store_;
    std::unique_lock<std::mutex>& lock_;
  };

  template <class Function>
  void locked(Function function) {
    std::unique_lock lock(mutex_);
    function();
    notify(lock);
  }

  template <class Function>
  void change(std::string_view id, std::string_view peer, Epoch epoch,
              Callback<void(std::error_code, Version)> done, Function function) {
    locked([&] {
      const auto refuse = [&] { add_answer(std::move(done), errc::not_joined, Version{}); };
      const auto room = rooms_.find(std::string(id));
      if (room == rooms_.end()) return refuse();
      const auto member = room->second.members.find(std::string(peer));
      if (member == room->second.members.end() || member->second.epoch != epoch) return refuse();
      function(room->second, member->second);
      add_answer(std::move(done), {}, room->second.version);
    });
  }

  // To the node of the member `peer` of `room`; without `peer`, of all its members; without `room`, of the claim.
  std::error_code bring(const NodeId& from, std::string_view peer, std::string_view room,
                        const Notice& notice) {
    std::set<NodeId> nodes;
    locked([&] {
      if (const auto found = rooms_.find(std::string(room)); found != rooms_.end()) {
        for (const auto& [id, member] : found->second.members) {
          if (peer.empty() || peer == id) nodes.insert(member.node);
        }
      }
      const auto owner = claims_.find(std::string(peer));
      if (room.empty() && owner != claims_.end()) nodes.insert(owner->second.node);
      nodes.erase(from);
      for (const NodeId& to : nodes) add_notice(to, notice);
    });
    return room.empty() && nodes.empty() ? errc::peer_not_found : errc::ok;
  }

  // Copies: what is removed may be what was passed.
  void remove(std::string_view id, Room& room, StoreMember member, LeaveReason reason, NodeId by) {
    room.members.erase(member.id);
    announce(id, room, MembershipChange::Kind::left, member, reason, by);
  }

  void announce(std::string_view id, Room& room, MembershipChange::Kind kind, const StoreMember& member,
                LeaveReason reason, const NodeId& by) {
    const MembershipChange change{RoomId(id), ++room.version, kind, member, reason};
    std::set<NodeId> nodes;
    for (const auto& [peer, other] : room.members) nodes.insert(other.node);
    nodes.erase(by);
    for (const NodeId& node : nodes) add_notice(node, [change](StoreListener& to) { to.changed(change); });
  }

  static RoomState state_of(const Room& room) {
    RoomState state{room.version, {}};
    for (const auto& [id, member] : room.members) state.members.push_back(member);
    return state;
  }

  void add_notice(const NodeId& node, Notice notice) { items_.push_back({node, std::move(notice), {}}); }

  // Behind the notices of what came before it.
  template <class Value>
  void add_answer(Callback<void(std::error_code, Value)> done, std::error_code error, Value value) {
    items_.push_back({{}, {}, [done = std::move(done), error, value = std::move(value)]() mutable {
                        done(error, std::move(value));
                      }});
  }

  // One thread at a time empties the queue, one item after the other, without the lock.
  void notify(std::unique_lock<std::mutex>& lock) {
    if (notifier_ != std::thread::id()) return;
    while (!items_.empty()) {
      Item item = std::move(items_.front());
      items_.pop_front();
      const auto listener = listeners_.find(item.node);
      if (item.notice && listener == listeners_.end()) continue;
      StoreListener* const to = item.notice ? listener->second : nullptr;
      const Turn turn(*this, lock, item.node);
      if (to != nullptr) {
        item.notice(*to);
      } else {
        item.answer();
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable idle_;
  std::map<NodeId, StoreListener*> listeners_;
  std::map<PeerId, Owner> claims_;
  std::map<RoomId, Room> rooms_;
  Epoch last_epoch_ = 0;
  std::deque<Item> items_;
  std::thread::id notifier_;  // none: nothing is under way
  NodeId notified_;           // which node; empty: an answer is given
};

}  // namespace signaling::testing
