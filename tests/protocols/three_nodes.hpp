#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocols/session_world.hpp"
#include "signaling/core/forwarding_store.hpp"

namespace signaling::protocols::test {

/// A store that loses commands of one kind.
class LossyStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  std::error_code command(const NodeId& node, const NodeCommand& command) override {
    return lost == command.kind ? std::error_code() : ForwardingStore::command(node, command);
  }
  std::optional<NodeCommand::Kind> lost;
};

/// Three nodes on one store. Ada, whose peer stays, is on the first, and in the room `r` with Bob, who is there, too, and
/// with Carl and Dora on the others; all have read everything.
struct ThreeNodes {
  explicit ThreeNodes(ClientIds ids = ClientIds::accept) {
    for (auto& router : routers) {
      RouterOptions options;
      options.store = store;
      options.clock = &clock;
      options.client_ids = ids;
      options.random = &random;
      router = std::make_unique<Router>(std::move(options));
    }
    ada = client(0, "ada", "60");
    bob = client(0, "bob");
    carl = client(1, "carl");
    dora = client(2, "dora");
    for (auto* one : {&ada, &bob, &carl, &dora}) {
      (*one)->say(R"({"type":"join","room":"r","metadata":{"name":"somebody"}})");
      run();
    }
    (void)read(*ada, memory);
    forget();
  }
  std::unique_ptr<ScriptClient> connect(std::size_t node, const ConnectInfo& info) {
    auto client = std::make_unique<ScriptClient>(*routers[node], io.get_executor(), info, make_json());
    run();
    return client;
  }
  std::unique_ptr<ScriptClient> client(std::size_t node, const std::string& id,
                                       const std::string& keep = {}) {
    ConnectInfo info;
    info.wished_id = id;
    info.keep = keep;
    return connect(node, info);
  }
  std::unique_ptr<ScriptClient> resume(std::size_t node) {
    ConnectInfo info;
    info.wished_id = memory.id;
    info.resume = memory.secret;
    info.received = std::to_string(memory.received);
    return connect(node, info);
  }
  void run() {
    io.restart();
    io.poll();
  }
  void wait(milliseconds time) {
    clock.advance(time);
    for (auto& router : routers) router->on_time();
    run();
  }
  void forget() {
    for (auto* one : {&bob, &carl, &dora}) (void)(*one)->heard();
  }
  void say(ScriptClient& client, const std::string& to, const std::string& data) {
    client.say(message(to, data));
    run();
  }
  /// What the others have heard since, of each.
  std::vector<std::string> others() {
    return {types(bob->heard()), types(carl->heard()), types(dora->heard())};
  }
  std::string list(ScriptClient& client) {
    client.say(R"({"type":"members","room":"r"})");
    run();
    return client.heard().back();
  }

  FakeClock clock;
  SeededRandom random{1};
  boost::asio::io_context io;
  std::shared_ptr<LossyStore> store = std::make_shared<LossyStore>(std::make_shared<MemoryStore>());
  std::array<std::unique_ptr<Router>, 3> routers;
  std::unique_ptr<ScriptClient> ada;
  std::unique_ptr<ScriptClient> bob;
  std::unique_ptr<ScriptClient> carl;
  std::unique_ptr<ScriptClient> dora;
  Memory memory;
};

/// What the others have heard: nothing.
inline const std::vector<std::string> nothing{"", "", ""};

}  // namespace signaling::protocols::test
