#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "redis/store_engine.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/core/envelope.hpp"
#include "signaling/core/ids.hpp"

namespace signaling::redis {

/// Calls that wait to be made on the executor, in order. Messages that follow each other share their memory.
///
/// Threads: one at a time; RedisStore locks it.
class CallQueue {
 public:
  /// Gets null if the store is not open.
  using Call = Callback<void(StoreEngine*)>;

  struct Messages {
    std::string envelopes;  // see envelope_codec.hpp
    std::vector<NodeId> targets;
    std::vector<std::uint32_t> target_counts;  // of each envelope
  };

  void push(Call call) { items_.emplace_back(std::move(call)); }
  void push(const Envelope& envelope, std::span<const NodeId> targets);

  bool empty() const noexcept { return items_.empty(); }
  /// Of the messages.
  std::size_t bytes() const noexcept { return bytes_; }

  /// Who is there for a call; both are null if the store is not open.
  struct Open {
    StoreEngine* engine = nullptr;
    StoreListener* listener = nullptr;
  };
  /// Makes all calls, in order, on who is there when it is their turn. What cannot be published is told to the listener.
  template <class WhoIsOpen>
  void run(WhoIsOpen who_is_open) {
    for (auto& item : items_) run(item, who_is_open());
    items_.clear();
    bytes_ = 0;
  }

 private:
  using Item = std::variant<Call, Messages>;
  static void run(Item& item, const Open& open);
  static void publish(const Messages& messages, const Open& open);

  std::vector<Item> items_;
  std::size_t bytes_ = 0;
};

}  // namespace signaling::redis
