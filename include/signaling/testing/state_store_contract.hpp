#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "signaling/core/ids.hpp"
#include "signaling/core/state_store.hpp"
#include "signaling/testing/contract.hpp"
#include "signaling/text/export.hpp"

namespace signaling::testing {

class StoreWorld;

/// Gives the contract access to the store under test.
///
/// Construct a new fixture for each case, over a store without data. The thread that runs the case makes all calls, one
/// after another.
class SIGNALING_API StateStoreFixture {
 public:
  virtual ~StateStoreFixture() = default;

  /// The store as `node` uses it, not yet opened: an object of its own, or the same for all nodes. The case calls it
  /// from several threads.
  virtual std::shared_ptr<StateStore> make_node(const NodeId& node) = 0;

  /// Makes progress until `done` returns true: runs an event loop, advances a clock, waits. False: not within
  /// `at_most`. The default is for stores that need no help: once all calls have returned, everything has completed.
  virtual bool run_until(const std::function<bool()>& done, std::chrono::milliseconds at_most);

  /// The time within which everything must complete. Default 5 s.
  virtual std::chrono::milliseconds patience() const { return std::chrono::seconds(5); }
  /// From the crash of a node to the last news of its members. Default 15 s.
  virtual std::chrono::milliseconds node_lost_bound() const { return std::chrono::seconds(15); }
  /// From the end of any other failure until the cluster agrees again. Default 30 s.
  virtual std::chrono::milliseconds recovery_bound() const { return std::chrono::seconds(30); }

  // Abilities that only some stores have. The default returns false: this store does not have it, and nothing has
  // happened.

  /// The node crashes. After the call its listener gets no more calls, and its store is not used.
  virtual bool crash(const NodeId& node);
  /// The store loses all data at once; the nodes keep theirs.
  virtual bool lose_data();
  /// No data passes between the node and the store until `reconnect`.
  virtual bool cut_off(const NodeId& node);
  /// Ends the effect of `cut_off`.
  virtual bool reconnect(const NodeId& node);
  /// Calls `meanwhile`, in which other nodes act. The resulting news for `node` is lost.
  virtual bool lose_news(const NodeId& node, const std::function<void()>& meanwhile);
};

/// One rule of StateStore, and its test.
class SIGNALING_API StateStoreCase {
 public:
  /// The test of the rule.
  using Body = void (*)(StoreWorld&);
  /// Only state_store_contract() constructs it.
  constexpr StateStoreCase(std::string_view name, std::string_view rule, Body body) noexcept
      : name_(name), rule_(rule), body_(body) {}

  /// Usable as a test name: lower case letters, digits and `_`.
  constexpr std::string_view name() const noexcept { return name_; }
  /// The behaviour of a store that passes.
  constexpr std::string_view rule() const noexcept { return rule_; }
  /// Does not throw; an exception of the store is a failure.
  ContractResult run(StateStoreFixture& fixture) const;

 private:
  std::string_view name_;
  std::string_view rule_;
  Body body_;
};

/// All rules of StateStore. Runs under any test framework, or none:
///
///     TEST_CASE("my store keeps the contract") {  // doctest
///       for (const auto& rule : signaling::testing::state_store_contract()) {
///         MyFixture fixture;
///         const auto result = rule.run(fixture);
///         CHECK_MESSAGE(result.outcome != Outcome::failed, rule.name(), ": ", result.text);
///       }
///     }
///
///     TEST_P(MyStore, KeepsTheContract) {  // GoogleTest; INSTANTIATE_TEST_SUITE_P with ValuesIn(state_store_contract())
///       MyFixture fixture;
///       const auto result = GetParam().run(fixture);
///       if (result.outcome == Outcome::skipped) GTEST_SKIP() << result.text;
///       EXPECT_EQ(result.outcome, Outcome::passed) << result.text;
///     }
///
///     TEST_CASE("my store keeps the contract") {  // Catch2
///       const auto rule = GENERATE(from_range(signaling::testing::state_store_contract()));
///       MyFixture fixture;
///       const auto result = rule.run(fixture);
///       INFO(rule.name() << ": " << result.text);
///       CHECK(result.outcome != Outcome::failed);
///     }
///
/// A skipped case has tested nothing: count them, so that you notice when a fixture loses an ability.
SIGNALING_API std::vector<StateStoreCase> state_store_contract();

}  // namespace signaling::testing
