#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "signaling/core/state_store.hpp"
#include "signaling/testing/small_store.hpp"

namespace signaling::testing {

/// What can be wrong with a store. Each is one mistake in one that is otherwise right.
enum class Fault : std::uint8_t {
  none,
  ids_are_shared,
  epochs_stand_still,
  release_ignores_epoch,
  any_secret_will_do,
  displaced_is_not_told,
  no_capacity,
  capacity_per_node,
  join_again_counts,
  join_answers_without_room,
  older_epoch_wins,
  leave_ignores_epoch,
  leave_again_succeeds,
  reason_is_lost,
  own_changes_are_told,
  changes_are_not_told,
  updates_are_not_told,
  changes_swap,
  message_before_change,
  message_twice,
  message_to_all_nodes,
  once_for_each_target,
  text_ends_at_nul,
  payload_is_cut,
  fields_are_forgotten,
  numbers_are_cut,
  message_names_its_way,
  unknown_peer_is_accepted,
  command_to_all_nodes,
  command_comes_late,
  command_forgets_room,
  names_ignore_case,
  metadata_is_lost,
  close_goes_on_talking,
  close_keeps_members,
  close_keeps_ids,
  joined_at_is_lost,
  known_version_is_ignored,
  join_again_moves,
  answers_come_late,
  answers_come_twice,
  refusals_are_not_answered,
};

/// SmallStore with one fault. Threads: one. From inside of a handler only `snapshot` may be called.
class BrokenStore final : public StateStore {
 public:
  explicit BrokenStore(Fault fault);
  ~BrokenStore() override;

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
  class Ear;
  struct Owner {
    NodeId node;
    Epoch epoch = 0;
    std::string secret;
  };
  bool is(Fault fault) const noexcept { return fault_ == fault; }
  RoomState look(std::string_view room);
  Epoch epoch_in(std::string_view room, std::string_view peer);
  std::string name(std::string_view id) const;
  void spoil(Join& request);
  void spoil(Message& message, Route& route) const;

  const Fault fault_;
  SmallStore store_;
  std::map<NodeId, std::unique_ptr<Ear>> ears_;
  std::map<PeerId, Owner> claims_;
  std::vector<StoreListener*> closed_;
  std::deque<Callback<void()>> late_;
};

}  // namespace signaling::testing
