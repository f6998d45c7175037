// The tests of a host: the contract kit, without any test framework, over a store that passes calls on to the small one.
#include <cstdio>
#include <memory>
#include <signaling/core/forwarding_store.hpp>
#include <signaling/testing/small_store.hpp>
#include <signaling/testing/state_store_contract.hpp>

namespace testing = signaling::testing;

class Fixture final : public testing::StateStoreFixture {
 public:
  std::shared_ptr<signaling::StateStore> make_node(const signaling::NodeId&) override { return store_; }

 private:
  std::shared_ptr<signaling::StateStore> store_ =
      std::make_shared<signaling::ForwardingStore>(std::make_shared<testing::SmallStore>());
};

int main() {
  int passed = 0;
  int failed = 0;
  for (const auto& rule : testing::state_store_contract()) {
    Fixture fixture;
    const auto result = rule.run(fixture);
    if (result.outcome == testing::Outcome::passed) ++passed;
    if (result.outcome != testing::Outcome::failed) continue;
    std::printf("%s\n", result.text.c_str());
    ++failed;
  }
  return passed > 0 && failed == 0 ? 0 : 1;
}
