#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "signaling/core/memory_store.hpp"
#include "support/fakes.hpp"
#include "support/script_client.hpp"

namespace signaling::testing {

using Lines = std::vector<std::string>;

/// A client of one of several routers, which chooses its id.
inline std::unique_ptr<ScriptClient> client_of(Router& router, boost::asio::io_context& io, std::string id) {
  ConnectInfo info;
  info.wished_id = std::move(id);
  return std::make_unique<ScriptClient>(router, io.get_executor(), info);
}

/// The options of routers that are nodes on one store.
inline RouterOptions node_options() {
  RouterOptions options;
  options.store = std::make_shared<MemoryStore>();
  options.client_ids = ClientIds::accept;
  return options;
}

/// A router on one thread with a clock that stands still, and clients that choose their ids.
struct ScriptWorld {
  explicit ScriptWorld(RouterOptions options = {}) : router(with_fakes(std::move(options))) {}

  std::unique_ptr<ScriptClient> client(std::string id, std::string resume = {}) {
    ConnectInfo info;
    info.wished_id = std::move(id);
    info.resume = std::move(resume);
    return std::make_unique<ScriptClient>(router, io.get_executor(), info);
  }

  /// Everything that is ready happens.
  void run() {
    io.restart();
    io.poll();
  }

  RouterOptions with_fakes(RouterOptions options) {
    options.clock = &clock;
    options.random = &random;
    options.client_ids = ClientIds::accept;
    return options;
  }

  FakeClock clock;
  SeededRandom random{1};
  boost::asio::io_context io;
  Router router;
};

}  // namespace signaling::testing
