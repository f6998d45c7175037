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
/// nodes; one lock guards everything; whoever calls brings the news, when the lock is free again.
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
    idle_.wait(lock, [&] { return telling_ != node || teller_ == self; });
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
    Epoch epoch = 0;
    locked([&] {
      const auto found = claims_.find(std::string(request.peer));
      if (found != claims_.end()) {
        const Owner& owner = found->second;
        if (owner.node == request.node || request.resume.empty() || owner.secret != request.resume) return;
        add_news(owner.node, [peer = found->first, old = owner.epoch](auto& to) { to.displaced(peer, old); });
      }
      epoch = ++last_epoch_;
      claims_[std::string(request.peer)] = {request.node, epoch, std::string(request.secret)};
    });
    done(epoch == 0 ? std::error_code(errc::id_in_use) : std::error_code(), epoch);
  }

  void release(std::string_view peer, Epoch epoch) override {
    locked([&] {
      const auto found = claims_.find(std::string(peer));
      if (found != claims_.end() && found->second.epoch == epoch) claims_.erase(found);
    });
  }

  void join(Join request, Callback<void(std::error_code, Joined)> done) override {
    std::error_code error;
    Joined joined;
    locked([&] {
      Room& room = rooms_[std::string(request.room)];
      StoreMember& member = request.member;
      const auto found = room.members.find(member.id);
      const Epoch present = found == room.members.end() ? 0 : found->second.epoch;
      const bool is_full = request.capacity != 0 && room.members.size() >= request.capacity;
      if (present == 0 && is_full) error = errc::room_full;
      if (present > member.epoch) error = errc::id_in_use;
      if (error) return;
      if (present < member.epoch) {
        room.version = std::max(room.version, request.known_version);
        if (present != 0) remove(request.room, room, found->second, LeaveReason::disconnect, member.node);
        member.joined_at = room.version + 1;
        room.members[member.id] = member;
        announce(request.room, room, MembershipChange::Kind::joined, member, {}, member.node);
      }
      joined = {room.version, state_of(room), room.members[member.id].joined_at};
    });
    done(error, std::move(joined));
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
    RoomState state;
    locked([&] {
      const auto found = rooms_.find(std::string(room));
      if (found != rooms_.end()) state = state_of(found->second);
    });
    done({}, std::move(state));
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

  template <class Function>
  void locked(Function function) {
    std::unique_lock lock(mutex_);
    function();
    tell(lock);
  }

  template <class Function>
  void change(std::string_view id, std::string_view peer, Epoch epoch,
              Callback<void(std::error_code, Version)> done, Function function) {
    Version version = 0;
    locked([&] {
      const auto room = rooms_.find(std::string(id));
      if (room == rooms_.end()) return;
      const auto member = room->second.members.find(std::string(peer));
      if (member == room->second.members.end() || member->second.epoch != epoch) return;
      function(room->second, member->second);
      version = room->second.version;
    });
    done(version == 0 ? std::error_code(errc::not_joined) : std::error_code(), version);
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
          &Envelope::from_metadata, &Envelope::language, &Envelope::original}) {
      envelope.*field = strings->emplace_back(envelope.*field);
    }
    return [envelope, strings](StoreListener& listener) { listener.delivered(envelope); };
  }

  void add_news(const NodeId& node, News news) { news_.emplace_back(node, std::move(news)); }

  // One thread at a time tells everything that there is, one thing after the other, without the lock.
  void tell(std::unique_lock<std::mutex>& lock) {
    if (!telling_.empty()) return;
    while (!news_.empty()) {
      auto [node, news] = std::move(news_.front());
      news_.pop_front();
      const auto listener = listeners_.find(node);
      if (listener == listeners_.end()) continue;
      StoreListener& to = *listener->second;
      telling_ = node;
      teller_ = std::this_thread::get_id();
      lock.unlock();
      news(to);
      lock.lock();
      telling_.clear();
      idle_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable idle_;
  std::map<NodeId, StoreListener*> listeners_;
  std::map<PeerId, Owner> claims_;
  std::map<RoomId, Room> rooms_;
  Epoch last_epoch_ = 0;
  std::deque<std::pair<NodeId, News>> news_;
  NodeId telling_;
  std::thread::id teller_;
};

}  // namespace signaling::testing
