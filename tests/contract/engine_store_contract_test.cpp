// The engine of the Redis store over a model of the database, under virtual time: everything can fail here.
#include <map>
#include <memory>
#include <string>

#include "contract/store_run.hpp"
#include "simulation/model_backend.hpp"
#include "simulation/model_database.hpp"
#include "simulation/node_store.hpp"
#include "simulation/scheduler.hpp"
#include "simulation/trace.hpp"

using namespace signaling;
using namespace signaling::testing;
using namespace signaling::simulation;

namespace {

class EngineFixture final : public StateStoreFixture {
 public:
  EngineFixture() {
    ModelDatabase::Hooks hooks;
    hooks.appended = [this](const NodeId& node) {
      if (const auto found = nodes_.find(node); found != nodes_.end()) found->second.backend->appended();
    };
    hooks.reaped = [](const NodeId&) {};
    database_.set_hooks(std::move(hooks));
    scheduler_.after(tick, [this] { on_time(); });
  }
  ~EngineFixture() override {
    for (auto& [id, node] : nodes_) {
      node.backend->die();
      node.store->die();
    }
  }

  std::shared_ptr<StateStore> make_node(const NodeId& id) override {
    Node& node = nodes_[id];
    node.backend = std::make_shared<ModelBackend>(ModelBackend::World{scheduler_, trace_, database_, wire_},
                                                  dice_.fork(), [](Callback<void()> what) { what(); });
    node.store = std::make_shared<NodeStore>(scheduler_, node.backend, redis::EngineOptions{}, true);
    return node.store;
  }
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds at_most) override {
    for (const TimePoint end = scheduler_.now() + at_most; scheduler_.now() < end;) {
      for (auto& [id, node] : nodes_) node.store->flush();
      scheduler_.run_until(scheduler_.now() + milliseconds(1));
      if (done()) return true;
    }
    return false;
  }

  bool crash(const NodeId& node) override {
    nodes_.at(node).backend->die();
    nodes_.at(node).store->die();
    return true;
  }
  bool lose_data() override {
    database_.replace_data({});
    for (auto& [id, node] : nodes_) node.backend->cut_off();
    return true;
  }
  bool cut_off(const NodeId& node) override {
    nodes_.at(node).backend->set_reach(ModelBackend::Reach::refused);
    return true;
  }
  bool reconnect(const NodeId& node) override {
    nodes_.at(node).backend->set_reach(ModelBackend::Reach::full);
    return true;
  }
  bool lose_news(const NodeId& node, const std::function<void()>& meanwhile) override {
    nodes_.at(node).backend->deafen();
    meanwhile();
    database_.trim(node, 0);
    return true;
  }

 private:
  static constexpr milliseconds tick{100};
  struct Node {
    std::shared_ptr<ModelBackend> backend;
    std::shared_ptr<NodeStore> store;
  };
  void on_time() {
    for (auto& [id, node] : nodes_) node.store->on_time();
    scheduler_.after(tick, [this] { on_time(); });
  }

  Scheduler scheduler_;
  Trace trace_{scheduler_, Trace::Echo::off};
  ModelDatabase database_{scheduler_, Mutant::none};
  Wire wire_;
  Dice dice_{1};
  std::map<NodeId, Node> nodes_;
};

}  // namespace

TEST_CASE("store engine: keeps the contract over a database that is lost, cut off and forgetful") {
  for (const StateStoreCase& rule : state_store_contract()) {
    if (rule.name().starts_with("threads_"))
      continue;  // the engine is for one; RedisStore brings others to it
    EngineFixture fixture;
    const ContractResult result = rule.run(fixture);
    CHECK_MESSAGE(result.outcome == Outcome::passed, std::string(rule.name()), ": ", result.text);
  }
}
