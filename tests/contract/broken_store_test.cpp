#include <array>
#include <memory>
#include <string>

#include "contract/broken_store.hpp"
#include "contract/late_store.hpp"
#include "contract/store_run.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

// A store that is asked over a network answers and tells later; its faults show later, too.
enum class Timing { at_once, later };

class BrokenStoreFixture final : public StateStoreFixture {
 public:
  BrokenStoreFixture(Fault fault, Timing timing) {
    store_ = std::make_shared<BrokenStore>(fault);
    if (timing == Timing::later) store_ = late_ = std::make_shared<LateStore>(store_);
  }
  std::shared_ptr<StateStore> make_node(const NodeId& /*node*/) override { return store_; }
  // Nothing comes from outside: when all is done, what has not come will not come. A turn counts as a millisecond.
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds at_most) override {
    for (auto turns = at_most.count(); !done(); --turns) {
      if (turns == 0 || !late_ || !late_->turn()) return false;
    }
    return true;
  }

 private:
  std::shared_ptr<StateStore> store_;
  std::shared_ptr<LateStore> late_;
};

std::string failures_of(Fault fault, Timing timing) {
  std::string names = " ";
  for (const StateStoreCase& rule : state_store_contract()) {
    if (rule.name().starts_with("threads_")) continue;  // BrokenStore is for one thread
    BrokenStoreFixture fixture(fault, timing);
    if (rule.run(fixture).outcome == Outcome::failed) names += std::string(rule.name()) + " ";
  }
  return names;
}

struct Catch {
  Fault fault;
  const char* by;
};

constexpr std::array catches{
    Catch{Fault::ids_are_shared, "claim_one_owner"},
    Catch{Fault::ids_are_shared, "claim_one_of_many"},
    Catch{Fault::epochs_stand_still, "claim_greater_epochs"},
    Catch{Fault::release_ignores_epoch, "release_by_epoch"},
    Catch{Fault::release_ignores_epoch, "takeover_late_release"},
    Catch{Fault::any_secret_will_do, "takeover_needs_secret"},
    Catch{Fault::any_secret_will_do, "takeover_wears_out"},
    Catch{Fault::displaced_is_not_told, "takeover_displaces"},
    Catch{Fault::no_capacity, "join_capacity"},
    Catch{Fault::no_capacity, "join_capacity_is_atomic"},
    Catch{Fault::capacity_per_node, "join_capacity"},
    Catch{Fault::join_again_counts, "join_again"},
    Catch{Fault::join_again_moves, "join_again"},
    Catch{Fault::answers_come_late, "answers_in_order"},
    Catch{Fault::answers_come_twice, "snapshot_is_the_room"},
    Catch{Fault::refusals_are_not_answered, "leave_again"},
    Catch{Fault::join_answers_without_room, "join_tells_room"},
    Catch{Fault::join_answers_without_room, "join_version_never_goes_back"},
    Catch{Fault::older_epoch_wins, "join_younger_stays"},
    Catch{Fault::leave_ignores_epoch, "fencing"},
    Catch{Fault::leave_again_succeeds, "leave_again"},
    Catch{Fault::reason_is_lost, "leave_reasons"},
    Catch{Fault::own_changes_are_told, "own_changes_are_not_told"},
    Catch{Fault::changes_are_not_told, "others_are_told"},
    Catch{Fault::changes_are_not_told, "one_order_for_all"},
    Catch{Fault::updates_are_not_told, "others_are_told"},
    Catch{Fault::changes_swap, "one_order_for_all"},
    Catch{Fault::message_before_change, "publish_behind_own_changes"},
    Catch{Fault::message_before_change, "publish_behind_changes"},
    Catch{Fault::message_twice, "publish_to_room"},
    Catch{Fault::message_twice, "publish_in_order"},
    Catch{Fault::message_to_all_nodes, "publish_to_member"},
    Catch{Fault::message_to_all_nodes, "publish_to_nobody"},
    Catch{Fault::once_for_each_target, "publish_with_targets"},
    Catch{Fault::text_ends_at_nul, "publish_every_field"},
    Catch{Fault::payload_is_cut, "publish_large_payload"},
    Catch{Fault::fields_are_forgotten, "publish_every_field"},
    Catch{Fault::numbers_are_cut, "publish_every_field"},
    Catch{Fault::message_names_its_way, "publish_every_field"},
    Catch{Fault::unknown_peer_is_accepted, "publish_to_claimed_id"},
    Catch{Fault::unknown_peer_is_accepted, "command_to_claimed_id"},
    Catch{Fault::command_to_all_nodes, "command_to_claimed_id"},
    Catch{Fault::command_to_all_nodes, "command_to_room"},
    Catch{Fault::command_comes_late, "command_in_order"},
    Catch{Fault::command_forgets_room, "command_to_claimed_id"},
    Catch{Fault::command_forgets_room, "command_every_field"},
    Catch{Fault::names_ignore_case, "names_of_any_bytes"},
    Catch{Fault::metadata_is_lost, "metadata_of_any_bytes"},
    Catch{Fault::close_goes_on_talking, "close_silences"},
    Catch{Fault::close_keeps_members, "close_removes_members"},
    Catch{Fault::close_keeps_ids, "close_frees_ids"},
    Catch{Fault::joined_at_is_lost, "snapshot_is_the_room"},
    Catch{Fault::known_version_is_ignored, "join_version_never_goes_back"},
};

}  // namespace

TEST_CASE("store contract: each mistake of a store is found by the case that is about it") {
  for (const Timing timing : {Timing::at_once, Timing::later}) {
    CAPTURE(static_cast<int>(timing));
    CHECK(failures_of(Fault::none, timing) == " ");
    for (const Catch& one : catches) {
      CAPTURE(static_cast<int>(one.fault));
      const std::string failed = failures_of(one.fault, timing);
      CHECK_MESSAGE(failed.find(" " + std::string(one.by) + " ") != std::string::npos, std::string(one.by),
                    " not in", failed);
    }
  }
}

TEST_CASE("store contract: a failure names the code, and what a node noted comes first") {
  const auto text_of = [](Fault fault, std::string_view name) {
    for (const StateStoreCase& rule : state_store_contract()) {
      if (rule.name() != name) continue;
      BrokenStoreFixture fixture(fault, Timing::at_once);
      return rule.run(fixture).text;
    }
    return std::string();
  };
  CHECK(text_of(Fault::ids_are_shared, "claim_one_owner") ==
        "another node's claim: expected id_in_use, got ok");
  CHECK(text_of(Fault::close_goes_on_talking, "close_removes_members").find(" was called after its end") !=
        std::string::npos);
}
