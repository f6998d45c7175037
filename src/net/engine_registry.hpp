#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

namespace signaling::net {

class EngineDriver;

/// The open sessions of one path, by sid: a request on any connection finds its session here.
///
/// Threads: any; locks are held for a look-up in one of several maps.
class EngineRegistry {
 public:
  /// `max_sessions` 0: no bound.
  explicit EngineRegistry(std::size_t max_sessions) noexcept : max_sessions_(max_sessions) {}

  bool is_full() const noexcept {
    return max_sessions_ != 0 && count_.load(std::memory_order_relaxed) >= max_sessions_;
  }
  void add(std::shared_ptr<EngineDriver> session);
  void remove(const EngineDriver& session) noexcept;
  /// Null: there is none.
  std::shared_ptr<EngineDriver> find(std::string_view sid) const;

 private:
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string_view, std::shared_ptr<EngineDriver>> sessions;  // by their own sid
  };
  static constexpr std::size_t shard_count = 16;
  static std::size_t shard_of(std::string_view sid) noexcept;

  std::array<Shard, shard_count> shards_;
  std::atomic<std::size_t> count_{0};
  const std::size_t max_sessions_;
};

}  // namespace signaling::net
