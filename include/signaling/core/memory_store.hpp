#pragma once

#include <memory>

#include "signaling/core/export.hpp"
#include "signaling/core/state_store.hpp"

namespace signaling {

/// The store of a single process. Every operation completes before its call returns.
///
/// Several routers may share one object: they are the nodes of a cluster inside the process.
/// Threads: any; locks are sharded by room and by peer id.
class SIGNALING_API MemoryStore final : public StateStore {
 public:
  MemoryStore();
  ~MemoryStore() override;
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  void open(const NodeId& node, StoreListener& listener, Callback<void(std::error_code)> done) override;
  void close(const NodeId& node) override;
  void claim(const Claim& request, Callback<void(std::error_code, Epoch)> done) override;
  void release(std::string_view peer, Epoch epoch) override;
  void join(Join request, Callback<void(std::error_code, Joined)> done) override;
  void leave(const Leave& request, Callback<void(std::error_code, Version)> done) override;
  void update(const Update& request, Callback<void(std::error_code, Version)> done) override;
  void snapshot(std::string_view room, Version known_version,
                Callback<void(std::error_code, RoomState)> done) override;
  std::error_code publish(const NodeId& node, const Envelope& envelope,
                          std::span<const NodeId> targets) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace signaling
