#pragma once

#include <memory>

#include "options.hpp"
#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"
#include "signaling/socketio/server.hpp"
#include "store.hpp"

/// Everything that signaling-server serves besides its pages. The router, the Socket.IO server and the store must outlive
/// the server.
void add_routes(signaling::net::Server& server, signaling::Router& router,
                signaling::socketio::Server& socketio, const Store& store, const Options& options);

signaling::socketio::ServerOptions socketio_options(const Options& options,
                                                    std::shared_ptr<signaling::LogSink> log);
