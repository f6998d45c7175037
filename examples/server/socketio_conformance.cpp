#include "socketio_conformance.hpp"

#include <memory>
#include <tuple>

namespace {

namespace socketio = signaling::socketio;
using SocketPointer = std::shared_ptr<socketio::Socket>;
using socketio::Acknowledge;
using socketio::Arguments;

// Results are ignored: a client that is gone misses nothing.

void emit_auth(const SocketPointer& socket) {
  std::ignore = socket->emit("auth", {socket->handshake().auth});
}

void answer(const SocketPointer& socket, const Arguments& arguments, const Acknowledge& /*acknowledge*/) {
  std::ignore = socket->emit("message-back", arguments);
}

void confirm(const SocketPointer& /*socket*/, const Arguments& arguments, const Acknowledge& acknowledge) {
  std::ignore = acknowledge(arguments);
}

}  // namespace

void serve_conformance(socketio::Server& server) {
  server.of("/custom").on_connection(emit_auth);
  server.of("/").on_connection(emit_auth).on("message", answer).on("message-with-ack", confirm);
}
