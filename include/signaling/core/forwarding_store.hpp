#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include "signaling/core/callback.hpp"
#include "signaling/core/state_store.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

/// Passes each call on to another store. A host derives from it and overrides the calls that it wants to observe or
/// change.
///
/// It meets the contract of StateStore if the other store does. An override must do so too: it must call a handler
/// exactly once, when the other store calls it.
class SIGNALING_API ForwardingStore : public StateStore {
 public:
  /// Throws std::invalid_argument if `store` is null.
  explicit ForwardingStore(std::shared_ptr<StateStore> store);

  bool can_move_members() const noexcept override;
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
  const std::shared_ptr<StateStore> store_;
};

}  // namespace signaling
