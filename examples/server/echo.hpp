#pragma once

#include "signaling/net/engine_route.hpp"
#include "signaling/net/websocket_route.hpp"

/// A WebSocket that sends back every message: for conformance tests and first steps.
signaling::net::RawWebSocketRoute echo_route();

/// The same over Engine.IO.
signaling::net::EngineRoute engine_echo_route(const signaling::socketio::EngineOptions& options);
