#pragma once

#include "signaling/socketio/server.hpp"

/// What the conformance suite of Socket.IO talks to: the namespaces `/` and `/custom` emit `auth` with what the client gave
/// for it; `/` answers `message` with `message-back`, and acknowledges `message-with-ack`, with the same arguments.
/// And the other way round: `ask` makes it emit `question`, also with the same arguments, and what the client acknowledges that
/// with, `answered`; or `not-asked` and why.
void serve_conformance(signaling::socketio::Server& server);
