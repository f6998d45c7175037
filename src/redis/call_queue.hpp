#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "redis/store_engine.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/redis/redis_store.hpp"

namespace signaling::redis {

/// Calls that wait to be made on the executor, in order. Publications that follow each other share their memory.
///
/// Threads: one at a time; RedisStore locks it.
class CallQueue {
 public:
  /// Gets null if the store is not open.
  using Call = Callback<void(StoreEngine*)>;

  struct Publications {
    std::string bytes;  // see publication_codec.hpp
    std::vector<NodeId> targets;
    std::vector<std::uint32_t> target_counts;  // of each
  };

  void push(Call call) { items_.emplace_back(std::move(call)); }
  /// As StateStore::publish. `shown`: how the engine stood when somebody last looked. `max_bytes`: of messages, here and
  /// in the engine; 0: no bound.
  std::error_code publish(const Message& message, const Route& route, std::span<const NodeId> targets,
                          const StoreHealth& shown, std::size_t max_bytes);
  /// As StateStore::command; the rest as above.
  std::error_code command(const NodeCommand& command, const StoreHealth& shown, std::size_t max_bytes);

  bool empty() const noexcept { return next_ == items_.size(); }
  /// Behind what is here.
  void append(CallQueue later);

  /// Who is there for a call; both are null if the store is not open.
  struct Open {
    StoreEngine* engine = nullptr;
    StoreListener* listener = nullptr;
  };
  /// Makes all calls, in order, on who is there when it is their turn. What cannot be published is told to the listener.
  /// Should one throw, those behind it are still to be made.
  template <class WhoIsOpen>
  void run(WhoIsOpen who_is_open) {
    while (!empty()) run(items_[next_++], who_is_open());
    *this = {};
  }

 private:
  using Item = std::variant<Call, Publications>;
  bool accepts(const StoreHealth& shown, std::size_t max_bytes) const noexcept;
  void append(std::span<const NodeId> targets, const auto&... publication);
  static void run(Item& item, const Open& open);
  static void hand_over(const Publications& publications, const Open& open);

  std::vector<Item> items_;
  std::size_t next_ = 0;  // those before it were made
  std::size_t bytes_ = 0;
};

}  // namespace signaling::redis
