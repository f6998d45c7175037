#include "net/engine_registry.hpp"

#include <functional>
#include <utility>

#include "net/engine_driver.hpp"

namespace signaling::net {

std::size_t EngineRegistry::shard_of(std::string_view sid) noexcept {
  return std::hash<std::string_view>()(sid) % shard_count;
}

void EngineRegistry::add(std::shared_ptr<EngineDriver> session) {
  const std::string_view sid = session->sid();
  Shard& shard = shards_[shard_of(sid)];
  count_.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(shard.mutex);
  shard.sessions.emplace(sid, std::move(session));
}

void EngineRegistry::remove(const EngineDriver& session) noexcept {
  Shard& shard = shards_[shard_of(session.sid())];
  count_.fetch_sub(1, std::memory_order_relaxed);
  const std::lock_guard lock(shard.mutex);
  shard.sessions.erase(session.sid());
}

std::shared_ptr<EngineDriver> EngineRegistry::find(std::string_view sid) const {
  const Shard& shard = shards_[shard_of(sid)];
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.sessions.find(sid);
  return found == shard.sessions.end() ? nullptr : found->second;
}

}  // namespace signaling::net
