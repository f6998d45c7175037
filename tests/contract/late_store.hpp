#pragma once

#include <deque>
#include <map>
#include <memory>
#include <utility>

#include "signaling/core/forwarding_store.hpp"
#include "signaling/core/message.hpp"

namespace signaling::testing {

/// Another store, of which every answer and everything that nodes are told comes later, one thing at a turn: as it is with
/// stores that are asked over a network. Threads: one.
class LateStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  /// The next thing happens. False: there is none.
  bool turn() {
    if (queue_.empty()) return false;
    Item item = std::move(queue_.front());
    queue_.pop_front();
    item.run();
    return true;
  }

  void open(const NodeId& node, StoreListener& listener, Callback<void(std::error_code)> done) override {
    auto& ear = ears_[node] = std::make_unique<Ear>(*this, listener);
    ForwardingStore::open(node, *ear, [this, done = std::move(done)](std::error_code error) mutable {
      queue_.push_back({nullptr, [done = std::move(done), error]() mutable { done(error); }});
    });
  }
  void close(const NodeId& node) override {
    std::erase_if(queue_, [ear = ears_.at(node).get()](const Item& item) { return item.ear == ear; });
    ForwardingStore::close(node);
  }
  void claim(const Claim& request, Callback<void(std::error_code, Epoch)> done) override {
    ForwardingStore::claim(request, later(std::move(done)));
  }
  void join(Join request, Callback<void(std::error_code, Joined)> done) override {
    ForwardingStore::join(std::move(request), later(std::move(done)));
  }
  void leave(const Leave& request, Callback<void(std::error_code, Version)> done) override {
    ForwardingStore::leave(request, later(std::move(done)));
  }
  void update(const Update& request, Callback<void(std::error_code, Version)> done) override {
    ForwardingStore::update(request, later(std::move(done)));
  }
  void snapshot(std::string_view room, Version known_version,
                Callback<void(std::error_code, RoomState)> done) override {
    ForwardingStore::snapshot(room, known_version, later(std::move(done)));
  }

 private:
  class Ear final : public StoreListener {
   public:
    Ear(LateStore& store, StoreListener& listener) : store_(store), listener_(listener) {}
    void changed(const MembershipChange& change) override {
      add([this, change] { listener_.changed(change); });
    }
    void delivered(const Message& message, const Route& route) override {
      add([this, owned = OwnedMessage(message, route)] {
        listener_.delivered(owned.message(), owned.route());
      });
    }
    void commanded(const NodeCommand& command) override {
      add([this, command] { listener_.commanded(command); });
    }
    void invalidated(std::string_view room, Missed missed) override {
      add([this, room = RoomId(room), missed] { listener_.invalidated(room, missed); });
    }
    void displaced(std::string_view peer, Epoch epoch) override {
      add([this, peer = PeerId(peer), epoch] { listener_.displaced(peer, epoch); });
    }
    void undelivered(const Message& message, const Route& route, errc error) override {
      add([this, owned = OwnedMessage(message, route), error] {
        listener_.undelivered(owned.message(), owned.route(), error);
      });
    }
    void undelivered(const NodeCommand& command, errc error) override {
      add([this, command, error] { listener_.undelivered(command, error); });
    }

   private:
    void add(Callback<void()> run) { store_.queue_.push_back({this, std::move(run)}); }
    LateStore& store_;
    StoreListener& listener_;
  };
  struct Item {
    const Ear* ear = nullptr;  // of whom it tells; none: an answer
    Callback<void()> run;
  };

  template <class Value>
  Callback<void(std::error_code, Value)> later(Callback<void(std::error_code, Value)> done) {
    return [this, done = std::move(done)](std::error_code error, Value value) mutable {
      queue_.push_back({nullptr, [done = std::move(done), error, value = std::move(value)]() mutable {
                          done(error, std::move(value));
                        }});
    };
  }

  std::map<NodeId, std::unique_ptr<Ear>> ears_;  // kept: a store at fault may go on telling
  std::deque<Item> queue_;
};

}  // namespace signaling::testing
