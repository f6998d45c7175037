#pragma once

#include <condition_variable>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "signaling/core/state_store.hpp"

namespace signaling::redis {

/// Passes on what the store tells, until it is closed: then the listener is not called any more, and no call is under
/// way, unless it is one that closes the gate itself.
///
/// Threads: `close` from any; all else one at a time.
class ListenerGate final : public StoreListener {
 public:
  explicit ListenerGate(StoreListener& listener) : listener_(&listener) {}

  void close() {
    std::unique_lock lock(mutex_);
    listener_ = nullptr;
    idle_.wait(lock, [&] { return caller_ == std::thread::id() || caller_ == std::this_thread::get_id(); });
  }

  void changed(const MembershipChange& change) override {
    pass([&](StoreListener& listener) { listener.changed(change); });
  }
  void delivered(const Message& message, const Route& route) override {
    pass([&](StoreListener& listener) { listener.delivered(message, route); });
  }
  void commanded(const NodeCommand& command) override {
    pass([&](StoreListener& listener) { listener.commanded(command); });
  }
  void invalidated(std::string_view room, Missed missed) override {
    pass([&](StoreListener& listener) { listener.invalidated(room, missed); });
  }
  void displaced(std::string_view peer, Epoch epoch) override {
    pass([&](StoreListener& listener) { listener.displaced(peer, epoch); });
  }
  void undelivered(const Message& message, const Route& route, errc error) override {
    pass([&](StoreListener& listener) { listener.undelivered(message, route, error); });
  }
  void undelivered(const NodeCommand& command, errc error) override {
    pass([&](StoreListener& listener) { listener.undelivered(command, error); });
  }

 private:
  // Until it ends, however that comes: else `close` would wait for good.
  class UnderWay {
   public:
    explicit UnderWay(ListenerGate& gate) noexcept
        : gate_(gate), before_(std::exchange(gate.caller_, std::this_thread::get_id())) {}
    ~UnderWay() {
      const std::scoped_lock lock(gate_.mutex_);
      gate_.caller_ = before_;
      gate_.idle_.notify_all();
    }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;

   private:
    ListenerGate& gate_;
    const std::thread::id before_;
  };

  // A listener that calls the store may be told something before it returns: that is a call inside a call.
  template <class Call>
  void pass(Call call) {
    std::unique_lock lock(mutex_);
    StoreListener* const listener = listener_;
    if (listener == nullptr) return;
    const UnderWay under_way(*this);
    lock.unlock();
    call(*listener);
  }

  std::mutex mutex_;
  std::condition_variable idle_;
  StoreListener* listener_;
  std::thread::id caller_;
};

}  // namespace signaling::redis
