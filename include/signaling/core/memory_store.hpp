#pragma once

#include <memory>

#include "signaling/core/state_store.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

/// The store of a single process.
///
/// Several routers may share one object: they are the nodes of a cluster within the process.
/// Completion: before the call returns. With several routers, answers are ordered with the news of other nodes, and one
/// thread at a time delivers them: while another thread does, that thread delivers the answer, perhaps after the call
/// has returned.
/// Threads: any; rooms and ids have one lock per shard. The names of the nodes, and the queue between them, have one
/// lock.
/// Errors: an exception of a handler or a listener leaves the call that delivers the news; later news is still
/// delivered.
class SIGNALING_API MemoryStore final : public StateStore {
 public:
  MemoryStore();
  ~MemoryStore() override;
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  bool can_move_members() const noexcept override { return true; }
  void open(const NodeId& node, StoreListener& listener, Callback<void(std::error_code)> done) override;
  void close(const NodeId& node) override;
  void claim(const Claim& request, Callback<void(std::error_code, Epoch)> done) override;
  void release(std::string_view peer, Epoch epoch) override;
  void join(Join request, Callback<void(std::error_code, Joined)> done) override;
  void leave(const Leave& request, Callback<void(std::error_code, Version)> done) override;
  void update(const Update& request, Callback<void(std::error_code, Version)> done) override;
  void snapshot(std::string_view room, Version known_version,
                Callback<void(std::error_code, RoomState)> done) override;
  std::error_code publish(const NodeId& node, const Message& message, const Route& route,
                          std::span<const NodeId> targets) override;
  std::error_code command(const NodeId& node, const NodeCommand& command) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace signaling
