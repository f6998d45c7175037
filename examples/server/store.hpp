#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "signaling/core/callback.hpp"
#include "signaling/core/log.hpp"
#include "signaling/core/metrics.hpp"
#include "signaling/core/state_store.hpp"

struct Options;

/// Where the program keeps its rooms, and what else it asks of that.
struct Store {
  /// Null: the router's own.
  std::shared_ptr<signaling::StateStore> state;
  /// May clients be sent to this node? Empty: always.
  std::function<bool()> ready;
  /// What it tells of itself. Empty: nothing.
  std::function<std::vector<signaling::MetricFamily>()> metrics;
  /// Ends what the store has under way on the executor. Empty: nothing is.
  std::function<void(signaling::Callback<void()> done)> stop;
};

/// What `--store` names; nothing of it happens before `executor` runs. Throws std::invalid_argument if it is nothing that
/// this program knows.
Store make_store(const Options& options, boost::asio::any_io_executor executor,
                 std::shared_ptr<signaling::LogSink> log);
