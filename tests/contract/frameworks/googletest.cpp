// The kit under GoogleTest, as state_store_contract.hpp shows it.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "signaling/testing/small_store.hpp"
#include "signaling/testing/state_store_contract.hpp"

using signaling::testing::Outcome;

namespace {

class MyFixture final : public signaling::testing::StateStoreFixture {
 public:
  std::shared_ptr<signaling::StateStore> make_node(const signaling::NodeId& /*node*/) override {
    return store_;
  }

 private:
  std::shared_ptr<signaling::StateStore> store_ = std::make_shared<signaling::testing::SmallStore>();
};

class MyStore : public testing::TestWithParam<signaling::testing::StateStoreCase> {};

TEST_P(MyStore, KeepsTheContract) {
  MyFixture fixture;
  const auto result = GetParam().run(fixture);
  if (result.outcome == Outcome::skipped) GTEST_SKIP() << result.text;
  EXPECT_EQ(result.outcome, Outcome::passed) << result.text;
}

INSTANTIATE_TEST_SUITE_P(All, MyStore, testing::ValuesIn(signaling::testing::state_store_contract()),
                         [](const auto& rule) { return std::string(rule.param.name()); });

}  // namespace
