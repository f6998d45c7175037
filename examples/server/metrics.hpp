#pragma once

#include <vector>

#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"
#include "signaling/operation/log_writer.hpp"
#include "signaling/operation/metrics.hpp"
#include "signaling/socketio/server.hpp"
#include "store.hpp"

/// Everything that this program counts. All of it must outlive the sources.
std::vector<signaling::operation::MetricSource> metric_sources(const signaling::Router& router,
                                                               const signaling::net::Server& server,
                                                               const signaling::socketio::Server& socketio,
                                                               const Store& store,
                                                               const signaling::operation::LogWriter& log);
