#pragma once

#include "signaling/socketio/server.hpp"

/// What the conformance suite of Socket.IO talks to: the namespaces `/` and `/custom` emit `auth` with what the client gave
/// for it; `/` answers `message` with `message-back`, and acknowledges `message-with-ack`, with the same arguments.
void serve_conformance(signaling::socketio::Server& server);
