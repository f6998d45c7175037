#pragma once

#include "log.hpp"
#include "options.hpp"
#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"
#include "signaling/socketio/server.hpp"
#include "store.hpp"

/// Whose counters are shown. All of it must outlive the handler.
struct MetricSources {
  const signaling::Router& router;
  const signaling::net::Server& server;
  const signaling::socketio::Server& socketio;
  const Store& store;
  const LineSink& log;
};

/// Answers with everything that this program counts, in Prometheus's text format. `who`: others are told that there is no
/// such page.
signaling::net::HttpHandler metrics_handler(const MetricSources& sources, MetricsFor who);
