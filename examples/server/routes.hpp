#pragma once

#include <memory>

#include "options.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"
#include "signaling/socketio/server.hpp"
#include "store.hpp"

/// Everything that signaling-server serves besides its pages. `policy`: who may connect; null: everybody. The router, the Socket.IO server and the store must outlive
/// the server.
void add_routes(signaling::net::Server& server, signaling::Router& router,
                signaling::socketio::Server& socketio, const std::shared_ptr<signaling::Policy>& policy,
                const Store& store, const Options& options);

signaling::socketio::ServerOptions socketio_options(const Options& options,
                                                    std::shared_ptr<signaling::LogSink> log);
