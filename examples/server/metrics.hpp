#pragma once

#include "options.hpp"
#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"
#include "store.hpp"

/// Answers with everything that this program counts, in Prometheus's text format. `who`: others are told that there is no
/// such page. What it is given must outlive it.
signaling::net::HttpHandler metrics_handler(const signaling::Router& router,
                                            const signaling::net::Server& server, const Store& store,
                                            MetricsFor who);
