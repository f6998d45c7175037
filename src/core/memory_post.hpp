#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <variant>

#include "signaling/core/callback.hpp"
#include "signaling/core/message.hpp"
#include "signaling/core/state_store.hpp"

namespace signaling {

/// What the nodes of a MemoryStore have to be told. Queued under the lock of the room that it is about, so in the order
/// in which it happened; told by one thread at a time, outside all locks.
///
/// Threads: any.
class MemoryPost {
 public:
  using NodeIndex = std::uint32_t;
  struct Displaced {
    PeerId peer;
    Epoch epoch;
  };
  using News = std::variant<MembershipChange, OwnedMessage, NodeCommand, Displaced>;

  NodeIndex open(const NodeId& node, StoreListener& listener);
  NodeIndex index_of(const NodeId& node);
  NodeId name_of(NodeIndex node);
  /// After it returned, the node's listener is not called any more.
  NodeIndex close(const NodeId& node);
  /// Alone, a node needs no news.
  bool has_several_nodes() const noexcept { return opened_.load(std::memory_order_relaxed) > 1; }

  void queue(NodeIndex node, News news);
  /// False: no such node is open.
  bool queue_for(const NodeId& node, News news);
  /// The answer to what a node has asked takes its place among the news.
  void queue(Callback<void()> answer);
  void deliver();

 private:
  static constexpr NodeIndex nobody = UINT32_MAX;
  struct Node {
    NodeId id;
    StoreListener* listener = nullptr;
  };
  struct Item {
    NodeIndex node = nobody;
    News news;
    Callback<void()> answer;  // if it is one
  };
  std::mutex mutex_;
  std::condition_variable idle_;
  std::deque<Node> nodes_;  // never shrinks: an index stays valid
  std::deque<Item> items_;
  std::thread::id deliverer_;
  NodeIndex delivering_to_ = nobody;
  std::atomic<std::size_t> opened_{0};
};

}  // namespace signaling
