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

namespace signaling::testing {

/// About the least that keeps the contract, written from the comments of state_store.hpp alone. One object is shared by all
/// nodes; one lock guards everything. News and answers wait in one queue; whoever calls empties it, when the lock is free
/// again and no other thread is at it.
class SmallStore final : public StateStore {
 public:
  void open(const NodeId& node, StoreListener& listener, Callback<void(std::error_code)> done) override {
    locked([&] { listeners_[node] = &listener; });
    done({});
  }

  void close(const NodeId& node) override {
    std::unique_lock lock(mutex_);
    listeners_.erase(node);
    const auto self = std::this_thread::get_id();
    idle_.wait(lock, [&] { return told_ != node || teller_ == self; });
    std::erase_if(claims_, [&](const auto& entry) { return entry.second.node == node; });
    for (auto& [id, room] : rooms_) {
      const auto members = room.members;  // `remove` changes them
      for (const auto& [peer, member] : members) {
        if (member.node == node) remove(id, room, member, LeaveReason::node_lost, node);
      }
    }
    tell(lock);
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
        add_news(owner.node, [peer = found->first, old = owner.epoch](auto& to) { to.displaced(peer, old); });
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
        room.version = std::max(room.version, request.known_version);
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

  std::error_code publish(const NodeId& node, const Envelope& envelope,
                          std::span<const NodeId> /*targets*/) override {
    std::set<NodeId> nodes;
    std::error_code error;
    locked([&] {
      if (const auto room = rooms_.find(std::string(envelope.room)); room != rooms_.end()) {
        for (const auto& [id, member] : room->second.members) {
          if (envelope.to.empty() || envelope.to == id) nodes.insert(member.node);
        }
      }
      const auto owner = claims_.find(std::string(envelope.to));
      if (envelope.room.empty() && owner != claims_.end()) nodes.insert(owner->second.node);
      nodes.erase(node);
      if (envelope.room.empty() && nodes.empty()) error = errc::peer_not_found;
      const News news = delivery_of(envelope);
      for (const NodeId& to : nodes) add_news(to, news);
    });
    return error;
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
  using News = std::function<void(StoreListener&)>;
  /// What a node is told, or an answer.
  struct Item {
    NodeId node;
    News news;
    Callback<void()> answer;
  };

  // For the time of one call the lock is free, and this thread the one that tells.
  class Turn {
   public:
    Turn(SmallStore& store, std::unique_lock<std::mutex>& lock, const NodeId& node)
        : store_(store), lock_(lock) {
      store_.teller_ = std::this_thread::get_id();
      store_.told_ = node;
      lock_.unlock();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      lock_.lock();
      store_.teller_ = {};
      store_.told_.clear();
      store_.idle_.notify_all();
    }

   private:
    SmallStore& store_;
    std::unique_lock<std::mutex>& lock_;
  };

  template <class Function>
  void locked(Function function) {
    std::unique_lock lock(mutex_);
    function();
    tell(lock);
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
    for (const NodeId& node : nodes) add_news(node, [change](StoreListener& to) { to.changed(change); });
  }

  static RoomState state_of(const Room& room) {
    RoomState state{room.version, {}};
    for (const auto& [id, member] : room.members) state.members.push_back(member);
    return state;
  }

  static News delivery_of(Envelope envelope) {
    const auto strings = std::make_shared<std::deque<std::string>>();
    for (std::string_view Envelope::*field :
         {&Envelope::event, &Envelope::from, &Envelope::to, &Envelope::room, &Envelope::payload,
          &Envelope::from_metadata, &Envelope::language, &Envelope::original, &Envelope::from_rooms}) {
      envelope.*field = strings->emplace_back(envelope.*field);
    }
    return [envelope, strings](StoreListener& listener) { listener.delivered(envelope); };
  }

  void add_news(const NodeId& node, News news) { items_.push_back({node, std::move(news), {}}); }

  // Behind the news of what came before it.
  template <class Value>
  void add_answer(Callback<void(std::error_code, Value)> done, std::error_code error, Value value) {
    items_.push_back({{}, {}, [done = std::move(done), error, value = std::move(value)]() mutable {
                        done(error, std::move(value));
                      }});
  }

  // One thread at a time tells everything that there is, one thing after the other, without the lock.
  void tell(std::unique_lock<std::mutex>& lock) {
    if (teller_ != std::thread::id()) return;
    while (!items_.empty()) {
      Item item = std::move(items_.front());
      items_.pop_front();
      const auto listener = listeners_.find(item.node);
      if (item.news && listener == listeners_.end()) continue;
      StoreListener* const to = item.news ? listener->second : nullptr;
      const Turn turn(*this, lock, item.node);
      if (to != nullptr) {
        item.news(*to);
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
  std::thread::id teller_;  // none: nobody tells anything
  NodeId told_;             // whom; empty: an answer is given
};

}  // namespace signaling::testing
