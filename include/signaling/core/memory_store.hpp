#pragma once

#include <memory>

#include "signaling/core/export.hpp"
#include "signaling/core/state_store.hpp"

namespace signaling {

/// The store of a single process.
///
/// Several routers may share one object: they are the nodes of a cluster inside the process.
/// Completion: before the call returns. With several routers answers have their place among the news, and one thread at a
/// time passes these on: while another one does, the answer comes from there, perhaps after the call has returned.
/// Threads: any; rooms and ids have locks by shard. The names of the nodes, and the queue of all that passes between them,
/// have one lock.
/// Errors: an exception of a handler or a listener leaves the call that passes the news on; what is behind it is passed on
/// nevertheless.
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
