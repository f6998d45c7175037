#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "support/fakes.hpp"
#include "support/script_client.hpp"

namespace signaling::testing {

using Lines = std::vector<std::string>;

/// A router on one thread with a clock that stands still, and clients that choose their ids.
struct ScriptWorld {
  explicit ScriptWorld(RouterOptions options = {}) : router(with_fakes(std::move(options))) {}

  std::unique_ptr<ScriptClient> client(std::string id, std::string resume = {}) {
    ConnectInfo info;
    info.wished_id = std::move(id);
    info.resume = std::move(resume);
    return std::make_unique<ScriptClient>(router, io.get_executor(), std::move(info));
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
