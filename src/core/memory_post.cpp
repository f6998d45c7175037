#include "core/memory_post.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace signaling {
namespace {

void tell(StoreListener& listener, const MembershipChange& change) { listener.changed(change); }
void tell(StoreListener& listener, const OwnedMessage& owned) {
  listener.delivered(owned.message(), owned.route());
}
void tell(StoreListener& listener, const NodeCommand& command) { listener.commanded(command); }
void tell(StoreListener& listener, const MemoryPost::Displaced& news) {
  listener.displaced(news.peer, news.epoch);
}

}  // namespace

MemoryPost::NodeIndex MemoryPost::index_of(const NodeId& node) {
  const std::scoped_lock lock(mutex_);
  const auto found = std::ranges::find(nodes_, node, &Node::id);
  const auto index = static_cast<NodeIndex>(found - nodes_.begin());
  if (found == nodes_.end()) nodes_.push_back({node, nullptr});
  return index;
}

NodeId MemoryPost::name_of(NodeIndex node) {
  const std::scoped_lock lock(mutex_);
  return nodes_[node].id;
}

MemoryPost::NodeIndex MemoryPost::open(const NodeId& node, StoreListener& listener) {
  const NodeIndex index = index_of(node);
  const std::scoped_lock lock(mutex_);
  nodes_[index].listener = &listener;
  ++opened_;
  return index;
}

MemoryPost::NodeIndex MemoryPost::close(const NodeId& node) {
  const NodeIndex index = index_of(node);
  std::unique_lock lock(mutex_);
  nodes_[index].listener = nullptr;
  const auto self = std::this_thread::get_id();
  idle_.wait(
      lock, [&] { return deliverer_ == std::thread::id() || deliverer_ == self || delivering_to_ != index; });
  return index;
}

void MemoryPost::queue(NodeIndex node, News news) {
  const std::scoped_lock lock(mutex_);
  items_.push_back({node, std::move(news), {}});
}

bool MemoryPost::queue_for(const NodeId& node, News news) {
  const std::scoped_lock lock(mutex_);
  const auto found = std::ranges::find(nodes_, node, &Node::id);
  if (found == nodes_.end() || found->listener == nullptr) return false;
  items_.push_back({static_cast<NodeIndex>(found - nodes_.begin()), std::move(news), {}});
  return true;
}

void MemoryPost::queue(Callback<void()> answer) {
  const std::scoped_lock lock(mutex_);
  items_.push_back({nobody, {}, std::move(answer)});
}

// An exception of a listener or a handler is that of whoever delivers, and costs nothing that waits behind it.
void MemoryPost::deliver() {
  std::exception_ptr failure;
  std::unique_lock lock(mutex_);
  if (deliverer_ != std::thread::id()) return;
  while (!items_.empty()) {
    Item item = std::move(items_.front());
    items_.pop_front();
    StoreListener* const listener = item.answer ? nullptr : nodes_[item.node].listener;
    if (!item.answer && listener == nullptr) continue;
    deliverer_ = std::this_thread::get_id();
    delivering_to_ = item.node;
    lock.unlock();
    try {
      if (item.answer) {
        item.answer();
      } else {
        std::visit([listener](const auto& news) { tell(*listener, news); }, item.news);
      }
    } catch (...) {
      if (!failure) failure = std::current_exception();
    }
    lock.lock();
    deliverer_ = {};
    idle_.notify_all();
  }
  lock.unlock();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace signaling
