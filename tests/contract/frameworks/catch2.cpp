// The kit under Catch2, as state_store_contract.hpp shows it.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
#include <memory>

#include "signaling/testing/small_store.hpp"
#include "signaling/testing/state_store_contract.hpp"

using Catch::Generators::from_range;
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

}  // namespace

TEST_CASE("my store keeps the contract") {
  const auto rule = GENERATE(from_range(signaling::testing::state_store_contract()));
  MyFixture fixture;
  const auto result = rule.run(fixture);
  INFO(rule.name() << ": " << result.text);
  CHECK(result.outcome != Outcome::failed);
}
