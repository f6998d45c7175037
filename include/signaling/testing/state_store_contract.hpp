#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "signaling/core/export.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/state_store.hpp"
#include "signaling/testing/contract.hpp"

namespace signaling::testing {

class StoreWorld;

/// What the contract has to know of the store that it is to try.
///
/// Make a new one for each case, over a store without data. Everything is called by the thread that runs the case, one
/// call after the other.
class SIGNALING_API StateStoreFixture {
 public:
  virtual ~StateStoreFixture() = default;

  /// The store as `node` uses it, not yet opened: an object of its own, or the same for all of them. The case calls it
  /// from several threads.
  virtual std::shared_ptr<StateStore> make_node(const NodeId& node) = 0;

  /// Lets things happen until `done` says true: runs an event loop, advances a clock, waits. False: it did not within
  /// `at_most`. The default is for stores that need no help: once all calls have returned, everything has completed.
  virtual bool run_until(const std::function<bool()>& done, std::chrono::milliseconds at_most);

  /// The time within which anything must have happened. Default 5 s.
  virtual std::chrono::milliseconds patience() const { return std::chrono::seconds(5); }
  /// From the crash of a node to the last word about its members. Default 15 s.
  virtual std::chrono::milliseconds node_lost_bound() const { return std::chrono::seconds(15); }
  /// From the end of any other failure to a cluster that agrees again. Default 30 s.
  virtual std::chrono::milliseconds recovery_bound() const { return std::chrono::seconds(30); }

  // What only some stores can. The default, false, means: not this one; nothing has happened then.

  /// The node ends without a word. After the call its listener hears nothing more, and its store is not used.
  virtual bool crash(const NodeId& node);
  /// The store forgets everything, at once; no node does.
  virtual bool lose_data();
  /// Nothing gets from the node to the store, or back, until `reconnect`.
  virtual bool cut_off(const NodeId& node);
  /// Ends what `cut_off` began.
  virtual bool reconnect(const NodeId& node);
  /// Calls `meanwhile`, in which other nodes do something. What of it was on its way to `node` gets lost.
  virtual bool lose_news(const NodeId& node, const std::function<void()>& meanwhile);
};

/// One rule of StateStore, and how it is tried.
class SIGNALING_API StateStoreCase {
 public:
  /// How the rule is tried.
  using Body = void (*)(StoreWorld&);
  /// Made by state_store_contract().
  constexpr StateStoreCase(std::string_view name, std::string_view rule, Body body) noexcept
      : name_(name), rule_(rule), body_(body) {}

  /// Fit for the name of a test: lower case letters, digits and `_`.
  constexpr std::string_view name() const noexcept { return name_; }
  /// What a store does that passes.
  constexpr std::string_view rule() const noexcept { return rule_; }
  /// Throws nothing; what a store throws is a failure.
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
/// A skipped case has shown nothing: count them, so that a fixture which lost an ability is noticed.
SIGNALING_API std::vector<StateStoreCase> state_store_contract();

}  // namespace signaling::testing
