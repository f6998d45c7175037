// RedisStore over a redis-server of its own: the network, the leases and the time are real.
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "contract/store_run.hpp"
#include "redis/support/redis_server.hpp"
#include "signaling/redis/redis_store.hpp"

using namespace signaling;
using namespace signaling::testing;
using namespace std::chrono_literals;

namespace {

/// A process of the cluster: it runs while it is polled.
struct RedisNode {
  explicit RedisNode(const std::string& url) {
    redis::RedisOptions options;
    options.url = url;
    options.executor = io.get_executor();
    store = std::make_shared<redis::RedisStore>(std::move(options));
  }
  boost::asio::io_context io{1};
  std::shared_ptr<redis::RedisStore> store;
  bool is_crashed = false;
};

class RedisFixture final : public StateStoreFixture {
 public:
  ~RedisFixture() override {
    for (auto& [id, node] : nodes_) {
      if (node->is_crashed) continue;
      bool stopped = false;
      node->store->async_stop([&] { stopped = true; });
      run_until([&] { return stopped; }, 5s);
    }
  }
  std::shared_ptr<StateStore> make_node(const NodeId& id) override {
    auto& node = nodes_[id] = std::make_unique<RedisNode>(server().url("prefix=" + prefix_));
    return node->store;
  }
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds at_most) override {
    const auto end = std::chrono::steady_clock::now() + at_most;
    while (std::chrono::steady_clock::now() < end) {
      bool idle = true;
      for (auto& [id, node] : nodes_) {
        if (node->is_crashed || id == halted_) continue;
        node->io.restart();
        idle = node->io.poll() == 0 && idle;
      }
      if (done()) return true;
      if (idle) wait();
    }
    return false;
  }

  bool crash(const NodeId& node) override {
    nodes_.at(node)->is_crashed = true;
    return true;
  }
  bool lose_data() override {
    server().first({"FLUSHALL"});
    return true;
  }
  bool lose_news(const NodeId& node, const std::function<void()>& meanwhile) override {
    halted_ = node;
    meanwhile();
    halted_.clear();
    const std::string inbox = server().first({"KEYS", prefix_ + "*inbox*" + node});
    REQUIRE(!inbox.empty());
    server().first({"XTRIM", inbox, "MAXLEN", "0"});
    return true;
  }

 private:
  static RedisServer& server() {
    static RedisServer server;
    return server;
  }
  // Until something comes in for one of the nodes; soon enough for the others.
  void wait() {
    for (auto& [id, node] : nodes_) {
      if (node->is_crashed || id == halted_) continue;
      node->io.restart();
      node->io.run_one_for(1ms);
      return;
    }
  }

  const std::string prefix_ = make_id(system_random());
  std::map<NodeId, std::unique_ptr<RedisNode>> nodes_;
  NodeId halted_;
};

}  // namespace

TEST_CASE("Redis store: keeps the contract") {
  const auto outcomes = run_state_store_contract<RedisFixture>();
  CHECK(outcomes.at(Outcome::skipped) == 5);  // nodes are not cut off one by one
}
